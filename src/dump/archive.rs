//! A dump as it is found on disk: which format it has, what is in it, and whether it is whole, as far as that can be
//! seen without reading all of it.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::Format;
use crate::{Error, Result};

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
        let mut command = Command::new(pg_restore);
        command.arg("--list").args(exclude_schemas.iter().map(|schema| format!("--exclude-schema={schema}")));
        let list = self.read_with(command.arg(&self.path))?;
        Ok(list
            .lines()
            .filter(|line| !line.starts_with(';') && !line.is_empty())
            .map(str::to_owned)
            .collect())
    }

    /// Looks whether the end is there: the last table's rows are read, which come last in the file; in the
    /// directory format, whether every table's file is there.
    ///
    /// # Errors
    /// It is cut off.
    pub fn check_whole(&self, pg_restore: &Path) -> Result<()> {
        let entries = self.entries(pg_restore, &[])?;
        let data: Vec<&String> = entries.iter().filter(|entry| entry.contains(" TABLE DATA ")).collect();
        if self.format == Format::Directory {
            return data.iter().try_for_each(|entry| self.check_file(entry));
        }
        let Some(last) = data.last() else { return Ok(()) };
        let io =
            |error: std::io::Error| Error::failed("a temporary file could not be written").caused_by(error);
        let mut list = tempfile::NamedTempFile::new().map_err(io)?;
        writeln!(list, "{last}").map_err(io)?;
        let mut command = Command::new(pg_restore);
        command.arg("--use-list").arg(list.path()).arg("--file=/dev/null").arg(&self.path);
        self.read_with(&mut command).map(drop)
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

    fn read_with(&self, command: &mut Command) -> Result<String> {
        let output = command.env("LC_ALL", "C").output().map_err(|error| {
            Error::failed(format!("pg_restore could not be run: {error}")).caused_by(error)
        })?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let text = String::from_utf8_lossy(&output.stderr);
        let path = self.path.display();
        let error = if text.contains("unsupported version") {
            Error::failed(format!(
                "the dump {path} was written by a newer pg_dump than the pg_restore that was found"
            ))
            .hint("install the client programs of that version, or name a pg_restore with pg_restore_exe")
        } else {
            Error::usage(format!("the dump {path} is damaged or cut off"))
                .hint("copy it again, or use another dump")
        };
        Err(error.note("pg_restore", text.trim()))
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
