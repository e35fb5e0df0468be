//! Reads a schema: all queries of all kinds in one message and one transaction, each row turned into a fact as it
//! comes, so that nothing is held twice.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use tokio_postgres::SimpleQueryRow;

use super::{Catalog, Identity, Kind, Payload, Server, UNREADABLE, scan};
use crate::connection::{Parameters, Session};
use crate::progress::Cancel;
use crate::{Error, Result};

/// How many columns stand before the attributes; see [`Kind::query`].
const LEADING: usize = 9;

/// What deparsed text depends on is pinned: with an empty search_path every name outside pg_catalog is qualified.
/// One snapshot for everything, and nothing can be written.
const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY;
    SET LOCAL search_path = pg_catalog;
    SET LOCAL DateStyle = 'ISO, YMD'; SET LOCAL IntervalStyle = 'postgres'; SET LOCAL TimeZone = 'UTC';
    SET LOCAL extra_float_digits = 1; SET LOCAL quote_all_identifiers = off; SET LOCAL bytea_output = 'hex';
    SET LOCAL xmloption = 'content'; SET LOCAL jit = off;
    SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0";

/// Members of extensions; they collapse into their extension.
const MEMBERS: &str = "SELECT classid, objid FROM pg_depend WHERE deptype = 'e'";

/// Where a fact is in its database: system catalog, oid, sub-object number.
type Address = (u32, u32, i32);

/// Reads all facts of a database's schema.
///
/// # Errors
/// A connection that fails, a server older than [`Server::OLDEST`], or one that refuses a query.
pub fn read(connection: &Parameters, cancel: &Cancel) -> Result<Catalog> {
    let mut session = Session::open(connection, "pum", cancel)?;
    let server = Server { version: session.server_version_num()? };
    if server.major() < Server::OLDEST {
        return Err(Error::failed(format!(
            "the server's version {} is too old to be compared; {} is the oldest",
            server.major(),
            Server::OLDEST
        )));
    }
    let settings = BEGIN.matches(';').count() + 1;
    let queries = Kind::ALL.iter().map(|kind| kind.query(server));
    let message = [BEGIN.to_owned(), MEMBERS.to_owned()]
        .into_iter()
        .chain(queries)
        .chain([scan::CATALOGS.to_owned(), scan::strays()])
        .collect::<Vec<_>>()
        .join(";\n");
    let mut facts = Facts::default();
    let mut catalogs = Vec::new();
    let mut not_compared = Vec::new();
    let mut malformed = None;
    session.query_rows(&message, &mut |statement, row| {
        let read = match statement.checked_sub(settings) {
            None => Some(()),
            Some(0) => facts.member(row),
            Some(index) => match (Kind::ALL.get(index - 1), row.get(0)) {
                (Some(kind), _) => facts.fact(*kind, row),
                (None, Some(catalog)) if index == Kind::ALL.len() + 1 => {
                    catalogs.push(catalog.to_owned());
                    Some(())
                }
                (None, Some(sentence)) => {
                    not_compared.push(sentence.to_owned());
                    Some(())
                }
                (None, None) => None,
            },
        };
        if read.is_none() && malformed.is_none() {
            malformed = Some(format!("{row:?}"));
        }
    })?;
    if let Some(row) = malformed {
        return Err(Error::failed(format!("the server's catalog says what is not understood: {row}")));
    }
    if let Some(query) = scan::objects(&scan::unread(catalogs, server)) {
        session.query_rows(&query, &mut |_, row| {
            let count = number(row, 1).unwrap_or_default();
            not_compared.push(scan::sentence(
                row.get(0).unwrap_or_default(),
                count,
                row.get(2).unwrap_or_default(),
            ));
        })?;
    }
    session.execute("COMMIT")?;
    not_compared.extend(facts.secrets());
    not_compared.sort_unstable();
    Ok(Catalog { server, facts: facts.facts, unreadable: facts.unreadable, not_compared })
}

/// The facts that were read so far.
#[derive(Default)]
struct Facts {
    members: HashSet<(u32, u32)>,
    addresses: HashMap<Address, Arc<Identity>>,
    facts: HashMap<Arc<Identity>, Payload>,
    unreadable: HashSet<(Arc<Identity>, &'static str)>,
}

impl Facts {
    /// A member of an extension; `None` if the row is not understood.
    fn member(&mut self, row: &SimpleQueryRow) -> Option<()> {
        self.members.insert((number(row, 0)?, number(row, 1)?));
        Some(())
    }

    /// A fact of this kind; `None` if the row is not understood.
    fn fact(&mut self, kind: Kind, row: &SimpleQueryRow) -> Option<()> {
        let address = (number(row, 0)?, number(row, 1)?, number(row, 2)?);
        if self.members.contains(&(address.0, address.1)) {
            return Some(());
        }
        let on = match row.get(3) {
            None => None,
            Some(_) => match self.addresses.get(&(number(row, 3)?, number(row, 4)?, number(row, 5)?)) {
                Some(on) => Some(Arc::clone(on)),
                None => return Some(()),
            },
        };
        let identity = Arc::new(Identity {
            kind,
            schema: row.get(6).map(Into::into),
            name: row.get(7)?.into(),
            signature: row.get(8).map(Into::into),
            on,
        });
        let mut payload: Payload =
            (LEADING..row.len()).map(|column| row.get(column).map(Into::into)).collect();
        if payload.len() != kind.attributes().len() {
            return None;
        }
        for (attribute, value) in kind.attributes().iter().zip(&mut payload) {
            if value.as_deref() == Some(UNREADABLE) {
                *value = None;
                self.unreadable.insert((Arc::clone(&identity), attribute.name));
            }
        }
        self.addresses.insert(address, Arc::clone(&identity));
        self.facts.insert(identity, payload);
        Some(())
    }

    /// What is secret, or was not shown, a sentence each.
    fn secrets(&self) -> impl Iterator<Item = String> {
        let hidden = self.unreadable.iter().map(|(identity, attribute)| {
            format!("{attribute} of {identity}, which the server shows to its owner alone")
        });
        let secrets = self.facts.iter().filter_map(|(identity, payload)| match identity.kind {
            Kind::Subscription => Some(format!("connection of {identity}, which holds secrets")),
            // A secret is without its value.
            Kind::UserMapping
                if payload.iter().flatten().flat_map(|text| text.lines()).any(|o| !o.contains('=')) =>
            {
                Some(format!("secrets among the options of {identity}"))
            }
            _ => None,
        });
        hidden.chain(secrets)
    }
}

fn number<T: std::str::FromStr>(row: &SimpleQueryRow, column: usize) -> Option<T> {
    row.get(column)?.parse().ok()
}
