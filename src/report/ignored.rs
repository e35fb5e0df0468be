//! What ignore rules did to a check, for people: how many differences they cover, and which rules are of no use.

use std::fmt::Write;
use std::sync::Arc;

use crate::commands::check::Check;
use crate::compare::Change;
use crate::compare::ignore::{Rule, Until, Written};
use crate::config::ignores;

/// The lines behind a check that tell of ignored differences, each by itself if `show` says so, and of rules that
/// match nothing any more or whose time is over.
pub fn ignored(check: &Check, show: bool) -> String {
    let mut text = String::new();
    // Writing to a String does not fail.
    let _ = write(&mut text, check, show);
    text
}

fn write(text: &mut String, check: &Check, show: bool) -> std::fmt::Result {
    let comparison = &check.comparison;
    match comparison.ignored.len() {
        0 => {}
        number => {
            let how = if show { ":" } else { "; --show-ignored shows them" };
            writeln!(text, "{} ignored by rules{how}", count(number, "difference"))?;
        }
    }
    for ignored in comparison.ignored.iter().filter(|_| show) {
        let identity = &ignored.difference.identity;
        match &ignored.difference.change {
            Change::OnlyFirst { .. } => writeln!(text, "  - {identity}")?,
            Change::OnlySecond { .. } => writeln!(text, "  + {identity}")?,
            Change::Renamed { to } => writeln!(text, "  ~ {identity}: {}", to.name)?,
            Change::Changed { attributes } => {
                let names: Vec<&str> = attributes.iter().map(|change| change.attribute.name).collect();
                writeln!(text, "  ~ {identity}: {}", names.join(", "))?;
            }
        }
        let reason = if ignored.reason.is_empty() { "no reason given" } else { &ignored.reason };
        writeln!(text, "      {reason} ({})", ignored.rule.place())?;
    }
    if !comparison.idle.is_empty() {
        let rules = count(comparison.idle.len(), "ignore rule");
        let verb = if comparison.idle.len() == 1 { "matches" } else { "match" };
        writeln!(text, "{rules} {verb} nothing any more; --prune-ignores removes what does not:")?;
        write_rules(text, &comparison.idle, |_| String::new())?;
    }
    if !comparison.expired.is_empty() {
        let verb = if comparison.expired.len() == 1 { "is" } else { "are" };
        writeln!(text, "{} {verb} over:", count(comparison.expired.len(), "ignore rule"))?;
        write_rules(text, &comparison.expired, |rule| match rule.rule.until {
            Some(Until::Date(date)) => format!(", until {date}; --prune-ignores removes it"),
            Some(Until::Version(version)) => format!(", until version {version}, which the databases have"),
            None => String::new(),
        })?;
    }
    Ok(())
}

fn write_rules(
    text: &mut String,
    rules: &[Arc<Written>],
    more: impl Fn(&Written) -> String,
) -> std::fmt::Result {
    for written in rules {
        let reason = match written.rule.reason() {
            "" => String::new(),
            reason => format!(" ({reason})"),
        };
        writeln!(text, "  {}: {}{reason}{}", written.place(), line(&written.rule), more(written))?;
    }
    Ok(())
}

/// What a rule is about, in a line.
fn line(rule: &Rule) -> String {
    let rule = Rule { reason: None, until: None, ..rule.clone() };
    let text = ignores::text_of(&[rule], 0);
    text.trim_start_matches("- ").lines().map(str::trim_start).collect::<Vec<_>>().join(", ")
}

fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}
