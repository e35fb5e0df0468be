//! The test database: judged before anything is done, then made or emptied.
//!
//! What pum made is marked by a line in the comment of the database, so that a later run may empty it. The line names
//! the database: one that was renamed since is nobody's to empty.

use postgres_protocol::escape::{escape_identifier, escape_literal};

use super::identity::Identity;
use crate::commands::restore;
use crate::connection::{Parameters, Session};
use crate::dump::{self, Like};
use crate::progress::{Cancel, Progress};
use crate::{Error, Result};

/// SQLSTATE: the database does not exist.
const NO_DATABASE: &str = "3D000";

/// What the test database is before the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum State {
    /// It does not exist.
    Missing,
    /// It is empty but for extensions.
    Empty,
    /// It holds what is to be dropped: an earlier run, or whatever the user said is to be overwritten.
    Full,
}

/// Looks at the test database, and refuses one that holds what pum did not make, unless it may be overwritten.
pub(super) fn judge(
    connection: &Parameters,
    overwrite: bool,
    cancel: &Cancel,
) -> Result<(State, Option<Identity>)> {
    let mut session = match Session::open(connection, "pum", cancel) {
        Err(error) if error.sqlstate.as_deref() == Some(NO_DATABASE) => return Ok((State::Missing, None)),
        outcome => outcome?,
    };
    let identity = Identity::of(&mut session)?;
    let name = connection.database();
    let read_only = session.query("SHOW transaction_read_only")?;
    if read_only.into_iter().flatten().flatten().next().as_deref() == Some("on") {
        return Err(Error::failed(format!("the test database {name} is read-only"))
            .note("state", "nothing was done")
            .hint("name another one with -pt, or shadow: for a throwaway one"));
    }
    let (count, some) = dump::objects(&mut session)?;
    if count == 0 {
        return Ok((State::Empty, Some(identity)));
    }
    if overwrite || comment(&mut session)?.lines().any(|line| line == mark(&name)) {
        return Ok((State::Full, Some(identity)));
    }
    let more = if count > some.len() { ", …" } else { "" };
    Err(Error::usage(format!("the test database {name} holds what no earlier run of test-and-upgrade made"))
        .note("objects", format!("{count}: {}{more}", some.join(", ")))
        .note("state", "nothing was done")
        .hint("name another one, which need not exist, or shadow: for a throwaway one")
        .hint("--overwrite-test empties it, whatever it holds"))
}

/// Makes the database, or empties it, marks it, and gives it the settings of the one that is tested.
pub(super) fn ready(
    connection: &Parameters,
    state: &State,
    like: &Like,
    force: bool,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<()> {
    let name = connection.database();
    let undone = match state {
        State::Missing => {
            let mut session = restore::open_other(connection, cancel)?;
            let undone = dump::create(&mut session, &name, like).map_err(|error| {
                error.hint(format!("make it yourself: CREATE DATABASE {}", escape_identifier(&name)))
            })?;
            progress.note(&format!("made the database {name}"));
            undone
        }
        State::Empty => Vec::new(),
        State::Full => {
            let mut session = Session::open(connection, "pum", cancel)?;
            if may_be_made_anew(&mut session)? {
                drop(session);
                restore::clean(&mut restore::open_other(connection, cancel)?, &name, force, progress)?;
            } else {
                dump::clear(&mut session)?;
                progress.note(&format!("emptied the database {name}"));
            }
            Vec::new()
        }
    };
    let mut session = Session::open(connection, "pum", cancel)?;
    let mut comment = comment(&mut session)?;
    if !comment.lines().any(|line| line == mark(&name)) {
        comment = format!("{comment}\n{}", mark(&name)).trim_start().to_owned();
        let (name, comment) = (escape_identifier(&name), escape_literal(&comment));
        if let Err(fault) = session.execute(&format!("COMMENT ON DATABASE {name} IS {comment}")) {
            progress.warning(&format!(
                "the test database cannot be marked, so the next run needs --overwrite-test: {}",
                fault.into_error()
            ));
        }
    }
    let undone = match state {
        State::Missing => undone,
        State::Empty | State::Full => dump::set(&mut session, &name, like)?,
    };
    undone.iter().for_each(|sentence| progress.warning(sentence));
    Ok(())
}

/// The line of a database's comment that says that it is pum's to empty.
fn mark(name: &str) -> String {
    format!("pum test-and-upgrade empties this database, {name:?}, at each run")
}

fn comment(session: &mut Session) -> Result<String> {
    let rows = session.query(
        "SELECT shobj_description(oid, 'pg_database') FROM pg_catalog.pg_database WHERE datname = current_database()",
    )?;
    Ok(rows.into_iter().flatten().flatten().next().unwrap_or_default())
}

/// Whether the role may drop and make the database, and everything that is in it: extensions that somebody else made, it
/// perhaps could not make again.
fn may_be_made_anew(session: &mut Session) -> Result<bool> {
    let rows = session.query(
        "SELECT rolsuper OR rolcreatedb AND pg_has_role(datdba, 'MEMBER')
                AND NOT EXISTS (SELECT FROM pg_catalog.pg_extension WHERE extname <> 'plpgsql' AND extowner <> r.oid)
         FROM pg_catalog.pg_database, pg_catalog.pg_roles r
         WHERE datname = current_database() AND rolname = current_user",
    )?;
    Ok(rows.into_iter().flatten().flatten().next().as_deref() == Some("t"))
}
