//! The one place that prints: data to standard output, everything else to standard error; bars and colours only on a
//! terminal, and questions only where somebody can answer.

mod answers;
mod bars;
mod choices;
mod errors;
mod lines;
mod log;
mod pager;
mod tables;

pub use choices::Choices;

use std::cell::RefCell;
use std::io::{IsTerminal, Write};
use std::path::Path;

use anstream::adapter::strip_str;
use anstyle::{AnsiColor, Style};
use serde::Serialize;

use crate::progress::{Cancel, Event, Progress};
use crate::{Error, Result};

const BOLD: Style = Style::new().bold();
const GREEN: Style = AnsiColor::Green.on_default().bold();
const CYAN: Style = AnsiColor::Cyan.on_default().bold();
const YELLOW: Style = AnsiColor::Yellow.on_default().bold();
const DIM: Style = Style::new().dimmed();

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Bars.
    Bars,
    /// A line a delta.
    Lines,
    /// An event a line on standard output.
    Json,
    /// Warnings and errors only.
    Quiet,
}

/// Prints, and asks.
pub struct Terminal {
    mode: Mode,
    verbose: bool,
    bars: bars::Bars,
    lines: RefCell<lines::Lines>,
    log: Option<log::Log>,
    cancel: Cancel,
}

impl Default for Terminal {
    fn default() -> Self {
        let mut terminal = Terminal {
            mode: Mode::Quiet,
            verbose: false,
            bars: bars::Bars::default(),
            lines: RefCell::default(),
            log: None,
            cancel: Cancel::default(),
        };
        terminal.mode = terminal.natural_mode();
        terminal
    }
}

impl Terminal {
    /// One whose questions end when the user wants to stop.
    pub fn new(cancel: &Cancel) -> Terminal {
        Terminal { cancel: cancel.clone(), ..Terminal::default() }
    }

    /// Bars if somebody watches, else lines.
    pub fn natural_mode(&self) -> Mode {
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        if std::io::stderr().is_terminal() && !dumb { Mode::Bars } else { Mode::Lines }
    }

    /// Chooses how progress is shown; `verbose` adds every statement.
    pub fn set_mode(&mut self, mode: Mode, verbose: bool) {
        self.mode = mode;
        self.verbose = verbose;
    }

    /// Writes everything that happens to a file, too; it is replaced if it exists.
    ///
    /// # Errors
    /// A file that cannot be made.
    pub fn log_to(&mut self, file: &Path) -> Result<()> {
        self.log = Some(log::Log::create(file)?);
        Ok(())
    }

    /// Prints a line of data.
    ///
    /// # Errors
    /// A standard output that cannot be written to, unless nobody reads it any more.
    pub fn data(&self, line: &str) -> Result<()> {
        write_data(format!("{line}\n").as_bytes())
    }

    /// Prints a text of data, as it is.
    ///
    /// # Errors
    /// As [`Terminal::data`].
    pub fn text(&self, text: &str) -> Result<()> {
        self.bars.clear();
        write_data(text.as_bytes())
    }

    /// Prints a text of several lines that is no data, such as the reasons of a refusal: to standard error.
    pub fn report(&self, text: &str) {
        self.bars.clear();
        let _ = write!(anstream::stderr().lock(), "{text}");
    }

    /// Prints a text of data through the user's pager, if standard output is a terminal.
    ///
    /// # Errors
    /// As [`Terminal::data`].
    pub fn page(&self, text: &str, cancel: &Cancel) -> Result<()> {
        self.bars.clear();
        if !std::io::stdout().is_terminal() || !pager::show(text, self, cancel) {
            return self.text(text);
        }
        Ok(())
    }

    /// Prints a value as JSON.
    ///
    /// # Errors
    /// As [`Terminal::data`].
    pub fn json(&self, value: &impl Serialize) -> Result<()> {
        let text = serde_json::to_string_pretty(value)
            .map_err(|cause| Error::failed("this cannot be shown as JSON").caused_by(cause))?;
        self.data(&text)
    }

