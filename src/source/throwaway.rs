//! The server of a run's throwaway databases: made or connected to when the first source needs it, gone or tidied with the last
//! one that is on it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use postgres_protocol::escape::{escape_identifier, escape_literal};

use super::Opened;
use super::kept::Spare;
use crate::connection::{Parameters, Session};
use crate::progress::{Cancel, Progress};
use crate::shadow::cache::{Cache, Entry, Key, Kind};
use crate::shadow::{Cluster, Host, Options, Server};
use crate::{Error, Result};

/// How dumps are restored.
#[derive(Debug, Clone, Default)]
pub struct Loading {
    /// pg_restore; `None`: the one that fits.
    pub pg_restore: Option<PathBuf>,
    /// How many objects are restored at a time.
    pub jobs: u32,
    /// What the server refuses of a dump is warned about, and is no error.
    pub ignore_errors: bool,
    /// Roles that are made beside those that a dump names.
    pub roles: Vec<String>,
    /// Without rows, where the dump's format allows.
    pub schema_only: bool,
    /// Where the databases are, and what is kept.
    pub shadow: Shadow,
}

/// Where throwaway databases are made, and what is kept of them. By default in a cluster that is made for the run, and nothing
/// is kept.
#[derive(Debug, Clone, Default)]
pub struct Shadow {
    /// A server on which databases may be made; `None`: a throwaway cluster.
    pub server: Option<Parameters>,
    /// The roles that may be made on that server; in a cluster of one's own all may.
    pub roles: Vec<String>,
    /// The major version, at least.
    pub version: Option<u32>,
    /// How long to wait for a server that is starting.
    pub wait: Duration,
    /// Where data directories and models are kept that were made; `None`: nowhere.
    pub cache: Option<Cache>,
}

/// The server of a run's throwaway databases: a cluster of its own, or another server.
#[derive(Debug, Default)]
pub struct Throwaway {
    pub(super) loading: Loading,
    host: Mutex<Option<Arc<Host>>>,
    databases: AtomicU32,
    /// The models that are kept for the run alone, where they cannot be kept for longer.
    pub(super) spare: Mutex<BTreeMap<Key, Spare>>,
}

impl Throwaway {
    /// A server that is made, or connected to, when the first source needs it.
    pub fn new(loading: Loading) -> Throwaway {
        Throwaway { loading, ..Throwaway::default() }
    }

    /// Starts the cluster, of this major version or the nearest newer one, or connects to the server that is named; nothing is
    /// done if that is done already.
    ///
    /// # Errors
    /// Server programs that are missing, with what to install; a server that does not start, or cannot be reached; one that
    /// is older.
    pub fn start(&self, major: Option<u32>, progress: &dyn Progress) -> Result<Arc<Host>> {
        self.ensure_started(major, progress, &Cancel::default())
    }

    /// As [`Throwaway::start`]; waiting for a server that is starting can be cancelled.
    ///
    /// # Errors
    /// As [`Throwaway::start`]; interrupted.
    pub fn ensure_started(
        &self,
        major: Option<u32>,
        progress: &dyn Progress,
        cancel: &Cancel,
    ) -> Result<Arc<Host>> {
        let shadow = &self.loading.shadow;
        let major = major.max(shadow.version);
        let mut place = self.host.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(host) = place.as_ref() {
            return match major.filter(|major| *major > host.major()) {
                None => Ok(Arc::clone(host)),
                Some(major) if host.is_shared() => Err(too_old(host, major)),
                Some(major) => Err(Error::failed(format!(
                    "a throwaway server of PostgreSQL {} runs, and one of {major} is needed too",
                    host.major()
                ))
                .hint("compare them two by two")),
            };
        }
        if let Some(server) = &shadow.server {
            let server = Server::connect(server, shadow.wait, progress, cancel)?;
            let host = Host::Server(server);
            if let Some(major) = major.filter(|major| *major > host.major()) {
                return Err(too_old(&host, major));
            }
            let text = format!("throwaway databases on {}, PostgreSQL {}", host.name(), host.version());
            progress.note(&text);
            return Ok(Arc::clone(place.insert(Arc::new(host))));
        }
        let settings = [
            // A dump of many tables is restored and read in one transaction.
            ("max_locks_per_transaction", "1000"),
            ("max_connections", "50"),
            ("maintenance_work_mem", "128MB"),
        ];
        let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let cache = shadow.cache.clone();
        let cluster = Cluster::start(&Options { major, settings, cache, ..Options::default() })?;
        cluster.notes().iter().for_each(|note| progress.note(note));
        progress.note(&format!("a throwaway server, PostgreSQL {}", cluster.version()));
        Ok(Arc::clone(place.insert(Arc::new(Host::Cluster(cluster)))))
    }

