//! Any bytes are a password file; a password that was written comes back.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pum::connection::passfile::find;

fuzz_target!(|input: (&[u8], &str, &str, &str)| {
    let (contents, host, user, password) = input;
    let _ = find(contents, host, "5432", "d", user);
    let escape = |text: &str| text.replace('\\', "\\\\").replace(':', "\\:");
    let fits = |text: &str| !text.contains('\n') && !text.ends_with('\r');
    if fits(host) && fits(user) && fits(password) && !host.starts_with('#') {
        let line = format!("{}:5432:*:{}:{}\n", escape(host), escape(user), escape(password));
        assert_eq!(find(line.as_bytes(), host, "5432", "d", user).as_deref(), Some(password.as_bytes()));
    }
});
