//! Differences for people: a summary, then by schema and object. Nothing is cut off; the colours are taken off by the
//! stream where they do not belong.

use std::collections::BTreeSet;
use std::fmt::{Result, Write};

use anstyle::{AnsiColor, Style};

use super::outline::{Contents, ObjectGroup, by_element, by_schema, unasked, values, verdict};
use super::rules::rules;
use super::value::{NONE, Tag, diff, in_line, is_long, line, name_within};
use super::{Detail, Options};
use crate::catalog::Identity;
use crate::commands::check::Check;
use crate::compare::{AttributeChange, Change, Difference};
use crate::progress::count;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const RED: Style = AnsiColor::Red.on_default();
const GREEN: Style = AnsiColor::Green.on_default();
const YELLOW: Style = AnsiColor::Yellow.on_default();
const CYAN: Style = AnsiColor::Cyan.on_default();

/// How many characters a line of a change has at most before the two values get a line each.
const LINE: usize = 100;

/// A check as text, with colours.
pub fn text(check: &Check, options: &Options) -> String {
    let mut text = String::new();
    // Writing to a String does not fail.
    let _ = write(&mut text, check, options);
    text
}

/// A difference with both values, without colours.
pub fn difference(difference: &Difference) -> String {
    let mut text = String::new();
    let _ = write_difference(&mut text, difference, None, 0);
    anstream::adapter::strip_str(text.trim_end()).to_string()
}

fn write(text: &mut String, check: &Check, options: &Options) -> Result {
    summary(text, check, options)?;
    let differences = &check.comparison.differences;
    if options.detail == Detail::Summary || (differences.is_empty() && !options.show_ignored) {
        return Ok(());
    }
    if !differences.is_empty() {
        legend(text, check)?;
        list(text, differences, options.detail)?;
    }
    if options.show_ignored && !check.comparison.ignored.is_empty() {
        ignored(text, check, options.detail)?;
    }
    Ok(())
}

/// The verdict, the number of differences of each element, and what was not told or not compared.
fn summary(text: &mut String, check: &Check, options: &Options) -> Result {
    let comparison = &check.comparison;
    let style = if check.is_equal() { GREEN.bold() } else { YELLOW.bold() };
    writeln!(text, "{style}{}{style:#}", verdict(check))?;
    for (element, counts) in by_element(&comparison.differences) {
        let (first, second) = (line(&check.first), line(&check.second));
        let said: Vec<String> = [
            (counts.only_first, format!("only in {first}")),
            (counts.only_second, format!("only in {second}")),
            (counts.changed, "changed".to_owned()),
        ]
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, what)| format!("{number} {what}"))
        .collect();
        writeln!(text, "  {:<12} {:>5}  {DIM}{}{DIM:#}", element.name(), counts.all(), said.join(", "))?;
    }
    for sentence in unasked(check) {
        writeln!(text, "{sentence}")?;
    }
    if !comparison.ignored.is_empty() {
        let (number, are) =
            (comparison.ignored.len(), if comparison.ignored.len() == 1 { "is" } else { "are" });
        let more = if options.show_ignored { "" } else { "; --show-ignored shows them with their reasons" };
        writeln!(text, "{} {are} ignored by rules{more}", count(number, "difference"))?;
    }
    for sentence in rules(check) {
        writeln!(text, "{sentence}")?;
    }
    for sentence in &comparison.not_compared {
        writeln!(text, "{YELLOW}not compared:{YELLOW:#} {}", line(sentence))?;
    }
    Ok(())
}

/// What the signs mean.
fn legend(text: &mut String, check: &Check) -> Result {
    let (first, second) = (line(&check.first), line(&check.second));
    writeln!(text)?;
    writeln!(text, "{RED}-{RED:#} only in {BOLD}{first}{BOLD:#}, the first")?;
    writeln!(text, "{GREEN}+{GREEN:#} only in {BOLD}{second}{BOLD:#}, the second")?;
    writeln!(text, "{YELLOW}~{YELLOW:#} in both, but different: {first} → {second}")
}

fn list<'a>(
    text: &mut String,
    differences: impl IntoIterator<Item = &'a Difference>,
    detail: Detail,
) -> Result {
    for schema in by_schema(differences) {
        writeln!(text, "\n{BOLD}{}{BOLD:#}", schema.title())?;
        for object in &schema.objects {
            match detail {
                Detail::Full => write_object(text, object)?,
                _ => object.differences.iter().try_for_each(|difference| in_one_line(text, difference))?,
            }
        }
    }
    Ok(())
}

/// What ignore rules cover, reason by reason, with the places of the rules.
fn ignored(text: &mut String, check: &Check, detail: Detail) -> Result {
    let mut reasons: Vec<(&str, BTreeSet<String>, Vec<&Difference>)> = Vec::new();
    for ignored in &check.comparison.ignored {
        match reasons.iter_mut().find(|(reason, ..)| *reason == ignored.reason) {
            Some((_, places, differences)) => {
                places.insert(ignored.rule.place());
                differences.push(&ignored.difference);
            }
            None => {
                let places = BTreeSet::from([ignored.rule.place()]);
                reasons.push((&ignored.reason, places, vec![&ignored.difference]));
            }
        }
    }
    for (reason, places, differences) in reasons {
        let reason = if reason.is_empty() { "no reason given" } else { reason };
        let places = places.into_iter().collect::<Vec<_>>().join(", ");
        writeln!(text, "\n{CYAN}ignored:{CYAN:#} {} {DIM}({places}){DIM:#}", line(reason))?;
        list(text, differences, detail)?;
    }
    Ok(())
}

