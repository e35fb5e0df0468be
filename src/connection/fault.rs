//! Why a statement did not end well: the server's error with all that it says, or a connection that is gone.

use tokio_postgres::error::{DbError, ErrorPosition};

use crate::Error;

/// Why a statement did not end well.
#[derive(Debug)]
pub enum Fault {
    /// The server refused it; the session goes on.
    Server(Box<DbError>),
    /// The connection is gone, or what came over it made no sense. Whether a COMMIT that was under way took effect is
    /// not known.
    Lost(String),
}

impl Fault {
    /// Sorts what the client library reports.
    pub(super) fn new(error: tokio_postgres::Error) -> Fault {
        match error.as_db_error() {
            Some(server) => Fault::Server(Box::new(server.clone())),
            None => Fault::Lost(root_cause(&error)),
        }
    }

    /// The SQLSTATE, if it came from the server.
    pub fn sqlstate(&self) -> Option<&str> {
        match self {
            Fault::Server(error) => Some(error.code().code()),
            Fault::Lost(_) => None,
        }
    }

    /// Whether the connection can still be used: the server ended it with an error of class 57P, or it broke.
    pub fn is_lost(&self) -> bool {
        match self {
            Fault::Lost(_) => true,
            Fault::Server(error) => error.severity() == "FATAL" || error.severity() == "PANIC",
        }
    }

    /// The position, in characters from 1, in the statement that was sent.
    pub fn position(&self) -> Option<usize> {
        match self {
            Fault::Server(error) => match error.position() {
                Some(ErrorPosition::Original(position)) => usize::try_from(*position).ok(),
                _ => None,
            },
            Fault::Lost(_) => None,
        }
    }

    /// As an error of pum, with the server's DETAIL, HINT and CONTEXT as notes.
    pub fn into_error(self) -> Error {
        match self {
            Fault::Server(server) => {
                let mut error = Error::failed(server.message()).note("sqlstate", server.code().code());
                error.sqlstate = Some(server.code().code().to_owned());
                if let Some(detail) = server.detail() {
                    error = error.note("detail", detail);
                }
                if let Some(context) = server.where_() {
                    error = error.note("context", context);
                }
                if let Some(ErrorPosition::Internal { position, query }) = server.position() {
                    error = error.note("in query", format!("{query} (at character {position})"));
                }
                if let Some(hint) = server.hint() {
                    error = error.note("server's hint", hint);
                }
                error
            }
            Fault::Lost(reason) => Error::failed(format!("the connection to the server was lost: {reason}")),
        }
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Error {
        fault.into_error()
    }
}

fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}
