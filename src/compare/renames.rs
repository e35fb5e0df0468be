//! Names that the server chose (`pipe_material_fkey1`): the same thing under two names is one difference, a rename, and
//! not a loss and a gain.

use std::collections::HashMap;
use std::mem;
use std::sync::Arc;

use super::{Change, Difference};
use crate::catalog::{Identity, Kind};

/// Whether the server chooses a name for a fact of this kind when the user gives none.
fn is_named_by_server(kind: Kind) -> bool {
    // Only what leads to the same behaviour under any name; a sequence's name stands in defaults.
    matches!(kind.word(), "constraint" | "index" | "domain constraint" | "statistics")
}

/// Turns pairs of a fact that is only in the first and one that is only in the second, on the same object and with the
/// same values, into renames. Where several are alike, they are paired in the order of their names.
pub(super) fn find(differences: &mut Vec<Difference>) {
    differences.sort_by(|a, b| a.identity.cmp(&b.identity));
    let mut added: HashMap<Structure<'_>, Vec<&Arc<Identity>>> = HashMap::new();
    for difference in differences.iter().rev() {
        if let Change::OnlySecond { values } = &difference.change
            && is_named_by_server(difference.identity.kind)
        {
            added.entry(structure(difference, values)).or_default().push(&difference.identity);
        }
    }
    if added.is_empty() {
        return;
    }
    let mut new_names: HashMap<Arc<Identity>, Arc<Identity>> = HashMap::new();
    for difference in differences.iter() {
        if let Change::OnlyFirst { values } = &difference.change
            && is_named_by_server(difference.identity.kind)
            && let Some(to) = added.get_mut(&structure(difference, values)).and_then(Vec::pop)
        {
            new_names.insert(Arc::clone(&difference.identity), Arc::clone(to));
        }
    }
    if !new_names.is_empty() {
        *differences = apply(mem::take(differences), &new_names);
    }
}

/// What makes two facts the same but for their names.
type Structure<'a> = (Kind, Option<&'a Identity>, Option<&'a str>, &'a [crate::catalog::Value]);

fn structure<'a>(difference: &'a Difference, values: &'a [crate::catalog::Value]) -> Structure<'a> {
    let identity = &difference.identity;
    (identity.kind, identity.on.as_deref(), identity.schema.as_deref(), values)
}

/// Puts the renames in the place of both of their halves. What hangs on both alike (a comment) is no difference.
fn apply(differences: Vec<Difference>, new_names: &HashMap<Arc<Identity>, Arc<Identity>>) -> Vec<Difference> {
    let targets: HashMap<&Identity, &Arc<Identity>> =
        new_names.iter().map(|(from, to)| (&**to, from)).collect();
    // What hangs on a renamed fact, by the name that its owner had in the first.
    let mut hanging: HashMap<Identity, Difference> = HashMap::new();
    let mut kept = Vec::with_capacity(differences.len());
    for difference in differences {
        let identity = Arc::clone(&difference.identity);
        if let Some(to) = new_names.get(&identity) {
            kept.push(Difference::new(&identity, Change::Renamed { to: Arc::clone(to) }));
            continue;
        }
        if targets.contains_key(&*identity) {
            continue;
        }
        let on = identity.on.as_deref();
        let owner = on.and_then(|on| {
            targets.get(on).map(|from| &**from).or(new_names.get_key_value(on).map(|(from, _)| from))
        });
        let Some(owner) = owner else {
            kept.push(difference);
            continue;
        };
        let under_old_name = Identity { on: Some(Arc::clone(owner)), ..(*identity).clone() };
        match hanging.remove(&under_old_name) {
            Some(other) if same_values(&other.change, &difference.change) => {}
            Some(other) => kept.extend([other, difference]),
            None => {
                hanging.insert(under_old_name, difference);
            }
        }
    }
    kept.extend(hanging.into_values());
    kept
}

fn same_values(one: &Change, other: &Change) -> bool {
    match (one, other) {
        (Change::OnlyFirst { values: one }, Change::OnlySecond { values: other })
        | (Change::OnlySecond { values: one }, Change::OnlyFirst { values: other }) => one == other,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::find;
    use crate::catalog::{Identity, Kind, Payload};
    use crate::compare::{Change, Difference};

    fn alone(identity: &str, value: &str, first: bool) -> Difference {
        let identity: Identity = identity.parse().unwrap();
        let values: Payload = Box::new([Some(value.into())]);
        let change = if first { Change::OnlyFirst { values } } else { Change::OnlySecond { values } };
        Difference::new(&Arc::new(identity), change)
    }

    fn told(mut differences: Vec<Difference>) -> Vec<String> {
        find(&mut differences);
        let mut told: Vec<String> = differences
            .iter()
            .map(|difference| match &difference.change {
                Change::Renamed { to } => format!("{} = {to}", difference.identity),
                Change::OnlyFirst { .. } => format!("- {}", difference.identity),
                Change::OnlySecond { .. } => format!("+ {}", difference.identity),
                Change::Changed { .. } => format!("~ {}", difference.identity),
            })
            .collect();
        told.sort();
        told
    }

    #[test]
    fn what_is_alike_but_for_its_name_is_renamed() {
        let found = told(vec![
            alone("index a_idx on table app.a", "USING btree (x)", true),
            alone("index b_idx on table app.a", "USING btree (x)", false),
            alone("index c_idx on table app.a", "USING btree (y)", false),
            alone("index b_idx on table app.b", "USING btree (x)", false),
        ]);
        assert_eq!(
            found,
            [
                "+ index b_idx on table app.b",
                "+ index c_idx on table app.a",
                "index a_idx on table app.a = index b_idx on table app.a"
            ]
        );
        assert_eq!(Kind::ALL.iter().filter(|kind| super::is_named_by_server(**kind)).count(), 4);
    }
}
