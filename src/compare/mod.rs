//! Two catalogs in, differences out. There is no code per kind here: a fact is only in the first, only in the second,
//! or in both with other values.

mod column_order;
mod difference;
mod scope;

use std::collections::HashSet;
use std::sync::Arc;

pub use difference::{AttributeChange, Change, Difference};
pub use scope::Scope;

use crate::catalog::{Attribute, Catalog, Identity};

/// What a comparison found.
#[derive(Debug, Default)]
pub struct Comparison {
    /// The differences, in the order of their objects; what hangs on an object that is on one side only is folded
    /// into that object's difference.
    pub differences: Vec<Difference>,
    /// Elements that are compared only when asked for, and were not, with the number of differences there.
    pub unasked: Vec<(crate::catalog::Element, usize)>,
    /// Differences that an ignore rule covers.
    pub ignored: Vec<Ignored>,
    /// What was not compared, a sentence each: objects of kinds that are not modelled, what the role may not read,
    /// what two versions of the server say in different ways.
    pub not_compared: Vec<String>,
}

/// A difference that an ignore rule covers.
#[derive(Debug, Clone, PartialEq)]
pub struct Ignored {
    /// The difference.
    pub difference: Difference,
    /// The reason that the rule gives.
    pub reason: String,
}

/// Compares what is in scope.
pub fn compare(first: &Catalog, second: &Catalog, scope: &Scope) -> Comparison {
    let mut all = differences(first, second);
    column_order::gather(&mut all, first, second);
    all.sort_by_cached_key(|difference| order(&difference.identity));
    all.retain_mut(|difference| scope.covers(difference));
    let (kept, unasked) = scope.divide(all);
    let not_compared = not_compared(first, second);
    Comparison { differences: fold(kept), unasked, not_compared, ..Comparison::default() }
}

/// What neither catalog, or one of them, has as facts.
fn not_compared(first: &Catalog, second: &Catalog) -> Vec<String> {
    let only = |one: &Catalog, other: &Catalog, place: &str| -> Vec<String> {
        let sentences = one.not_compared.iter().filter(|sentence| !other.not_compared.contains(sentence));
        sentences.map(|sentence| format!("in the {place}: {sentence}")).collect()
    };
    let both = first.not_compared.iter().filter(|sentence| second.not_compared.contains(sentence)).cloned();
    both.chain(only(first, second, "first")).chain(only(second, first, "second")).collect()
}

/// Every difference, fact by fact, in no order.
pub fn differences(first: &Catalog, second: &Catalog) -> Vec<Difference> {
    let mut found = Vec::new();
    let readable = |identity: &Arc<Identity>, attribute: &Attribute| {
        let hidden = |catalog: &Catalog| {
            !catalog.unreadable.is_empty()
                && catalog.unreadable.contains(&(Arc::clone(identity), attribute.name))
        };
        !hidden(first) && !hidden(second)
    };
    for (identity, old) in &first.facts {
        match second.facts.get(identity) {
            None => found.push(Difference::new(identity, Change::OnlyFirst { values: old.clone() })),
            Some(new) if new == old => {}
            Some(new) => {
                let changes: Vec<AttributeChange> = identity
                    .kind
                    .attributes()
                    .iter()
                    .zip(old.iter().zip(new.iter()))
                    .filter(|(attribute, (old, new))| old != new && readable(identity, attribute))
                    .map(|(attribute, (old, new))| AttributeChange {
                        attribute,
                        first: old.clone(),
                        second: new.clone(),
                    })
                    .collect();
                if !changes.is_empty() {
                    found.push(Difference::new(identity, Change::Changed { attributes: changes }));
                }
            }
        }
    }
    for (identity, new) in &second.facts {
        if !first.facts.contains_key(identity) {
            found.push(Difference::new(identity, Change::OnlySecond { values: new.clone() }));
        }
    }
    found
}

/// By schema, then by object, then by what hangs on it.
fn order(identity: &Identity) -> (String, Vec<Identity>) {
    let mut chain: Vec<Identity> = identity.chain().cloned().collect();
    chain.reverse();
    (identity.schema().unwrap_or_default().to_owned(), chain)
}

/// Counts what hangs on an object that is on one side only with that object, instead of by itself.
fn fold(differences: Vec<Difference>) -> Vec<Difference> {
    let alone: HashSet<Identity> = differences
        .iter()
        .filter(|difference| !matches!(difference.change, Change::Changed { .. }))
        .map(|difference| (*difference.identity).clone())
        .collect();
    let mut folded: Vec<Difference> = Vec::with_capacity(differences.len());
    let mut contents: std::collections::HashMap<Identity, Vec<Difference>> = std::collections::HashMap::new();
    for difference in differences {
        // The outermost object that is on one side only.
        match difference.identity.chain().skip(1).filter(|above| alone.contains(*above)).last() {
            Some(above) => contents.entry(above.clone()).or_default().push(difference),
            None => folded.push(difference),
        }
    }
    for difference in &mut folded {
        difference.contents = contents.remove(&*difference.identity).unwrap_or_default();
    }
    folded
}
