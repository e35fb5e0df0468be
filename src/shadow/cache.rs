//! What was made before and may be used again: data directories that a cluster is copied from, models that were built.
//! Each entry is a directory that is written beside its place and renamed into it when it is whole, so neither two pums
//! at once nor a killed one nor a full disk leave half of one. Whoever uses an entry holds a lock on it, and what is in use is
//! never removed. Nothing that is not pum's own is touched.

mod entry;
mod key;

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::place::cannot;
use crate::{Error, Result};
pub use entry::Entry;
use entry::{Manifest, is_same, own};
pub use key::{Ingredients, Key};

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A data directory as initdb makes it.
    Template,
    /// A model that was built.
    Model,
    /// What came of a verification.
    Verdict,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 3] = [Kind::Template, Kind::Model, Kind::Verdict];

    /// What the names of its entries begin with.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Template => "template",
            Kind::Model => "model",
            Kind::Verdict => "verdict",
        }
    }

    /// Whether the content is checked, and not only how much there is: a server finds out by itself what is wrong with its
    /// data directory.
    fn is_hashed(self) -> bool {
        self != Kind::Template
    }
}

/// The directory of the entries, and how much may lie there. A value: nothing is read or made before it is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cache {
    directory: PathBuf,
    limit: u64,
}

/// An entry as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// What it is.
    pub kind: Kind,
    /// Where it is.
    pub path: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
    /// When it was made or used last.
    pub used: SystemTime,
}

/// What [`Cache::clear`] did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cleared {
    /// What was removed.
    pub removed: Vec<Listed>,
    /// What is in use, and was left.
    pub in_use: Vec<Listed>,
}

/// What the names of unfinished and of half removed entries begin with.
const UNFINISHED: &str = "unfinished-";

impl Cache {
    /// How much may lie there unless somebody says otherwise: 1 GiB.
    pub const DEFAULT_LIMIT: u64 = 1 << 30;

    /// A cache in this directory, which is made when it is needed, of this many bytes at most.
    pub fn new(directory: impl Into<PathBuf>, limit: u64) -> Cache {
        Cache { directory: directory.into(), limit }
    }

    /// Its directory.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// How many bytes it may hold.
    pub fn limit(&self) -> u64 {
        self.limit
    }

    /// The entry of this key, if there is one that is whole; it is kept from removal as long as the value lives, and counts as
    /// used now. One that is broken is removed.
    pub fn find(&self, kind: Kind, key: &Key) -> Option<Entry> {
        let path = self.place(kind, key);
        let lock = File::open(&path).ok()?;
        lock.try_lock_shared().ok()?;
        if !is_same(&lock, &path) {
            return None;
        }
        let is_whole = own(&path).is_ok_and(|own| own)
            && Manifest::read(&path).is_some_and(|manifest| manifest.describes(&path, kind, key));
        if !is_whole {
            drop(lock);
            // Somebody else may have removed it.
            let _ = self.remove(&path);
            return None;
        }
        Manifest::touch(&path);
        Some(Entry::new(self.clone(), path, lock))
    }

    /// Makes an entry: `fill` writes it into an empty directory. One that exists already is left. Then what was not used for
    /// the longest time is removed, as long as there is too much.
    ///
    /// # Errors
    /// What `fill` fails with, what the file system refuses. Nothing is left of the entry then.
    pub fn keep(&self, kind: Kind, key: &Key, fill: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
        self.prepare()?;
        self.sweep();
        let (directory, lock) = self.unfinished()?;
        fill(directory.path())?;
        let manifest = Manifest::of(directory.path(), kind, key)?;
        if manifest.bytes > self.limit {
            return Ok(());
        }
        manifest.write(directory.path())?;
        let place = self.place(kind, key);
        match fs::rename(directory.path(), &place) {
            Ok(()) => drop(directory.keep()),
            // Another pum was quicker.
            Err(error) if is_taken(&error) => {}
            Err(error) => return Err(cannot("make", &place, error)),
        }
        drop(lock);
        self.shrink();
        Ok(())
    }

    /// What there is, most recently used first.
    pub fn list(&self) -> Vec<Listed> {
        let entries = fs::read_dir(&self.directory).into_iter().flatten().flatten();
        let mut list: Vec<Listed> = entries.filter_map(|entry| self.listed(entry.path())).collect();
        list.sort_by_key(|listed| std::cmp::Reverse(listed.used));
        list
    }

    /// Removes all entries but those in use.
    ///
    /// # Errors
    /// What the file system refuses.
    pub fn clear(&self) -> Result<Cleared> {
        let mut cleared = Cleared::default();
        for listed in self.list() {
            match self.remove(&listed.path) {
                Ok(true) => cleared.removed.push(listed),
                Ok(false) => cleared.in_use.push(listed),
                Err(error) => return Err(cannot("remove", &listed.path, error)),
            }
        }
        self.sweep();
        Ok(cleared)
    }

