//! Who a fact is: its kind, its name, and what it hangs on. One text form, and one reader of it.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::Kind;
use crate::sql::close_quoted;

/// The identity of a fact. Written as `table app.pipe`, `column material on table app.pipe`,
/// `function app.length(app.pipe)`, `cast (app.pipe AS text)`, `comment on column material on table app.pipe`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity {
    // Identities are ordered by these, in this order.
    /// The kind.
    pub kind: Kind,
    /// What it hangs on: a column on its table, a comment on what it is about.
    pub on: Option<Arc<Identity>>,
    /// The schema; none for what is in none, and for what hangs on something.
    pub schema: Option<Box<str>>,
    /// The own name; empty for what needs none, such as a comment.
    pub name: Box<str>,
    /// What tells things of one name, or without a name, apart: the types of a function's arguments or of a cast, the
    /// index method of an operator class.
    pub signature: Option<Box<str>>,
}

impl Identity {
    /// The fact at the end of the chain, the object that a person thinks of: the table of a column's comment.
    pub fn object(&self) -> &Identity {
        self.chain().last().unwrap_or(self)
    }

    /// This fact, the one it hangs on, the one that hangs on, and so on.
    pub fn chain(&self) -> impl Iterator<Item = &Identity> {
        std::iter::successors(Some(self), |identity| identity.on.as_deref())
    }

    /// The schema that it is in, by itself or by what it hangs on; a schema is in itself.
    pub fn schema(&self) -> Option<&str> {
        let object = self.object();
        if object.kind == Kind::Schema { Some(&object.name) } else { object.schema.as_deref() }
    }

    /// The name without the kinds: `app.pipe.material`, `app.length(app.pipe)`.
    pub fn path(&self) -> String {
        let mut path = self.on.as_deref().map_or_else(String::new, Identity::path);
        for part in [self.schema.as_deref(), Some(&*self.name)].into_iter().flatten() {
            if !part.is_empty() {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(&quoted(part));
            }
        }
        if let Some(signature) = &self.signature {
            path.push_str(&format!("({signature})"));
        }
        path
    }
}

/// A name as SQL writes it, with quotes only where they are needed to tell where it ends. A key word needs none here:
/// this is read by people and by [`Identity::from_str`], not by the server.
fn quoted(name: &str) -> String {
    let plain = name.starts_with(|first: char| first.is_ascii_lowercase() || first == '_')
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '$');
    if plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

impl fmt::Display for Identity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.kind.word())?;
        if self.schema.is_some() || !self.name.is_empty() || (self.on.is_none() && self.signature.is_none()) {
            formatter.write_str(" ")?;
            if let Some(schema) = &self.schema {
                write!(formatter, "{}.", quoted(schema))?;
            }
            formatter.write_str(&quoted(&self.name))?;
        } else if self.on.is_none() {
            formatter.write_str(" ")?;
        }
        if let Some(signature) = &self.signature {
            let space = if self.name.is_empty() && self.on.is_some() { " " } else { "" };
            write!(formatter, "{space}({signature})")?;
        }
        match &self.on {
            Some(on) => write!(formatter, " on {on}"),
            None => Ok(()),
        }
    }
}

impl FromStr for Identity {
    type Err = String;

    fn from_str(text: &str) -> Result<Identity, String> {
        let wrong = |why: &str| format!("{text:?} is no identity: {why}");
        // The longest word first: `text search parser` before `text`.
        let (kind, mut rest) = Kind::ALL
            .iter()
            .filter_map(|kind| text.strip_prefix(kind.word()).map(|rest| (*kind, rest)))
            .filter(|(_, rest)| rest.starts_with([' ', '(']))
            .max_by_key(|(kind, _)| kind.word().len())
            .ok_or_else(|| wrong("it begins with no kind of object"))?;
        // Without a name: `comment (index) on …`.
        rest = rest.strip_prefix(' ').filter(|rest| rest.starts_with('(')).unwrap_or(rest);
        let mut names = Vec::new();
        if !rest.starts_with(" on ") && !rest.starts_with('(') {
            rest = rest.strip_prefix(' ').unwrap_or(rest);
            loop {
                let (name, behind) = take_name(rest).ok_or_else(|| wrong("a name is not closed"))?;
                names.push(name);
                rest = behind;
                match rest.strip_prefix('.') {
                    Some(behind) => rest = behind,
                    None => break,
                }
            }
        }
        let name = names.pop().unwrap_or_default();
        let schema = names.pop();
        if !names.is_empty() {
            return Err(wrong("its name has more than two parts"));
        }
        let signature = match rest.strip_prefix('(') {
            Some(behind) => {
                let end = closing(behind).ok_or_else(|| wrong("a parenthesis is not closed"))?;
                rest = &behind[end + 1..];
                Some(behind[..end].into())
            }
            None => None,
        };
        let on = match rest.strip_prefix(" on ") {
            Some(on) => Some(Arc::new(on.parse()?)),
            None if rest.is_empty() => None,
            None => return Err(wrong("something stands behind its name")),
        };
        Ok(Identity { on, schema: schema.map(Into::into), name: name.into(), signature, kind })
    }
}

/// Cuts off a name, unquoted.
fn take_name(text: &str) -> Option<(String, &str)> {
    match text.strip_prefix('"') {
        Some(quoted) => close_quoted(quoted),
        None => {
            let end = text.find(['.', ' ', '(']).unwrap_or(text.len());
            Some((text[..end].to_owned(), &text[end..]))
        }
    }
}

/// Where the parenthesis that is open closes; those in quotes do not count.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0;
    let mut in_quotes = false;
    for (index, c) in text.char_indices() {
        match c {
            '"' => in_quotes = !in_quotes,
            '(' if !in_quotes => depth += 1,
            ')' if !in_quotes && depth == 0 => return Some(index),
            ')' if !in_quotes => depth -= 1,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::{Identity, Kind};

    fn table(schema: &str, name: &str) -> Identity {
        Identity {
            kind: Kind::Table,
            schema: Some(schema.into()),
            name: name.into(),
            signature: None,
            on: None,
        }
    }

    fn on(kind: Kind, name: &str, on: Identity) -> Identity {
        Identity { kind, schema: None, name: name.into(), signature: None, on: Some(Arc::new(on)) }
    }

    #[test]
    fn identities_read_as_sentences() {
        let column = on(Kind::Column, "On Site", table("app", "pipe"));
        assert_eq!(column.to_string(), "column \"On Site\" on table app.pipe");
        assert_eq!(column.path(), "app.pipe.\"On Site\"");
        assert_eq!(column.schema(), Some("app"));
        let default = on(Kind::Default, "", column);
        assert_eq!(default.to_string(), "default on column \"On Site\" on table app.pipe");
        assert_eq!(default.object(), &table("app", "pipe"));
        for wrong in ["", "table", "table a.b.c", "table \"a", "tables a", "table a b", "column a on"] {
            assert!(wrong.parse::<Identity>().is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn any_identity_is_read_as_it_was_written(
            kind in proptest::sample::select(Kind::ALL),
            schema in proptest::option::of("\\PC{1,12}"),
            name in "\\PC{0,12}",
            signature in proptest::option::of("[a-z, .]{0,20}|\"\\)\", a\\(1\\)"),
            parts in proptest::collection::vec("\\PC{0,12}", 0..3),
        ) {
            let first = Identity { on: None, schema: schema.map(Into::into), name: name.into(), signature: signature.map(Into::into), kind };
            let identity = parts.iter().fold(first, |below, name| on(kind, name, below));
            prop_assert_eq!(identity.to_string().parse::<Identity>(), Ok(identity));
        }
    }
}
