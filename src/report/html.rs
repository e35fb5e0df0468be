//! Differences as one page that needs nothing else: no network, and without JavaScript it can be read too. The
//! template escapes whatever comes from a database; should that ever fail, the page's own policy lets no script run but
//! its own.

use std::collections::BTreeMap;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use openssl::base64::encode_block;
use openssl::sha::sha256;
use serde::Serialize;

use super::outline::{Contents, by_element, by_schema, objects, unasked, verdict};
use super::value::{NONE, Tag, diff, in_line, line, name_within, visible};
use crate::catalog::Identity;
use crate::commands::check::Check;
use crate::compare::{AttributeChange, Change, Difference};
use crate::{Error, Result};

const TEMPLATE: &str = include_str!("../../templates/report.html");
const STYLE: &str = include_str!("../../templates/report.css");
const SCRIPT: &str = include_str!("../../templates/report.js");

/// What the template is given.
#[derive(Serialize)]
struct Page<'a> {
    style: &'static str,
    script: &'static str,
    script_hash: String,
    pum: &'static str,
    created: String,
    first: String,
    second: String,
    equal: bool,
    verdict: String,
    number: usize,
    objects: usize,
    elements: Vec<ElementCounts>,
    schema_filters: Vec<Filter>,
    changes: Vec<Filter>,
    unasked: Vec<String>,
    not_compared: Vec<String>,
    ignored: Vec<Ignored<'a>>,
    ignored_number: usize,
    schemas: Vec<Schema>,
}

#[derive(Serialize)]
struct Schema {
    name: String,
    title: String,
    objects: Vec<Object>,
}

#[derive(Serialize)]
struct Object {
    name: String,
    differences: Vec<One>,
}

/// A difference, or what hangs on one.
#[derive(Serialize)]
struct One {
    sign: &'static str,
    change: &'static str,
    element: &'static str,
    /// Whether it is about the object itself.
    is_own: bool,
    name: String,
    /// Of one that is on one side only: what has place in a line.
    phrases: String,
    /// What needs lines of its own.
    blocks: Vec<Block>,
    /// Attributes that differ, in a line.
    pairs: Vec<Pair>,
    contents: Vec<One>,
}

#[derive(Serialize)]
struct Pair {
    name: &'static str,
    first: String,
    second: String,
    is_first_none: bool,
    is_second_none: bool,
}

#[derive(Serialize)]
struct Block {
    name: &'static str,
    lines: Vec<Line>,
}

#[derive(Serialize)]
struct Line {
    class: &'static str,
    sign: &'static str,
    parts: Vec<(bool, String)>,
}

#[derive(Serialize)]
struct Filter {
    name: String,
    title: String,
    number: usize,
}

#[derive(Serialize)]
struct ElementCounts {
    name: &'static str,
    title: &'static str,
    number: usize,
    only_first: usize,
    only_second: usize,
    changed: usize,
}

#[derive(Serialize)]
struct Ignored<'a> {
    reason: &'a str,
    differences: Vec<One>,
}

/// A check as a page.
pub fn html(check: &Check) -> Result<String> {
    page(check).map_err(|cause| Error::failed("the report cannot be written as HTML").caused_by(cause))
}

fn page(check: &Check) -> std::result::Result<String, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    environment.add_template("report.html", TEMPLATE)?;
    let differences = &check.comparison.differences;
    let schemas: Vec<Schema> = by_schema(differences)
        .iter()
        .map(|group| Schema {
            name: group.name.unwrap_or_default().to_owned(),
            title: group.title(),
            objects: group
                .objects
                .iter()
                .map(|object| Object {
                    name: line(&object.identity.to_string()),
                    differences: object
                        .differences
                        .iter()
                        .map(|difference| one(difference, Some(object.identity)))
                        .collect(),
                })
                .collect(),
        })
        .collect();
    let template = environment.get_template("report.html")?;
    let page = Page {
        style: STYLE,
        script: SCRIPT,
        script_hash: encode_block(&sha256(SCRIPT.as_bytes())),
        pum: env!("CARGO_PKG_VERSION"),
        created: check.created.strftime("%Y-%m-%d %H:%M UTC").to_string(),
        first: line(&check.first),
        second: line(&check.second),
        equal: check.is_equal(),
        verdict: verdict(check),
        number: differences.len(),
        objects: objects(differences),
        elements: elements(check),
        schema_filters: schema_filters(differences),
        changes: changes(check),
        unasked: unasked(check),
        not_compared: check.comparison.not_compared.iter().map(|text| line(text)).collect(),
        ignored: ignored(check),
        ignored_number: check.comparison.ignored.len(),
        schemas,
    };
    template.render(Serde(page))
}

fn elements(check: &Check) -> Vec<ElementCounts> {
    let elements = by_element(&check.comparison.differences).into_iter();
    elements
        .map(|(element, counts)| ElementCounts {
            name: element.name(),
            title: element.name(),
            number: counts.all(),
            only_first: counts.only_first,
            only_second: counts.only_second,
            changed: counts.changed,
        })
        .collect()
}

