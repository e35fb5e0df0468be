//! The schema that a delta leads to: the second one as far as it is in scope, else the first.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::catalog::{Catalog, Facts, Identity};
use crate::compare::{self, Change, Difference, Scope};

/// What is ignored.
struct Ignored<'a> {
    /// With all that hangs on it.
    facts: HashSet<&'a Identity>,
    /// Attributes by name, where the fact is on both sides.
    attributes: HashMap<&'a Identity, HashSet<&'static str>>,
}

impl<'a> Ignored<'a> {
    fn of(differences: &[&'a Difference]) -> Ignored<'a> {
        let mut ignored = Ignored { facts: HashSet::new(), attributes: HashMap::new() };
        for difference in differences {
            match &difference.change {
                Change::Changed { attributes } => {
                    let names = attributes.iter().map(|change| change.attribute.name);
                    ignored.attributes.entry(&difference.identity).or_default().extend(names);
                }
                Change::OnlyFirst { .. } | Change::OnlySecond { .. } | Change::Renamed { .. } => {
                    ignored.facts.insert(&difference.identity);
                    ignored.facts.extend(difference.contents.iter().map(|inner| &*inner.identity));
                    if let Change::Renamed { to } = &difference.change {
                        ignored.facts.insert(to);
                    }
                }
            }
        }
        ignored
    }

    fn has(&self, identity: &Identity) -> bool {
        !self.facts.is_empty() && identity.chain().any(|above| self.facts.contains(above))
    }

    fn has_attribute(&self, identity: &Identity, attribute: &str) -> bool {
        self.attributes.get(identity).is_some_and(|names| names.contains(attribute))
    }
}

/// The second catalog, with the values of the first for what is not in scope, or ignored.
pub fn within(first: &Catalog, second: &Catalog, scope: &Scope, ignored: &[&Difference]) -> Catalog {
    let ignored = Ignored::of(ignored);
    let mut facts: Facts = second.facts.clone();
    let mut kept: Vec<Arc<Identity>> = Vec::new();
    for difference in compare::differences(first, second) {
        let identity = &difference.identity;
        let covered = if ignored.has(identity) { None } else { scope.within(difference.clone()) };
        match (&difference.change, covered.map(|covered| covered.change)) {
            (Change::OnlySecond { .. }, None) => {
                facts.remove(identity);
            }
            (Change::OnlyFirst { .. }, None) => kept.push(Arc::clone(identity)),
            (Change::Changed { attributes }, covered) => {
                let is_covered = |name: &str| match &covered {
                    Some(Change::Changed { attributes }) => {
                        attributes.iter().any(|change| change.attribute.name == name)
                    }
                    _ => false,
                };
                let Some(values) = facts.get_mut(identity) else { continue };
                // Where a column is decides whether a view can be replaced; nothing moves it.
                let is_kept = |name: &str| {
                    name != "position" && (!is_covered(name) || ignored.has_attribute(identity, name))
                };
                for change in attributes.iter().filter(|change| is_kept(change.attribute.name)) {
                    let index = identity
                        .kind
                        .attributes()
                        .iter()
                        .position(|known| known.name == change.attribute.name);
                    if let Some(index) = index {
                        values[index].clone_from(&change.first);
                    }
                }
            }
            _ => {}
        }
    }
    // Containers first: what is kept of an object that goes goes with it.
    kept.sort_by_key(|identity| identity.chain().count());
    for identity in kept {
        let has_object = identity.on.as_deref().is_none_or(|on| facts.contains_key(on));
        if has_object && let Some(values) = first.facts.get(&identity) {
            facts.insert(identity, values.clone());
        }
    }
    Catalog {
        server: second.server,
        facts,
        unreadable: second.unreadable.clone(),
        not_compared: Vec::new(),
        left_out: second.left_out.clone(),
    }
}
