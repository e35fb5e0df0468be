//! Throwaway clusters: a PostgreSQL server of one's own, made in a second or two, for a demonstration, a comparison
//! or a test. Nothing of value is ever in one, so it trades safety for speed; and nothing of it outlives its owner,
//! no process and no directory, however the owner ends.
//!
//! Three things see to that: dropping the [`Cluster`], a guard process that notices the owner's death, and a sweep,
//! at the next start, of what may still lie about.

pub mod cache;
mod guard;
mod host;
mod place;
mod process;
mod server;
mod template;

use std::fs::{self, File};
use std::net::TcpListener;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::connection::Parameters;
use crate::programs::{self, Found, Program};
use crate::{Error, Result};
use cache::Cache;
use guard::Guard;
pub use host::Host;
use place::Place;
use process::{Keeper, ServerUser};
pub use server::Server;
use template::Origin;

/// The superuser of every throwaway cluster.
pub const SUPERUSER: &str = "postgres";

/// How long a server may take to answer.
const START_TIMEOUT: Duration = Duration::from_secs(60);

/// What a throwaway cluster shall be like.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Where it lies; made if it is missing, used again if a cluster of an earlier run is there, and kept.
    /// `None`: a temporary directory, removed at the end.
    pub directory: Option<PathBuf>,
    /// Settings of the server beside pum's own, as in postgresql.conf.
    pub settings: Vec<(String, String)>,
    /// Lines put before the others in pg_hba.conf of a new cluster. Without them the socket trusts, TCP asks for a
    /// password.
    pub hba: Vec<String>,
    /// Whether to listen on 127.0.0.1 too, on a free port.
    pub tcp: bool,
    /// The major version; the nearest newer one is taken if it is missing. `None`: the newest.
    pub major: Option<u32>,
    /// The directory of the server's programs. `None`: they are looked for.
    pub programs: Option<PathBuf>,
    /// Where a data directory as initdb makes it is kept and copied from; `None`: it is always made.
    pub cache: Option<Cache>,
}

/// A throwaway cluster whose server runs. Dropping it stops the server and removes a temporary directory.
#[derive(Debug)]
pub struct Cluster {
    programs: Found,
    user: ServerUser,
    settings: Vec<(String, String)>,
    port: u16,
    tcp: bool,
    server: Option<Child>,
    notes: Vec<String>,
    // Fields are dropped in this order: the guard, which removes the directories, before the lock on them.
    keeper: Keeper,
    _guard: Guard,
    place: Place,
}

impl Cluster {
    /// Makes a cluster and starts its server; returns when it answers.
    pub fn start(options: &Options) -> Result<Cluster> {
        let programs = match &options.programs {
            Some(directory) => programs::server_in(directory)?,
            None => programs::find_server(options.major)?,
        };
        let user = ServerUser::choose()?;
        let place = Place::prepare(options.directory.as_deref(), &user)?;
        let guard = Guard::start(&place)?;
        let cache = options.cache.as_ref();
        let mut origin = Origin::Made;
        if !place.data().join("PG_VERSION").exists() {
            origin = template::make(&programs, &user, &place, cache)?;
            prepend_hba(&place.data().join("pg_hba.conf"), &options.hba)?;
        }
        let mut cluster = Cluster {
            programs,
            user,
            settings: options.settings.clone(),
            port: 5432,
            tcp: options.tcp,
            server: None,
            keeper: Keeper::start()?,
            notes: Vec::new(),
            _guard: guard,
            place,
        };
        let Err(error) = cluster.resume_on_a_free_port() else { return Ok(cluster) };
        if origin == Origin::Made {
            return Err(error);
        }
        // The copy may be broken in a way that its size does not tell.
        let _ = cluster.stop();
        template::make_anew(&cluster.programs, &user, &cluster.place)?;
        prepend_hba(&cluster.place.data().join("pg_hba.conf"), &options.hba)?;
        cluster.resume_on_a_free_port()?;
        template::forget(&cluster.programs, cache);
        cluster.notes.push("the cached data directory was broken; it was made anew".to_owned());
        Ok(cluster)
    }

    fn resume_on_a_free_port(&mut self) -> Result<()> {
        let mut tries = 0;
        while let Err(error) = self.resume() {
            tries += 1;
            // Between the choice of a port and the server's start, somebody else may have taken it.
            if tries == 5 || !self.log().contains("Address already in use") {
                return Err(error);
            }
            self.server = None;
            self.port = 5432;
        }
        Ok(())
    }

    /// Stops the server at once, as a crash would (SIGQUIT, `pg_ctl stop -m immediate`); the data stay.
    pub fn stop(&mut self) -> Result<()> {
        let Some(mut server) = self.server.take() else { return Ok(()) };
        process::signal(&server, Signal::QUIT);
        let status =
            server.wait().map_err(|error| Error::failed("the server did not stop").caused_by(error))?;
        match status.signal() {
            Some(signal) => Err(Error::failed(format!("the server was killed by signal {signal}"))),
            None => Ok(()),
        }
    }

