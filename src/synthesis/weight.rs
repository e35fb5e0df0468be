//! What comes first of what may come at the same time: drops before what is made; containers before what is in them;
//! what evaluates the user's own code when it is applied after all definitions, because bodies of functions leave no
//! trace among the dependencies.

use std::sync::Arc;

use super::action::Deed;
use super::fates::{Fate, Fates};
use crate::catalog::{Identity, Kind};

/// The rank of an action; the least comes first.
pub fn rank(identity: &Arc<Identity>, deed: Deed, fates: &Fates<'_>) -> (u16, u32, Arc<Identity>) {
    let weight = match deed {
        Deed::Detach => 0,
        Deed::Drop => 100 - before(identity),
        Deed::Retire => 99,
        Deed::Announce => 109,
        Deed::Create | Deed::Alter => 100 + making(identity, deed, fates),
        Deed::Tie => 100 + if identity.kind == Kind::Sequence { 45 } else { 55 },
    };
    (weight, fates.after(identity).position(), Arc::clone(identity))
}

/// The place of a kind among what is dropped, the last first.
fn before(identity: &Identity) -> u16 {
    match identity.kind {
        Kind::Schema => 1,
        Kind::Extension => 2,
        Kind::Enum
        | Kind::Domain
        | Kind::CompositeType
        | Kind::RangeType
        | Kind::BaseType
        | Kind::ShellType => 10,
        Kind::Sequence => 20,
        Kind::Table | Kind::ForeignTable => 30,
        Kind::Column | Kind::Attribute => 40,
        Kind::Function | Kind::Procedure | Kind::Aggregate => 50,
        Kind::Default => 55,
        Kind::Index | Kind::Statistics => 60,
        Kind::Constraint | Kind::DomainConstraint => 65,
        Kind::View | Kind::MaterializedView => 70,
        Kind::Rule | Kind::Trigger | Kind::Policy | Kind::EventTrigger => 80,
        Kind::Comment | Kind::SecurityLabel | Kind::Owner | Kind::Privilege | Kind::DefaultPrivilege => 90,
        _ => 15,
    }
}

/// Whether a view calls a routine of the user's, by itself or by another view.
fn calls_routine(view: &Identity, fates: &Fates<'_>) -> bool {
    fates.new.details.dependencies.needs(view).any(|needed| match needed.kind {
        Kind::Function => true,
        Kind::View => calls_routine(needed, fates),
        Kind::Column => needed
            .on
            .as_deref()
            .is_some_and(|on| on.kind == Kind::View && on != view && calls_routine(on, fates)),
        _ => false,
    })
}

fn making(identity: &Identity, deed: Deed, fates: &Fates<'_>) -> u16 {
    let fact = fates.after(identity);
    let is_on_new_table = identity.on.as_deref().is_some_and(|on| fates.get(on) == Some(&Fate::Create));
    match identity.kind {
        Kind::Schema => 1,
        Kind::Extension => 2,
        Kind::Language | Kind::AccessMethod | Kind::Collation | Kind::Conversion => 5,
        Kind::Enum
        | Kind::Domain
        | Kind::CompositeType
        | Kind::RangeType
        | Kind::BaseType
        | Kind::ShellType => 10,
        Kind::DomainConstraint | Kind::Attribute => 11,
        Kind::Sequence => 15,
        Kind::Function | Kind::Procedure => 20,
        Kind::Aggregate
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
        | Kind::UserMapping => 25,
        Kind::Table | Kind::ForeignTable => 30,
        Kind::Column => {
            // Rows that are there take its value.
            let has_value = fact.value("generated").is_some()
                || fates.new.hanging(identity).iter().any(|part| part.kind == Kind::Default);
            if deed == Deed::Create && has_value { 80 } else { 40 }
        }
        Kind::Default => 50,
        Kind::Constraint if fates.new.is_foreign_key(identity) => 75,
        Kind::Constraint if fates.new.has_index(identity) || is_on_new_table => 60,
        // The rows that are there are checked.
        Kind::Constraint => 82,
        Kind::Index if is_on_new_table => 65,
        Kind::Index
            if fact
                .value("definition")
                .is_some_and(|definition| definition.contains("((") || definition.contains("WHERE")) =>
        {
            84
        }
        Kind::Index => 65,
        Kind::Statistics => 66,
        Kind::View => 70,
        Kind::Rule | Kind::Trigger | Kind::Policy => 72,
        Kind::MaterializedView if calls_routine(identity, fates) => 91,
        Kind::MaterializedView => 90,
        Kind::EventTrigger
        | Kind::Publication
        | Kind::PublicationTable
        | Kind::PublicationSchema
        | Kind::Subscription => 92,
        Kind::Comment | Kind::SecurityLabel => 95,
        Kind::Owner => 96,
        Kind::Privilege => 97,
        Kind::DefaultPrivilege => 98,
        Kind::Row => 99,
    }
}
