//! The throwaway cluster of a run: made when the first source needs it, gone with the last one that is in it.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use postgres_protocol::escape::escape_identifier;

use super::Opened;
use crate::connection::{Parameters, Session};
use crate::progress::{Cancel, Progress};
use crate::shadow::cache::Cache;
use crate::shadow::{Cluster, Options};
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

/// The one throwaway cluster of a run.
#[derive(Debug, Default)]
pub struct Throwaway {
    pub(super) loading: Loading,
    cluster: Mutex<Option<Arc<Cluster>>>,
    databases: AtomicU32,
}

impl Throwaway {
    /// A cluster that is made when the first source needs it.
    pub fn new(loading: Loading) -> Throwaway {
        Throwaway { loading, ..Throwaway::default() }
    }

    /// Starts the cluster, of this major version or the nearest newer one; nothing is done if it runs already.
    ///
    /// # Errors
    /// Server programs that are missing, with what to install; a server that does not start; one that runs and is older.
    pub fn start(&self, major: Option<u32>, progress: &dyn Progress) -> Result<Arc<Cluster>> {
        let mut place = self.cluster.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cluster) = place.as_ref() {
            let running = cluster.programs().major;
            return match major.filter(|major| *major > running) {
                None => Ok(Arc::clone(cluster)),
                Some(major) => Err(Error::failed(format!(
                    "a throwaway server of PostgreSQL {running} runs, and one of {major} is needed too"
                ))
                .hint("compare them two by two")),
            };
        }
        let settings = [
            // A dump of many tables is restored and read in one transaction.
            ("max_locks_per_transaction", "1000"),
            ("max_connections", "50"),
            ("maintenance_work_mem", "128MB"),
        ];
        let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let cluster = Arc::new(Cluster::start(&Options {
            major,
            settings,
            cache: self.loading.shadow.cache.clone(),
            ..Options::default()
        })?);
        cluster.notes().iter().for_each(|note| progress.note(note));
        progress.note(&format!("a throwaway server, PostgreSQL {}", cluster.version()));
        Ok(Arc::clone(place.insert(cluster)))
    }

    /// Makes an empty database in the cluster, which must run.
    ///
    /// # Errors
    /// The server's.
    pub(super) fn empty(&self, label: &str, encoding: &str, cancel: &Cancel) -> Result<Opened> {
        let cluster = self.running()?;
        let name = format!("pum_{}", self.databases.fetch_add(1, Ordering::Relaxed) + 1);
        let mut session = self.session(&cluster, cancel)?;
        session.execute(&format!(
            "CREATE DATABASE {} TEMPLATE template0 ENCODING '{encoding}'",
            escape_identifier(&name)
        ))?;
        Ok(Opened { connection: cluster.parameters(&name)?, label: label.to_owned(), cluster: Some(cluster) })
    }

    /// The cluster.
    pub(super) fn running(&self) -> Result<Arc<Cluster>> {
        let place = self.cluster.lock().unwrap_or_else(PoisonError::into_inner);
        place.clone().ok_or_else(|| Error::failed("no throwaway server runs"))
    }

    /// A session in the cluster, for what belongs to no database.
    pub(super) fn session(&self, cluster: &Cluster, cancel: &Cancel) -> Result<Session> {
        Session::open(&cluster.parameters("postgres")?, "pum", cancel)
    }
}
