//! One upgrade at a time: a session advisory lock, keyed by the upgrades table. Waiters poll: a blocking wait would
//! deadlock with CREATE INDEX CONCURRENTLY in the holder (measured).

use std::sync::mpsc::channel;
use std::thread::{sleep, spawn};
use std::time::{Duration, Instant};

use md5::{Digest, Md5};
use postgres_protocol::escape::escape_literal;

use super::TableName;
use crate::connection::{Parameters, Session};
use crate::error::Kind;
use crate::progress::{Cancel, Event, Progress};
use crate::{Error, Result};

/// The key of the lock of an upgrades table. Advisory locks are kept apart by database by the server itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key(i64);

impl Key {
    /// The key of this table; its schema must be known.
    pub fn of(table: &TableName) -> Key {
        let digest = Md5::digest(format!("pum upgrade {}", table.quoted()));
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&digest[..8]);
        Key(i64::from_be_bytes(bytes))
    }

    /// Takes the lock if it is free: true or false.
    pub fn try_statement(self) -> String {
        format!("SELECT pg_try_advisory_lock({})", self.0)
    }

    /// Frees all other advisory locks of the session, and is true if ours is the session's then. To be evaluated in a
    /// transaction, which holds ours meanwhile.
    pub fn alone_expression(self) -> String {
        // CASE keeps the order.
        format!(
            "CASE WHEN pg_try_advisory_xact_lock({0}) THEN \
             CASE WHEN pg_advisory_unlock_all() IS NOT NULL THEN pg_try_advisory_lock({0}) END END",
            self.0
        )
    }

    /// Waits until the lock is ours.
    ///
    /// # Errors
    /// After `patience`, who holds it (kind `Locked`); interrupted; the server's.
    pub fn wait(
        self,
        session: &mut Session,
        patience: Duration,
        progress: &dyn Progress,
        cancel: &Cancel,
    ) -> Result<()> {
        let began = Instant::now();
        let mut pause = Duration::from_millis(50);
        let mut told = false;
        loop {
            let rows = session.query(&self.try_statement())?;
            if rows.first().and_then(|row| row.first()?.as_deref()) == Some("t") {
                if told {
                    progress.event(&Event::Waited);
                }
                return Ok(());
            }
            if began.elapsed() >= patience {
                let holder =
                    self.holder(session)?.unwrap_or_else(|| "somebody who just let go of it".to_owned());
                return Err(Error::new(
                    Kind::Locked,
                    format!("another upgrade of this database is running: {holder}"),
                )
                .note("state", "nothing was done")
                .hint("wait until it ends, or give --lock-wait more seconds"));
            }
            if began.elapsed() > Duration::from_millis(200)
                && let Some(holder) = self.holder(session)?
            {
                told = true;
                progress.event(&Event::Waiting { text: &format!("waiting for the upgrade of {holder}") });
            }
            let until = Instant::now() + pause.min(patience.saturating_sub(began.elapsed()));
            while Instant::now() < until {
                if cancel.is_requested() {
                    return Err(Error::interrupted("interrupted while waiting for another upgrade")
                        .note("state", "nothing was done"));
                }
                sleep(until.saturating_duration_since(Instant::now()).min(Cancel::INTERVAL));
            }
            pause = (pause * 2).min(Duration::from_secs(1));
        }
    }

    /// Who holds the lock: process, user, since when, what it runs.
    fn holder(self, session: &mut Session) -> Result<Option<String>> {
        let Key(key) = self;
        let rows = session.query(&format!(
            "SELECT format('pid %s, user %s, %s, connected since %s, %s: %s', a.pid, a.usename,
                           coalesce('from ' || a.client_addr::text, 'on the server itself'),
                           to_char(a.backend_start, 'YYYY-MM-DD HH24:MI:SS'), coalesce(a.state, 'state hidden'),
                           left(regexp_replace(a.query, '\\s+', ' ', 'g'), 100))
             FROM pg_locks l JOIN pg_stat_activity a USING (pid)
             WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
                 AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
                 AND l.classid::bigint << 32 | l.objid::bigint = {key} AND l.pid <> pg_backend_pid()"
        ))?;
        Ok(rows.into_iter().next().and_then(|row| row.into_iter().next().flatten()))
    }
}

