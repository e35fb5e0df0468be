//! A report in a file: the whole of it, or nothing.

use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::Builder;

use crate::{Error, Result};

/// Puts a report behind what a file holds, which others write to as well.
///
/// # Errors
/// A file that cannot be written.
pub fn append(path: &Path, text: &str) -> Result<()> {
    let written = File::options()
        .append(true)
        .create(true)
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|cause| {
        Error::failed(format!("the report could not be written to {}: {cause}", path.display()))
            .caused_by(cause)
    })
}

/// A file that a report goes to.
#[derive(Debug)]
pub struct Target {
    /// As the user named it.
    path: PathBuf,
    /// Where it is, behind symbolic links.
    place: PathBuf,
}

impl Target {
    /// Looks whether a report can be put there, before the work that it is about.
    ///
    /// # Errors
    /// A directory, or a place where no file can be made.
    pub fn new(path: &Path) -> Result<Target> {
        let cannot = |cause: io::Error| {
            let why = match cause.kind() {
                io::ErrorKind::NotFound => "its directory does not exist".to_owned(),
                kind => kind.to_string(),
            };
            Error::usage(format!("a report cannot be written to {}: {why}", path.display()))
                .note("state", "nothing was compared")
                .caused_by(cause)
        };
        let place = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let target = Target { path: path.to_owned(), place };
        if target.place.is_dir() {
            return Err(cannot(io::ErrorKind::IsADirectory.into()));
        }
        if target.is_replaceable() {
            target.beside().map_err(cannot)?;
        } else {
            File::options().write(true).open(&target.place).map_err(cannot)?;
        }
        Ok(target)
    }

    /// The file, as the user named it.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Puts the report there; what was there before stays whole until then.
    ///
    /// # Errors
    /// A file that cannot be written, or a disk that is full; then it is as it was before.
    pub fn write(&self, text: &str) -> Result<()> {
        self.put(text.as_bytes()).map_err(|cause| {
            Error::failed(format!("the report could not be written to {}: {cause}", self.path.display()))
                .note("state", "the file is as it was before")
                .caused_by(cause)
        })
    }

    fn put(&self, bytes: &[u8]) -> io::Result<()> {
        if !self.is_replaceable() {
            return File::options().write(true).open(&self.place)?.write_all(bytes);
        }
        let mut file = self.beside()?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        if let Ok(before) = fs::metadata(&self.place) {
            file.as_file().set_permissions(before.permissions())?;
        }
        file.persist(&self.place).map_err(|error| error.error)?;
        Ok(())
    }

    /// A device or a pipe (`/dev/null`) is written to; everything else is replaced.
    fn is_replaceable(&self) -> bool {
        fs::metadata(&self.place).map_or(true, |metadata| metadata.is_file())
    }

    /// A file beside it that is gone unless it is put in its place.
    fn beside(&self) -> io::Result<tempfile::NamedTempFile> {
        let directory = self.place.parent().filter(|parent| !parent.as_os_str().is_empty());
        let mut builder = Builder::new();
        builder.prefix(".pum-report-");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            // Less what the user's mask takes away.
            builder.permissions(Permissions::from_mode(0o666));
        }
        builder.tempfile_in(directory.unwrap_or(Path::new(".")))
    }
}
