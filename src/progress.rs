//! How a room tells what it does while it does it, asks what it must not decide, and learns that it should stop.
//! Rooms never print: they report events to an observer; the terminal is one, a GUI may be another.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde::Serialize;

/// Something that happened. Serialised, it is a line of `--progress json`, with the name under `event`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event<'a> {
    /// Connected to the database that is going to be worked on.
    Connected {
        /// Host name, address or socket directory.
        host: &'a str,
        /// Port.
        port: u16,
        /// Name of the database.
        database: &'a str,
        /// The role that statements run as.
        user: &'a str,
        /// The server's version, such as `15.18`.
        server_version: &'a str,
    },
    /// A sentence worth a line: what was made, found or decided.
    Note {
        /// The sentence.
        text: &'a str,
    },
    /// An upgrade ended well, or its plan was made.
    Finished {
        /// Whether only the plan was made.
        dry_run: bool,
        /// The database.
        database: &'a str,
        /// The version before.
        version_before: &'a str,
        /// The version now.
        version: &'a str,
        /// The files that ran, in order; those that would run.
        applied: &'a [String],
        /// How many deltas are left.
        left: usize,
    },
    /// What comes next is what this command line would do.
    Command {
        /// The command line.
        text: &'a str,
    },
    /// Something the user should know although the work goes on.
    Warning {
        /// The sentence.
        text: &'a str,
    },
    /// What is going to run, in order, before anything does.
    Planned {
        /// The names of the delta files.
        deltas: &'a [String],
    },
    /// A delta begins.
    DeltaStarted {
        /// Its number in the plan, from 1.
        number: usize,
        /// How many the plan has.
        total: usize,
        /// The file's name.
        name: &'a str,
        /// How many statements it has; 0 for a Python delta.
        statements: usize,
    },
    /// A statement of the delta that runs begins.
    StatementStarted {
        /// Its number, from 1.
        number: usize,
        /// How many the delta has.
        total: usize,
        /// Its text.
        text: &'a str,
    },
    /// A statement ended well.
    StatementDone {
        /// Its number, from 1.
        number: usize,
        /// How many the delta has.
        total: usize,
        /// Its text.
        text: &'a str,
        /// How long it took, in milliseconds.
        milliseconds: u64,
        /// Rows that it affected or returned.
        rows: u64,
    },
    /// The server sent a message (NOTICE, WARNING, …).
    Notice {
        /// `NOTICE`, `WARNING`, …
        severity: &'a str,
        /// The message.
        text: &'a str,
    },
    /// A line that a program, a Python delta or `\echo` printed.
    Output {
        /// Who printed it.
        source: &'a str,
        /// The line.
        line: &'a str,
    },
    /// A delta ended well.
    DeltaDone {
        /// Its number in the plan, from 1.
        number: usize,
        /// How many the plan has.
        total: usize,
        /// The file's name.
        name: &'a str,
        /// How long it took, in milliseconds.
        milliseconds: u64,
    },
    /// The work waits for somebody else.
    Waiting {
        /// What for, who holds it, since when.
        text: &'a str,
    },
    /// What was waited for came.
    Waited,
    /// A step of a command that has several begins; what it does is told between this and its end.
    StepStarted {
        /// Its number, from 1.
        number: usize,
        /// How many there are.
        total: usize,
        /// What it does.
        text: &'a str,
    },
    /// The step ended well.
    StepDone {
        /// Its number, from 1.
        number: usize,
        /// How many there are.
        total: usize,
        /// What it did.
        text: &'a str,
        /// How long it took, in milliseconds.
        milliseconds: u64,
    },
    /// A stage of several items begins (a dump, a restore).
    StageStarted {
        /// What is done.
        name: &'a str,
        /// How many items, if known.
        items: Option<usize>,
    },
    /// An item of the stage is being worked on.
    StageItem {
        /// Its name.
        name: &'a str,
    },
    /// The stage ended.
    StageDone {
        /// What was done.
        name: &'a str,
        /// How long it took, in milliseconds.
        milliseconds: u64,
    },
}

/// Watches the work, and answers for the user. The default answers are those that change nothing.
pub trait Progress {
    /// Something happened.
    fn event(&self, event: &Event<'_>);

    /// A yes-or-no question; `false` unless the observer can ask somebody.
    fn confirm(&self, question: &str) -> bool {
        let _ = question;
        false
    }

    /// Asks to type `expected` (the name of a protected database); `false` unless somebody does.
    fn confirm_by_typing(&self, question: &str, expected: &str) -> bool {
        let _ = (question, expected);
        false
    }

    /// A sentence worth a line.
    fn note(&self, text: &str) {
        self.event(&Event::Note { text });
    }

    /// Something the user should know although the work goes on.
    fn warning(&self, text: &str) {
        self.event(&Event::Warning { text });
    }
}

/// A number of things: `1 delta`, `2 deltas`.
pub fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// An observer that looks away.
#[derive(Debug, Default, Clone, Copy)]
pub struct Silent;

impl Progress for Silent {
    fn event(&self, _: &Event<'_>) {}
}

/// A request to stop, shared between who asks and who works. Clones are one request.
#[derive(Debug, Default, Clone)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// How often work that waits looks whether it should stop.
    pub const INTERVAL: Duration = Duration::from_millis(50);

    /// Asks the work to stop at the next safe moment, undoing what is not finished.
    pub fn request(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Takes a request back that was not meant for this work: Ctrl-C in a pager.
    pub fn forget(&self) {
        self.0.store(false, Ordering::SeqCst);
    }

    /// Whether somebody asked.
    pub fn is_requested(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }

    /// The flag itself, for a signal handler.
    pub fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.0)
    }
}

/// Numbers the steps of a command, and tells each with its time.
pub struct Steps<'a> {
    progress: &'a dyn Progress,
    number: usize,
    total: usize,
}

impl<'a> Steps<'a> {
    /// So many steps, of which none has begun.
    pub fn new(total: usize, progress: &'a dyn Progress) -> Steps<'a> {
        Steps { progress, number: 0, total }
    }

    /// Does the next one.
    pub fn step<T>(
        &mut self,
        text: &str,
        work: impl FnOnce(&dyn Progress) -> crate::Result<T>,
    ) -> crate::Result<T> {
        self.number += 1;
        let (number, total) = (self.number, self.total);
        self.progress.event(&Event::StepStarted { number, total, text });
        let began = std::time::Instant::now();
        let outcome = work(self.progress)?;
        let milliseconds = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.progress.event(&Event::StepDone { number, total, text, milliseconds });
        Ok(outcome)
    }
}

/// Tells everything but where a command works, where that was told already.
pub struct Connected<'a>(pub &'a dyn Progress);

impl Progress for Connected<'_> {
    fn event(&self, event: &Event<'_>) {
        if !matches!(event, Event::Connected { .. }) {
            self.0.event(event);
        }
    }

    fn confirm(&self, question: &str) -> bool {
        self.0.confirm(question)
    }

    fn confirm_by_typing(&self, question: &str, expected: &str) -> bool {
        self.0.confirm_by_typing(question, expected)
    }
}
