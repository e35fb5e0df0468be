//! Throwaway databases on a server that is somebody else's, such as the service container of a CI run. They carry a prefix and a
//! comment that says who made them, when and where; they are dropped at the end, and what an earlier run left is dropped at the
//! beginning. A database that is in use, or that does not carry the comment, is never touched. Roles are made only if they are
//! listed, and only those that this run made are removed.

use std::fs;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use postgres_protocol::escape::{escape_identifier, escape_literal};
use serde::{Deserialize, Serialize};

use crate::connection::{Parameters, Session};
use crate::progress::{Cancel, Progress};
use crate::{Error, Result};

/// What the names of the databases begin with.
const PREFIX: &str = "pum_shadow_";
/// After how long a database is nobody's any more, whoever made it.
const ABANDONED: Duration = Duration::from_secs(24 * 60 * 60);
/// How often a server is tried that is starting.
const AGAIN: Duration = Duration::from_millis(200);

/// A server on which throwaway databases are made. Dropping it drops those that were made through it, and the roles.
#[derive(Debug)]
pub struct Server {
    parameters: Parameters,
    version: String,
    major: u32,
    /// What the names of this run's databases begin with.
    prefix: String,
    maker: Maker,
    made: Mutex<Made>,
}

/// What this run has made.
#[derive(Debug, Default)]
struct Made {
    databases: Vec<String>,
    roles: Vec<String>,
}

/// The comment on a database: who made it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Maker {
    /// The version of the pum.
    pum: String,
    user: String,
    host: String,
    /// Tells machines and containers apart that are called alike.
    machine: String,
    pid: u32,
    /// When the process started, in the machine's own count: numbers of processes are used again.
    started: String,
    /// When the database was made, in seconds since 1970.
    time: u64,
}

impl Maker {
    fn this_process() -> Maker {
        let pid = std::process::id();
        Maker {
            pum: env!("CARGO_PKG_VERSION").to_owned(),
            user: whoami::username().unwrap_or_default(),
            host: whoami::hostname().unwrap_or_default(),
            machine: machine(),
            pid,
            started: started(pid).unwrap_or_default(),
            time: now(),
        }
    }

    /// Whether what it made is nobody's any more: it is dead, which is known of this machine only, or it is a long time ago.
    fn is_gone(&self, this: &Maker) -> bool {
        let is_here = self.host == this.host && self.machine == this.machine;
        let is_dead = is_here && started(self.pid).as_deref() != Some(&self.started);
        is_dead || this.time.saturating_sub(self.time) > ABANDONED.as_secs()
    }
}

/// The running system and the processes that can be seen in it; empty where nobody tells.
fn machine() -> String {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let processes = fs::read_link("/proc/self/ns/pid").unwrap_or_default();
    format!("{} {}", boot.trim(), processes.display())
}

/// When a process started; `None` if there is none of this number.
fn started(pid: u32) -> Option<String> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name is in parentheses, and may hold some.
    let fields = text.rsplit_once(')')?.1;
    fields.split_whitespace().nth(19).map(str::to_owned)
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs())
}

impl Server {
    /// Connects, waiting this long for a server that is starting, and removes what dead runs left.
    ///
    /// # Errors
    /// A server that cannot be reached, or where databases cannot be made.
    pub fn connect(
        parameters: &Parameters,
        wait: Duration,
        progress: &dyn Progress,
        cancel: &Cancel,
    ) -> Result<Server> {
        let parameters = match parameters.names_database() {
            true => parameters.clone(),
            false => parameters.with("dbname", "postgres"),
        };
        let mut session = open(&parameters, wait, cancel)?;
        let rows = session.query(
            "SELECT current_setting('server_version'), current_setting('server_version_num'),
                    rolcreatedb OR rolsuper, pg_is_in_recovery(), current_user
             FROM pg_catalog.pg_roles WHERE rolname = current_user",
        )?;
        let mut row = rows.into_iter().flatten();
        let mut next = || row.next().flatten().unwrap_or_default();
        let version = next().split_whitespace().next().unwrap_or_default().to_owned();
        let major = next().parse::<u32>().unwrap_or(0) / 10_000;
        let (may_create, is_standby, user) = (next() == "t", next() == "t", next());
        let refuse = |why: String| {
            Err(Error::failed(format!("throwaway databases cannot be made: {why}"))
                .note("server", parameters.redacted()))
        };
        if is_standby {
            return refuse("it is a standby".to_owned());
        }
        if !may_create {
            return refuse(format!("the role {user} may not create databases")).map_err(|error: Error| {
                error
                    .hint(format!("as a superuser there: ALTER ROLE {} CREATEDB", escape_identifier(&user)))
                    .hint("--shadow auto makes a throwaway server instead")
            });
        }
        let maker = Maker::this_process();
        sweep(&mut session, &maker, progress)?;
        let prefix = format!("{PREFIX}{:x}_{:x}_", maker.pid, unique());
        Ok(Server { parameters, version, major, prefix, maker, made: Mutex::default() })
    }

    /// The connection to a database of it.
    pub fn parameters(&self, database: &str) -> Parameters {
        self.parameters.with("dbname", database)
    }

    /// What to call it.
    pub fn name(&self) -> String {
        self.parameters.redacted()
    }

    /// Its version, such as `15.18`.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Its major version.
    pub fn major(&self) -> u32 {
        self.major
    }

    /// A session for what belongs to no database.
    ///
    /// # Errors
    /// The server cannot be reached.
    pub fn session(&self, cancel: &Cancel) -> Result<Session> {
        Session::open(&self.parameters, "pum", cancel)
    }