    /// Writes what `pum cache info` tells people to standard output.
    ///
    /// # Errors
    /// Standard output cannot be written.
    pub fn cache(&self, info: &crate::commands::cache::Info) -> Result<()> {
        self.data(&tables::cache(info))
    }

    /// Prints the state of a database.
    ///
    /// # Errors
    /// As [`Terminal::data`].
    pub fn info(
        &self,
        info: &crate::commands::info::Info,
        options: &crate::commands::info::Options,
    ) -> Result<()> {
        self.data(&tables::info(info, options))
    }

    /// Prints lines of data, unless everything is told as JSON there.
    ///
    /// # Errors
    /// As [`Terminal::data`].
    pub fn list(&self, lines: &[String]) -> Result<()> {
        if self.mode == Mode::Json { Ok(()) } else { lines.iter().try_for_each(|line| self.data(line)) }
    }

    /// A line on standard error, above the bars.
    fn print(&self, line: &str) {
        // Whole lines: nothing else comes between, and a system call each is enough.
        let plain = anstream::AutoStream::choice(&std::io::stderr()) == anstream::ColorChoice::Never;
        let text = if plain { format!("{}\n", strip_str(line)) } else { format!("{line}\n") };
        self.bars.above(|| {
            let _ = std::io::stderr().write_all(text.as_bytes());
        });
    }

    /// Whether somebody sees questions and can answer them with keys.
    pub fn can_ask(&self) -> bool {
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        std::io::stdin().is_terminal() && std::io::stderr().is_terminal() && !dumb
    }

    /// Says what may be done next, where somebody sees it and wants to know.
    pub fn hint(&self, text: &str) {
        if self.mode != Mode::Quiet && self.can_ask() {
            self.print(&format!("{CYAN}hint{CYAN:#}: {text}"));
        }
    }

    /// Prints an error with everything that it knows.
    pub fn error(&self, error: &Error) {
        self.bars.clear();
        if let Some(log) = &self.log {
            log.error(error);
        }
        if self.mode == Mode::Json {
            let _ = self.data(&errors::json(error));
        }
        let _ = write!(anstream::stderr().lock(), "{}", errors::render(error));
    }
}

impl Progress for Terminal {
    fn event(&self, event: &Event<'_>) {
        if let Some(log) = &self.log {
            log.event(event);
        }
        match (self.mode, event) {
            (Mode::Json, event) => {
                if let Ok(line) = serde_json::to_string(event) {
                    let _ = self.data(&line);
                }
            }
            (_, Event::Warning { text }) => {
                self.print(&format!("{YELLOW}  warning{YELLOW:#} {}", text.replace('\n', "\n          ")));
            }
            (Mode::Quiet, _) => {}
            (mode, event) => {
                if let Some(line) = self.lines.borrow_mut().line(event, mode == Mode::Bars, self.verbose) {
                    self.print(&line);
                }
                if mode == Mode::Bars {
                    self.bars.event(event);
                }
            }
        }
    }

    fn confirm(&self, question: &str) -> bool {
        self.bars.above(|| answers::confirm(question, &self.cancel))
    }

    fn confirm_by_typing(&self, question: &str, expected: &str) -> bool {
        self.bars.above(|| answers::confirm_by_typing(question, expected, &self.cancel))
    }
}

/// A last line on standard error, by whoever ends the process.
pub fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Writes bytes to standard output. A reader that has gone (`| head`) is no error.
///
/// # Errors
/// A standard output that cannot be written to.
pub fn write_data(bytes: &[u8]) -> Result<()> {
    let mut output = anstream::stdout().lock();
    match output.write_all(bytes).and_then(|()| output.flush()) {
        Err(cause) if cause.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Error::failed(format!("standard output: {cause}")).caused_by(cause))
        }
        _ => Ok(()),
    }
}

/// How long something took, for people.
fn duration(milliseconds: u64) -> String {
    match milliseconds {
        0..1000 => format!("{milliseconds} ms"),
        1000..60_000 => format!("{:.1} s", milliseconds as f64 / 1000.0),
        _ => format!("{} min {:02} s", milliseconds / 60_000, milliseconds / 1000 % 60),
    }
}
