//! Differences for programs. `docs/check-report.md` is the contract: what changes the meaning of a field, or takes one
//! away, makes [`VERSION`] grow; a new field does not.

use serde::Serialize;

use super::outline::{by_element, objects};
use crate::catalog::{Attribute, Form, Payload, Value};
use crate::commands::check::Check;
use crate::compare::{Change, Difference};
use crate::{Error, Result};

/// The version of the schema.
pub const VERSION: u32 = 1;

#[derive(Serialize)]
struct Report<'a> {
    format: &'static str,
    version: u32,
    pum: &'static str,
    created: String,
    first: &'a str,
    second: &'a str,
    equal: bool,
    summary: Summary,
    differences: Vec<One<'a>>,
    ignored: Vec<Ignored<'a>>,
    idle_rules: Vec<String>,
    expired_rules: Vec<String>,
    not_compared: &'a [String],
}

#[derive(Serialize)]
struct Summary {
    differences: usize,
    objects: usize,
    elements: Vec<ElementCounts>,
    unasked: Vec<Unasked>,
    ignored: usize,
    not_compared: usize,
}

#[derive(Serialize)]
struct ElementCounts {
    element: &'static str,
    differences: usize,
    only_first: usize,
    only_second: usize,
    changed: usize,
}

#[derive(Serialize)]
struct Unasked {
    element: &'static str,
    differences: usize,
}

#[derive(Serialize)]
struct Ignored<'a> {
    reason: &'a str,
    rule: String,
    difference: One<'a>,
}

#[derive(Serialize)]
struct One<'a> {
    identity: String,
    element: &'static str,
    kind: &'static str,
    schema: Option<&'a str>,
    object: String,
    path: String,
    name: &'a str,
    #[serde(flatten)]
    change: ChangeKind<'a>,
}

#[derive(Serialize)]
#[serde(tag = "change", rename_all = "snake_case")]
enum ChangeKind<'a> {
    OnlyFirst { values: Vec<Said<'a>>, contents: Vec<One<'a>> },
    OnlySecond { values: Vec<Said<'a>>, contents: Vec<One<'a>> },
    Changed { attributes: Vec<Both<'a>> },
    Renamed { to: String },
}

/// A value of a fact that is on one side only.
#[derive(Serialize)]
struct Said<'a> {
    attribute: &'static str,
    form: &'static str,
    value: Shown<'a>,
}

/// An attribute that differs.
#[derive(Serialize)]
struct Both<'a> {
    attribute: &'static str,
    form: &'static str,
    first: Option<Shown<'a>>,
    second: Option<Shown<'a>>,
}

/// A text, or the items of a list.
#[derive(Serialize)]
#[serde(untagged)]
enum Shown<'a> {
    Text(&'a str),
    Items(Vec<&'a str>),
}

/// A check as JSON.
pub fn json(check: &Check) -> Result<String> {
    let comparison = &check.comparison;
    let elements = by_element(&comparison.differences).into_iter().map(|(element, counts)| ElementCounts {
        element: element.name(),
        differences: counts.all(),
        only_first: counts.only_first,
        only_second: counts.only_second,
        changed: counts.changed,
    });
    let unasked = comparison.unasked.iter();
    let report = Report {
        format: "pum-check-report",
        version: VERSION,
        pum: env!("CARGO_PKG_VERSION"),
        created: check.created.to_string(),
        first: &check.first,
        second: &check.second,
        equal: check.is_equal(),
        summary: Summary {
            differences: comparison.differences.len(),
            objects: objects(&comparison.differences),
            elements: elements.collect(),
            unasked: unasked
                .map(|&(element, differences)| Unasked { element: element.name(), differences })
                .collect(),
            ignored: comparison.ignored.len(),
            not_compared: comparison.not_compared.len(),
        },
        differences: comparison.differences.iter().map(one).collect(),
        ignored: comparison
            .ignored
            .iter()
            .map(|ignored| Ignored {
                reason: &ignored.reason,
                rule: ignored.rule.place(),
                difference: one(&ignored.difference),
            })
            .collect(),
        idle_rules: comparison.idle.iter().map(|written| written.place()).collect(),
        expired_rules: comparison.expired.iter().map(|written| written.place()).collect(),
        not_compared: &comparison.not_compared,
    };
    let text = serde_json::to_string_pretty(&report)
        .map_err(|cause| Error::failed("the report cannot be written as JSON").caused_by(cause))?;
    Ok(text + "\n")
}

fn one(difference: &Difference) -> One<'_> {
    let identity = &*difference.identity;
    let contents = || difference.contents.iter().map(one).collect();
    let change = match &difference.change {
        Change::OnlyFirst { values } => {
            ChangeKind::OnlyFirst { values: said(identity.kind.attributes(), values), contents: contents() }
        }
        Change::OnlySecond { values } => {
            ChangeKind::OnlySecond { values: said(identity.kind.attributes(), values), contents: contents() }
        }
        Change::Renamed { to } => ChangeKind::Renamed { to: to.to_string() },
        Change::Changed { attributes } => {
            let both = attributes.iter().map(|change| Both {
                attribute: change.attribute.name,
                form: form(change.attribute.form),
                first: shown(change.attribute.form, &change.first),
                second: shown(change.attribute.form, &change.second),
            });
            ChangeKind::Changed { attributes: both.collect() }
        }
    };
    One {
        identity: identity.to_string(),
        element: difference.element().name(),
        kind: identity.kind.word(),
        schema: identity.schema(),
        object: identity.object().to_string(),
        path: identity.path(),
        name: &identity.name,
        change,
    }
}

fn said<'a>(attributes: &[Attribute], values: &'a Payload) -> Vec<Said<'a>> {
    attributes
        .iter()
        .zip(values.iter())
        .filter_map(|(attribute, value)| {
            let value = shown(attribute.form, value)?;
            Some(Said { attribute: attribute.name, form: form(attribute.form), value })
        })
        .collect()
}

fn form(form: Form) -> &'static str {
    match form {
        Form::Word => "word",
        Form::Sql => "sql",
        Form::Text => "text",
        Form::List => "list",
    }
}

fn shown(form: Form, value: &Value) -> Option<Shown<'_>> {
    let value = value.as_deref()?;
    Some(match form {
        Form::List => Shown::Items(value.split('\n').collect()),
        Form::Word | Form::Sql | Form::Text => Shown::Text(value),
    })
}