    /// Makes a database with these options of CREATE DATABASE, and the comment; gives its name.
    ///
    /// # Errors
    /// The server's.
    pub fn create_database(&self, session: &mut Session, options: &str) -> Result<String> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let name = format!("{}{}", self.prefix, made.databases.len() + 1);
        // Known before it is there, so that it is dropped also if this is interrupted.
        made.databases.push(name.clone());
        drop(made);
        let quoted = escape_identifier(&name);
        session.execute(&format!("CREATE DATABASE {quoted} {options}"))?;
        let maker = Maker { time: now(), ..self.maker.clone() };
        let comment = serde_json::to_string(&maker).unwrap_or_default();
        session.execute(&format!("COMMENT ON DATABASE {quoted} IS {}", escape_literal(&comment)))?;
        Ok(name)
    }

    /// Makes a role if it is missing; it is removed at the end, if this made it.
    ///
    /// # Errors
    /// The server's, such as that the role may not make roles.
    pub fn create_role(&self, session: &mut Session, role: &str) -> Result<()> {
        let outcome =
            session.execute(&format!("CREATE ROLE {} NOLOGIN ROLE CURRENT_USER", escape_identifier(role)));
        match outcome {
            Ok(()) => {
                self.made.lock().unwrap_or_else(PoisonError::into_inner).roles.push(role.to_owned());
                Ok(())
            }
            Err(fault) if matches!(fault.sqlstate(), Some("42710" | "23505")) => Ok(()),
            Err(fault) => Err(fault
                .into_error()
                .note("role", format!("{role}, which shadow.roles lists, is missing on {}", self.name()))
                .hint("connect as a role with CREATEROLE, or make it there before")),
        }
    }

    fn clean_up(&self) -> Result<()> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if made.databases.is_empty() && made.roles.is_empty() {
            return Ok(());
        }
        // Whoever was asked to stop still tidies up.
        let mut session = self.session(&Cancel::default())?;
        let force = if self.major >= 13 { " WITH (FORCE)" } else { "" };
        for name in made.databases.drain(..) {
            session.execute(&format!("DROP DATABASE IF EXISTS {}{force}", escape_identifier(&name)))?;
        }
        for role in made.roles.drain(..) {
            session.execute(&format!("DROP ROLE IF EXISTS {}", escape_identifier(&role)))?;
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Nobody to tell; the sweep of the next run makes sure.
        let _ = self.clean_up();
    }
}

/// Connects, trying again while the server is starting.
fn open(parameters: &Parameters, wait: Duration, cancel: &Cancel) -> Result<Session> {
    let begin = Instant::now();
    loop {
        let error = match Session::open(parameters, "pum", cancel) {
            Ok(session) => return Ok(session),
            Err(error) => error,
        };
        // 57P03: it starts, or stops. Without a code nobody answered.
        let may_come = matches!(error.sqlstate.as_deref(), None | Some("57P03")) && !cancel.is_requested();
        if !may_come || begin.elapsed() >= wait {
            let error = error.note("throwaway databases", "they are to be made on this server");
            return Err(match (may_come, wait.is_zero()) {
                (true, true) => error.hint("--wait 30s waits for a server that is starting"),
                (true, false) => error.note("waited", format!("{} s", wait.as_secs_f32())),
                (false, _) => error,
            });
        }
        std::thread::sleep(AGAIN);
    }
}

/// Drops the databases of runs that are gone. One that is in use cannot be dropped.
fn sweep(session: &mut Session, this: &Maker, progress: &dyn Progress) -> Result<()> {
    let rows = session.query(&format!(
        "SELECT datname, shobj_description(oid, 'pg_database') FROM pg_catalog.pg_database d
         WHERE starts_with(datname, '{PREFIX}') AND pg_has_role(datdba, 'USAGE')
           AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_activity a WHERE a.datid = d.oid)"
    ))?;
    for row in rows {
        let mut row = row.into_iter().flatten();
        let (Some(name), Some(comment)) = (row.next(), row.next()) else { continue };
        let is_gone = serde_json::from_str::<Maker>(&comment).is_ok_and(|maker| maker.is_gone(this));
        if is_gone
            && session.execute(&format!("DROP DATABASE IF EXISTS {}", escape_identifier(&name))).is_ok()
        {
            progress.note(&format!("{name}, which an earlier run left on the server, is dropped"));
        }
    }
    Ok(())
}

/// A number that no other server value of this process or of one with the same number elsewhere is likely to have.
fn unique() -> u64 {
    use std::hash::{BuildHasher, Hasher};
    // Each is seeded by the system.
    std::hash::RandomState::new().build_hasher().finish() & 0xffff_ffff
}

#[cfg(test)]
mod tests {
    use super::{ABANDONED, Maker};

    #[test]
    fn a_maker_is_gone_when_its_process_is_or_after_a_day() {
        let this = Maker::this_process();
        assert!(!this.is_gone(&this));
        let later = |seconds| Maker { time: this.time + seconds, ..this.clone() };
        assert!(!this.is_gone(&later(ABANDONED.as_secs())));
        assert!(this.is_gone(&later(ABANDONED.as_secs() + 1)));
        let dead = Maker { started: "1".to_owned(), ..this.clone() };
        assert!(dead.is_gone(&this));
        let elsewhere = Maker { machine: "another".to_owned(), ..dead };
        assert!(!elsewhere.is_gone(&this));
    }
}
