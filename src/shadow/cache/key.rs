//! By what an entry is found: the hash of everything that went into it.

use std::fmt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use sha2::{Digest, Sha256};

/// The name of an entry: a hash, in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(String);

impl Key {
    /// Whether a text has the form of a key.
    pub(super) fn is_one(text: &str) -> bool {
        text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    }

    pub(super) fn of_digest(digest: &[u8]) -> Key {
        Key(digest.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

impl fmt::Display for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Everything that goes into something, in an order that is always the same.
#[derive(Debug, Clone)]
pub struct Ingredients(Sha256);

impl Ingredients {
    /// Those of something of this name and format. This pum's version is among them.
    pub fn new(what: &str, format: u32) -> Ingredients {
        let mut ingredients = Ingredients(Sha256::new());
        ingredients.add("pum", env!("CARGO_PKG_VERSION"));
        ingredients.add(what, format.to_string());
        ingredients
    }

    /// Adds one. Name and value are told apart from their neighbours.
    pub fn add(&mut self, name: &str, value: impl AsRef<[u8]>) {
        for part in [name.as_bytes(), value.as_ref()] {
            self.0.update((part.len() as u64).to_le_bytes());
            self.0.update(part);
        }
    }

    /// In debug builds, adds the very binary, for it changes more often than versions and formats do.
    pub fn add_this_build(&mut self) {
        if cfg!(debug_assertions)
            && let Ok(own) = std::env::current_exe()
        {
            self.add_program(&own);
        }
    }

    /// Adds a program, or what else changes by being replaced: its path, its size and when it was written.
    pub fn add_program(&mut self, path: &Path) {
        self.add("program", path.as_os_str().as_encoded_bytes());
        if let Ok(metadata) = std::fs::metadata(path) {
            self.add("written", format!("{} {}.{}", metadata.len(), metadata.mtime(), metadata.mtime_nsec()));
        }
    }

    /// The key.
    pub fn key(self) -> Key {
        Key::of_digest(&self.0.finalize())
    }
}
