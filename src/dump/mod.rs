//! Dumps: what pg_dump, pg_restore and psql do, with progress by objects, with a way to stop, and without a file
//! that is half there. Which database, what may be overwritten and what is asked is for the commands to decide.

mod archive;
mod client;
mod load;
mod names;
mod target;
mod write;

use std::fmt;
use std::str::FromStr;

pub use archive::Archive;
pub use load::{Complaint, Load, load};
pub use names::Names;
pub use target::{
    Like, Occupant, clear, copy_settings, create, create_like, drop_database, end_sessions, exists, like,
    may_create, objects, occupants, recreate, set,
};
pub use write::{Scratch, What, Write, free_space, scratch, write};

use crate::{Error, Result};

/// The formats of pg_dump.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// One compressed file with a table of contents.
    #[default]
    Custom,
    /// A directory with a compressed file a table; the one that can be written in parallel.
    Directory,
    /// A tar archive.
    Tar,
    /// SQL text.
    Plain,
}

impl Format {
    /// Its name, as pg_dump's `--format` takes it.
    pub fn name(self) -> &'static str {
        match self {
            Format::Custom => "custom",
            Format::Directory => "directory",
            Format::Tar => "tar",
            Format::Plain => "plain",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Format {
    type Err = Error;

    /// Reads the name, or its first letter as pg_dump does.
    fn from_str(text: &str) -> Result<Format> {
        [Format::Custom, Format::Directory, Format::Tar, Format::Plain]
            .into_iter()
            .find(|format| text == format.name() || text == &format.name()[..1])
            .ok_or_else(|| {
                Error::usage(format!("unknown dump format {text:?}"))
                    .hint("the formats are custom, directory, tar and plain")
            })
    }
}
