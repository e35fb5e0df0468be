//! The text of a source becomes a database that can be read.

use crate::connection::Parameters;
use crate::{Error, Result};

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
    /// What to call it: the service, if there is one, else the database.
    pub label: String,
}

impl Source {
    /// Reads the text of a source.
    ///
    /// # Errors
    /// A text that is not understood, or that names no database.
    pub fn resolve(text: &str) -> Result<Source> {
        let parameters = Parameters::resolve(text)?;
        if !parameters.names_database() {
            return Err(Error::usage("no database is named").hint(
                "a source is a service, a URI or \"host=… dbname=…\"; PGSERVICE or PGDATABASE may name the database",
            ));
        }
        Ok(Source::Database(parameters))
    }

    /// What the user should know about how it is named.
    pub fn warnings(&self) -> &[String] {
        match self {
            Source::Database(connection) => connection.warnings(),
        }
    }

    /// Makes a database of it that can be read.
    ///
    /// # Errors
    /// None yet: a database is opened by whoever reads it.
    pub fn open(&self) -> Result<Opened> {
        match self {
            Source::Database(connection) => {
                let label = connection.service().map_or_else(|| connection.database(), str::to_owned);
                Ok(Opened { connection: connection.clone(), label })
            }
        }
    }
}
