//! Which database a connection leads to, whatever it is called: by the server's own number and the database's.

use crate::connection::Session;
use crate::{Error, Result};

/// A database, known apart from all others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Identity {
    /// The identifier of the cluster, which its standbys share; only if the role may ask for it.
    system: Option<String>,
    /// When the server was started, in microseconds: no two servers share it.
    started: String,
    /// The database's oid.
    database: String,
}

impl Identity {
    /// The database of this session.
    ///
    /// # Errors
    /// The server's.
    pub(super) fn of(session: &mut Session) -> Result<Identity> {
        let rows = session.query(
            "SELECT oid, extract(epoch FROM pg_postmaster_start_time()),
                    has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE')
             FROM pg_catalog.pg_database WHERE datname = current_database()",
        )?;
        let mut row = rows.into_iter().flatten().map(Option::unwrap_or_default);
        let (database, started) = (row.next().unwrap_or_default(), row.next().unwrap_or_default());
        // A server that hides it in another way may refuse the call; the time it was started tells as much.
        let system = match row.next().as_deref() {
            Some("t") => session.query("SELECT system_identifier FROM pg_control_system()").ok(),
            _ => None,
        };
        let system = system.and_then(|rows| rows.into_iter().flatten().flatten().next());
        Ok(Identity { system, started, database })
    }

    /// Whether both are one database.
    pub(super) fn is_same(&self, other: &Identity) -> bool {
        let same_server = match (&self.system, &other.system) {
            (Some(one), Some(other)) => one == other,
            _ => self.started == other.started,
        };
        same_server && self.database == other.database
    }
}

/// Refuses two roles for one database. Each is given with its role and its name.
pub(super) fn refuse_same(databases: &[(&str, &str, &Identity)]) -> Result<()> {
    for (index, (role, name, identity)) in databases.iter().enumerate() {
        for (other_role, other_name, other) in &databases[index + 1..] {
            if identity.is_same(other) {
                return Err(Error::usage(format!(
                    "{role} ({name}) and {other_role} ({other_name}) are the same database"
                ))
                .note("state", "nothing was done")
                .hint("name different databases: prod (-pp), test (-pt) and, if there is one, comp (-pc)"));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Identity;

    fn identity(system: Option<&str>, started: &str, database: &str) -> Identity {
        Identity {
            system: system.map(str::to_owned),
            started: started.to_owned(),
            database: database.to_owned(),
        }
    }

    #[test]
    fn the_time_a_server_was_started_stands_in_for_its_number() {
        let known = identity(Some("7"), "100.5", "16384");
        assert!(known.is_same(&identity(Some("7"), "200.5", "16384")));
        assert!(!known.is_same(&identity(Some("8"), "100.5", "16384")));
        assert!(!known.is_same(&identity(Some("7"), "100.5", "16385")));
        assert!(known.is_same(&identity(None, "100.5", "16384")));
        assert!(!known.is_same(&identity(None, "200.5", "16384")));
    }
}
