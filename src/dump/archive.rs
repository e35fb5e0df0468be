//! A dump as it is found on disk: which format it has, what is in it, and whether it is whole, as far as that can be
//! seen without reading all of it.

use std::fs::{self, File};
use std::io::{BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::process::Signal;

use super::client::Client;
use super::{Format, Names};
use crate::programs::child::{self, DiesWith};
use crate::progress::Cancel;
use crate::{Error, Result};

/// What pg_restore says of an archive of a later version.
const TOO_NEW: &str = "unsupported version";

/// A file or directory that is a dump.
#[derive(Debug, Clone)]
pub struct Archive {
    path: PathBuf,
    format: Format,
}

impl Archive {
    /// Recognises a dump by its content.
    ///
    /// # Errors
    /// There is no such file, it cannot be read, or it is not a dump; each says what it is instead.
    pub fn open(path: &Path) -> Result<Archive> {
        let metadata = fs::metadata(path).map_err(|error| unreadable(path, error))?;
        let format =
            if metadata.is_dir() { directory_format(path)? } else { file_format(path, metadata.len())? };
        Ok(Archive { path: path.to_owned(), format })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its format.
    pub fn format(&self) -> Format {
        self.format
    }

    /// The entries of the table of contents, as `pg_restore --list` writes them, without those of the excluded
    /// schemas; none for plain SQL.
    ///
    /// # Errors
    /// The archive is damaged or cut off, or this pg_restore is too old for it.
    pub fn entries(&self, pg_restore: &Path, exclude_schemas: &[String]) -> Result<Vec<String>> {
        if self.format == Format::Plain {
            return Ok(Vec::new());
        }
        let (good, list, messages) = self.list(pg_restore, exclude_schemas)?;
        if good {
            return Ok(list
                .lines()
                .filter(|line| !line.starts_with(';') && !line.is_empty())
                .map(str::to_owned)
                .collect());
        }
        if messages.contains(TOO_NEW) {
            let path = self.path.display();
            return Err(Error::failed(format!(
                "the dump {path} was written by a newer pg_dump than this pg_restore"
            ))
            .note("pg_restore", messages.trim())
            .hint("install the client programs of that version, or name a pg_restore with pg_restore_exe"));
        }
        Err(self.damaged(messages.trim()))
    }

    /// Whether the archive is too new for this pg_restore.
    pub fn is_too_new_for(&self, pg_restore: &Path) -> Result<bool> {
        Ok(self.format != Format::Plain && self.list(pg_restore, &[])?.2.contains(TOO_NEW))
    }

    /// Whether `pg_restore --list` went well, and what it wrote to standard output and error.
    fn list(&self, pg_restore: &Path, exclude_schemas: &[String]) -> Result<(bool, String, String)> {
        let output = Command::new(pg_restore)
            .env("LC_ALL", "C")
            .arg("--list")
            .args(exclude_schemas.iter().map(|schema| format!("--exclude-schema={schema}")))
            .arg(&self.path)
            .output()
            .map_err(|error| {
                Error::failed(format!("pg_restore could not be run: {error}")).caused_by(error)
            })?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ok((output.status.success(), text(&output.stdout), text(&output.stderr)))
    }

    /// What the dump names beside its own objects, and where it comes from.
    ///
    /// # Errors
    /// A file that cannot be read, a pg_restore that fails.
    pub fn names(&self, pg_restore: &Path) -> Result<Names> {
        let mut names = Names::default();
        if self.format == Format::Plain {
            let file = File::open(&self.path).map_err(|error| unreadable(&self.path, error))?;
            names.read(BufReader::new(file)).map_err(|error| unreadable(&self.path, error))?;
            return Ok(names);
        }
        let failed = |error: std::io::Error| {
            Error::failed(format!("pg_restore could not be run: {error}")).caused_by(error)
        };
        let mut command = Command::new(pg_restore);
        command.env("LC_ALL", "C").args(["--schema-only", "--file=-"]).arg(&self.path);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        child::attach(&mut command, DiesWith::SpawningThread(Signal::INT));
        let mut running = command.spawn().map_err(failed)?;
        if let Some(output) = running.stdout.take() {
            names.read(BufReader::new(output)).map_err(failed)?;
        }
        let status = running.wait().map_err(failed)?;
        if status.success() { Ok(names) } else { Err(self.damaged(&format!("pg_restore failed ({status})"))) }
    }

    /// Looks whether the end is there: the last table's rows are read, which come last in the file; in the
    /// directory format, whether every table's file is there, and with `every_byte` all of them are read.
    ///
    /// # Errors
    /// It is cut off.
    pub fn check_whole(&self, pg_restore: &Path, every_byte: bool, cancel: &Cancel) -> Result<()> {
        let entries = self.entries(pg_restore, &[])?;
        let data: Vec<&String> = entries.iter().filter(|entry| entry.contains(" TABLE DATA ")).collect();
        match self.format {
            Format::Directory => data.iter().try_for_each(|entry| self.check_file(entry))?,
            // Of a tar that is cut off, pg_restore reads for ever.
            Format::Tar => self.check_tar()?,
            Format::Custom | Format::Plain => {}
        }
        let last = match self.format {
            Format::Directory if every_byte => None,
            Format::Directory => return Ok(()),
            _ if data.is_empty() => return Ok(()),
            _ => data.last(),
        };
        let io =
            |error: std::io::Error| Error::failed("a temporary file could not be written").caused_by(error);
        let mut list = tempfile::NamedTempFile::new().map_err(io)?;
        let mut client = Client::new(pg_restore, None)?;
        if let Some(last) = last {
            writeln!(list, "{last}").map_err(io)?;
            client.command().arg("--use-list").arg(list.path());
        }
        client.command().arg("--file=/dev/null").arg(&self.path);
        let mut messages = Vec::new();
        let status = client.run(cancel, &mut |line| messages.push(line.to_owned()))?;
        if status.success() { Ok(()) } else { Err(self.damaged(&messages.join("\n"))) }
    }

    /// Goes from member to member of a tar; a whole one ends with an empty block.
    fn check_tar(&self) -> Result<()> {
        const BLOCK: u64 = 512;
        let read = || -> std::io::Result<bool> {
            let mut file = File::open(&self.path)?;
            let length = file.metadata()?.len();
            let mut at = 0;
            while at + BLOCK <= length {
                let mut header = [0; BLOCK as usize];
                file.seek(SeekFrom::Start(at))?;
                file.read_exact(&mut header)?;
                if header.iter().all(|&byte| byte == 0) {
                    return Ok(true);
                }
                at += BLOCK + member_size(&header[124..136]).next_multiple_of(BLOCK);
            }
            Ok(false)
        };
        match read() {
            Ok(true) => Ok(()),
            Ok(false) => Err(self.damaged("the tar has no end")),
            Err(error) => Err(unreadable(&self.path, error)),
        }
    }

    fn damaged(&self, messages: &str) -> Error {
        Error::usage(format!("the dump {} is damaged or cut off", self.path.display()))
            .note("pg_restore", messages)
            .hint("copy it again, or use another dump")
    }

    /// `entry` begins with its number, by which its file is named.
    fn check_file(&self, entry: &str) -> Result<()> {
        let number = entry.split(';').next().unwrap_or_default();
        let there = ["", ".gz", ".lz4", ".zst"]
            .iter()
            .any(|ending| self.path.join(format!("{number}.dat{ending}")).is_file());
        if there {
            return Ok(());
        }
        Err(Error::usage(format!(
            "the dump {} is not complete: {number}.dat is missing",
            self.path.display()
        ))
        .note("entry", entry))
    }
}

/// The size of a tar's member from its header: octal digits, or, for one above 8 GB, big-endian bytes behind 0x80.
fn member_size(field: &[u8]) -> u64 {
    match field.split_first() {
        Some((0x80, bytes)) => bytes.iter().fold(0, |size, &byte| (size << 8) | u64::from(byte)),
        _ => field
            .iter()
            .skip_while(|byte| **byte == b' ')
            .take_while(|byte| (b'0'..=b'7').contains(*byte))
            .fold(0, |size, byte| size * 8 + u64::from(byte - b'0')),
    }
}

fn directory_format(path: &Path) -> Result<Format> {
    if path.join("toc.dat").is_file() {
        return Ok(Format::Directory);
    }
    Err(Error::usage(format!("{} is not a dump: the directory has no toc.dat", path.display()))
        .hint("name a dump that pg_dump or `pum dump` wrote"))
}

fn file_format(path: &Path, length: u64) -> Result<Format> {
    let mut file = File::open(path).map_err(|error| unreadable(path, error))?;
    let head = read_some(&mut file).map_err(|error| unreadable(path, error))?;
    let not = |what: &str| {
        Error::usage(format!("{} is not a dump: {what}", path.display()))
            .hint("name a dump that pg_dump or `pum dump` wrote")
    };
    if head.is_empty() {
        return Err(not("it is empty"));
    }
    if head.starts_with(b"PGDMP") {
        return Ok(Format::Custom);
    }
    if head.starts_with(b"toc.dat\0") && head.get(257..262) == Some(b"ustar") {
        return Ok(Format::Tar);
    }
    if head.starts_with(&[0x1f, 0x8b]) {
        return Err(not("it is compressed with gzip").hint("decompress it with gunzip first"));
    }
    if head.contains(&0) {
        return Err(not("it has neither the signature of an archive nor is it SQL text"));
    }
    let head = String::from_utf8_lossy(&head);
    if head.contains("-- PostgreSQL database cluster dump") {
        return Err(not("it is a dump of a whole cluster, by pg_dumpall").hint("give it to psql"));
    }
    if head.contains("-- PostgreSQL database dump") {
        // The last line, but for an \unrestrict and blank lines.
        file.seek(SeekFrom::Start(length.saturating_sub(1024))).map_err(|error| unreadable(path, error))?;
        let tail = read_some(&mut file).map_err(|error| unreadable(path, error))?;
        if !String::from_utf8_lossy(&tail).contains("-- PostgreSQL database dump complete") {
            return Err(Error::usage(format!("the dump {} is cut off", path.display()))
                .note("missing", "the line `-- PostgreSQL database dump complete`")
                .hint("copy it again, or use another dump"));
        }
    }
    Ok(Format::Plain)
}

fn read_some(file: &mut File) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(4096).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn unreadable(path: &Path, error: std::io::Error) -> Error {
    let message = if error.kind() == std::io::ErrorKind::NotFound {
        format!("there is no dump {}", path.display())
    } else {
        format!("the dump {} cannot be read: {error}", path.display())
    };
    Error::usage(message).caused_by(error)
}
