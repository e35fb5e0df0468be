//! Questions. On a terminal they are asked there; a pipe may answer them too (`yes | pum …`); the end of the input is
//! no.

use std::io::{BufRead, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether somebody is being asked.
static ASKING: AtomicBool = AtomicBool::new(false);

/// Whether an answer is waited for: then nothing is under way, and nothing looks for a request to stop.
pub fn is_asking() -> bool {
    ASKING.load(Ordering::SeqCst)
}

/// A yes-or-no question; Enter is no.
pub fn confirm(question: &str) -> bool {
    if std::io::stdin().is_terminal() && std::io::stderr().is_terminal() {
        let asked = dialoguer::Confirm::new().with_prompt(question).default(false).interact_opt();
        return matches!(asked, Ok(Some(true)));
    }
    matches!(read_answer(&format!("{question} [n]|y")).as_deref(), Some("y" | "Y" | "yes"))
}

/// Asks to type a name.
pub fn confirm_by_typing(question: &str, expected: &str) -> bool {
    read_answer(&format!("{question} Type {expected:?} to go on")).as_deref() == Some(expected)
}

fn read_answer(question: &str) -> Option<String> {
    ASKING.store(true, Ordering::SeqCst);
    let mut error = anstream::stderr().lock();
    let _ = write!(error, "{question}: ");
    let _ = error.flush();
    let mut answer = String::new();
    let read = std::io::stdin().lock().read_line(&mut answer);
    ASKING.store(false, Ordering::SeqCst);
    let read = read.ok()?;
    if !std::io::stdin().is_terminal() {
        let _ = writeln!(error);
    }
    (read > 0).then(|| answer.trim().to_owned())
}
