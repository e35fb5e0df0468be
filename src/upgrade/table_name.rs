//! The name of the upgrades table as users write it: `schema.table`, with quotes where needed, or unqualified.

use std::fmt;
use std::str::FromStr;

use postgres_protocol::escape::{escape_identifier, escape_literal};

use crate::Error;
use crate::sql::close_quoted;

/// The name of a table. Unquoted parts are folded to lower case, as PostgreSQL does.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TableName {
    /// `None`: found by `search_path`.
    pub schema: Option<String>,
    /// The table.
    pub name: String,
}

impl TableName {
    /// For use in SQL: every part quoted.
    pub fn quoted(&self) -> String {
        match &self.schema {
            Some(schema) => format!("{}.{}", escape_identifier(schema), escape_identifier(&self.name)),
            None => escape_identifier(&self.name),
        }
    }

    /// The quoted name as a string literal, for `to_regclass`.
    pub fn literal(&self) -> String {
        escape_literal(&self.quoted())
    }
}

/// As it would be typed again: quotes only where they are needed.
impl fmt::Display for TableName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = |name: &str| {
            let plain = name.chars().next().is_some_and(|first| first.is_ascii_lowercase() || first == '_')
                && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
            if plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
        };
        if let Some(schema) = &self.schema {
            write!(formatter, "{}.", part(schema))?;
        }
        write!(formatter, "{}", part(&self.name))
    }
}

impl FromStr for TableName {
    type Err = Error;

    fn from_str(text: &str) -> Result<TableName, Error> {
        let wrong = |why: &str| {
            Error::usage(format!("{text:?} does not name a table: {why}"))
                .hint("write schema.table, for instance app_sys.upgrades; quote parts with odd characters: '\"My schema\".upgrades'")
        };
        let mut parts = Vec::new();
        let mut rest = text;
        loop {
            let (part, behind) = split_part(rest).ok_or_else(|| wrong("a quote is not closed"))?;
            if part.is_empty() {
                return Err(wrong("a part of it is empty"));
            }
            if part.contains('\0') {
                return Err(wrong("a name cannot contain a NUL byte"));
            }
            // NAMEDATALEN - 1: the server would cut the rest off in silence.
            if part.len() > 63 {
                return Err(wrong("a name has at most 63 bytes"));
            }
            parts.push(part);
            match behind.strip_prefix('.') {
                Some(behind) => rest = behind,
                None if behind.is_empty() => break,
                None => return Err(wrong("there is text behind a closing quote")),
            }
        }
        let name = parts.pop().ok_or_else(|| wrong("it is empty"))?;
        let schema = parts.pop();
        if !parts.is_empty() {
            return Err(wrong("it has more than two parts"));
        }
        Ok(TableName { schema, name })
    }
}

/// Cuts off the first part, unquoted and unescaped; what follows begins at the dot behind it.
fn split_part(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find('.').unwrap_or(text.len());
        return Some((text[..end].to_ascii_lowercase(), &text[end..]));
    };
    close_quoted(quoted)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::TableName;

    fn parts(text: &str) -> (Option<String>, String) {
        let name: TableName = text.parse().unwrap();
        (name.schema, name.name)
    }

    #[test]
    fn names_are_read_as_postgresql_reads_them() {
        assert_eq!(parts("qwat_sys.info"), (Some("qwat_sys".into()), "info".into()));
        assert_eq!(parts("Info"), (None, "info".into()));
        assert_eq!(parts("\"My \"\"S.chema\".\"É\""), (Some("My \"S.chema".into()), "É".into()));
        for wrong in ["", ".", "a.", "a.b.c", "\"a", "\"a\"b", "a..b"] {
            assert!(wrong.parse::<TableName>().is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn any_name_round_trips(schema in proptest::option::of("\\PC{1,15}"), name in "\\PC{1,15}") {
            let table = TableName { schema, name };
            prop_assert_eq!(table.to_string().parse::<TableName>().unwrap(), table.clone());
            prop_assert_eq!(table.quoted().parse::<TableName>().unwrap(), table);
        }
    }
}
