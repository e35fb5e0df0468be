//! Loading a dump into a database, by pg_restore or, if it is SQL text, by psql; what the server refused is gathered.

use std::path::Path;
use std::time::Instant;

use super::client::Client;
use super::{Archive, Format};
use crate::connection::Parameters;
use crate::progress::{Cancel, Event, Progress};
use crate::{Error, Result};

/// What to load.
#[derive(Debug, Clone)]
pub struct Load<'a> {
    /// pg_restore, or psql if the dump is SQL text.
    pub program: &'a Path,
    /// The dump.
    pub archive: &'a Archive,
    /// Schemas to leave out, by name; not with SQL text.
    pub exclude_schemas: &'a [String],
    /// How many entries at a time; only with the custom and the directory format.
    pub jobs: u32,
    /// Whether SQL text goes on after an error, as archives always do.
    pub go_on: bool,
    /// How many entries there are, for the progress.
    pub entries: Option<usize>,
}

/// Something that the server refused while a dump was loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// Which object of the dump, or which line of the SQL text, if it was said.
    pub object: Option<String>,
    /// The server's message, with the command's beginning where it was said.
    pub text: String,
}

impl std::fmt::Display for Complaint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.object {
            Some(object) => write!(f, "{object}: {}", self.text),
            None => f.write_str(&self.text),
        }
    }
}

/// The stage's name in the events.
const STAGE: &str = "restore";
/// How many lines of a complaint are kept; a command may be a page long.
const COMPLAINT_LINES: usize = 6;

/// Loads a dump without the owners that are written in it. Gives what the server refused; an error is only what kept
/// the program from going through the dump.
pub fn load(
    database: &Parameters,
    what: &Load<'_>,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<Vec<Complaint>> {
    let begin = Instant::now();
    let plain = what.archive.format() == Format::Plain;
    let mut client = Client::new(what.program, Some(database))?;
    if plain {
        let stop = if what.go_on { "ON_ERROR_STOP=0" } else { "ON_ERROR_STOP=1" };
        client.command().args(["--no-psqlrc", "--quiet", "--set", stop, "--file"]);
    } else {
        client.name_database();
        client.command().args(["--verbose", "--no-owner"]);
        if what.jobs > 1 {
            client.command().arg(format!("--jobs={}", what.jobs));
        }
        for schema in what.exclude_schemas {
            client.command().arg(format!("--exclude-schema={schema}"));
        }
    }
    client.command().arg(what.archive.path());

    progress.event(&Event::StageStarted { name: STAGE, items: what.entries });
    let mut listener =
        Listener { progress, complaints: Vec::new(), entry: None, open: false, through: false };
    let status = client.run(cancel, &mut |line| {
        if plain { listener.psql(line) } else { listener.pg_restore(line) }
    })?;
    let Listener { complaints, through, .. } = listener;
    // pg_restore says at the end how many errors it passed over; psql ends with 3 where one stopped it.
    let went_through = status.success() || through || (plain && status.code() == Some(3));
    if !went_through {
        let name = what.program.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut error =
            Error::failed(format!("{name} failed ({status}); the dump is restored in part at most"));
        for complaint in complaints {
            error = error.note(&name, complaint.to_string());
        }
        return Err(error);
    }
    let milliseconds = u64::try_from(begin.elapsed().as_millis()).unwrap_or(u64::MAX);
    progress.event(&Event::StageDone { name: STAGE, milliseconds });
    Ok(complaints)
}

/// Understands what the programs write to standard error.
struct Listener<'a> {
    progress: &'a dyn Progress,
    complaints: Vec<Complaint>,
    /// The entry of the table of contents that the next error is about.
    entry: Option<String>,
    /// Whether lines without a prefix belong to the last complaint.
    open: bool,
    /// Whether pg_restore said that it went through the dump although there were errors.
    through: bool,
}

impl Listener<'_> {
    fn pg_restore(&mut self, line: &str) {
        let Some(text) = line.strip_prefix("pg_restore: ") else { return self.more(line) };
        self.open = false;
        if let Some(entry) = text.strip_prefix("from TOC entry ") {
            // `3301; 1259 16386 TABLE public t owner`: the numbers say nothing to a person.
            let words = entry.split_once("; ").map_or(entry, |(_, rest)| rest);
            self.entry = Some(words.splitn(3, ' ').nth(2).unwrap_or(words).to_owned());
        } else if let Some(error) = text.strip_prefix("error: ") {
            let error = error.strip_prefix("could not execute query: ").unwrap_or(error);
            self.complain(self.entry.clone(), error);
        } else if text.starts_with("warning: errors ignored on restore") {
            self.through = true;
        } else if let Some(warning) = text.strip_prefix("warning: ") {
            self.progress.warning(&format!("pg_restore: {warning}"));
        } else if let Some(name) = ["creating ", "processing data for ", "executing "]
            .iter()
            .find_map(|verb| text.strip_prefix(verb))
        {
            self.progress.event(&Event::StageItem { name: &name.replace('"', "") });
        }
    }

    fn psql(&mut self, line: &str) {
        let severity = ["ERROR", "FATAL", "PANIC", "error", "NOTICE", "WARNING", "INFO", "LOG"]
            .into_iter()
            .find_map(|severity| Some((severity, line.split_once(&format!(": {severity}: "))?)));
        match severity {
            Some((severity @ ("NOTICE" | "WARNING" | "INFO" | "LOG"), (_, text))) => {
                self.open = false;
                self.progress.event(&Event::Notice { severity, text: text.trim_start() });
            }
            Some((_, (place, text))) => {
                let place = place.strip_prefix("psql:").map(str::to_owned);
                self.complain(place, text.trim_start());
            }
            None => self.more(line),
        }
    }

    fn complain(&mut self, object: Option<String>, text: &str) {
        let text = text.strip_prefix("ERROR:").unwrap_or(text).trim_start().to_owned();
        self.complaints.push(Complaint { object, text });
        self.open = true;
    }

    /// A line that goes on with the last complaint.
    fn more(&mut self, line: &str) {
        if let Some(complaint) = self.complaints.last_mut().filter(|_| self.open && !line.is_empty())
            && complaint.text.lines().count() < COMPLAINT_LINES
        {
            complaint.text.push('\n');
            complaint.text.push_str(line);
        }
    }
}
