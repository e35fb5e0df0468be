//! What the engine knows of PostgreSQL's statements: one file a family of kinds, each with how its facts are created and
//! how each of their attributes is altered. Everything is dropped in the same way but for a few.

mod attached;
mod columns;
mod constraints;
mod functions;
mod options;
mod others;
mod privileges;
mod relations;
mod sequences;
mod types;

use std::sync::Arc;

use super::action::Statement;
use super::names::{self, object};
use super::side::Side;
use crate::catalog::{Identity, Kind};

pub use columns::{Using, base as base_type, definition as column, needs_using};
pub use privileges::without_defaults;
pub use relations::{attach, detach};
pub use sequences::own;
pub use types::{announce, is_announced};

/// A fact on one side.
#[derive(Debug, Clone, Copy)]
pub struct Fact<'a> {
    /// Which.
    pub identity: &'a Identity,
    /// Where.
    pub side: &'a Side<'a>,
}

impl<'a> Fact<'a> {
    /// A value.
    pub fn value(self, attribute: &str) -> Option<&'a str> {
        self.side.value(self.identity, attribute)
    }

    /// The items of a list.
    pub fn list(self, attribute: &str) -> Vec<&'a str> {
        self.value(attribute).map_or_else(Vec::new, |list| list.lines().collect())
    }

    /// What it hangs on; itself if it hangs on nothing.
    pub fn on(self) -> &'a Identity {
        self.identity.on.as_deref().unwrap_or(self.identity)
    }

    /// Facts of a kind that hang on it, in the order of their positions.
    pub fn parts(self, kind: Kind) -> Vec<Fact<'a>> {
        let of_kind = self.side.hanging(self.identity).iter().filter(|identity| identity.kind == kind);
        let mut parts: Vec<Fact<'a>> =
            of_kind.map(|identity| Fact { identity: identity.as_ref(), side: self.side }).collect();
        parts.sort_by_key(|part| part.position());
        parts
    }

    /// Its place among the others; 0 where there is none.
    pub fn position(self) -> u32 {
        self.value("position").and_then(|position| position.parse().ok()).unwrap_or(0)
    }
}

/// A fact that is on both sides, with other values.
#[derive(Debug)]
pub struct Alteration<'a> {
    /// As it was.
    pub old: Fact<'a>,
    /// As it shall be.
    pub new: Fact<'a>,
    /// The names of the attributes that differ.
    pub changed: Vec<&'static str>,
    /// Whether its type is made anew under the same name.
    pub is_retyped: bool,
}

impl Alteration<'_> {
    /// Whether this attribute differs.
    pub fn changes(&self, attribute: &str) -> bool {
        self.changed.contains(&attribute)
    }
}

/// Statements that alter a fact; none if only making it anew does it.
pub type Altered = Option<Vec<Statement>>;

