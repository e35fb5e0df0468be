//! The text of a source becomes a database that can be read.

use crate::Result;
use crate::connection::Parameters;

/// Anything that can be read as a schema.
#[derive(Debug, Clone)]
pub enum Source {
    /// A database, by a service, a URI or a key/value string.
    Database(Parameters),
}

/// A source that is open: a database to read, for as long as this lives.
#[derive(Debug)]
pub struct Opened {
    /// How to connect.
    pub connection: Parameters,
    /// What to call it.
    pub label: String,
}

impl Source {
    /// Reads the text of a source.
    ///
    /// # Errors
    /// A text that names nothing.
    pub fn resolve(text: &str) -> Result<Source> {
        Ok(Source::Database(Parameters::resolve(text)?))
    }

    /// Makes a database of it that can be read.
    ///
    /// # Errors
    /// None yet: a database is opened by whoever reads it.
    pub fn open(&self) -> Result<Opened> {
        match self {
            Source::Database(connection) => {
                Ok(Opened { connection: connection.clone(), label: connection.database() })
            }
        }
    }
}