    /// Makes an empty database on the server, which must run.
    ///
    /// # Errors
    /// The server's.
    pub(super) fn empty(&self, label: &str, encoding: &str, cancel: &Cancel) -> Result<Opened> {
        self.create(label, &format!("TEMPLATE template0 ENCODING '{encoding}'"), cancel)
    }

    /// Makes a database that is a copy of another one of this run, to which nobody may be connected.
    ///
    /// # Errors
    /// The server's.
    pub(super) fn copy(&self, of: &str, label: &str, cancel: &Cancel) -> Result<Opened> {
        self.create(label, &format!("TEMPLATE {}", escape_identifier(of)), cancel)
    }

    fn create(&self, label: &str, options: &str, cancel: &Cancel) -> Result<Opened> {
        let host = self.running()?;
        let mut session = self.session(&host, cancel)?;
        // Copying files is quicker than logging them, where there is a choice.
        let strategy = if host.major() >= 15 { " STRATEGY file_copy" } else { "" };
        let options = format!("{options}{strategy}");
        let name = match host.as_ref() {
            Host::Server(server) => server.create_database(&mut session, &options)?,
            Host::Cluster(_) => {
                let name = format!("pum_{}", self.databases.fetch_add(1, Ordering::Relaxed) + 1);
                session.execute(&format!("CREATE DATABASE {} {options}", escape_identifier(&name)))?;
                name
            }
        };
        Ok(Opened { connection: host.parameters(&name)?, label: label.to_owned(), host: Some(host) })
    }

    /// The server.
    pub(super) fn running(&self) -> Result<Arc<Host>> {
        let place = self.host.lock().unwrap_or_else(PoisonError::into_inner);
        place.clone().ok_or_else(|| Error::failed("no throwaway server runs"))
    }

    /// A session on the server, for what belongs to no database.
    pub(super) fn session(&self, host: &Host, cancel: &Cancel) -> Result<Session> {
        host.session(cancel)
    }

    /// Makes a role if it is missing; on a server of somebody else's only one that is listed, by the configuration or among
    /// `listed`.
    ///
    /// # Errors
    /// A role that is missing and not listed; the server's.
    pub(super) fn make_role(&self, session: &mut Session, role: &str, listed: &[String]) -> Result<()> {
        let host = self.running()?;
        let Host::Server(server) = host.as_ref() else {
            return Ok(session.execute(&super::create_role(role))?);
        };
        let is_there = session
            .query(&format!("SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = {}", escape_literal(role)))?;
        if !is_there.is_empty() {
            return Ok(());
        }
        if self.loading.shadow.roles.iter().chain(listed).any(|listed| listed == role) {
            return server.create_role(session, role);
        }
        Err(Error::failed(format!("the role {role} is missing on {}", host.name()))
            .note("throwaway databases", "on a server of somebody else's only roles of shadow.roles are made")
            .hint(format!("list it in pum.yaml: shadow: {{roles: [{role}]}}, or make it there")))
    }

    /// A model that was built before, in another run.
    pub(super) fn find(&self, key: &Key) -> Option<Entry> {
        self.loading.shadow.cache.as_ref()?.find(Kind::Model, key)
    }
}

fn too_old(host: &Host, major: u32) -> Error {
    Error::failed(format!(
        "throwaway databases of PostgreSQL {major} are needed, and {} is of {}",
        host.name(),
        host.major()
    ))
    .hint("--shadow auto makes a throwaway server instead")
}
