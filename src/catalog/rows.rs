//! The rows of value lists: tables whose content is part of the model. They are read only when asked for, since they
//! are the only thing here that needs the right to read a table.

use std::sync::Arc;

use postgres_protocol::escape::{escape_identifier, escape_literal};

use super::reader::{BEGIN, SETTINGS};
use super::{Attribute, Catalog, Description, Element, Identity, Kind, Payload};
use crate::Result;
use crate::connection::{Parameters, Session};
use crate::progress::Cancel;

/// A row, by its primary key, on its table.
pub(super) const ROW: Description = Description {
    word: "row",
    element: Element::Rows,
    attributes: &[Attribute::list("values")],
    // They are not in a system catalog; see `List::read`.
    query: |_| "SELECT 1 WHERE false".to_owned(),
};

/// A table whose rows may be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List {
    /// The schema.
    pub schema: String,
    /// The table.
    pub name: String,
    /// The columns of the primary key in their order; empty if there is none.
    pub key: Vec<String>,
    /// The other columns.
    pub columns: Vec<String>,
    /// Whether the role may read it.
    pub is_readable: bool,
}

/// Finds the tables whose names match one of the patterns: `app.vl_*`, or `vl_*` in any schema, with `*` for any
/// characters and `?` for one.
///
/// # Errors
/// A connection that fails, a server that refuses the query.
pub fn find(connection: &Parameters, patterns: &[String], cancel: &Cancel) -> Result<Vec<List>> {
    let mut session = Session::open(connection, "pum", cancel)?;
    let expressions: Vec<String> =
        patterns.iter().map(|pattern| escape_literal(&expression(pattern))).collect();
    let rows = session.query(&format!(
        "SELECT n.nspname, c.relname, a.attname, array_position(i.indkey::int2[], a.attnum),
            has_table_privilege(c.oid, 'SELECT')
        FROM pg_catalog.pg_class c
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        LEFT JOIN pg_catalog.pg_index i ON i.indrelid = c.oid AND i.indisprimary
        WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
            AND (n.nspname || '.' || c.relname ~ ANY (ARRAY[{0}]) OR '.' || c.relname ~ ANY (ARRAY[{0}]))
        ORDER BY 1, 2, 4, 3",
        expressions.join(", ")
    ))?;
    let mut lists: Vec<List> = Vec::new();
    for row in rows {
        let mut texts = row.into_iter();
        let mut next = || texts.next().flatten();
        let (schema, name, column) =
            (next().unwrap_or_default(), next().unwrap_or_default(), next().unwrap_or_default());
        let (is_key, is_readable) = (next().is_some(), next().as_deref() == Some("t"));
        if lists.last().is_none_or(|last| (&last.schema, &last.name) != (&schema, &name)) {
            lists.push(List { schema, name, key: Vec::new(), columns: Vec::new(), is_readable });
        }
        if let Some(list) = lists.last_mut() {
            if is_key { &mut list.key } else { &mut list.columns }.push(column);
        }
    }
    Ok(lists)
}

/// A pattern of tables as a regular expression on `schema.table`; without a schema, on `.table`.
fn expression(pattern: &str) -> String {
    let mut expression = String::from(if pattern.contains('.') { "^" } else { "^\\." });
    for c in pattern.chars() {
        match c {
            '*' => expression.push_str(".*"),
            '?' => expression.push('.'),
            c if c.is_alphanumeric() || c == '_' => expression.push(c),
            c => expression.extend(['\\', c]),
        }
    }
    expression.push('$');
    expression
}

/// Reads the rows of these tables, all in one snapshot, into the catalog.
///
/// # Errors
/// As [`find`].
pub fn read(connection: &Parameters, lists: &[List], catalog: &mut Catalog, cancel: &Cancel) -> Result<()> {
    let mut session = Session::open(connection, "pum", cancel)?;
    let queries = lists.iter().map(List::query);
    let message =
        [BEGIN.to_owned(), SETTINGS.to_owned()].into_iter().chain(queries).collect::<Vec<_>>().join(";\n");
    let settings = message_length(BEGIN) + message_length(SETTINGS);
    let tables: Vec<Arc<Identity>> = lists.iter().map(|list| Arc::new(list.identity())).collect();
    session.query_rows(&message, &mut |statement, row| {
        let table = statement.checked_sub(settings).and_then(|index| tables.get(index));
        if let (Some(table), Some(name)) = (table, row.get(0)) {
            let identity = Identity {
                kind: Kind::Row,
                schema: None,
                name: name.into(),
                signature: None,
                on: Some(Arc::clone(table)),
            };
            let values: Payload = Box::new([row.get(1).map(Into::into)]);
            catalog.facts.insert(Arc::new(identity), values);
        }
    })?;
    session.execute("COMMIT")?;
    Ok(())
}

/// How many statements a message has.
fn message_length(message: &str) -> usize {
    message.split(';').count()
}

impl List {
    /// The identity of the table.
    pub fn identity(&self) -> Identity {
        Identity {
            kind: Kind::Table,
            schema: Some(self.schema.as_str().into()),
            name: self.name.as_str().into(),
            signature: None,
            on: None,
        }
    }

    /// The query of its rows: the key as a text, then a line a column.
    fn query(&self) -> String {
        let names = |columns: &[String]| -> Vec<String> {
            columns.iter().map(|column| format!("t.{}", escape_identifier(column))).collect()
        };
        let keys = names(&self.key);
        let key = match keys.as_slice() {
            [key] => format!("{key}::text"),
            _ => format!("ROW({})::text", keys.join(", ")),
        };
        // JSON keeps a value on one line, and tells NULL from a text.
        let values: Vec<String> = self
            .columns
            .iter()
            .zip(names(&self.columns))
            .map(|(column, name)| {
                format!(
                    "{} || coalesce(to_json({name}::text)::text, 'null')",
                    escape_literal(&format!("{column}: "))
                )
            })
            .collect();
        let values = if values.is_empty() { "NULL".to_owned() } else { values.join(" || E'\\n' || ") };
        format!(
            "SELECT {key}, {values} FROM {}.{} t",
            escape_identifier(&self.schema),
            escape_identifier(&self.name)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::expression;

    #[test]
    fn patterns_of_tables_are_read_as_in_psql() {
        assert_eq!(expression("app.vl_*"), "^app\\.vl_.*$");
        assert_eq!(expression("vl_?"), "^\\.vl_.$");
        assert_eq!(expression("My app.a$"), "^My\\ app\\.a\\$$");
    }
}
