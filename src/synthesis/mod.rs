//! From the differences of two schemas to the statements that take the first to the second, in their order: data to
//! data, no database.
//!
//! Every fact that differs is created, dropped, altered, or made anew where PostgreSQL has no ALTER for it (`rules`);
//! that may force others to be made anew, too (`fates`). Creation follows the dependencies of the new side,
//! destruction those of the old one (`plan`, `graph`). What cannot be written yet is in the delta as a TODO that
//! names it, never left out in silence.

mod action;
mod fates;
mod graph;
mod names;
mod plan;
mod rules;
mod side;
mod target;
mod weight;

use std::fmt;

pub use action::{Action, Deed, Hazards, Lock, Statement};

use self::fates::Fates;
use self::plan::Plan;
use self::side::Side;
use crate::catalog::{Catalog, Details, Kind};
use crate::compare::{self, Difference, Scope};
use crate::{Error, Result};

/// A schema and what writing it takes.
#[derive(Debug, Default)]
pub struct Schema {
    /// Its facts.
    pub catalog: Catalog,
    /// What they need of each other, and more.
    pub details: Details,
}

/// What takes one schema to another.
#[derive(Debug, Default)]
pub struct Delta {
    /// The actions, in their order.
    pub actions: Vec<Action>,
}

impl Delta {
    /// All statements, in their order.
    pub fn statements(&self) -> impl Iterator<Item = &Statement> {
        self.actions.iter().flat_map(|action| &action.statements)
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.statements().next().is_none()
    }

    /// Whether a routine is written: its body may name what comes later.
    fn has_routine(&self) -> bool {
        self.actions.iter().any(|action| {
            matches!(action.identity.kind, Kind::Function | Kind::Procedure) && action.deed != Deed::Drop
        })
    }
}

impl fmt::Display for Delta {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.has_routine() {
            writeln!(formatter, "SET LOCAL check_function_bodies = off;")?;
        }
        for statement in self.statements() {
            writeln!(formatter, "{statement}")?;
        }
        Ok(())
    }
}

/// Writes what takes the first schema to the second, as far as it is in scope and not among what is ignored; the rest
/// stays as it is in the first.
///
/// # Errors
/// Statements that would each have to come before the other, a fault of a rule; the error says which.
pub fn write(first: &Schema, second: &Schema, scope: &Scope, ignored: &[&Difference]) -> Result<Delta> {
    let target = target::within(&first.catalog, &second.catalog, scope, ignored);
    let old = Side::new(&first.catalog, &first.details);
    let new = Side::new(&target, &second.details);
    let differences = compare::differences(&first.catalog, &target);
    let fates = Fates::decide(&old, &new, &differences);
    let mut plan = Plan::new(&fates);
    let order = plan.order().map_err(|cycle| {
        Error::failed("the statements of the delta wait for each other in a circle")
            .note("circle", cycle.join(" → "))
            .hint("this is a fault of pum; please report it with both schemas")
    })?;
    let mut actions = plan.actions(&order);
    actions.retain(|action| !action.statements.is_empty());
    Ok(Delta { actions })
}
