//! Ignore rules that are of no use: those that match nothing any more, and those whose time is over.

use crate::commands::check::Check;
use crate::compare::ignore::{Rule, Until, Written};
use crate::config::ignores;
use crate::progress::count;

use super::value::line;

/// The lines of a summary that tell of them: a sentence, and a line a rule.
pub fn rules(check: &Check) -> Vec<String> {
    let comparison = &check.comparison;
    let mut lines = Vec::new();
    if !comparison.idle.is_empty() {
        let verb = if comparison.idle.len() == 1 { "matches" } else { "match" };
        let rules = count(comparison.idle.len(), "ignore rule");
        lines.push(format!("{rules} {verb} nothing any more; --prune-ignores removes what does not:"));
        lines.extend(comparison.idle.iter().map(|written| of(written, "")));
    }
    if !comparison.expired.is_empty() {
        let verb = if comparison.expired.len() == 1 { "is" } else { "are" };
        lines.push(format!("{} {verb} over:", count(comparison.expired.len(), "ignore rule")));
        lines.extend(comparison.expired.iter().map(|written| match written.rule.until {
            Some(Until::Version(version)) => {
                of(written, &format!(", until version {version}, which the databases have"))
            }
            Some(Until::Date(date)) => of(written, &format!(", until {date}; --prune-ignores removes it")),
            None => of(written, ""),
        }));
    }
    lines
}

fn of(written: &Written, more: &str) -> String {
    let reason = match written.rule.reason() {
        "" => String::new(),
        reason => format!(" ({})", line(reason)),
    };
    format!("  {}: {}{reason}{more}", written.place(), criteria(&written.rule))
}

/// What a rule is about, in a line.
fn criteria(rule: &Rule) -> String {
    let rule = Rule { reason: None, until: None, ..rule.clone() };
    let text = ignores::text_of(&[rule], 0);
    text.trim_start_matches("- ").lines().map(str::trim_start).collect::<Vec<_>>().join(", ")
}
