//! Any bytes are a service file or are refused; a value that was written comes back.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pum::connection::service::read;

fuzz_target!(|input: (&[u8], &str)| {
    let (contents, value) = input;
    let _ = read(contents, "s");
    let _ = read(contents, value);
    if !value.contains('\n') && !value.ends_with(|end: char| end.is_ascii_whitespace() || end == '\x0b') {
        let file = format!("[s]\nuser={value}\n");
        let pairs = read(file.as_bytes(), "s").expect("it was written right").expect("the section is there");
        assert_eq!(pairs, [("user".to_owned(), value.to_owned())]);
    }
});
