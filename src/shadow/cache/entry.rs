//! An entry of the cache: its files, and the manifest by which a broken one is told.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Cache, Key, Kind};
use crate::Result;
use crate::shadow::place::cannot;

/// The manifest's file, written last.
const MANIFEST: &str = "pum.json";

/// An entry that is in use: nobody removes it as long as this lives.
#[derive(Debug)]
pub struct Entry {
    cache: Cache,
    path: PathBuf,
    lock: File,
}

impl Entry {
    pub(super) fn new(cache: Cache, path: PathBuf, lock: File) -> Entry {
        Entry { cache, path, lock }
    }

    /// The directory that was filled.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Removes it, for it turned out to be broken.
    pub fn discard(self) {
        drop(self.lock);
        // Somebody else may be about to find out the same.
        let _ = self.cache.remove(&self.path);
    }
}

/// What an entry should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Manifest {
    kind: String,
    key: String,
    files: u64,
    /// The size of all files together.
    pub bytes: u64,
    /// The hash of names and contents, for some kinds.
    digest: Option<String>,
}

impl Manifest {
    /// Describes a directory.
    pub fn of(directory: &Path, kind: Kind, key: &Key) -> Result<Manifest> {
        let described = measure(directory, kind);
        let (files, bytes, digest) = described.map_err(|error| cannot("read", directory, error))?;
        Ok(Manifest { kind: kind.name().to_owned(), key: key.to_string(), files, bytes, digest })
    }

    /// The manifest of an entry, if it can be read.
    pub fn read(directory: &Path) -> Option<Manifest> {
        serde_json::from_slice(&fs::read(directory.join(MANIFEST)).ok()?).ok()
    }

    pub fn write(&self, directory: &Path) -> Result<()> {
        let path = directory.join(MANIFEST);
        let text = serde_json::to_vec(self).unwrap_or_default();
        fs::write(&path, text).map_err(|error| cannot("write", &path, error))
    }

    /// Whether the directory is what it should be.
    pub fn describes(&self, directory: &Path, kind: Kind, key: &Key) -> bool {
        Manifest::of(directory, kind, key).is_ok_and(|found| found == *self)
    }

    /// Says that the entry is used now.
    pub fn touch(directory: &Path) {
        // On a file system that can only be read it counts as not used.
        let _ = File::options()
            .write(true)
            .open(directory.join(MANIFEST))
            .and_then(|file| file.set_modified(SystemTime::now()));
    }

    /// When the entry was used last.
    pub fn used(directory: &Path) -> Option<SystemTime> {
        fs::metadata(directory.join(MANIFEST)).ok()?.modified().ok()
    }
}

/// How many files there are but for the manifest, how large they are, and the hash of them if the kind has one.
fn measure(directory: &Path, kind: Kind) -> io::Result<(u64, u64, Option<String>)> {
    let mut hash = kind.is_hashed().then(Sha256::new);
    let (mut files, mut bytes) = (0, 0);
    let mut piece = vec![0; 1 << 16];
    let mut left = vec![directory.to_owned()];
    while let Some(next) = left.pop() {
        let mut entries = fs::read_dir(&next)?.collect::<io::Result<Vec<_>>>()?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let path = entry.path();
            if entry.file_type()?.is_dir() {
                left.push(path);
            } else if path != directory.join(MANIFEST) {
                files += 1;
                bytes += entry.metadata()?.len();
                if let Some(hash) = &mut hash {
                    hash.update(path.strip_prefix(directory).unwrap_or(&path).as_os_str().as_encoded_bytes());
                    let mut file = File::open(&path)?;
                    while let length @ 1.. = file.read(&mut piece)? {
                        hash.update(&piece[..length]);
                    }
                }
            }
        }
    }
    Ok((files, bytes, hash.map(|hash| Key::of_digest(&hash.finalize()).to_string())))
}

/// Whether what is open is what stands there now.
pub(super) fn is_same(open: &File, path: &Path) -> bool {
    let identity = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
    let stands = fs::symlink_metadata(path).map(identity);
    matches!((open.metadata().map(identity), stands), (Ok(open), Ok(stands)) if open == stands)
}

/// Whether it is a directory that belongs to whoever runs this.
pub(super) fn own(path: &Path) -> io::Result<bool> {
    let metadata = fs::symlink_metadata(path)?;
    Ok(metadata.is_dir() && metadata.uid() == rustix::process::geteuid().as_raw())
}
