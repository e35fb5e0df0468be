//! Which action must come before which.

use std::collections::HashMap;
use std::sync::Arc;

use super::super::action::Deed;
use super::super::fates::Fate;
use super::super::graph::Graph;
use super::super::names;
use super::super::side::Side;
use super::Plan;
use crate::catalog::{Identity, Kind};

impl<'a> Plan<'a> {
    pub(super) fn graph(&self) -> Graph {
        let mut graph = Graph::new(self.actions.len());
        let hanging = |side: &'a Side<'a>| {
            side.catalog.facts.keys().filter_map(|identity| identity.on.as_ref().map(|on| (identity, on)))
        };
        let (old, new) = (self.fates.old, self.fates.new);
        for (identity, needed) in old.details.dependencies.pairs().chain(hanging(old)) {
            self.old_edge(&mut graph, identity, needed);
        }
        for (identity, needed) in new.details.dependencies.pairs().chain(hanging(new)) {
            self.new_edge(&mut graph, identity, needed);
        }
        self.names(&mut graph);
        self.ties(&mut graph);
        self.rights(&mut graph);
        graph
    }

    /// On the old side a fact needs another.
    fn old_edge(&self, graph: &mut Graph, identity: &Arc<Identity>, needed: &Arc<Identity>) {
        let ends: Vec<usize> =
            self.drop_of(needed).into_iter().chain(self.number(needed, Deed::Retire)).collect();
        let alters: Vec<usize> = self.alters(needed);
        // What goes with it waits for nothing.
        if let Some(drop) = self.drop_of(identity).filter(|drop| self.drop_of(needed) != Some(*drop)) {
            for then in ends.iter().chain(&alters) {
                graph.before(drop, *then);
            }
        }
        if let Some(detach) = self.number(identity, Deed::Detach) {
            for then in &ends {
                graph.before(detach, *then);
            }
        }
        if let Some(alter) = self.number(identity, Deed::Alter) {
            let needs_still = self.fates.new.details.dependencies.has(identity, needed)
                || identity.on.as_ref() == Some(needed);
            if let Some(drop) = self.drop_of(needed)
                && (!needs_still || self.fates.is_retired(needed))
            {
                graph.before(alter, drop);
            }
            if !needs_still {
                for then in alters {
                    graph.before(alter, then);
                }
            }
        }
        // A sequence that goes on with another column.
        if identity.kind == Kind::Sequence
            && let (Some(tie), Some(drop)) = (self.number(identity, Deed::Tie), self.drop_of(needed))
            && !self.fates.is_made(needed)
        {
            graph.before(tie, drop);
        }
    }

    /// What alters a fact: its own action, and that of the column that it inherits from.
    fn alters(&self, identity: &Identity) -> Vec<usize> {
        let above =
            if identity.kind == Kind::Column { self.fates.old.inherited_from(identity) } else { Vec::new() };
        let inherited = above.iter().flat_map(|above| self.alters(above));
        self.number(identity, Deed::Alter).into_iter().chain(inherited).collect()
    }

    /// On the new side a fact needs another.
    fn new_edge(&self, graph: &mut Graph, identity: &Arc<Identity>, needed: &Arc<Identity>) {
        let Some(mut first) = self.make_of(needed) else {
            self.after_ties(graph, identity, needed);
            return;
        };
        if let Some(announce) = self.number(needed, Deed::Announce)
            && self.fates.new.details.dependencies.has(needed, identity)
        {
            first = announce;
        }
        let is_tie = match identity.kind {
            Kind::Sequence => needed.kind == Kind::Column || needed.kind == Kind::Table,
            Kind::Table | Kind::ForeignTable => {
                self.fates.new.value(identity, "partition of").is_some()
                    && self.fates.new.parents(identity).contains(&needed)
                    || !self.fates.is_made(identity) && self.fates.new.parents(identity).contains(&needed)
            }
            Kind::Index | Kind::Constraint => self.fates.new.partition_of(identity).as_ref() == Some(needed),
            _ => false,
        };
        let then = if is_tie { self.number(identity, Deed::Tie) } else { self.make_of(identity) };
        if let Some(then) = then {
            graph.before(first, then);
        }
        if let Some(tie) = self.number(identity, Deed::Tie) {
            graph.before(first, tie);
        }
        self.after_ties(graph, identity, needed);
    }

