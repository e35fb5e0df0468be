//! Actions, from the fates of facts, and which must come before which.
//!
//! What goes or comes with another fact has no action of its own: columns with their table, everything that hangs on a
//! table that is dropped, what children inherit. Its edges are those of that other fact's action.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::action::{Action, Deed, Statement};
use super::fates::{Fate, Fates};
use super::graph::Graph;
use super::names::{self, name, qualified};
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

    fn graph(&self) -> Graph {
        let mut graph = Graph::new(self.actions.len());
        let hanging = |side: &'a super::side::Side<'a>| {
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

    fn taken(&self, identity: &Identity, side: &super::side::Side<'_>) -> Vec<names::Taken> {
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

    /// The actions with their statements, in this order.
    pub fn actions(&self, order: &[usize]) -> Vec<Action> {
        let places: HashMap<usize, usize> =
            order.iter().enumerate().map(|(place, number)| (*number, place)).collect();
        let mut folded: BTreeSet<usize> = BTreeSet::new();
        let mut actions = Vec::with_capacity(order.len());
        for number in order {
            let (identity, deed) = &self.actions[*number];
            let mut statements = self.statements(identity, *deed);
            if identity.object().kind == Kind::Subscription && self.fates.is_made(identity.object()) {
                statements = vec![rules::unwritten(deed.word(), identity)];
            }
            if *deed == Deed::Create && matches!(identity.kind, Kind::Table | Kind::ForeignTable) {
                let ready = |fact: &Identity| self.is_ready(fact, places[number], &places);
                folded.extend(self.fold_defaults(identity, &mut statements, ready));
            }
            if folded.contains(number) {
                continue;
            }
            actions.push(Action { identity: Arc::clone(identity), deed: *deed, statements });
        }
        actions
    }

    /// Whether all that a fact needs, but for its own table, is there at this place of the order.
    fn is_ready(&self, fact: &Identity, place: usize, places: &HashMap<usize, usize>) -> bool {
        let needs = self.fates.new.details.dependencies.needs(fact);
        let others = needs.filter(|needed| needed.object() != fact.object());
        others.filter_map(|needed| self.make_of(needed)).all(|make| places[&make] < place)
    }

    /// Defaults that can stand in CREATE TABLE; the numbers of their actions.
    fn fold_defaults(
        &self,
        table: &Identity,
        statements: &mut [Statement],
        is_ready: impl Fn(&Identity) -> bool,
    ) -> Vec<usize> {
        let Some(create) = statements.first_mut() else { return Vec::new() };
        let mut folded = Vec::new();
        for column in self.fates.new.hanging(table).iter().filter(|part| part.kind == Kind::Column) {
            let Some(default) = self.fates.new.hanging(column).iter().find(|part| part.kind == Kind::Default)
            else {
                continue;
            };
            let Some(number) = self.number(default, Deed::Create).filter(|_| is_ready(default)) else {
                continue;
            };
            let line = format!("\n    {}", rules::column(self.fates.after(column)));
            let Some(start) = create.sql.find(&line) else { continue };
            let at = start + line.len();
            if !create.sql[at..].starts_with([',', '\n']) {
                continue;
            }
            let expression = self.fates.new.value(default, "expression").unwrap_or_default();
            create.sql.insert_str(at, &format!(" DEFAULT {expression}"));
            folded.push(number);
        }
        folded
    }

    fn statements(&self, identity: &Arc<Identity>, deed: Deed) -> Vec<Statement> {
        let fates = self.fates;
        match deed {
            Deed::Drop if fates.is_retired(identity) => {
                let old = Identity { name: retired(&identity.name).into(), ..(**identity).clone() };
                vec![Statement::new(format!("DROP {}", names::object(&old)))]
            }
            Deed::Drop => rules::drop(fates.before(identity)),
            Deed::Announce => rules::announce(fates.after(identity)),
            Deed::Retire => {
                let word = if identity.kind == Kind::Domain { "DOMAIN" } else { "TYPE" };
                let rename = Statement::new(format!(
                    "ALTER {word} {} RENAME TO {}",
                    qualified(identity),
                    name(&retired(&identity.name))
                ));
                let multirange = fates.old.value(identity, "multirange type").map(|multirange| {
                    let own = multirange.rsplit('.').next().unwrap_or(multirange).trim_matches('"');
                    Statement::new(format!("ALTER TYPE {multirange} RENAME TO {}", name(&retired(own))))
                });
                std::iter::once(rename).chain(multirange).collect()
            }
            Deed::Create => {
                let mut statements = rules::create(fates.after(identity));
                let stays = |fact: &Identity| fates.get(fact) != Some(&Fate::Drop);
                statements.extend(rules::without_defaults(fates.after(identity), fates.old, stays));
                statements
            }
            Deed::Alter => match fates.get(identity) {
                Some(Fate::Alter(changed)) => fates.alter(identity, changed),
                _ => Vec::new(),
            },
            Deed::Detach if identity.kind == Kind::Sequence => {
                vec![Statement::new(format!("ALTER SEQUENCE {} OWNED BY NONE", qualified(identity)))]
            }
            Deed::Detach => self.detach(identity),
            Deed::Tie => match identity.kind {
                Kind::Table | Kind::ForeignTable => self.attach(identity),
                Kind::Sequence => rules::own(fates.after(identity)),
                _ => {
                    let above = fates.new.partition_of(identity);
                    let attach = above.map(|above| {
                        Statement::new(format!(
                            "ALTER INDEX {} ATTACH PARTITION {}",
                            qualified(&above),
                            qualified(identity)
                        ))
                    });
                    attach.into_iter().collect()
                }
            },
        }
    }
}

/// The name that a type has until nothing uses it any more.
fn retired(name: &str) -> String {
    let mut name = name.to_owned();
    name.truncate(name.floor_char_boundary(57));
    format!("{name}__old")
}