/// Finds out whether a pooler in transaction mode stands between us and the server: it lends the server's process
/// of an idle session to the next one, and with it our lock. `pid` is the process that served us before.
///
/// # Errors
/// That it does, and what to do. Other connections that cannot be made, or that a full pool of sessions keeps waiting,
/// prove nothing and are no error.
pub fn refuse_transaction_pooler(
    session: &mut Session,
    pid: i64,
    parameters: &Parameters,
    cancel: &Cancel,
) -> Result<()> {
    const PATIENCE: Duration = Duration::from_secs(2);
    let mut now = None;
    // A pool that lends its processes in turn gives itself away by us alone.
    for _ in 0..2 {
        let rows = session.query("SELECT pg_backend_pid(), clock_timestamp()")?;
        let mut row = rows.into_iter().next().unwrap_or_default().into_iter();
        if row.next().flatten() != Some(pid.to_string()) {
            return Err(pooler_error());
        }
        now = row.next().flatten();
    }
    let (sender, answer) = channel();
    let (parameters, cancel) = (parameters.clone(), cancel.clone());
    spawn(move || {
        // Nobody listens if it took too long.
        let _ = sender.send(is_lent(pid, &now.unwrap_or_default(), &parameters, &cancel));
    });
    match answer.recv_timeout(PATIENCE) {
        Ok(true) => Err(pooler_error()),
        _ => Ok(()),
    }
}

/// Whether another connection is served by this process, which serves us. As many are made as a pool has idle
/// processes (within reason): that there are no more shows when the server makes a process after `now`.
fn is_lent(pid: i64, now: &str, parameters: &Parameters, cancel: &Cancel) -> bool {
    const MOST: usize = 8;
    // In a transaction each keeps what it was lent, so that the next one gets another.
    let question = format!(
        "BEGIN; SELECT pid, backend_start > {} FROM pg_stat_activity WHERE pid = pg_backend_pid()",
        escape_literal(now)
    );
    let mut others = Vec::with_capacity(MOST);
    while others.len() < MOST {
        let Ok(mut other) = Session::open(parameters, "pum (looking for a pooler)", cancel) else {
            return false;
        };
        let Ok(rows) = other.query(&question) else { return false };
        let column = |index: usize| rows.first().and_then(|row| row.get(index)?.as_deref());
        if column(0) == Some(pid.to_string().as_str()) {
            return true;
        }
        if column(1) == Some("t") {
            return false;
        }
        others.push(other);
    }
    false
}

/// That a pooler in transaction mode was found.
pub fn pooler_error() -> Error {
    Error::failed("a pooler in transaction mode (such as pgbouncer) is between pum and the server")
        .note("reason", "the lock that keeps two upgrades apart, and the settings of the session, are lost between transactions")
        .hint("connect to the server itself, or to a pool with pool_mode = session")
}

/// That the lock is somebody else's now.
pub fn lost_error() -> Error {
    Error::new(Kind::Locked, "another upgrade of this database has begun: the lock of this one was lost")
        .note("reason", "the delta before freed all advisory locks, that of pum included")
        .hint("wait until the other one ends, then run the upgrade again")
}

#[cfg(test)]
mod tests {
    use super::Key;

    #[test]
    fn each_table_has_its_own_key_and_keeps_it() {
        let key = |name: &str| Key::of(&name.parse().unwrap());
        assert_eq!(key("a.upgrades"), key("\"a\".\"upgrades\""));
        assert_ne!(key("a.upgrades"), key("b.upgrades"));
    }
}