    fn place(&self, kind: Kind, key: &Key) -> PathBuf {
        self.directory.join(format!("{}-{key}", kind.name()))
    }

    /// An entry of ours, by its name and its owner; whether it is whole is not looked at.
    fn listed(&self, path: PathBuf) -> Option<Listed> {
        let name = path.file_name()?.to_str()?;
        let (kind, key) = name.split_once('-')?;
        let kind = Kind::ALL.into_iter().find(|known| known.name() == kind)?;
        if !Key::is_one(key) || !own(&path).ok()? {
            return None;
        }
        let metadata = fs::symlink_metadata(&path).ok()?;
        let manifest = Manifest::read(&path);
        Some(Listed {
            kind,
            bytes: manifest.map_or(0, |manifest| manifest.bytes),
            used: Manifest::used(&path).or_else(|| metadata.modified().ok())?,
            path,
        })
    }

    /// Removes what was not used for the longest time, as long as there is too much.
    fn shrink(&self) {
        let list = self.list();
        let mut bytes: u64 = list.iter().map(|listed| listed.bytes).sum();
        for listed in list.iter().rev() {
            if bytes <= self.limit {
                return;
            }
            if self.remove(&listed.path).is_ok_and(|removed| removed) {
                bytes -= listed.bytes;
            }
        }
    }

    /// Makes the directory, for its owner only, with the mark by which backups leave it out.
    fn prepare(&self) -> Result<()> {
        let made = |result: io::Result<()>| {
            result.map_err(|error| cannot("make the cache directory", &self.directory, error))
        };
        made(DirBuilder::new().recursive(true).mode(0o700).create(&self.directory))?;
        let metadata = fs::metadata(&self.directory);
        let owner = made(metadata.as_ref().map(drop).map_err(|error| error.kind().into()))
            .and_then(|()| metadata.map_err(|error| cannot("read", &self.directory, error)))?
            .uid();
        if owner != rustix::process::geteuid().as_raw() {
            return Err(Error::failed(format!(
                "the cache directory {} belongs to another user",
                self.directory.display()
            ))
            .hint("PUM_CACHE_DIR names another one"));
        }
        let tag = self.directory.join("CACHEDIR.TAG");
        if !tag.exists() {
            let text = "Signature: 8a477f597d28d172789f06886806bc55\n# The cache of pum; `pum cache clear` empties it.\n";
            made(fs::write(tag, text))?;
        }
        Ok(())
    }

    /// A new directory with a name of its own, locked as long as its maker lives.
    fn unfinished(&self) -> Result<(tempfile::TempDir, File)> {
        let failed = |error| cannot("write to the cache directory", &self.directory, error);
        loop {
            let directory =
                tempfile::Builder::new().prefix(UNFINISHED).tempdir_in(&self.directory).map_err(failed)?;
            // Another process may take it for a dead one's before it is locked: then try again.
            let Ok(lock) = File::open(directory.path()) else { continue };
            match lock.try_lock() {
                Ok(()) if is_same(&lock, directory.path()) => return Ok((directory, lock)),
                Ok(()) | Err(fs::TryLockError::WouldBlock) => {}
                Err(fs::TryLockError::Error(error)) => return Err(failed(error)),
            }
        }
    }

    /// Removes an entry; `false` if it is in use. It is moved away first, so nobody finds half of it.
    fn remove(&self, path: &Path) -> io::Result<bool> {
        let lock = match File::open(path) {
            Ok(lock) => lock,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
            Err(error) => return Err(error),
        };
        match lock.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => return Ok(false),
            Err(fs::TryLockError::Error(error)) => return Err(error),
        }
        if !is_same(&lock, path) {
            return Ok(true);
        }
        let aside = tempfile::Builder::new().prefix(UNFINISHED).tempdir_in(&self.directory)?;
        fs::rename(path, aside.path())?;
        // A sweep may help; what neither can remove is left for the next one.
        drop(aside);
        Ok(true)
    }

    /// Removes what killed pums left unfinished.
    fn sweep(&self) {
        for entry in fs::read_dir(&self.directory).into_iter().flatten().flatten() {
            let path = entry.path();
            if entry.file_name().to_string_lossy().starts_with(UNFINISHED)
                && own(&path).is_ok_and(|own| own)
                && File::open(&path).is_ok_and(|lock| lock.try_lock().is_ok())
            {
                // What cannot be removed now is left for the next sweep.
                let _ = fs::remove_dir_all(&path);
            }
        }
    }
}

/// Whether a directory could not be renamed because there is one of that name.
fn is_taken(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::DirectoryNotEmpty | io::ErrorKind::AlreadyExists)
}

#[cfg(test)]
mod tests;
