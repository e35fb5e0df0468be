//! A rule: which differences it is about, why, and how long.

use std::path::PathBuf;
use std::str::FromStr;

use jiff::civil::Date;

use super::pattern::{Glob, PathPattern};
use crate::catalog::{Element, Identity, Kind};
use crate::delta::Version;

/// What is ignored. Everything that is said must hold; what is not said may be anything. It is about the facts of which
/// element, kind, schema and name hold, and covers them and what hangs on them; with attributes, these attributes of
/// just those facts.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rule {
    /// Elements that the fact belongs to.
    pub elements: Vec<Element>,
    /// Its kind, and those of what it hangs on, as far as they are said: `comment`, `comment on column`.
    pub kinds: Vec<Kind>,
    /// Its schema; an empty name is what is in none.
    pub schema: Option<Glob>,
    /// Its name, below the schema.
    pub name: Option<PathPattern>,
    /// The attributes that may differ; `name` for what is called differently.
    pub attributes: Vec<String>,
    /// The source that it is only in.
    pub only: Option<Side>,
    /// The name of one of the databases that are compared.
    pub database: Option<Glob>,
    /// How long it holds.
    pub until: Option<Until>,
    /// Why.
    pub reason: Option<String>,
}

/// One of two sources.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The first.
    First,
    /// The second.
    Second,
}

/// How long a rule holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// On this day still, and no longer.
    Date(Date),
    /// As long as one of the databases is at a lower version.
    Version(Version),
}

/// A rule as it is written in a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Written {
    /// The rule.
    pub rule: Rule,
    /// The file.
    pub file: PathBuf,
    /// The line that it begins in, from 1.
    pub line: usize,
}

impl Rule {
    /// Whether it says anything of what it ignores; one that does not would ignore everything.
    pub fn is_about_something(&self) -> bool {
        !(self.elements.is_empty() && self.kinds.is_empty() && self.attributes.is_empty())
            || self.schema.is_some()
            || self.name.is_some()
            || self.only.is_some()
    }

    /// Its reason, if it gives one.
    pub fn reason(&self) -> &str {
        self.reason.as_deref().unwrap_or_default()
    }
}

impl Written {
    /// `file:line`, the form that editors jump to.
    pub fn place(&self) -> String {
        format!("{}:{}", self.file.display(), self.line)
    }
}

impl Side {
    /// The word for it in a rule.
    pub fn word(self) -> &'static str {
        match self {
            Side::First => "first",
            Side::Second => "second",
        }
    }
}

impl FromStr for Side {
    type Err = String;

    fn from_str(text: &str) -> Result<Side, String> {
        [Side::First, Side::Second]
            .into_iter()
            .find(|side| side.word() == text)
            .ok_or_else(|| format!("{text:?} is neither first nor second"))
    }
}

impl FromStr for Until {
    type Err = String;

    fn from_str(text: &str) -> Result<Until, String> {
        // A date with a time behind it would be read as well.
        let date = text.parse().ok().filter(|date: &Date| date.to_string() == text).map(Until::Date);
        let version = || text.parse().ok().map(Until::Version);
        date.or_else(version).ok_or_else(|| {
            format!("{text:?} is neither a date, such as 2026-12-31, nor a version, such as 1.4.0")
        })
    }
}

impl std::fmt::Display for Until {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Until::Date(date) => date.fmt(formatter),
            Until::Version(version) => version.fmt(formatter),
        }
    }
}

/// Reads the kinds of a rule: `comment on column`.
///
/// # Errors
/// A word that is no kind.
pub(crate) fn parse_kinds(text: &str) -> Result<Vec<Kind>, String> {
    let kind = |word: &str| {
        let known = Kind::ALL.iter().find(|kind| kind.word() == word).copied();
        known.ok_or_else(|| {
            let nearest = crate::error::nearest(word, Kind::ALL.iter().map(|kind| kind.word()));
            let meant = nearest.map_or_else(String::new, |nearest| format!("; did you mean {nearest:?}?"));
            format!("{word:?} is no kind of object{meant}")
        })
    };
    text.split(" on ").map(kind).collect()
}

/// Kinds as a rule writes them.
pub(crate) fn kinds_text(kinds: &[Kind]) -> String {
    kinds.iter().map(|kind| kind.word()).collect::<Vec<_>>().join(" on ")
}

/// The name of the schema that a rule sees: empty for what is in none.
pub(super) fn schema(identity: &Identity) -> &str {
    identity.schema().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{Until, parse_kinds};
    use crate::catalog::Kind;

    #[test]
    fn until_is_a_date_or_a_version() {
        assert!(matches!("2026-12-31".parse(), Ok(Until::Date(_))));
        assert!(matches!("1.4.0".parse(), Ok(Until::Version(_))));
        for wrong in ["", "tomorrow", "1.4", "2026-13-01", "2026-12-31T00:00"] {
            assert!(wrong.parse::<Until>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn kinds_are_named_as_in_identities() {
        assert_eq!(parse_kinds("default on column"), Ok(vec![Kind::Default, Kind::Column]));
        assert!(parse_kinds("colum").unwrap_err().contains("did you mean \"column\""));
        // A word with " on " in it would be read as two.
        assert!(Kind::ALL.iter().all(|kind| !kind.word().contains(" on ")));
    }
}