    /// A foreign key to a partitioned table wants its unique index whole.
    fn after_ties(&self, graph: &mut Graph, identity: &Arc<Identity>, needed: &Arc<Identity>) {
        if !self.fates.new.is_foreign_key(identity) || !matches!(needed.kind, Kind::Constraint | Kind::Index)
        {
            return;
        }
        let Some(then) = self.make_of(identity) else { return };
        for part in self.fates.new.needed_by(needed) {
            if let Some(tie) = self.number(part, Deed::Tie) {
                graph.before(tie, then);
                self.after_ties(graph, identity, part);
            }
        }
    }

    /// A name is given up before it is taken.
    fn names(&self, graph: &mut Graph) {
        let (old, new) = (self.fates.old, self.fates.new);
        let mut given_up: HashMap<names::Taken, Vec<usize>> = HashMap::new();
        let mut taken: Vec<(names::Taken, usize)> = Vec::new();
        for (identity, fate) in self.fates.iter() {
            let before = if old.has(identity) { self.taken(identity, old) } else { Vec::new() };
            let after = if new.has(identity) { self.taken(identity, new) } else { Vec::new() };
            let goes = match fate {
                Fate::Alter(_) => self.number(identity, Deed::Alter),
                _ => self.number(identity, Deed::Retire).or_else(|| self.drop_of(identity)),
            };
            let is_altered = matches!(fate, Fate::Alter(_));
            for name in before.iter().filter(|name| !is_altered || !after.contains(name)) {
                given_up.entry(name.clone()).or_default().extend(goes);
            }
            let comes = self.number(identity, Deed::Announce).or_else(|| self.make_of(identity));
            for name in after.into_iter().filter(|name| !is_altered || !before.contains(name)) {
                taken.extend(comes.map(|comes| (name, comes)));
            }
            if let (Some(goes), Some(comes)) = (goes, comes)
                && *fate == Fate::Anew
            {
                graph.before(goes, comes);
            }
        }
        for (name, comes) in taken {
            for goes in given_up.get(&name).into_iter().flatten() {
                graph.before(*goes, comes);
            }
        }
    }

    fn taken(&self, identity: &Identity, side: &Side<'_>) -> Vec<names::Taken> {
        let mut names = names::taken(identity, side.has_index(identity));
        // The sequence of an identity column.
        if identity.kind == Kind::Column
            && side.value(identity, "identity").is_some()
            && let Some(table) = &identity.on
        {
            let usual = format!("{}_{}_seq", table.name, identity.name);
            let sequence = Identity {
                kind: Kind::Sequence,
                on: None,
                schema: table.schema.clone(),
                name: side.value(identity, "identity sequence").unwrap_or(&usual).into(),
                signature: None,
            };
            names.extend(names::taken(&sequence, false));
        }
        names
    }

