//! A schema as facts. Everything that a database's schema consists of, down to a column, a default, a comment or a
//! grant, is a fact of its own: an [`Identity`] and a payload of [`Attribute`]s, read from the system catalogs by one
//! set-based query a [`Kind`], with PostgreSQL's own deparsers. Nothing here reads SQL.
//!
//! One file a family of kinds, each with its queries; [`read`] runs them all in one transaction.

mod aggregates;
mod attribute;
mod base_types;
mod casts;
mod collations;
mod columns;
mod comments;
mod constraints;
mod dependencies;
mod event_triggers;
mod extensions;
mod foreign;
mod functions;
mod identity;
mod indexes;
mod kind;
mod languages;
mod left_out;
mod operators;
mod own;
mod owners;
mod policies;
mod privileges;
mod publications;
mod reader;
mod relations;
pub mod rows;
mod rules;
mod scan;
mod schemas;
mod sequences;
mod server;
mod statistics;
mod text_search;
mod triggers;
mod types;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

pub use attribute::{Attribute, Form};
pub use dependencies::{Dependencies, Details};
pub use identity::Identity;
pub use kind::{Description, Element, Kind};
pub use left_out::LeftOut;
pub use reader::{read, read_with_details};
pub use server::Server;

/// The value of an attribute, as the server writes it; `None` is what the server takes when nothing is said.
pub type Value = Option<Box<str>>;

/// The values of a fact, one for each of the attributes of its kind, in their order. The own name is never among them.
pub type Payload = Box<[Value]>;

/// What a query gives for a value that the server does not show to the role that reads.
const UNREADABLE: &str = "\u{1}unreadable";

/// Facts by their identities. There may be a million of them, and each is looked up: hence another hash than the
/// standard one.
pub type Facts = HashMap<Arc<Identity>, Payload, foldhash::fast::RandomState>;

/// All facts of a schema.
#[derive(Debug, Default)]
pub struct Catalog {
    /// The server whose deparser wrote the values: the one that it was read from, unless it was restated.
    pub server: Server,
    /// Every fact, by its identity.
    pub facts: Facts,
    /// Attributes, by name, that the role which read them was not shown; their values are `None`.
    pub unreadable: HashSet<(Arc<Identity>, &'static str)>,
    /// What was found and is no fact, a sentence each: objects of kinds that are not modelled, what the role was not
    /// shown.
    pub not_compared: Vec<String>,
    /// Those that are not to be compared; nor is what hangs on them.
    pub left_out: HashSet<Arc<Identity>>,
}

impl Catalog {
    /// The value of an attribute of a fact, by the attribute's name.
    pub fn value(&self, identity: &Identity, attribute: &str) -> Option<&str> {
        let index = identity.kind.attributes().iter().position(|known| known.name == attribute)?;
        self.facts.get(identity)?[index].as_deref()
    }

    /// Takes the texts of SQL from a catalog of the same schema in another server, so that both sides of a comparison
    /// are in the words of one deparser. Everything else stays.
    pub fn restate(&mut self, other: &Catalog) {
        self.server = other.server;
        for (identity, values) in &mut self.facts {
            let Some(restated) = other.facts.get(identity) else { continue };
            for (index, attribute) in identity.kind.attributes().iter().enumerate() {
                if attribute.form == Form::Sql || attribute.varies_by_major {
                    values[index].clone_from(&restated[index]);
                }
            }
        }
    }

    /// Whether a column of a value list is not to be compared.
    pub fn leaves_out_column(&self, list: &rows::List, column: &str) -> bool {
        let identity = Identity {
            kind: Kind::Column,
            schema: None,
            name: column.into(),
            signature: None,
            on: Some(Arc::new(list.identity())),
        };
        self.left_out.contains(&identity)
    }
}
