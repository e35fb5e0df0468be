//! The rules by name, and how bad each is: squawk's, and pum's own.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::LazyLock;

use squawk_linter::Rule;

use crate::error::nearest;

/// A statement takes away rows that are not made again.
pub const DELETES_DATA: &str = "deletes-data";
/// A statement drops with an object whatever depends on it.
pub const DROP_CASCADE: &str = "drop-cascade";
/// A table was written anew; measured.
pub const TABLE_REWRITE: &str = "table-rewrite";
/// A lock that keeps readers and writers of a table out; measured.
pub const ACCESS_EXCLUSIVE: &str = "access-exclusive";
/// A lock that keeps writers of a table out; measured.
pub const BLOCKS_WRITES: &str = "blocks-writes";
/// `-- pum: allow` without what it needs.
pub const BAD_ALLOW: &str = "bad-allow";

/// pum's own rules, in the order in which they are told.
pub const OWN: [&str; 6] =
    [DELETES_DATA, DROP_CASCADE, TABLE_REWRITE, ACCESS_EXCLUSIVE, BLOCKS_WRITES, BAD_ALLOW];

/// Rules of squawk's that a delta need not heed: pum sets `lock_timeout` itself and wants no other limit, and it knows
/// at which statement a delta without a transaction stopped, so none need bear running twice.
const NEEDLESS: [Rule; 3] =
    [Rule::RequireLockTimeout, Rule::RequireStatementTimeout, Rule::PreferRobustStmts];

/// How bad a hazard is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// It is not looked for.
    Off,
    /// It is told.
    Warn,
    /// It refutes.
    Error,
}

impl FromStr for Level {
    type Err = String;

    fn from_str(text: &str) -> Result<Level, String> {
        match text {
            "off" => Ok(Level::Off),
            "warn" => Ok(Level::Warn),
            "error" => Ok(Level::Error),
            _ => Err(format!("{text:?} is none of off, warn and error")),
        }
    }
}

/// How bad each rule is, as far as it was said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Levels(BTreeMap<String, Level>);

impl Levels {
    /// Says it of a rule; what stands for several rules says it of each.
    ///
    /// # Errors
    /// A rule that is not known, with the nearest.
    pub fn set(&mut self, rule: &str, level: Level) -> Result<(), String> {
        for rule in resolve(rule)? {
            self.0.insert(rule, level);
        }
        Ok(())
    }

    /// How bad a rule is.
    pub fn of(&self, rule: &str) -> Level {
        self.0.get(rule).copied().unwrap_or_else(|| match find(rule) {
            Some(rule) if rule.is_opt_in() || NEEDLESS.contains(&rule) => Level::Off,
            // An error of the comment, and nothing that may be right.
            None if rule == BAD_ALLOW => Level::Error,
            _ => Level::Warn,
        })
    }

    /// The rules of squawk's that are looked for.
    pub(super) fn squawk(&self) -> impl Iterator<Item = Rule> {
        let rules = rules_of_squawk().iter().copied();
        rules.filter(|rule| self.of(&rule.to_string()) != Level::Off)
    }
}

/// The names of the rules that a name stands for: its own, the one that squawk writes, or several.
///
/// # Errors
/// A rule that is not known, with the nearest.
pub(super) fn resolve(name: &str) -> Result<Vec<String>, String> {
    if OWN.contains(&name) {
        return Ok(vec![name.to_owned()]);
    }
    match find(name) {
        Some(rule) if rule.expands_to().is_empty() => Ok(vec![rule.to_string()]),
        Some(rule) => Ok(rule.expands_to().iter().map(Rule::to_string).collect()),
        None => {
            let known: Vec<String> = rules_of_squawk().iter().map(Rule::to_string).collect();
            let meant = nearest(name, known.iter().map(String::as_str).chain(OWN));
            let meant = meant.map_or_else(String::new, |meant| format!("; did you mean {meant:?}?"));
            Err(format!("{name:?} is no rule of squawk's or pum's{meant}"))
        }
    }
}

/// A rule of squawk's, also by a name that it only reads, or only writes.
fn find(name: &str) -> Option<Rule> {
    name.parse().ok().or_else(|| rules_of_squawk().iter().copied().find(|rule| rule.to_string() == name))
}

/// All rules of squawk's but those that stand for others.
fn rules_of_squawk() -> &'static [Rule] {
    static RULES: LazyLock<Vec<Rule>> =
        LazyLock::new(|| enum_iterator::all::<Rule>().filter(|rule| rule.expands_to().is_empty()).collect());
    &RULES
}

#[cfg(test)]
mod tests {
    use super::{Level, Levels, OWN, rules_of_squawk};

    #[test]
    fn every_rule_can_be_named() {
        for rule in rules_of_squawk() {
            let mut levels = Levels::default();
            levels.set(&rule.to_string(), Level::Error).unwrap();
            assert_eq!(levels.of(&rule.to_string()), Level::Error);
        }
        assert!(OWN.iter().all(|rule| Levels::default().set(rule, Level::Off).is_ok()));
    }

    #[test]
    fn a_rule_that_is_not_known_is_told_with_the_nearest() {
        let error = Levels::default().set("ban-drop-tabel", Level::Error).unwrap_err();
        assert_eq!(
            error,
            "\"ban-drop-tabel\" is no rule of squawk's or pum's; did you mean \"ban-drop-table\"?"
        );
    }

    #[test]
    fn a_rule_warns_unless_said_otherwise() {
        let mut levels = Levels::default();
        levels.set("ban-drop-table", Level::Error).unwrap();
        levels.set("require-timeout-settings", Level::Warn).unwrap();
        let of = |rule: &str| levels.of(rule);
        assert_eq!(of("ban-drop-table"), Level::Error);
        assert_eq!(of("ban-drop-column"), Level::Warn);
        assert_eq!((of("prefer-robust-stmts"), of("require-table-schema")), (Level::Off, Level::Off));
        assert_eq!((of("require-lock-timeout"), of("require-statement-timeout")), (Level::Warn, Level::Warn));
    }
}