fn schema_filters(differences: &[Difference]) -> Vec<Filter> {
    let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
    for difference in differences {
        *numbers.entry(difference.identity.schema().unwrap_or_default()).or_default() += 1;
    }
    numbers
        .into_iter()
        .map(|(name, number)| Filter {
            name: name.to_owned(),
            title: if name.is_empty() { "in no schema".to_owned() } else { line(name) },
            number,
        })
        .collect()
}

fn changes(check: &Check) -> Vec<Filter> {
    let mut all = super::outline::Counts::default();
    for counts in by_element(&check.comparison.differences).values() {
        all.only_first += counts.only_first;
        all.only_second += counts.only_second;
        all.changed += counts.changed;
    }
    let filter = |name: &str, title: String, number| Filter { name: name.to_owned(), title, number };
    vec![
        filter("first", format!("− only in {}", line(&check.first)), all.only_first),
        filter("second", format!("+ only in {}", line(&check.second)), all.only_second),
        filter("changed", "~ in both, but different".to_owned(), all.changed),
    ]
}

/// What ignore rules cover, reason by reason.
fn ignored(check: &Check) -> Vec<Ignored<'_>> {
    let mut reasons: Vec<Ignored<'_>> = Vec::new();
    for ignored in &check.comparison.ignored {
        let difference = one(&ignored.difference, None);
        match reasons.iter_mut().find(|known| known.reason == ignored.reason) {
            Some(known) => known.differences.push(difference),
            None => reasons.push(Ignored { reason: &ignored.reason, differences: vec![difference] }),
        }
    }
    reasons
}

/// A difference, by its name within an outer object.
fn one(difference: &Difference, outer: Option<&Identity>) -> One {
    part(difference, outer, &Contents::of(difference))
}

/// A difference, or what hangs on one.
fn part(difference: &Difference, outer: Option<&Identity>, contents: &Contents<'_>) -> One {
    let identity = &*difference.identity;
    let (sign, change) = match &difference.change {
        Change::OnlyFirst { .. } => ("−", "first"),
        Change::OnlySecond { .. } => ("+", "second"),
        Change::Changed { .. } | Change::Renamed { .. } => ("~", "changed"),
    };
    let mut one = One {
        sign,
        change,
        element: difference.element().name(),
        is_own: outer.is_some_and(|outer| outer == identity),
        name: outer.map_or_else(|| line(&identity.to_string()), |outer| name_within(identity, outer)),
        phrases: String::new(),
        blocks: Vec::new(),
        pairs: Vec::new(),
        contents: Vec::new(),
    };
    match &difference.change {
        Change::OnlyFirst { values } | Change::OnlySecond { values } => {
            let (description, rest) = contents.describe(identity, values);
            one.phrases = description.phrases.join(", ");
            one.blocks = description.blocks.iter().map(|(name, text)| whole(name, text)).collect();
            one.contents = rest.into_iter().map(|inner| part(inner, Some(identity), contents)).collect();
        }
        Change::Renamed { to } => one.pairs.push(Pair {
            name: "name",
            first: line(&identity.name),
            second: line(&to.name),
            is_first_none: false,
            is_second_none: false,
        }),
        Change::Changed { attributes } => {
            for change in attributes {
                match pair(change) {
                    Some(pair) => one.pairs.push(pair),
                    None => one.blocks.push(changed_block(change)),
                }
            }
        }
    }
    one
}

/// An attribute whose values have a line each.
fn pair(change: &AttributeChange) -> Option<Pair> {
    let values = [change.first.as_deref(), change.second.as_deref()];
    if values.iter().flatten().any(|value| value.contains('\n')) {
        return None;
    }
    let shown = |value: Option<&str>| {
        value.map_or_else(|| NONE.to_owned(), |value| in_line(change.attribute.form, value))
    };
    Some(Pair {
        name: change.attribute.name,
        first: shown(values[0]),
        second: shown(values[1]),
        is_first_none: values[0].is_none(),
        is_second_none: values[1].is_none(),
    })
}

fn changed_block(change: &AttributeChange) -> Block {
    let lines = diff(change.attribute.form, change.first.as_deref(), change.second.as_deref())
        .into_iter()
        .map(|line| Line {
            class: match line.tag {
                Tag::Header => "hunk",
                Tag::Both => "both",
                Tag::First => "first",
                Tag::Second => "second",
                Tag::Remark => "remark",
            },
            sign: line.tag.sign(),
            parts: line.parts,
        });
    Block { name: change.attribute.name, lines: lines.collect() }
}

/// A long value of a fact that is on one side only.
fn whole(name: &'static str, text: &str) -> Block {
    let line = |line: &str| Line { class: "both", sign: "", parts: vec![(false, line.to_owned())] };
    Block { name, lines: visible(text).lines().map(line).collect() }
}
