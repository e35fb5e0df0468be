//! Actions, from the fates of facts, and which must come before which.
//!
//! What goes or comes with another fact has no action of its own: columns with their table, everything that hangs on a
//! table that is dropped, what children inherit. Its edges are those of that other fact's action.

mod edges;
mod statements;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::action::{Deed, Statement};
use super::fates::{Fate, Fates};
use super::rules;
use super::weight::rank;
use crate::catalog::{Identity, Kind};

/// Actions in numbers, and the facts that each is about.
pub struct Plan<'a> {
    fates: &'a Fates<'a>,
    actions: Vec<(Arc<Identity>, Deed)>,
    numbers: HashMap<(Arc<Identity>, Deed), usize>,
    /// What is dropped by itself although its object goes too, because the object could not go otherwise.
    split: BTreeSet<Arc<Identity>>,
}

/// How long a chain of facts that go with each other may be.
const DEEPEST: usize = 64;

impl<'a> Plan<'a> {
    /// All actions.
    pub fn new(fates: &'a Fates<'a>) -> Plan<'a> {
        let mut plan = Plan { fates, actions: Vec::new(), numbers: HashMap::new(), split: BTreeSet::new() };
        plan.gather();
        plan
    }

    fn gather(&mut self) {
        self.actions.clear();
        self.numbers.clear();
        let mut found = Vec::new();
        for (identity, fate) in self.fates.iter() {
            let mut add = |deed| found.push((Arc::clone(identity), deed));
            if matches!(fate, Fate::Drop | Fate::Anew) && self.goes_with(identity).is_none() {
                add(Deed::Drop);
                if self.fates.is_retired(identity) {
                    add(Deed::Retire);
                }
            }
            if matches!(fate, Fate::Create | Fate::Anew) && self.comes_with(identity).is_none() {
                add(Deed::Create);
                if rules::is_announced(self.fates.after(identity)) {
                    add(Deed::Announce);
                }
            }
            if matches!(fate, Fate::Alter(_)) {
                add(Deed::Alter);
            }
            if self.is_detached(identity) {
                add(Deed::Detach);
            }
            if self.is_tied(identity) {
                add(Deed::Tie);
            }
        }
        // An index that stays may be attached to one that is made.
        for identity in self.fates.new.catalog.facts.keys() {
            if matches!(identity.kind, Kind::Index | Kind::Constraint)
                && self.fates.get(identity).is_none()
                && self.is_tied(identity)
            {
                found.push((Arc::clone(identity), Deed::Tie));
            }
        }
        found.sort_unstable();
        for action in found {
            self.numbers.insert(action.clone(), self.actions.len());
            self.actions.push(action);
        }
    }

    /// The fact that a dropped one goes with.
    fn goes_with(&self, identity: &Identity) -> Option<Arc<Identity>> {
        let (fates, old) = (self.fates, self.fates.old);
        // A server does not go while it has user mappings.
        if self.split.contains(identity) || identity.kind == Kind::UserMapping {
            return None;
        }
        if let Some(on) = identity.on.as_ref().filter(|on| fates.is_gone(on)) {
            return Some(Arc::clone(on));
        }
        match identity.kind {
            // The functions of a type, which it needs and which need it.
            Kind::Function => old
                .details
                .dependencies
                .needs(identity)
                .find(|needed| self.is_announced_for(identity, needed) && fates.is_gone(needed))
                .map(Arc::clone),
            // The copy of a parent's trigger.
            Kind::Trigger if old.value(identity.on.as_deref()?, "partition of").is_some() => {
                let parents = old.parents(identity.on.as_deref()?);
                let mut hanging = parents.iter().flat_map(|parent| old.hanging(parent));
                hanging
                    .find(|part| {
                        part.kind == Kind::Trigger && part.name == identity.name && fates.is_gone(part)
                    })
                    .map(|part| Arc::clone(part))
            }
            Kind::Sequence => old.owning_column(identity).filter(|column| fates.is_gone(column)),
            Kind::Column | Kind::Constraint if old.value(identity, "inherited") == Some("only") => {
                let table = identity.on.as_deref()?;
                let mut above = old.inherited_from(identity).into_iter();
                above
                    .find(|above| {
                        fates.is_gone(above)
                            && above.on.as_deref().is_some_and(|parent| {
                                !fates.is_gone(parent) && self.keeps_parent(table, parent)
                            })
                    })
                    .map(Arc::new)
            }
            _ => old.partition_of(identity).filter(|above| fates.is_gone(above)),
        }
    }

    /// The fact that one that is made comes with.
    fn comes_with(&self, identity: &Identity) -> Option<Arc<Identity>> {
        let (fates, new) = (self.fates, self.fates.new);
        let on = identity.on.as_ref()?;
        match identity.kind {
            Kind::Column | Kind::Attribute if fates.is_made(on) => Some(Arc::clone(on)),
            // A view that is replaced brings its columns.
            Kind::Column if on.kind == Kind::View => Some(Arc::clone(on)),
            Kind::Default if fates.is_made(on) && self.comes_with(on).is_none() => Some(Arc::clone(on)),
            Kind::Column | Kind::Constraint if new.value(identity, "inherited") == Some("only") => {
                let above = new.inherited_from(identity);
                let is_partition = new.value(on, "partition of").is_some();
                if fates.is_made(on) || is_partition && self.is_tied(on) {
                    // A partition has it before it is attached; a child inherits when it is made.
                    if is_partition {
                        return None;
                    }
                    return above
                        .into_iter()
                        .find(|above| fates.is_made(above) && self.comes_with(above).is_none())
                        .map(Arc::new)
                        .or_else(|| Some(Arc::clone(on)));
                }
                above.into_iter().find(|above| fates.is_made(above)).map(Arc::new)
            }
            _ => None,
        }
    }

    /// Whether a function is one that a type needs and that needs the type, on the old side.
    fn is_announced_for(&self, function: &Identity, needed: &Identity) -> bool {
        rules::is_announced(self.fates.before(needed))
            && self.fates.old.details.dependencies.has(needed, function)
    }

    /// Whether a table is a child of the same parent on both sides all the time.
    fn keeps_parent(&self, table: &Identity, parent: &Identity) -> bool {
        let has = |side: &super::side::Side<'_>| side.parents(table).iter().any(|known| &***known == parent);
        !self.is_detached(table) && has(self.fates.old) && has(self.fates.new)
    }

    fn is_detached(&self, identity: &Identity) -> bool {
        let fates = self.fates;
        if !matches!(fates.get(identity), Some(Fate::Alter(_))) {
            return false;
        }
        match identity.kind {
            Kind::Table | Kind::ForeignTable => !self.detach(identity).is_empty(),
            Kind::Sequence => {
                let owner = fates.old.owning_column(identity);
                owner.is_some_and(|column| fates.is_gone(&column))
                    || fates.old.value(identity, "owned by").is_some()
                        && fates.new.value(identity, "owned by").is_none()
            }
            _ => false,
        }
    }

    fn detach(&self, table: &Identity) -> Vec<Statement> {
        rules::detach(table, self.fates.old, self.fates.new, self.fates.is_retied(table))
    }

    fn attach(&self, table: &Identity) -> Vec<Statement> {
        let old = matches!(self.fates.get(table), Some(Fate::Alter(_))).then_some(self.fates.old);
        rules::attach(table, old, self.fates.new, self.fates.is_retied(table))
    }

    fn is_tied(&self, identity: &Identity) -> bool {
        let (fates, old, new) = (self.fates, self.fates.old, self.fates.new);
        match identity.kind {
            Kind::Table | Kind::ForeignTable => {
                matches!(fates.get(identity), Some(Fate::Create | Fate::Anew | Fate::Alter(_)))
                    && !self.attach(identity).is_empty()
            }
            Kind::Sequence => {
                new.value(identity, "owned by").is_some()
                    && (fates.is_made(identity)
                        || fates.is_retied(identity)
                        || old.value(identity, "owned by") != new.value(identity, "owned by"))
            }
            Kind::Index | Kind::Constraint => new.partition_of(identity).is_some_and(|above| {
                fates.is_made(identity)
                    || fates.is_made(&above)
                    || old.value(identity, "partition of") != new.value(identity, "partition of")
            }),
            _ => false,
        }
    }

    fn number(&self, identity: &Identity, deed: Deed) -> Option<usize> {
        // The map's keys are shared, and what is asked for is not.
        self.numbers.get(&(Arc::new(identity.clone()), deed)).copied()
    }

    /// The action that drops a fact.
    fn drop_of(&self, identity: &Identity) -> Option<usize> {
        let mut identity = Arc::new(identity.clone());
        for _ in 0..DEEPEST {
            if !self.fates.is_gone(&identity) {
                return None;
            }
            match self.goes_with(&identity) {
                Some(above) => identity = above,
                None => return self.number(&identity, Deed::Drop),
            }
        }
        None
    }

    /// The action that makes a fact, or alters it.
    fn make_of(&self, identity: &Identity) -> Option<usize> {
        let mut identity = Arc::new(identity.clone());
        for _ in 0..DEEPEST {
            if !self.fates.is_made(&identity) {
                return self.number(&identity, Deed::Alter);
            }
            match self.comes_with(&identity) {
                Some(above) => identity = above,
                None => return self.number(&identity, Deed::Create),
            }
        }
        None
    }

    /// The actions in their order.
    ///
    /// # Errors
    /// A cycle, its actions in order.
    pub fn order(&mut self) -> Result<Vec<usize>, Vec<String>> {
        loop {
            let graph = self.graph();
            let ranks: Vec<_> =
                self.actions.iter().map(|(identity, deed)| rank(identity, *deed, self.fates)).collect();
            let cycle = match graph.order(|number| &ranks[number]) {
                Ok(order) => return Ok(order),
                Err(cycle) => cycle,
            };
            if !self.split_off(&cycle) {
                let told = cycle.iter().map(|number| {
                    let (identity, deed) = &self.actions[*number];
                    format!("{} {identity}", deed.word())
                });
                return Err(told.collect());
            }
            self.gather();
        }
    }

    /// Two objects that need each other by what hangs on them (two tables with foreign keys to each other) cannot be
    /// dropped one after the other: what hangs on them goes first, by itself. Whether there is such a thing.
    fn split_off(&mut self, cycle: &[usize]) -> bool {
        let on_cycle: BTreeSet<usize> = cycle.iter().copied().collect();
        let old = self.fates.old;
        let mut found = Vec::new();
        for (identity, needed) in old.details.dependencies.pairs() {
            let is_part = matches!(
                identity.kind,
                Kind::Constraint
                    | Kind::Rule
                    | Kind::Policy
                    | Kind::Trigger
                    | Kind::Default
                    | Kind::DomainConstraint
            );
            if !is_part || !self.fates.is_gone(identity) || self.goes_with(identity).is_none() {
                continue;
            }
            let (from, to) = (self.drop_of(identity), self.drop_of(needed));
            if from != to
                && [from, to].iter().all(|number| number.is_some_and(|number| on_cycle.contains(&number)))
            {
                found.push(Arc::clone(identity));
            }
        }
        let before = self.split.len();
        self.split.extend(found);
        self.split.len() > before
    }
}
