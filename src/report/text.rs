//! Differences for people: a summary, then object by object.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::commands::check::Check;
use crate::compare::{Change, Difference};

/// A check as text.
pub fn text(check: &Check) -> String {
    let mut text = String::new();
    // Writing to a String does not fail.
    let _ = write(&mut text, check);
    text
}

fn write(text: &mut String, check: &Check) -> std::fmt::Result {
    let differences = &check.comparison.differences;
    if differences.is_empty() {
        writeln!(text, "{} and {} are equal", check.first, check.second)?;
    } else {
        let mut counts = BTreeMap::new();
        for difference in differences {
            *counts.entry(difference.element()).or_insert(0) += 1;
        }
        writeln!(text, "{} differences between {} and {}", differences.len(), check.first, check.second)?;
        for (element, count) in counts {
            writeln!(text, "  {element}: {count}")?;
        }
        for difference in differences {
            write_difference(text, difference)?;
        }
    }
    for (element, count) in &check.comparison.unasked {
        writeln!(text, "{count} differences of {element}; --with {element} shows them")?;
    }
    for sentence in &check.comparison.not_compared {
        writeln!(text, "not compared: {sentence}")?;
    }
    Ok(())
}

fn write_difference(text: &mut String, difference: &Difference) -> std::fmt::Result {
    let identity = &difference.identity;
    match &difference.change {
        Change::OnlyFirst { .. } => writeln!(text, "- {identity}"),
        Change::OnlySecond { .. } => writeln!(text, "+ {identity}"),
        Change::Renamed { to } => writeln!(text, "~ {identity}\n    name: {} → {}", identity.name, to.name),
        Change::Changed { attributes } => {
            writeln!(text, "~ {identity}")?;
            for change in attributes {
                let value = |value: &crate::catalog::Value| value.as_deref().unwrap_or("(none)").to_owned();
                writeln!(
                    text,
                    "    {}: {} → {}",
                    change.attribute.name,
                    value(&change.first),
                    value(&change.second)
                )?;
            }
            Ok(())
        }
    }
}
