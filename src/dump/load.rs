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
    /// More options of pg_restore, such as `--no-owner`.
    pub options: &'a [&'a str],
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

/// Loads a dump. Gives what the server refused; an error is only what kept
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
        client.command().arg("--verbose").args(what.options);
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
        Listener { progress, complaints: Vec::new(), entry: None, open: false, passed_over: None };
    let status = client.run(cancel, &mut |line| {
        if plain { listener.psql(line) } else { listener.pg_restore(line) }
    })?;
    let Listener { mut complaints, passed_over, .. } = listener;
    // pg_restore says at the end how many errors it passed over; psql ends with 3 where one stopped it.
    let went_through = status.success() || passed_over.is_some() || (plain && status.code() == Some(3));
    if !went_through {
        let name = what.program.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut error =
            Error::failed(format!("{name} failed ({status}); the dump is restored in part at most"));
        for complaint in complaints {
            error = error.note(&name, complaint.to_string());
        }
        return Err(error);
    }
    let missed = passed_over.unwrap_or(0).saturating_sub(complaints.len());
    for _ in 0..missed {
        let text = "an error whose message parallel workers garbled; restore without -j to see it".to_owned();
        complaints.push(Complaint { object: None, text });
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
    /// How many errors pg_restore says it passed over; it went through the dump then.
    passed_over: Option<usize>,
}

impl Listener<'_> {
    fn pg_restore(&mut self, line: &str) {
        // Parallel workers write prefix and message apart, so prefixes may pile up here and be missing there.
        let text = line.trim_start_matches("pg_restore: ");
        let (error, text) = text.strip_prefix("error: ").map_or((false, text), |text| (true, text));
        let item = ["creating ", "processing data for ", "executing "]
            .iter()
            .find_map(|verb| text.strip_prefix(verb));
        if let Some(name) = item {
            self.open = false;
            self.progress.event(&Event::StageItem { name: &name.replace('"', "") });
        } else if let Some(error) = text.strip_prefix("could not execute query: ") {
            self.complain(self.entry.clone(), error);
        } else if text.len() == line.len() {
            self.more(line);
        } else if error {
            self.complain(self.entry.clone(), text);
        } else if let Some(entry) = text.strip_prefix("from TOC entry ") {
            self.entry = Some(object_of(entry).to_owned());
        } else if let Some(count) = text.strip_prefix("warning: errors ignored on restore: ") {
            self.passed_over = count.trim().parse().ok();
        } else if let Some(warning) = text.strip_prefix("warning: ") {
            self.progress.warning(&format!("pg_restore: {warning}"));
        }
    }

    fn psql(&mut self, line: &str) {
        let severity = ["ERROR", "FATAL", "PANIC", "error", "NOTICE", "WARNING", "INFO", "LOG"]
            .into_iter()
            .filter_map(|severity| Some((severity, line.split_once(&format!(": {severity}: "))?)))
            .min_by_key(|(_, (place, _))| place.len());
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

/// `3301; 1259 16386 TABLE t owner` is `TABLE t`: the numbers and the owner say nothing to a person.
fn object_of(entry: &str) -> &str {
    let words = entry.trim_end().split_once("; ").map_or(entry, |(_, rest)| rest);
    let words = words.splitn(3, ' ').nth(2).unwrap_or(words);
    words.rsplit_once(' ').map_or(words, |(object, _)| object)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::Silent;

    fn listen(plain: bool, text: &str) -> (Vec<String>, Option<usize>) {
        let mut listener = Listener {
            progress: &Silent,
            complaints: Vec::new(),
            entry: None,
            open: false,
            passed_over: None,
        };
        text.lines().for_each(|line| if plain { listener.psql(line) } else { listener.pg_restore(line) });
        (listener.complaints.iter().map(ToString::to_string).collect(), listener.passed_over)
    }

    #[test]
    fn complaints_of_pg_restore_carry_object_and_command() {
        let (complaints, passed_over) = listen(
            false,
            "pg_restore: creating TABLE \"a.t\"\npg_restore: while PROCESSING TOC:\n\
             pg_restore: from TOC entry 210; 1259 16386 TABLE t postgres\n\
             pg_restore: error: could not execute query: ERROR:  relation \"t\" already exists\n\
             Command was: CREATE TABLE a.t (\n    a integer\n);\n\n\n\
             pg_restore: from TOC entry 3; 0 0 ACL SCHEMA public x\n\
             pg_restore: error: could not execute query: ERROR:  role \"x\" does not exist\n\
             pg_restore: warning: errors ignored on restore: 2\n",
        );
        assert_eq!(passed_over, Some(2));
        assert_eq!(
            complaints,
            [
                "TABLE t: relation \"t\" already exists\nCommand was: CREATE TABLE a.t (\n    a integer\n);",
                "ACL SCHEMA public: role \"x\" does not exist",
            ]
        );
    }

    #[test]
    fn messages_of_parallel_workers_are_told_apart() {
        let (complaints, passed_over) = listen(
            false,
            "pg_restore: pg_restore: error: processing data for table \"a.t\"\n\
             could not execute query: ERROR:  no\nCommand was: X\n\
             pg_restore: warning: errors ignored on restore: 1\n",
        );
        assert_eq!(complaints, ["no\nCommand was: X"]);
        assert_eq!(passed_over, Some(1));
    }

    #[test]
    fn complaints_of_psql_carry_file_and_line() {
        let (complaints, _) = listen(
            true,
            "psql:x.sql:3: NOTICE:  nothing\nDETAIL:  of a notice\n\
             psql:x.sql:7: ERROR:  syntax error\nLINE 1: selct;\n        ^\n",
        );
        assert_eq!(complaints, ["x.sql:7: syntax error\nLINE 1: selct;\n        ^"]);
    }
}
