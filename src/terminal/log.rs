//! The log file of an upgrade: every event with its time, statements whole.

use std::cell::RefCell;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::progress::Event;
use crate::{Error, Result};

/// A file that everything is written to.
pub struct Log {
    path: PathBuf,
    file: RefCell<File>,
    broken: RefCell<bool>,
}

impl Log {
    pub fn create(path: &Path) -> Result<Log> {
        let file = File::create(path).map_err(|cause| {
            Error::usage(format!("the log file {} cannot be written: {cause}", path.display()))
        })?;
        Ok(Log { path: path.to_owned(), file: RefCell::new(file), broken: RefCell::new(false) })
    }

    pub fn event(&self, event: &Event<'_>) {
        let line = match event {
            Event::Connected { host, port, database, user, server_version } => {
                format!("connected to {database} as {user} on {host}:{port}, PostgreSQL {server_version}")
            }
            Event::Finished { database, version, applied, .. } => {
                format!("finished: {database} is at version {version}, {} files applied", applied.len())
            }
            Event::Command { text } => format!("$ {text}"),
            Event::Note { text } => format!("note: {text}"),
            Event::Warning { text } => format!("warning: {text}"),
            Event::Planned { deltas } => format!("plan: {}", deltas.join(", ")),
            Event::DeltaStarted { number, total, name, statements } => {
                format!("begin {name} ({number} of {total}), {statements} statements")
            }
            Event::StatementStarted { .. } => return,
            Event::StatementDone { number, total, text, milliseconds, rows } => {
                format!("statement {number}/{total}, {milliseconds} ms, {rows} rows:\n{text};")
            }
            Event::Notice { severity, text } => format!("{severity}: {text}"),
            Event::Output { source, line } => format!("{source}: {line}"),
            Event::DeltaDone { name, milliseconds, .. } => format!("end {name}, {milliseconds} ms"),
            Event::Waiting { text } => (*text).to_owned(),
            Event::Waited => "no longer waiting".to_owned(),
            Event::StepStarted { number, total, text } => format!("step {number} of {total}: {text}"),
            Event::StepDone { number, total, milliseconds, .. } => {
                format!("end of step {number} of {total}, {milliseconds} ms")
            }
            Event::StageStarted { name, .. } => format!("begin {name}"),
            Event::StageItem { name } => format!("  {name}"),
            Event::StageDone { name, milliseconds } => format!("end {name}, {milliseconds} ms"),
        };
        self.write(&line);
    }

    pub fn error(&self, error: &Error) {
        let notes = error.notes.iter().map(|(label, text)| format!("\n  {label}: {text}"));
        let place = error.excerpt.as_ref().map(|excerpt| format!("\n  at {}", excerpt.place()));
        let hints = error.hints.iter().map(|hint| format!("\n  hint: {hint}"));
        self.write(&format!(
            "error: {error}{}",
            place.into_iter().chain(notes).chain(hints).collect::<String>()
        ));
    }

    fn write(&self, line: &str) {
        let now = jiff::ZonedDateTime::now().strftime("%Y-%m-%d %H:%M:%S%.3f%:z");
        let written = writeln!(self.file.borrow_mut(), "{now} {line}");
        // A log that breaks must not stop an upgrade half way; it must be said, once.
        if let Err(cause) = written
            && !self.broken.replace(true)
        {
            let _ = writeln!(
                std::io::stderr(),
                "warning: the log file {} cannot be written: {cause}",
                self.path.display()
            );
        }
    }
}
