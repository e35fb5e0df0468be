//! Reads a schema: all queries of all kinds in one message and one transaction, each row turned into a fact as it
//! comes, so that nothing is held twice.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use tokio_postgres::SimpleQueryRow;

use super::dependencies::{self, Details, Edge};
use super::{Catalog, Identity, Kind, LeftOut, Payload, Server, UNREADABLE, scan};
use crate::connection::{Parameters, Session};
use crate::progress::Cancel;
use crate::{Error, Result};

/// How many columns stand before the attributes; see [`Kind::query`].
const LEADING: usize = 9;

/// One snapshot for everything, and nothing can be written.
pub(super) const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY";
/// What deparsed text depends on is pinned: with an empty search_path every name outside pg_catalog is qualified.
/// The system catalogs of a database that was just made have no statistics: with nested loops allowed, a guess of a few
/// rows makes a query take as long as the square of what it reads.
pub(super) const SETTINGS: &str = "SET LOCAL search_path = pg_catalog;
    SET LOCAL DateStyle = 'ISO, YMD'; SET LOCAL IntervalStyle = 'postgres'; SET LOCAL TimeZone = 'UTC';
    SET LOCAL extra_float_digits = 1; SET LOCAL quote_all_identifiers = off; SET LOCAL bytea_output = 'hex';
    SET LOCAL xmloption = 'content'; SET LOCAL jit = off;
    SET LOCAL work_mem = '64MB'; SET LOCAL enable_nestloop = off;
    SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0";

/// Members of extensions; they collapse into their extension.
const MEMBERS: &str = "SELECT classid, objid FROM pg_depend WHERE deptype = 'e'";

/// Where a fact is in its database: system catalog, oid, sub-object number.
pub(super) type Address = (u32, u32, i32);

/// What the rows of a statement are.
#[derive(Clone, Copy)]
enum Rows {
    /// None.
    Nothing,
    /// Addresses of what is left out.
    LeftOut,
    /// Members of extensions.
    Members,
    /// Facts of a kind.
    Facts(Kind),
    /// Names of system catalogs.
    Catalogs,
    /// Sentences about what is no fact.
    Strays,
    /// What needs what.
    Dependencies,
    /// Statements that make routines.
    Definitions,
    /// Casts.
    Casts,
    /// Extensions that stay in their schema.
    FixedExtensions,
}

/// Reads all facts of a database's schema.
///
/// # Errors
/// A connection that fails, a server older than [`Server::OLDEST`], or one that refuses a query.
pub fn read(connection: &Parameters, left_out: &LeftOut, cancel: &Cancel) -> Result<Catalog> {
    read_facts(connection, left_out, false, cancel).map(|(catalog, _)| catalog)
}

/// Reads all facts of a database's schema, and what it takes to write them.
///
/// # Errors
/// As [`read`].
pub fn read_with_details(
    connection: &Parameters,
    left_out: &LeftOut,
    cancel: &Cancel,
) -> Result<(Catalog, Details)> {
    read_facts(connection, left_out, true, cancel)
}

fn read_facts(
    connection: &Parameters,
    left_out: &LeftOut,
    with_details: bool,
    cancel: &Cancel,
) -> Result<(Catalog, Details)> {
    let mut session = Session::open(connection, "pum", cancel)?;
    let server = Server { version: session.server_version_num()? };
    if server.major() < Server::OLDEST {
        return Err(Error::failed(format!(
            "the server's version {} is too old to be compared; {} is the oldest",
            server.major(),
            Server::OLDEST
        )));
    }
    let mut statements = vec![(Rows::Nothing, BEGIN.to_owned())];
    statements.extend(left_out.query().map(|query| (Rows::LeftOut, query)));
    statements.extend(SETTINGS.split(';').map(|setting| (Rows::Nothing, setting.to_owned())));
    statements.push((Rows::Members, MEMBERS.to_owned()));
    statements.extend(Kind::ALL.iter().map(|kind| (Rows::Facts(*kind), kind.query(server))));
    statements.push((Rows::Catalogs, scan::CATALOGS.to_owned()));
    statements.push((Rows::Strays, scan::strays()));
    if with_details {
        statements.push((Rows::Dependencies, dependencies::dependencies()));
        statements.push((Rows::Definitions, dependencies::definitions()));
        statements.push((Rows::Casts, dependencies::CASTS.to_owned()));
        statements.push((Rows::FixedExtensions, dependencies::FIXED_EXTENSIONS.to_owned()));
    }
    let (contents, texts): (Vec<Rows>, Vec<String>) = statements.into_iter().unzip();

    let mut facts = Facts::default();
    let mut details = Details::default();
    let mut edges = Vec::new();
    let mut catalogs = Vec::new();
    let mut malformed = None;
    session.query_rows(&texts.join(";\n"), &mut |statement, row| {
        let read = match contents.get(statement) {
            Some(Rows::LeftOut) => facts.left_out(row),
            Some(Rows::Members) => facts.member(row),
            Some(Rows::Facts(kind)) => facts.fact(*kind, row),
            Some(Rows::Catalogs) => row.get(0).map(|catalog| catalogs.push(catalog.to_owned())),
            Some(Rows::Strays) => row.get(0).map(|sentence| facts.not_compared.push(sentence.to_owned())),
            Some(Rows::Dependencies) => edge(row).map(|edge| edges.push(edge)),
            Some(Rows::Definitions) => facts.definition(&mut details, row),
            Some(Rows::Casts) => cast(&mut details, row),
            Some(Rows::FixedExtensions) => row.get(0).map(|name| {
                details.fixed_extensions.insert(name.into());
            }),
            Some(Rows::Nothing) | None => Some(()),
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
            facts.not_compared.push(scan::sentence(
                row.get(0).unwrap_or_default(),
                count,
                row.get(2).unwrap_or_default(),
            ));
        })?;
    }
    session.execute("COMMIT")?;
    if with_details {
        details.dependencies = dependencies::resolve(&edges, &facts.addresses, &facts.facts);
    }
    Ok((facts.into_catalog(server), details))
}