    /// What is tied to others comes after them.
    fn ties(&self, graph: &mut Graph) {
        for (number, (identity, deed)) in self.actions.iter().enumerate() {
            if *deed == Deed::Announce {
                self.make_of(identity).into_iter().for_each(|make| graph.before(number, make));
                // It is in its schema.
                for needed in self
                    .fates
                    .new
                    .details
                    .dependencies
                    .needs(identity)
                    .filter(|needed| needed.kind == Kind::Schema)
                {
                    self.make_of(needed).into_iter().for_each(|make| graph.before(make, number));
                }
            }
            if *deed == Deed::Detach {
                for then in [Deed::Alter, Deed::Tie] {
                    self.number(identity, then).into_iter().for_each(|then| graph.before(number, then));
                }
                // What it inherited can be altered from then on.
                for part in self.fates.old.hanging(identity) {
                    for then in self.drop_of(part).into_iter().chain(self.number(part, Deed::Alter)) {
                        graph.before(number, then);
                    }
                }
                // An index that came with the parent's goes no more with it.
                continue;
            }
            if *deed != Deed::Tie {
                continue;
            }
            self.make_of(identity).into_iter().for_each(|make| graph.before(make, number));
            match identity.kind {
                Kind::Table | Kind::ForeignTable => self.table_tie(graph, identity, number),
                Kind::Index | Kind::Constraint => {
                    let table = identity.on.as_deref();
                    let attach = table.and_then(|table| self.number(table, Deed::Tie));
                    attach.into_iter().for_each(|attach| graph.before(attach, number));
                    let above = self.fates.new.partition_of(identity);
                    above
                        .and_then(|above| self.make_of(&above))
                        .into_iter()
                        .for_each(|make| graph.before(make, number));
                    // From below to above: an index is attached whole.
                    for part in self.fates.new.needed_by(identity) {
                        if let Some(below) = self.number(part, Deed::Tie)
                            && self.fates.new.partition_of(part).as_ref() == Some(identity)
                        {
                            graph.before(below, number);
                        }
                    }
                }
                _ => {
                    let column = self.fates.new.owning_column(identity);
                    column
                        .and_then(|column| self.make_of(&column))
                        .into_iter()
                        .for_each(|make| graph.before(make, number));
                }
            }
        }
    }

    /// A table is attached when both it and what it is attached to have their columns and checks, and it its indexes.
    fn table_tie(&self, graph: &mut Graph, table: &Identity, tie: usize) {
        for part in self.fates.new.hanging(table) {
            let is_before = match part.kind {
                Kind::Column | Kind::Index => true,
                Kind::Constraint => !self.fates.new.is_foreign_key(part),
                _ => false,
            };
            if is_before {
                self.make_of(part).into_iter().for_each(|make| graph.before(make, tie));
            } else if part.kind == Kind::Trigger {
                self.make_of(part).into_iter().for_each(|make| graph.before(tie, make));
            }
        }
        for parent in self.fates.new.parents(table) {
            self.make_of(parent).into_iter().for_each(|make| graph.before(make, tie));
            for part in self.fates.new.hanging(parent) {
                let is_check = part.kind == Kind::Constraint
                    && self
                        .fates
                        .new
                        .value(part, "definition")
                        .is_some_and(|definition| definition.starts_with("CHECK"));
                if is_check || part.kind == Kind::Column {
                    self.make_of(part).into_iter().for_each(|make| graph.before(make, tie));
                }
            }
        }
    }

    /// Grants come after owners, those on columns after those on tables; a sequence comes to its column while both
    /// have one owner.
    fn rights(&self, graph: &mut Graph) {
        for (number, (identity, deed)) in self.actions.iter().enumerate() {
            let Some(on) = identity.on.as_deref().filter(|_| *deed != Deed::Drop) else { continue };
            match identity.kind {
                Kind::Privilege => {
                    for above in std::iter::once(on).chain(on.on.as_deref()) {
                        for part in self.fates.new.hanging(above) {
                            let is_first =
                                part.kind == Kind::Owner || part.kind == Kind::Privilege && above != on;
                            if is_first {
                                self.make_of(part).into_iter().for_each(|make| graph.before(make, number));
                            }
                        }
                    }
                }
                Kind::Owner if on.kind == Kind::Table => {
                    for column in self.fates.new.hanging(on).iter().filter(|part| part.kind == Kind::Column) {
                        for sequence in self.fates.new.needed_by(column) {
                            self.number(sequence, Deed::Tie)
                                .into_iter()
                                .for_each(|tie| graph.before(tie, number));
                        }
                    }
                }
                Kind::Owner if on.kind == Kind::Sequence => {
                    self.number(on, Deed::Detach).into_iter().for_each(|detach| graph.before(detach, number));
                }
                _ => {}
            }
        }
    }
}
