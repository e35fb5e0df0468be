//! Where throwaway databases are: in a cluster of one's own, or on a server where somebody else's databases are too.

use super::{Cluster, Server};
use crate::Result;
use crate::connection::{Parameters, Session};
use crate::progress::Cancel;

/// A server that throwaway databases are made on.
#[derive(Debug)]
pub enum Host {
    /// A cluster of one's own.
    Cluster(Cluster),
    /// Another server.
    Server(Server),
}

impl Host {
    /// The connection to a database.
    ///
    /// # Errors
    /// What the environment says of libpq that cannot be read.
    pub fn parameters(&self, database: &str) -> Result<Parameters> {
        match self {
            Host::Cluster(cluster) => cluster.parameters(database),
            Host::Server(server) => Ok(server.parameters(database)),
        }
    }

    /// The server's version, such as `15.18`.
    pub fn version(&self) -> &str {
        match self {
            Host::Cluster(cluster) => cluster.version(),
            Host::Server(server) => server.version(),
        }
    }

    /// The server's major version.
    pub fn major(&self) -> u32 {
        match self {
            Host::Cluster(cluster) => cluster.programs().major,
            Host::Server(server) => server.major(),
        }
    }

    /// Whether somebody else's databases are there, too.
    pub fn is_shared(&self) -> bool {
        matches!(self, Host::Server(_))
    }

    /// What to call it.
    pub fn name(&self) -> String {
        match self {
            Host::Cluster(cluster) => {
                cluster.programs().path.with_file_name("postgres").display().to_string()
            }
            Host::Server(server) => server.name(),
        }
    }

    /// A session for what belongs to no database.
    ///
    /// # Errors
    /// The server cannot be reached.
    pub fn session(&self, cancel: &Cancel) -> Result<Session> {
        match self {
            Host::Cluster(cluster) => Session::open(&cluster.parameters("postgres")?, "pum", cancel),
            Host::Server(server) => server.session(cancel),
        }
    }
}
