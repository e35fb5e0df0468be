//! What is told as lines: everything that stays on the screen. What goes by (bars) is `bars`.

use super::{BOLD, DIM, GREEN, YELLOW, duration};
use crate::progress::{Event, count};

/// Turns events into lines.
#[derive(Debug, Default)]
pub struct Lines {
    /// The last that was waited for, so that it is not told twice a second.
    waiting: Option<String>,
    /// Whether a step is under way: it tells the time of its stages.
    step: bool,
}

impl Lines {
    /// The line for an event, if it has one. With bars, what they show is left out.
    pub fn line(&mut self, event: &Event<'_>, bars: bool, verbose: bool) -> Option<String> {
        let word =
            |style: anstyle::Style, word: &str, text: &str| Some(format!("{style}{word:>9}{style:#} {text}"));
        match event {
            Event::Connected { host, port, database, user, server_version } => word(
                GREEN,
                "Connected",
                &format!(
                    "to {BOLD}{database}{BOLD:#} as {user} on {host}:{port}, PostgreSQL {server_version}"
                ),
            ),
            Event::Note { text } => word(GREEN, "Note", &text.replace('\n', "\n          ")),
            Event::Finished { dry_run, database, version, applied, left, .. } => {
                let left =
                    if *left == 0 { String::new() } else { format!("; {} left", count(*left, "delta")) };
                let files = count(applied.len(), "file");
                match (dry_run, applied.is_empty()) {
                    (true, _) => word(
                        GREEN,
                        "Planned",
                        &format!("{files} would run, from version {version}{left}; nothing was done"),
                    ),
                    (false, true) => word(
                        GREEN,
                        "Finished",
                        &format!("{database} is at version {version}; nothing to do{left}"),
                    ),
                    (false, false) => word(
                        GREEN,
                        "Finished",
                        &format!("{database} is at version {version}, {files} applied{left}"),
                    ),
                }
            }
            Event::Command { text } => Some(format!("\n{BOLD}$ {text}{BOLD:#}")),
            Event::Planned { deltas } if !deltas.is_empty() => {
                let list = match deltas {
                    [first, .., last] if deltas.len() > 8 && !verbose => format!("{first} … {last}"),
                    _ => deltas.join(", "),
                };
                word(GREEN, "Plan", &format!("{}: {list}", count(deltas.len(), "file")))
            }
            Event::DeltaDone { number, total, name, milliseconds } => {
                let width = total.to_string().len();
                word(
                    GREEN,
                    "Applied",
                    &format!(
                        "{DIM}[{number:>width$}/{total}]{DIM:#} {name} {DIM}in {}{DIM:#}",
                        duration(*milliseconds)
                    ),
                )
            }
            Event::StatementDone { number, total, text, milliseconds, rows } if verbose => {
                let first = first_words(text, 90);
                Some(format!(
                    "          {DIM}{number}/{total} {} {}{DIM:#} {first}",
                    duration(*milliseconds),
                    count(usize::try_from(*rows).unwrap_or(usize::MAX), "row")
                ))
            }
            Event::Notice { severity, text } => {
                let style = if *severity == "WARNING" { YELLOW } else { DIM };
                Some(format!("          {style}{severity}:{style:#} {text}"))
            }
            Event::Output { source, line } => Some(format!("          {DIM}{source}:{DIM:#} {line}")),
            Event::Waiting { text } if !bars => {
                if self.waiting.as_deref() == Some(text) {
                    return None;
                }
                self.waiting = Some((*text).to_owned());
                word(YELLOW, "Waiting", text.strip_prefix("waiting ").unwrap_or(text))
            }
            Event::Waited => {
                self.waiting = None;
                None
            }
            Event::StepStarted { number, total, text } => {
                self.step = true;
                word(GREEN, "Step", &format!("{DIM}[{number}/{total}]{DIM:#} {text}"))
            }
            Event::StepDone { number, total, milliseconds, .. } => {
                self.step = false;
                word(GREEN, "Done", &format!("{DIM}[{number}/{total}] in {}{DIM:#}", duration(*milliseconds)))
            }
            Event::StageDone { .. } if self.step => None,
            Event::StageDone { name, milliseconds } => {
                word(GREEN, "Done", &format!("{name} {DIM}in {}{DIM:#}", duration(*milliseconds)))
            }
            _ => None,
        }
    }
}

/// The beginning of a statement on one line.
pub fn first_words(text: &str, width: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(width) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}
