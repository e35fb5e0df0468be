//! A long text on a terminal, through the user's pager, as git does it: PUM_PAGER, PAGER, else `less`, with LESS=FRX
//! unless the user has set it, which leaves what has place on the screen where it is and shows colours.

use std::io::{ErrorKind, Write};
use std::process::{Child, Command, Stdio};

use anstream::adapter::strip_str;

use crate::progress::{Cancel, Progress};

/// What is run when nothing is set.
const DEFAULT: &str = "less";

/// What a shell says of a command that it does not find.
const NOT_FOUND: i32 = 127;

/// Shows the text until the user leaves the pager; false if there is no pager, and nothing was shown.
pub fn show(text: &str, progress: &dyn Progress, cancel: &Cancel) -> bool {
    let dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
    let Some((command, is_chosen)) = command(dumb, |name| std::env::var(name).ok()) else { return false };
    let mut pager = Command::new("sh");
    pager.args(["-c", &command]).stdin(Stdio::piped());
    for (name, value) in [("LESS", "FRX"), ("LV", "-c")] {
        if std::env::var_os(name).is_none() {
            pager.env(name, value);
        }
    }
    let Ok(mut child) = pager.spawn() else { return false };
    let plain = anstream::AutoStream::choice(&std::io::stdout()) == anstream::ColorChoice::Never;
    let stripped = plain.then(|| strip_str(text).to_string());
    let sent = match child.stdin.take() {
        Some(mut input) => input.write_all(stripped.as_deref().unwrap_or(text).as_bytes()),
        None => Ok(()),
    };
    let code = wait(&mut child, cancel);
    // A pager that was left before the end is no error.
    let failed = code == Some(NOT_FOUND) || sent.is_err_and(|error| error.kind() != ErrorKind::BrokenPipe);
    if failed && is_chosen {
        progress.warning(&format!("the pager {command:?} cannot be run; --no-pager does without"));
    }
    !failed
}

/// The command of the pager, and whether the user has chosen it; none where the user wants none, or the terminal can
/// not do with one.
fn command(dumb: bool, variable: impl Fn(&str) -> Option<String>) -> Option<(String, bool)> {
    let chosen = variable("PUM_PAGER").or_else(|| variable("PAGER"));
    match chosen.as_deref().map(str::trim) {
        Some("" | "cat") => None,
        Some(command) => Some((command.to_owned(), true)),
        None if dumb => None,
        None => Some((DEFAULT.to_owned(), false)),
    }
}

/// Waits for the end. Ctrl-C is the pager's as long as it runs.
fn wait(child: &mut Child, cancel: &Cancel) -> Option<i32> {
    loop {
        match child.try_wait() {
            Ok(Some(status)) => {
                cancel.forget();
                return status.code();
            }
            Ok(None) => {
                cancel.forget();
                std::thread::sleep(Cancel::INTERVAL);
            }
            Err(_) => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::command;

    #[test]
    fn the_pager_is_that_of_the_environment_as_in_git() {
        let with = |dumb: bool, variables: &[(&str, &str)]| {
            command(dumb, |name| {
                variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
            })
        };
        assert_eq!(with(false, &[]), Some(("less".to_owned(), false)));
        assert_eq!(with(true, &[]), None);
        assert_eq!(with(false, &[("PAGER", "more")]), Some(("more".to_owned(), true)));
        assert_eq!(
            with(false, &[("PAGER", "more"), ("PUM_PAGER", "most -s")]),
            Some(("most -s".to_owned(), true))
        );
        for none in ["", "cat"] {
            assert_eq!(with(false, &[("PAGER", "more"), ("PUM_PAGER", none)]), None);
        }
    }
}
