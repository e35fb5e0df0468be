//! A schema as rules ask for it: facts by name, what hangs on what, who inherits from whom.

use std::collections::HashMap;
use std::sync::Arc;

use super::names;
use crate::catalog::{Catalog, Details, Identity, Kind};

/// One side of what is written.
#[derive(Debug)]
pub struct Side<'a> {
    /// Its facts.
    pub catalog: &'a Catalog,
    /// What they need, and more.
    pub details: &'a Details,
    hanging: HashMap<&'a Identity, Vec<&'a Arc<Identity>>>,
    relations: HashMap<String, &'a Arc<Identity>>,
    needed_by: HashMap<&'a Identity, Vec<&'a Arc<Identity>>>,
}

impl<'a> Side<'a> {
    /// The facts with what is asked of them.
    pub fn new(catalog: &'a Catalog, details: &'a Details) -> Side<'a> {
        let mut hanging: HashMap<&Identity, Vec<&Arc<Identity>>> = HashMap::new();
        let mut relations = HashMap::new();
        for identity in catalog.facts.keys() {
            if let Some(on) = &identity.on {
                hanging.entry(on).or_default().push(identity);
            }
            if matches!(
                identity.kind,
                Kind::Table
                    | Kind::ForeignTable
                    | Kind::View
                    | Kind::MaterializedView
                    | Kind::Sequence
                    | Kind::Index
            ) {
                relations.insert(names::qualified(identity), identity);
            }
        }
        for facts in hanging.values_mut() {
            facts.sort_unstable();
        }
        let mut needed_by: HashMap<&Identity, Vec<&Arc<Identity>>> = HashMap::new();
        for (identity, needed) in details.dependencies.pairs() {
            if catalog.facts.contains_key(identity) {
                needed_by.entry(needed).or_default().push(identity);
            }
        }
        for facts in needed_by.values_mut() {
            facts.sort_unstable();
        }
        Side { catalog, details, hanging, relations, needed_by }
    }

    /// Whether there is such a fact.
    pub fn has(&self, identity: &Identity) -> bool {
        self.catalog.facts.contains_key(identity)
    }

    /// What hangs on a fact, directly.
    pub fn hanging(&self, identity: &Identity) -> &[&'a Arc<Identity>] {
        self.hanging.get(identity).map_or(&[], Vec::as_slice)
    }

    /// What needs a fact.
    pub fn needed_by(&self, identity: &Identity) -> &[&'a Arc<Identity>] {
        self.needed_by.get(identity).map_or(&[], Vec::as_slice)
    }

    /// The relation that is called so, qualified.
    pub fn relation(&self, qualified: &str) -> Option<&'a Arc<Identity>> {
        self.relations.get(qualified).copied()
    }

    /// A value of a fact.
    pub fn value(&self, identity: &Identity, attribute: &str) -> Option<&'a str> {
        self.catalog.value(identity, attribute)
    }

    /// The tables that a table is a partition or a child of.
    pub fn parents(&self, table: &Identity) -> Vec<&'a Arc<Identity>> {
        if !matches!(table.kind, Kind::Table | Kind::ForeignTable) {
            return Vec::new();
        }
        let names = [self.value(table, "partition of"), self.value(table, "inherits")];
        names.into_iter().flatten().flat_map(str::lines).filter_map(|name| self.relation(name)).collect()
    }

    /// The column or constraint of a parent table that one of a table is inherited from; several with several parents.
    pub fn inherited_from(&self, identity: &Identity) -> Vec<Identity> {
        let Some(table) = identity.on.as_deref() else { return Vec::new() };
        if self.value(identity, "inherited").is_none() {
            return Vec::new();
        }
        let of = |parent: &Arc<Identity>| Identity { on: Some(Arc::clone(parent)), ..identity.clone() };
        self.parents(table).into_iter().map(of).filter(|above| self.has(above)).collect()
    }

    /// The index of a partitioned table, or its constraint, that an index or a constraint is a part of.
    pub fn partition_of(&self, identity: &Identity) -> Option<Arc<Identity>> {
        let table = identity.on.as_deref()?;
        let part_of = self.value(identity, "partition of")?;
        match identity.kind {
            Kind::Index => {
                // It may be the index of a constraint.
                self.relation(part_of).cloned().or_else(|| {
                    let parents = self.parents(table);
                    let mut hanging = parents.iter().flat_map(|parent| self.hanging(parent));
                    hanging
                        .find(|above| above.kind == Kind::Constraint && names::qualified(above) == part_of)
                        .map(|above| Arc::clone(above))
                })
            }
            Kind::Constraint => {
                let (name, _) = part_of.rsplit_once(" on ")?;
                let parents = self.parents(table);
                let mut hanging = parents.iter().flat_map(|parent| self.hanging(parent));
                hanging
                    .find(|above| above.kind == Kind::Constraint && names::name(&above.name) == name)
                    .map(|above| Arc::clone(above))
            }
            _ => None,
        }
    }

    /// The column that a sequence is owned by.
    pub fn owning_column(&self, sequence: &Identity) -> Option<Arc<Identity>> {
        let owned_by = self.value(sequence, "owned by")?;
        let needs = self.details.dependencies.needs(sequence);
        let mut columns = needs.filter(|needed| needed.kind == Kind::Column);
        columns.find(|column| names::object(column).ends_with(owned_by)).map(Arc::clone)
    }

    /// Whether a constraint is kept by an index.
    pub fn has_index(&self, constraint: &Identity) -> bool {
        let definition = self.value(constraint, "definition").unwrap_or_default();
        constraint.kind == Kind::Constraint
            && ["PRIMARY KEY", "UNIQUE", "EXCLUDE"].iter().any(|word| definition.starts_with(word))
    }

    /// Whether a constraint is a foreign key.
    pub fn is_foreign_key(&self, constraint: &Identity) -> bool {
        constraint.kind == Kind::Constraint
            && self
                .value(constraint, "definition")
                .is_some_and(|definition| definition.starts_with("FOREIGN KEY"))
    }
}
