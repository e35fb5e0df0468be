//! Questions. On a terminal they are asked there; a pipe may answer them too (`yes | pum …`); the end of the input is
//! no, and so is Ctrl-C.

use std::io::{BufRead, IsTerminal, Write};
use std::sync::mpsc::{RecvTimeoutError, channel};

use crate::progress::Cancel;

/// A yes-or-no question; only y, Y, n and N are answers, and Enter is no.
pub fn confirm(question: &str, cancel: &Cancel) -> bool {
    if std::io::stdin().is_terminal() && std::io::stderr().is_terminal() {
        let question = format!("{question} [n]|y");
        let asked = dialoguer::Confirm::new().with_prompt(question).default(false).show_default(false);
        let answer = asked.wait_for_newline(true).interact_opt();
        // On the terminal Ctrl-C ends the question; the signal may come later, by another thread.
        if let Err(dialoguer::Error::IO(error)) = &answer
            && error.kind() == std::io::ErrorKind::Interrupted
        {
            cancel.request();
        }
        return matches!(answer, Ok(Some(true)));
    }
    loop {
        match read_answer(&format!("{question} [n]|y"), cancel).as_deref() {
            Some("y" | "Y") => return true,
            Some("n" | "N" | "") | None => return false,
            Some(_) => {}
        }
    }
}

/// Asks to type a name.
pub fn confirm_by_typing(question: &str, expected: &str, cancel: &Cancel) -> bool {
    read_answer(&format!("{question} Type {expected:?} to go on"), cancel).as_deref() == Some(expected)
}

/// A line of the input; none at its end, or when the user wants to stop.
fn read_answer(question: &str, cancel: &Cancel) -> Option<String> {
    let tell = |text: &str| {
        let mut error = anstream::stderr().lock();
        let _ = write!(error, "{text}").and_then(|()| error.flush());
    };
    tell(&format!("{question}: "));
    // A read cannot be broken off; a thread that waits in one goes with the process.
    let (sender, answers) = channel();
    std::thread::spawn(move || {
        let mut answer = String::new();
        let read = std::io::stdin().lock().read_line(&mut answer);
        let _ = sender.send(read.ok().filter(|read| *read > 0).map(|_| answer.trim().to_owned()));
    });
    let answer = loop {
        match answers.recv_timeout(Cancel::INTERVAL) {
            Ok(answer) => break answer,
            Err(RecvTimeoutError::Timeout) if !cancel.is_requested() => {}
            Err(_) => break None,
        }
    };
    if !std::io::stdin().is_terminal() || answer.is_none() {
        tell("\n");
    }
    answer
}