/// How an attribute is altered.
#[derive(Debug, Clone, Copy)]
pub enum How {
    /// By these statements.
    By(fn(&Alteration<'_>) -> Altered),
    /// By these statements, together with the other attributes that say the same.
    Whole(fn(&Alteration<'_>) -> Altered),
    /// By dropping and creating the fact.
    Anew,
    /// Not by itself: it follows from what is done to others, or nothing can do it and nobody asks for it.
    Follows,
    /// Not yet.
    Unwritten,
}

/// The kinds that have their rules in one file.
enum Family {
    Types,
    Functions,
    Relations,
    Columns,
    Constraints,
    Sequences,
    Attached,
    Privileges,
    Others,
    /// In none: they are not written yet.
    Unwritten,
}

fn family(kind: Kind) -> Family {
    match kind {
        Kind::Enum
        | Kind::Domain
        | Kind::DomainConstraint
        | Kind::CompositeType
        | Kind::Attribute
        | Kind::RangeType
        | Kind::ShellType
        | Kind::BaseType => Family::Types,
        Kind::Function | Kind::Procedure | Kind::Aggregate => Family::Functions,
        Kind::Table | Kind::View | Kind::MaterializedView | Kind::ForeignTable => Family::Relations,
        Kind::Column | Kind::Default => Family::Columns,
        Kind::Constraint | Kind::Index | Kind::Statistics => Family::Constraints,
        Kind::Sequence => Family::Sequences,
        Kind::Rule
        | Kind::Trigger
        | Kind::Policy
        | Kind::EventTrigger
        | Kind::Comment
        | Kind::SecurityLabel
        | Kind::Owner => Family::Attached,
        Kind::Privilege | Kind::DefaultPrivilege => Family::Privileges,
        Kind::Schema
        | Kind::Extension
        | Kind::Language
        | Kind::AccessMethod
        | Kind::Collation
        | Kind::Conversion
        | Kind::Cast
        | Kind::Transform
        | Kind::Operator
        | Kind::OperatorFamily
        | Kind::OperatorClass
        | Kind::TextSearchParser
        | Kind::TextSearchTemplate
        | Kind::TextSearchDictionary
        | Kind::TextSearchConfiguration
        | Kind::ForeignDataWrapper
        | Kind::Server
        | Kind::UserMapping
        | Kind::Publication
        | Kind::PublicationTable
        | Kind::PublicationSchema => Family::Others,
        Kind::Subscription | Kind::Row => Family::Unwritten,
    }
}

/// The statements that create a fact, with all its values.
pub fn create(fact: Fact<'_>) -> Vec<Statement> {
    match family(fact.identity.kind) {
        Family::Types => types::create(fact),
        Family::Functions => functions::create(fact),
        Family::Relations => relations::create(fact),
        Family::Columns => columns::create(fact),
        Family::Constraints => constraints::create(fact),
        Family::Sequences => sequences::create(fact),
        Family::Attached => attached::create(fact),
        Family::Privileges => privileges::create(fact),
        Family::Others => others::create(fact),
        Family::Unwritten => vec![unwritten("create", fact.identity)],
    }
}

/// The statements that drop a fact.
pub fn drop(fact: Fact<'_>) -> Vec<Statement> {
    let dropped = || Statement::new(format!("DROP {}", object(fact.identity)));
    let statement = match fact.identity.kind {
        Kind::Table | Kind::Sequence => dropped().exclusive().losing_data(),
        Kind::MaterializedView
        | Kind::View
        | Kind::ForeignTable
        | Kind::Index
        | Kind::Rule
        | Kind::Policy => dropped().exclusive(),
        Kind::Schema
        | Kind::Extension
        | Kind::Language
        | Kind::AccessMethod
        | Kind::ShellType
        | Kind::Enum
        | Kind::Domain
        | Kind::CompositeType
        | Kind::Collation
        | Kind::Conversion
        | Kind::Function
        | Kind::Procedure
        | Kind::Aggregate
        | Kind::Cast
        | Kind::Transform
        | Kind::Operator
        | Kind::OperatorFamily
        | Kind::OperatorClass
        | Kind::TextSearchParser
        | Kind::TextSearchTemplate
        | Kind::TextSearchDictionary
        | Kind::TextSearchConfiguration
        | Kind::ForeignDataWrapper
        | Kind::Server
        | Kind::UserMapping
        | Kind::EventTrigger
        | Kind::Publication
        | Kind::Statistics => dropped(),
        // Its functions need it, and it needs them.
        Kind::BaseType | Kind::RangeType if is_announced(fact) => {
            Statement::new(format!("DROP {} CASCADE", object(fact.identity)))
        }
        Kind::BaseType | Kind::RangeType => dropped(),
        Kind::Subscription | Kind::Row => unwritten("drop", fact.identity),
        Kind::Column | Kind::Default => return columns::drop(fact),
        Kind::Constraint => Statement::new(format!(
            "{} DROP CONSTRAINT {}",
            names::alter_relation(fact.on()),
            names::name(&fact.identity.name)
        ))
        .exclusive(),
        Kind::DomainConstraint => Statement::new(format!(
            "ALTER DOMAIN {} DROP CONSTRAINT {}",
            names::qualified(fact.on()),
            names::name(&fact.identity.name)
        )),
        Kind::Attribute => Statement::new(format!(
            "ALTER TYPE {} DROP ATTRIBUTE {}",
            names::qualified(fact.on()),
            names::name(&fact.identity.name)
        ))
        .losing_data(),
        Kind::PublicationTable | Kind::PublicationSchema => return others::drop(fact),
        Kind::Trigger | Kind::Comment | Kind::SecurityLabel | Kind::Owner => return attached::drop(fact),
        Kind::Privilege | Kind::DefaultPrivilege => return privileges::drop(fact),
    };
    vec![statement]
}

/// How an attribute of a kind is altered; none for one that no rule knows.
pub fn how(kind: Kind, attribute: &str) -> Option<How> {
    match family(kind) {
        Family::Types => types::how(kind, attribute),
        Family::Functions => functions::how(kind, attribute),
        Family::Relations => relations::how(kind, attribute),
        Family::Columns => columns::how(kind, attribute),
        Family::Constraints => constraints::how(kind, attribute),
        Family::Sequences => sequences::how(attribute),
        Family::Attached => attached::how(kind, attribute),
        Family::Privileges => privileges::how(attribute),
        Family::Others => others::how(kind, attribute),
        Family::Unwritten => {
            kind.attributes().iter().any(|known| known.name == attribute).then_some(How::Unwritten)
        }
    }
}

/// The statements that alter a fact; none if it has to be made anew.
pub fn alter(alteration: &Alteration<'_>) -> Altered {
    let mut statements = Vec::new();
    let mut is_whole = false;
    let mut changed = alteration.changed.clone();
    if columns::is_narrowing(alteration) {
        changed.sort_by_key(|attribute| *attribute != "identity");
    }
    for attribute in &changed {
        match how(alteration.new.identity.kind, attribute) {
            Some(How::By(by)) => statements.extend(by(alteration)?),
            Some(How::Whole(_)) if is_whole => {}
            Some(How::Whole(whole)) => {
                is_whole = true;
                statements.extend(whole(alteration)?);
            }
            Some(How::Anew) => return None,
            Some(How::Follows) => {}
            Some(How::Unwritten) | None => {
                statements.push(Statement::todo(format!(
                    "alter {}: {attribute}, from {} to {}",
                    alteration.new.identity,
                    alteration.old.value(attribute).unwrap_or("nothing"),
                    alteration.new.value(attribute).unwrap_or("nothing")
                )));
            }
        }
    }
    if alteration.is_retyped && !alteration.changes("type") {
        statements.extend(columns::retype(alteration)?);
    }
    Some(statements)
}

/// What cannot be written yet.
pub fn unwritten(what: &str, identity: &Identity) -> Statement {
    Statement::todo(format!("{what} {identity}"))
}

/// The name of a routine in a text of type regprocedure: without its arguments.
fn routine(text: &str) -> &str {
    let mut in_quotes = false;
    let end = text.char_indices().find(|(_, c)| {
        in_quotes ^= *c == '"';
        *c == '(' && !in_quotes
    });
    end.map_or(text, |(end, _)| &text[..end])
}

/// A fact of the old and of the new side.
pub fn alteration<'a>(
    identity: &'a Arc<Identity>,
    (old, new): (&'a Side<'a>, &'a Side<'a>),
    changed: Vec<&'static str>,
    is_retyped: bool,
) -> Alteration<'a> {
    Alteration { old: Fact { identity, side: old }, new: Fact { identity, side: new }, changed, is_retyped }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_attribute_of_every_kind_has_a_rule() {
        let all = Kind::ALL
            .iter()
            .flat_map(|kind| kind.attributes().iter().map(|attribute| (*kind, attribute.name)));
        let without: Vec<String> = all
            .filter(|(kind, attribute)| how(*kind, attribute).is_none())
            .map(|(kind, attribute)| format!("{}: {attribute}", kind.word()))
            .collect();
        assert_eq!(without, Vec::<String>::new());
    }

    #[test]
    fn what_is_not_written_yet_is_listed() {
        let all = Kind::ALL
            .iter()
            .flat_map(|kind| kind.attributes().iter().map(|attribute| (*kind, attribute.name)));
        let unwritten: Vec<String> = all
            .filter(|(kind, attribute)| matches!(how(*kind, attribute), Some(How::Unwritten)))
            .filter(|(kind, _)| !matches!(kind, Kind::Subscription | Kind::Row))
            .map(|(kind, attribute)| format!("{}: {attribute}", kind.word()))
            .collect();
        insta::assert_snapshot!(unwritten.join("\n"), @"");
    }
}