/// The sign of a difference and its colour.
fn sign(change: &Change) -> (char, Style) {
    match change {
        Change::OnlyFirst { .. } => ('-', RED),
        Change::OnlySecond { .. } => ('+', GREEN),
        Change::Changed { .. } | Change::Renamed { .. } => ('~', YELLOW),
    }
}

fn in_one_line(text: &mut String, difference: &Difference) -> Result {
    let (sign, style) = sign(&difference.change);
    write!(text, "  {style}{sign} {}{style:#}", line(&difference.identity.to_string()))?;
    if let Change::Renamed { to } = &difference.change {
        write!(text, ": renamed to {}", line(&to.name))?;
    }
    if let Change::Changed { attributes } = &difference.change {
        let names: Vec<&str> = attributes.iter().map(|change| change.attribute.name).collect();
        write!(text, ": {}", names.join(", "))?;
    }
    writeln!(text)
}

/// The differences of an object: under its name, unless it has but its own.
fn write_object(text: &mut String, object: &ObjectGroup<'_>) -> Result {
    let (own, parts): (Vec<&Difference>, Vec<&Difference>) =
        object.differences.iter().partition(|difference| *difference.identity == *object.identity);
    if own.is_empty() {
        writeln!(text, "    {BOLD}{}{BOLD:#}", line(&object.identity.to_string()))?;
    }
    for difference in own {
        write_difference(text, difference, None, 2)?;
    }
    for difference in parts {
        write_difference(text, difference, Some(object.identity), 4)?;
    }
    Ok(())
}

/// A difference, by its name within an outer object, and everything that there is to say of it.
fn write_difference(
    text: &mut String,
    difference: &Difference,
    outer: Option<&Identity>,
    indent: usize,
) -> Result {
    let identity = &difference.identity;
    let (sign, style) = sign(&difference.change);
    let name = outer.map_or_else(|| line(&identity.to_string()), |outer| name_within(identity, outer));
    let strong = if outer.is_none() { style.bold() } else { style };
    match &difference.change {
        Change::Renamed { to } => {
            writeln!(text, "{:indent$}{strong}{sign} {name}{strong:#}", "")?;
            let (first, second) = (line(&identity.name), line(&to.name));
            writeln!(text, "{:indent$}    name: {RED}{first}{RED:#} → {GREEN}{second}{GREEN:#}", "")
        }
        Change::Changed { attributes } => {
            writeln!(text, "{:indent$}{strong}{sign} {name}{strong:#}", "")?;
            attributes.iter().try_for_each(|change| write_change(text, change, indent + 4))
        }
        Change::OnlyFirst { .. } | Change::OnlySecond { .. } => {
            write!(text, "{:indent$}{strong}{sign} {name}{strong:#}", "")?;
            write_fact(text, difference, &Contents::of(difference), style, indent + 4)
        }
    }
}

/// The rest of the line of a fact that is on one side only, behind its name, then what needs lines of its own.
fn write_fact(
    text: &mut String,
    fact: &Difference,
    contents: &Contents<'_>,
    style: Style,
    indent: usize,
) -> Result {
    let identity = &fact.identity;
    let Some(values) = values(fact) else { return writeln!(text) };
    let (description, rest) = contents.describe(identity, values);
    let colon = if description.phrases.is_empty() { "" } else { ": " };
    writeln!(text, "{style}{colon}{}{style:#}", description.phrases.join(", "))?;
    for (name, block) in &description.blocks {
        writeln!(text, "{:indent$}{name}:", "")?;
        for line in block.lines() {
            writeln!(text, "{:indent$}  {style}{line}{style:#}", "")?;
        }
    }
    for inner in rest {
        write!(text, "{:indent$}{style}{}{style:#}", "", name_within(&inner.identity, identity))?;
        write_fact(text, inner, contents, style, indent + 2)?;
    }
    Ok(())
}

/// An attribute with both values: in a line, in a line each, or as a diff.
fn write_change(text: &mut String, change: &AttributeChange, indent: usize) -> Result {
    let (name, form) = (change.attribute.name, change.attribute.form);
    let (first, second) = (change.first.as_deref(), change.second.as_deref());
    let has_lines = |value: Option<&str>| value.is_some_and(|value| value.contains('\n'));
    if has_lines(first) || has_lines(second) {
        writeln!(text, "{:indent$}{name}:", "")?;
        return write_diff(text, change, indent + 2);
    }
    let shown = |value: Option<&str>| value.map_or_else(|| NONE.to_owned(), |value| in_line(form, value));
    let (first, second) = (shown(first), shown(second));
    let width = indent + name.chars().count() + first.chars().count() + second.chars().count();
    if width <= LINE && !is_long(&first) && !is_long(&second) {
        return writeln!(text, "{:indent$}{name}: {RED}{first}{RED:#} → {GREEN}{second}{GREEN:#}", "");
    }
    writeln!(text, "{:indent$}{name}:", "")?;
    writeln!(text, "{:indent$}  {RED}-{first}{RED:#}", "")?;
    writeln!(text, "{:indent$}  {GREEN}+{second}{GREEN:#}", "")
}

fn write_diff(text: &mut String, change: &AttributeChange, indent: usize) -> Result {
    for line in diff(change.attribute.form, change.first.as_deref(), change.second.as_deref()) {
        let style = match line.tag {
            Tag::Header => CYAN,
            Tag::First => RED,
            Tag::Second => GREEN,
            Tag::Both | Tag::Remark => Style::new(),
        };
        let shown = format!("{}{}", line.tag.sign(), line.text());
        writeln!(text, "{:indent$}{style}{}{style:#}", "", shown)?;
    }
    Ok(())
}
