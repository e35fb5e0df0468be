//! The order of columns, told once a table: one column more in the middle moves all behind it, and says nothing of
//! the order of the others.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{AttributeChange, Change, Difference};
use crate::catalog::{Attribute, Catalog, Element, Identity};

/// What is told of a table whose shared columns stand in another order.
static COLUMN_ORDER: Attribute = Attribute::list("column order").within(Element::ColumnOrder);

/// Takes the positions out of the differences of columns, and puts in a difference of the order for each table (view,
/// type) whose columns that both sides have stand in another order.
pub(super) fn gather(differences: &mut Vec<Difference>, first: &Catalog, second: &Catalog) {
    let mut moved: BTreeMap<Arc<Identity>, Vec<&Arc<Identity>>> = BTreeMap::new();
    differences.retain_mut(|difference| {
        let Change::Changed { attributes } = &mut difference.change else { return true };
        let before = attributes.len();
        attributes.retain(|change| change.attribute.element != Some(Element::ColumnOrder));
        if attributes.len() < before
            && let Some(on) = &difference.identity.on
        {
            moved.entry(Arc::clone(on)).or_default();
        }
        !attributes.is_empty()
    });
    if moved.is_empty() {
        return;
    }
    for identity in first.facts.keys().filter(|identity| second.facts.contains_key(*identity)) {
        if let Some(columns) = identity.on.as_ref().and_then(|on| moved.get_mut(on))
            && identity.kind.attributes().iter().any(|known| known.element == Some(Element::ColumnOrder))
        {
            columns.push(identity);
        }
    }
    for (table, columns) in moved {
        let (old, new) = (ordered(&columns, first), ordered(&columns, second));
        if old != new {
            let change = AttributeChange { attribute: &COLUMN_ORDER, first: Some(old), second: Some(new) };
            differences.push(Difference::new(&table, Change::Changed { attributes: vec![change] }));
        }
    }
}

/// The names, a line each, by their position in a catalog.
fn ordered(columns: &[&Arc<Identity>], catalog: &Catalog) -> Box<str> {
    let mut names: Vec<(u32, &str)> = columns
        .iter()
        .map(|column| {
            let position = catalog.value(column, "position").and_then(|text| text.parse().ok());
            (position.unwrap_or_default(), &*column.name)
        })
        .collect();
    names.sort_unstable();
    names.into_iter().map(|(_, name)| name).collect::<Vec<_>>().join("\n").into()
}
