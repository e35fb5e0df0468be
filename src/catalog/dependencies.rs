//! What facts need of each other, from `pg_depend`, and what else writing a schema takes and comparing one does not:
//! read only when asked for.
//!
//! What is no fact of its own leads to the fact that it is a part of: the index of a constraint to the constraint, the
//! row type and the array type of a table to the table, the sequence of an identity to its column, the rule that makes a
//! view to the view, a member of an extension to the extension.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::own::FIRST_NORMAL;
use super::reader::Address;
use super::schemas::OWN_SCHEMA;
use super::{Facts, Identity, Kind};

/// Which facts need which.
#[derive(Debug, Default)]
pub struct Dependencies {
    needs: HashMap<Arc<Identity>, HashSet<Arc<Identity>>, foldhash::fast::RandomState>,
}

impl Dependencies {
    /// What a fact needs, in no order; what it hangs on is not among it unless the server says so.
    pub fn needs(&self, identity: &Identity) -> impl Iterator<Item = &Arc<Identity>> {
        self.needs.get(identity).into_iter().flatten()
    }

    /// Whether a fact needs another.
    pub fn has(&self, identity: &Identity, needed: &Identity) -> bool {
        self.needs.get(identity).is_some_and(|needs| needs.contains(needed))
    }

    /// Every pair of a fact and one that it needs.
    pub fn pairs(&self) -> impl Iterator<Item = (&Arc<Identity>, &Arc<Identity>)> {
        self.needs.iter().flat_map(|(identity, needs)| needs.iter().map(move |needed| (identity, needed)))
    }

    /// Says that a fact needs another.
    pub fn insert(&mut self, identity: &Arc<Identity>, needed: &Arc<Identity>) {
        if identity != needed {
            self.needs.entry(Arc::clone(identity)).or_default().insert(Arc::clone(needed));
        }
    }
}

/// What writing a schema takes beside its facts.
#[derive(Debug, Default)]
pub struct Details {
    /// Which facts need which.
    pub dependencies: Dependencies,
    /// The statements that make functions and procedures, by the server's deparser.
    pub definitions: HashMap<Arc<Identity>, Box<str>>,
    /// How many arguments of a function or procedure have defaults, where some have.
    pub argument_defaults: HashMap<Arc<Identity>, usize>,
    /// Casts that an assignment does by itself (`true`), and those that have to be asked for (`false`), by the names of
    /// the types.
    pub casts: HashMap<(Box<str>, Box<str>), bool>,
    /// Extensions that cannot come to another schema.
    pub fixed_extensions: HashSet<Box<str>>,
}

/// Rows: an object, what it needs, the letter of `deptype`.
pub(super) fn dependencies() -> String {
    format!(
        "SELECT classid, objid, objsubid, refclassid, refobjid, refobjsubid, deptype FROM pg_depend
        WHERE (objid >= {FIRST_NORMAL} OR classid = 2615) AND deptype <> 'p'"
    )
}

/// Rows: the oid of a routine, its definition, how many arguments have defaults.
pub(super) fn definitions() -> String {
    format!(
        "SELECT p.oid, pg_get_functiondef(p.oid), p.pronargdefaults
        FROM pg_proc p
        JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE p.prokind <> 'a' AND {OWN_SCHEMA} AND {}",
        super::own::independent("p")
    )
}

/// Rows: two types, and whether an assignment casts one to the other.
pub(super) const CASTS: &str = "SELECT format_type(castsource, NULL), format_type(casttarget, NULL),
    CASE WHEN castcontext <> 'e' THEN 'yes' END FROM pg_cast";

/// Rows: the name of an extension that cannot come to another schema.
pub(super) const FIXED_EXTENSIONS: &str = "SELECT extname FROM pg_extension WHERE NOT extrelocatable";

/// An object or a part of one, and another that it needs, as the server says it.
pub(super) struct Edge {
    pub from: Address,
    pub to: Address,
    pub letter: char,
}

/// System catalogs whose objects are a part of what they depend on by 'a': defaults that are no facts (of generated
/// columns), members of operator classes, triggers and constraints that are the inside of others.
const PARTS: &[u32] = &[2604, 2602, 2603, 2606, 2620];

/// How far the inside of the inside goes: the array type of the row type of a table.
const DEEPEST: usize = 8;

/// Turns edges between addresses into such between facts.
pub(super) fn resolve(
    edges: &[Edge],
    addresses: &HashMap<Address, Arc<Identity>, foldhash::fast::RandomState>,
    facts: &Facts,
) -> Dependencies {
    let mut wholes: HashMap<(u32, u32), (u8, Address)> = HashMap::new();
    for edge in edges.iter().filter(|edge| edge.from.2 == 0) {
        let rank = match edge.letter {
            'e' => 0,
            'i' => 1,
            'P' => 2,
            'a' if PARTS.contains(&edge.from.0) => 3,
            _ => continue,
        };
        let whole = wholes.entry((edge.from.0, edge.from.1)).or_insert((rank, edge.to));
        if rank < whole.0 {
            *whole = (rank, edge.to);
        }
    }
    let fact = |mut address: Address| {
        for _ in 0..DEEPEST {
            if let Some(found) = addresses.get(&address) {
                return Some(found);
            }
            address = if address.2 != 0 {
                (address.0, address.1, 0)
            } else {
                wholes.get(&(address.0, address.1))?.1
            };
        }
        None
    };
    let mut dependencies = Dependencies::default();
    for edge in edges {
        if let (Some(from), Some(to)) = (fact(edge.from), fact(edge.to))
            // A partitioned table needs the columns of its key, which hang on it; nothing else goes this way.
            && !to.chain().skip(1).any(|above| above == &**from)
        {
            dependencies.insert(from, to);
        }
    }
    // A schema is not always told: that everything in it needs it, its name says.
    for identity in facts.keys() {
        if let Some(schema) = &identity.schema {
            let schema = Identity {
                kind: Kind::Schema,
                schema: None,
                name: schema.clone(),
                signature: None,
                on: None,
            };
            if let Some((schema, _)) = facts.get_key_value(&schema) {
                dependencies.insert(identity, schema);
            }
        }
    }
    dependencies
}
