//! Two catalogs in, differences out. There is no code per kind here: a fact is only in the first, only in the second,
//! or in both with other values.

mod column_order;
mod deparse;
mod difference;
pub mod ignore;
mod renames;
pub mod rows;
mod scope;

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

pub use difference::{AttributeChange, Change, Difference};
pub use ignore::Ignored;
pub use scope::Scope;

use self::ignore::{Circumstances, Written};
use crate::catalog::{Attribute, Catalog, Form, Identity, Kind, Value};

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
    /// Ignore rules that could have covered something, and cover nothing any more.
    pub idle: Vec<Arc<Written>>,
    /// Ignore rules whose time is over.
    pub expired: Vec<Arc<Written>>,
    /// What was not compared, a sentence each: objects of kinds that are not modelled, what the role may not read,
    /// what two versions of the server say in different ways.
    pub not_compared: Vec<String>,
}

/// Compares what is in scope.
pub fn compare(first: &Catalog, second: &Catalog, scope: &Scope) -> Comparison {
    compare_ignoring(first, second, scope, &[], &Circumstances::now())
}

/// Compares what is in scope, and sets aside what rules cover.
pub fn compare_ignoring(
    first: &Catalog,
    second: &Catalog,
    scope: &Scope,
    rules: &[Arc<Written>],
    circumstances: &Circumstances,
) -> Comparison {
    let mut all = differences(first, second);
    let mut not_compared = leave_out_varying(&mut all, first, second);
    column_order::gather(&mut all, first, second);
    renames::find(&mut all);
    all.sort_by_cached_key(|difference| order(&difference.identity));
    let judged = ignore::judge(rules, circumstances, scope, &all);
    all.retain_mut(|difference| scope.covers(difference));
    let mut folded = fold(all);
    ignore::apply_to_unasked(&mut folded, &judged.active, scope);
    let (kept, unasked) = scope.divide(folded);
    let (differences, ignored) = ignore::apply(kept, &judged.active);
    not_compared.extend(unmodelled(first, second));
    Comparison { differences, unasked, ignored, not_compared, idle: judged.idle, expired: judged.expired }
}

/// What both catalogs, or one of them, have and do not have as facts.
fn unmodelled(first: &Catalog, second: &Catalog) -> Vec<String> {
    let only = |one: &Catalog, other: &Catalog, place: &str| -> Vec<String> {
        let sentences = one.not_compared.iter().filter(|sentence| !other.not_compared.contains(sentence));
        sentences.map(|sentence| format!("in the {place}: {sentence}")).collect()
    };
    let both = first.not_compared.iter().filter(|sentence| second.not_compared.contains(sentence)).cloned();
    both.chain(only(first, second, "first")).chain(only(second, first, "second")).collect()
}

/// Every difference, fact by fact, in no order, but for what either side leaves out.
pub fn differences(first: &Catalog, second: &Catalog) -> Vec<Difference> {
    let mut found = Vec::new();
    let is_left_out = |identity: &Identity| {
        identity.chain().any(|above| first.left_out.contains(above) || second.left_out.contains(above))
    };
    let is_readable = |identity: &Arc<Identity>, attribute: &Attribute| {
        [first, second].iter().all(|catalog| {
            catalog.unreadable.is_empty()
                || !catalog.unreadable.contains(&(Arc::clone(identity), attribute.name))
        })
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
                    .filter(|(attribute, (old, new))| {
                        !is_same(attribute, old, new) && is_readable(identity, attribute)
                    })
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
    if !(first.left_out.is_empty() && second.left_out.is_empty()) {
        found.retain(|difference| !is_left_out(&difference.identity));
    }
    found
}

/// Takes out what two major versions of the server write differently, and says what that was.
fn leave_out_varying(differences: &mut Vec<Difference>, first: &Catalog, second: &Catalog) -> Vec<String> {
    let majors = (first.server.major(), second.server.major());
    let mut left_out = BTreeSet::new();
    if majors.0 != majors.1 {
        differences.retain_mut(|difference| {
            let Change::Changed { attributes } = &mut difference.change else { return true };
            attributes.retain(|change| {
                if change.attribute.varies_by_major {
                    left_out.insert((difference.identity.kind, change.attribute.name));
                }
                !change.attribute.varies_by_major
            });
            !attributes.is_empty()
        });
    }
    let sentence = |(kind, attribute): (Kind, &str)| {
        format!(
            "{attribute} of {}s: PostgreSQL {} and {} write it differently",
            kind.word(),
            majors.0,
            majors.1
        )
    };
    left_out.into_iter().map(sentence).collect()
}

/// Whether two values of an attribute say the same.
fn is_same(attribute: &Attribute, old: &Value, new: &Value) -> bool {
    match (attribute.form, old, new) {
        (Form::Sql, Some(old), Some(new)) => deparse::same(old, new),
        _ => old == new,
    }
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
        .filter(|difference| {
            matches!(difference.change, Change::OnlyFirst { .. } | Change::OnlySecond { .. })
        })
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