/// What needs what; `None` if the row is not understood.
fn edge(row: &SimpleQueryRow) -> Option<Edge> {
    Some(Edge {
        from: (number(row, 0)?, number(row, 1)?, number(row, 2)?),
        to: (number(row, 3)?, number(row, 4)?, number(row, 5)?),
        letter: row.get(6)?.chars().next()?,
    })
}

/// A cast; `None` if the row is not understood.
fn cast(details: &mut Details, row: &SimpleQueryRow) -> Option<()> {
    details.casts.insert((row.get(0)?.into(), row.get(1)?.into()), row.get(2).is_some());
    Some(())
}

/// The facts that were read so far.
#[derive(Default)]
struct Facts {
    left_out: Vec<Address>,
    members: HashSet<(u32, u32)>,
    addresses: HashMap<Address, Arc<Identity>, foldhash::fast::RandomState>,
    facts: super::Facts,
    unreadable: HashSet<(Arc<Identity>, &'static str)>,
    not_compared: Vec<String>,
}

impl Facts {
    /// The address of something that is left out; `None` if the row is not understood.
    fn left_out(&mut self, row: &SimpleQueryRow) -> Option<()> {
        self.left_out.push((number(row, 0)?, number(row, 1)?, number(row, 2)?));
        Some(())
    }

    /// A member of an extension; `None` if the row is not understood.
    fn member(&mut self, row: &SimpleQueryRow) -> Option<()> {
        self.members.insert((number(row, 0)?, number(row, 1)?));
        Some(())
    }

    /// A fact of this kind; `None` if the row is not understood.
    fn fact(&mut self, kind: Kind, row: &SimpleQueryRow) -> Option<()> {
        let address: Option<Address> = match row.get(0) {
            None => None,
            Some(_) => Some((number(row, 0)?, number(row, 1)?, number(row, 2)?)),
        };
        if address.is_some_and(|(class, object, _)| self.members.contains(&(class, object))) {
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
        if let Some(address) = address {
            self.addresses.insert(address, Arc::clone(&identity));
        }
        self.facts.insert(identity, payload);
        Some(())
    }

    /// The statement that makes a routine; `None` if the row is not understood.
    fn definition(&self, details: &mut Details, row: &SimpleQueryRow) -> Option<()> {
        // 1255 is pg_proc.
        let Some(identity) = self.addresses.get(&(1255, number(row, 0)?, 0)) else { return Some(()) };
        details.definitions.insert(Arc::clone(identity), row.get(1)?.into());
        let defaults: usize = number(row, 2)?;
        if defaults > 0 {
            details.argument_defaults.insert(Arc::clone(identity), defaults);
        }
        Some(())
    }

    /// What is secret, or was not shown, a sentence each.
    fn secrets(&self) -> Vec<String> {
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
        hidden.chain(secrets).collect()
    }

    fn into_catalog(mut self, server: Server) -> Catalog {
        self.not_compared.extend(self.secrets());
        self.not_compared.sort_unstable();
        let left_out = self.left_out.iter().filter_map(|address| self.addresses.get(address).cloned());
        Catalog {
            server,
            left_out: left_out.collect(),
            facts: self.facts,
            unreadable: self.unreadable,
            not_compared: self.not_compared,
        }
    }
}

fn number<T: std::str::FromStr>(row: &SimpleQueryRow, column: usize) -> Option<T> {
    row.get(column)?.parse().ok()
}
