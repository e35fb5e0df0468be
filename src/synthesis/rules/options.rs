//! Lists of options, `name=value`, as statements write them.

use super::super::names::{literal, name};
use super::Fact;

/// `(fillfactor='70', autovacuum_enabled='false')`, for WITH and SET.
pub fn parenthesised(options: &[&str]) -> String {
    let written: Vec<String> = options
        .iter()
        .map(|option| match option.split_once('=') {
            Some((key, value)) => format!("{}={}", qualified(key), literal(value)),
            None => qualified(option),
        })
        .collect();
    format!("({})", written.join(", "))
}

/// `toast.autovacuum_enabled`: a name before which there may be a space of names.
fn qualified(key: &str) -> String {
    match key.strip_prefix("toast.") {
        Some(key) => format!("toast.{}", name(key)),
        None => name(key),
    }
}

/// ` WITH (…)`, or nothing.
pub fn with(fact: Fact<'_>, attribute: &str) -> String {
    let options = fact.list(attribute);
    if options.is_empty() { String::new() } else { format!(" WITH {}", parenthesised(&options)) }
}

/// `SET (…)` and `RESET (…)`, those of both that it takes to come from one list to another.
pub fn changes(old: &[&str], new: &[&str]) -> Vec<String> {
    let key = |option: &str| option.split('=').next().unwrap_or_default().to_owned();
    let set: Vec<&str> = new.iter().filter(|option| !old.contains(option)).copied().collect();
    let kept: Vec<String> = new.iter().map(|option| key(option)).collect();
    let reset: Vec<String> = old
        .iter()
        .map(|option| key(option))
        .filter(|key| !kept.contains(key))
        .map(|key| qualified(&key))
        .collect();
    let mut changes = Vec::new();
    if !reset.is_empty() {
        changes.push(format!("RESET ({})", reset.join(", ")));
    }
    if !set.is_empty() {
        changes.push(format!("SET {}", parenthesised(&set)));
    }
    changes
}

/// `OPTIONS (a 'x', b 'y')` of foreign data, for CREATE; nothing for none.
pub fn foreign(options: &[&str]) -> String {
    let written: Vec<String> = options.iter().filter_map(|option| pair(option)).collect();
    if written.is_empty() { String::new() } else { format!(" OPTIONS ({})", written.join(", ")) }
}

/// `OPTIONS (ADD a 'x', SET b 'y', DROP c)`, for ALTER.
pub fn foreign_changes(old: &[&str], new: &[&str]) -> String {
    let key = |option: &str| option.split('=').next().unwrap_or_default().to_owned();
    let keys = |options: &[&str]| options.iter().map(|option| key(option)).collect::<Vec<_>>();
    let (before, after) = (keys(old), keys(new));
    let dropped = before.iter().filter(|key| !after.contains(key)).map(|key| format!("DROP {}", name(key)));
    let changed = new.iter().filter(|option| !old.contains(option)).filter_map(|option| {
        let word = if before.contains(&key(option)) { "SET" } else { "ADD" };
        Some(format!("{word} {}", pair(option)?))
    });
    format!("OPTIONS ({})", dropped.chain(changed).collect::<Vec<_>>().join(", "))
}

fn pair(option: &str) -> Option<String> {
    let (key, value) = option.split_once('=')?;
    Some(format!("{} {}", name(key), literal(value)))
}