    /// Starts the server again after [`Cluster::stop`], with the same settings, and the same port if it listened
    /// on TCP. Does nothing if it runs.
    pub fn resume(&mut self) -> Result<()> {
        if self.server.is_some() {
            return Ok(());
        }
        let log = self.place.directory().join("server.log");
        if self.tcp && self.port == 5432 {
            self.port = free_port().map_err(|error| Error::failed("no free TCP port").caused_by(error))?;
        }
        let output = File::create(&log)
            .and_then(|file| Ok((file.try_clone()?, file)))
            .map_err(|error| place::cannot("write", &log, error))?;
        let mut command = Command::new(self.programs.sibling(Program::Postgres));
        command.arg("-D").arg(self.place.data()).arg("-k").arg(self.place.sockets()).arg("-F");
        // No synchronous_commit=off: with -F it gains little, and a stop would lose the last commits.
        let own = [
            ("port", self.port.to_string()),
            ("listen_addresses", if self.tcp { "127.0.0.1" } else { "" }.to_owned()),
            ("full_page_writes", "off".to_owned()),
            ("autovacuum", "off".to_owned()),
            ("wal_level", "minimal".to_owned()),
            ("max_wal_senders", "0".to_owned()),
            // initdb sets a small one for small segments.
            ("max_wal_size", "1GB".to_owned()),
            ("shared_buffers", "16MB".to_owned()),
            // In the data directory, so that nothing stays in /dev/shm.
            ("dynamic_shared_memory_type", "mmap".to_owned()),
        ];
        for (name, value) in own
            .iter()
            .map(|(name, value)| (*name, value))
            .chain(self.settings.iter().map(|(n, v)| (n.as_str(), v)))
        {
            command.arg("-c").arg(format!("{name}={value}"));
        }
        command.stdin(Stdio::null()).stdout(output.0).stderr(output.1);
        self.user.prepare(&mut command, self.place.directory());
        let server = self.keeper.spawn(command).map_err(|error| {
            Error::failed(format!("{} could not be started", self.programs.path.display())).caused_by(error)
        })?;
        let server = self.server.insert(server);
        wait_until_ready(server, self.place.data(), &log)
    }

    /// The directory of the Unix socket, what libpq takes as `host`.
    pub fn socket_dir(&self) -> &Path {
        self.place.sockets()
    }

    /// The port; on the socket as well as on 127.0.0.1 if TCP was asked for.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The connection URI of a database, through the socket, as the superuser.
    pub fn uri(&self, database: &str) -> String {
        let host = self.socket_dir().to_string_lossy();
        format!(
            "postgresql:///{}?host={}&port={}&user={SUPERUSER}",
            percent_encode(database),
            percent_encode(&host),
            self.port
        )
    }

    /// The connection to a database, through the socket, as the superuser.
    pub fn parameters(&self, database: &str) -> Result<Parameters> {
        let host = self.socket_dir().to_string_lossy();
        let base = Parameters::resolve(&format!("port={}", self.port))?;
        Ok(base.with("host", &host).with("user", SUPERUSER).with("dbname", database))
    }

    /// The directory of the data.
    pub fn data_dir(&self) -> &Path {
        self.place.data()
    }

    /// What the server has logged since it started.
    pub fn log(&self) -> String {
        fs::read_to_string(self.place.directory().join("server.log")).unwrap_or_default()
    }

    /// The server's version as it says it, such as `15.18`.
    pub fn version(&self) -> &str {
        &self.programs.version
    }

    /// The process number of the server, while it runs.
    pub fn server_pid(&self) -> Option<u32> {
        self.server.as_ref().map(Child::id)
    }

    /// What happened on the way that somebody may want to know.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The programs that the server is made of; a client of the same version may lie beside them.
    pub fn programs(&self) -> &Found {
        &self.programs
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // Nobody to tell; the guard, which is dropped next, makes sure.
        let _ = self.stop();
    }
}

fn prepend_hba(path: &Path, lines: &[String]) -> Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    let rest = fs::read_to_string(path).map_err(|error| place::cannot("read", path, error))?;
    let text = format!("{}\n{rest}", lines.join("\n"));
    fs::write(path, text).map_err(|error| place::cannot("write", path, error))
}

/// Waits for the line of `postmaster.pid` that says `ready`, as pg_ctl does: it needs no client.
fn wait_until_ready(server: &mut Child, data: &Path, log: &Path) -> Result<()> {
    let begin = Instant::now();
    let failed = |message: String| {
        let text = fs::read_to_string(log).unwrap_or_default();
        Error::failed(message).note("server log", text.trim())
    };
    loop {
        let file = fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
        let mut lines = file.lines();
        let ours = lines.next() == Some(&server.id().to_string());
        if ours && lines.nth(6).is_some_and(|status| status.trim() == "ready") {
            return Ok(());
        }
        match server.try_wait() {
            Ok(Some(status)) => return Err(failed(format!("the throwaway server did not start ({status})"))),
            Ok(None) if begin.elapsed() > START_TIMEOUT => {
                let seconds = START_TIMEOUT.as_secs();
                return Err(failed(format!("the throwaway server did not answer within {seconds} s")));
            }
            Ok(None) => std::thread::sleep(Duration::from_millis(5)),
            Err(error) => return Err(failed("the throwaway server is gone".to_owned()).caused_by(error)),
        }
    }
}

fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

fn percent_encode(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(byte))
            }
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}
