//! Which rows of value lists can be compared: those of tables that both sides have, by the key and the columns that
//! both have. What differs in the tables themselves is told as such, not once more by every row.

use crate::catalog::rows::List;

/// What of two sides' value lists is compared, and why the rest is not.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Shared {
    /// The tables, with the columns that both have.
    pub lists: Vec<List>,
    /// What is not compared, a sentence each.
    pub not_compared: Vec<String>,
}

/// What the tables of two sides share. `is_left_out` says which columns are not compared.
pub fn shared(first: &[List], second: &[List], is_left_out: impl Fn(&List, &str) -> bool) -> Shared {
    let mut shared = Shared::default();
    for list in first {
        let same = |other: &&List| (&other.schema, &other.name) == (&list.schema, &list.name);
        let Some(other) = second.iter().find(same) else { continue };
        let reason = if list.key.is_empty() || other.key.is_empty() {
            "it has no primary key"
        } else if list.key != other.key {
            "its primary key is not the same on both sides"
        } else if !(list.is_readable && other.is_readable) {
            "the role may not read it"
        } else {
            let columns = list.columns.iter().filter(|column| other.columns.contains(column));
            let columns = columns.filter(|column| !is_left_out(list, column)).cloned().collect();
            shared.lists.push(List { columns, ..list.clone() });
            continue;
        };
        shared.not_compared.push(format!("the rows of {}: {reason}", list.identity().path()));
    }
    shared
}

#[cfg(test)]
mod tests {
    use super::{List, shared};

    fn list(name: &str, key: &str, columns: &str) -> List {
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect();
        List {
            schema: "app".into(),
            name: name.into(),
            key: words(key),
            columns: words(columns),
            is_readable: true,
        }
    }

    #[test]
    fn columns_of_both_sides_are_compared_and_the_rest_has_a_reason() {
        let first = [list("a", "id", "x y z"), list("b", "", "x"), list("c", "id", ""), list("d", "id", "x")];
        let second = [list("a", "id", "z w x"), list("b", "id", "x"), list("c", "id x", "")];
        let found = shared(&first, &second, |_, column| column == "z");
        assert_eq!(found.lists, [list("a", "id", "x")]);
        assert_eq!(
            found.not_compared,
            [
                "the rows of app.b: it has no primary key",
                "the rows of app.c: its primary key is not the same on both sides"
            ]
        );
    }
}
