//! Ignore rules as YAML: a list of mappings. The keys are those of `docs/ignore-rules.md`.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Range;
use std::path::Path;
use std::str::FromStr;

use serde::de::{self, Deserialize, Deserializer, SeqAccess, Visitor};
use serde_yaml::Value as Yaml;

use crate::catalog::{Element, Kind};
use crate::compare::ignore::{Glob, PathPattern, Rule, Side, Until, Written, kinds_text, parse_kinds};
use crate::error::{Excerpt, nearest};
use crate::{Error, Result};

/// All keys, in the order in which they are written.
const KEYS: [&str; 9] =
    ["element", "kind", "schema", "name", "attribute", "only", "database", "until", "reason"];

/// The keys of a rule, as they are read.
#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Read {
    element: List<Element>,
    kind: Option<Text<Kinds>>,
    schema: Option<Text<Glob>>,
    name: Option<Text<PathPattern>>,
    attribute: List<String>,
    only: Option<Text<Side>>,
    database: Option<Text<Glob>>,
    until: Option<Text<Until>>,
    reason: Option<String>,
}

impl From<Read> for Rule {
    fn from(read: Read) -> Rule {
        Rule {
            elements: read.element.0,
            kinds: read.kind.map(|kinds| kinds.0.0).unwrap_or_default(),
            schema: read.schema.map(|text| text.0),
            name: read.name.map(|text| text.0),
            attributes: read.attribute.0,
            only: read.only.map(|text| text.0),
            database: read.database.map(|text| text.0),
            until: read.until.map(|text| text.0),
            reason: read.reason,
        }
    }
}

/// Rules as the text of a file: each an item of a list that is indented by so many blanks, each key in one line.
pub fn text_of(rules: &[Rule], indent: usize) -> String {
    let indent = " ".repeat(indent);
    let mut text = String::new();
    for rule in rules {
        let mut dash = "-";
        for (key, value) in KEYS.iter().zip(values(rule)) {
            if let Some(value) = value {
                text.push_str(&format!("{indent}{dash} {key}: {value}\n"));
                dash = " ";
            }
        }
    }
    text
}

/// What is written behind each of the keys, in their order.
fn values(rule: &Rule) -> [Option<String>; KEYS.len()] {
    fn text<T: fmt::Display>(value: Option<&T>) -> Option<String> {
        value.map(|value| scalar(&value.to_string()))
    }
    let elements = rule.elements.iter().map(|element| element.name());
    let kinds = (!rule.kinds.is_empty()).then(|| kinds_text(&rule.kinds));
    [
        one_or_many(elements),
        text(kinds.as_ref()),
        text(rule.schema.as_ref()),
        text(rule.name.as_ref()),
        one_or_many(rule.attributes.iter().map(String::as_str)),
        rule.only.map(|side| side.word().to_owned()),
        text(rule.database.as_ref()),
        text(rule.until.as_ref()),
        text(rule.reason.as_ref()),
    ]
}

fn one_or_many<'a>(values: impl Iterator<Item = &'a str>) -> Option<String> {
    let is_plain = |value: &str| value.chars().all(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    let values: Vec<&str> = values.collect();
    match *values.as_slice() {
        [] => None,
        [one] => Some(scalar(one)),
        _ => {
            let items =
                values.iter().map(|value| if is_plain(value) { scalar(value) } else { quoted(value) });
            Some(format!("[{}]", items.collect::<Vec<_>>().join(", ")))
        }
    }
}

/// A text as YAML in one line: as plain as possible.
fn scalar(text: &str) -> String {
    let is_harmless = |c: char| c == ' ' || c.is_ascii_graphic() || c.is_alphanumeric();
    match serde_yaml::to_string(text) {
        Ok(yaml) if text.chars().all(is_harmless) => yaml.trim_end_matches('\n').to_owned(),
        _ => quoted(text),
    }
}

/// A text in double quotes, with everything escaped that could be taken for something else.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            ' '..='~' => quoted.push(c),
            _ if c.is_alphanumeric() => quoted.push(c),
            _ => quoted.push_str(&format!("\\U{:08x}", u32::from(c))),
        }
    }
    quoted.push('"');
    quoted
}

/// Reads the text of a file.
///
/// # Errors
/// As [`super::Ignores::load`].
pub(super) fn parse(file: &Path, text: &str) -> Result<Vec<Written>> {
    let at = |range: Range<usize>, label: String| Excerpt {
        path: file.to_owned(),
        text: text.to_owned(),
        range,
        label,
    };
    let malformed = |cause: serde_yaml::Error| {
        let start = cause.location().map_or(0, |place| place.index().min(text.len()));
        Error::usage(format!("the ignore rules in {} are not understood", file.display()))
            .at(at(start..start, cause.to_string()))
            .hint("docs/ignore-rules.md says how they are written")
    };
    let items = match serde_yaml::from_str(text).map_err(malformed)? {
        Yaml::Null => return Ok(Vec::new()),
        Yaml::Sequence(items) => items,
        _ => {
            return Err(Error::usage(format!("a list of rules is expected in {}", file.display()))
                .at(at(0..0, "each begins with a dash: - element: views".to_owned())));
        }
    };
    let places = places(text, items.len());
    let range = |index: usize| places.as_ref().map_or(0..text.len(), |places| places[index].clone());
    for (index, item) in items.iter().enumerate() {
        let Yaml::Mapping(mapping) = item else {
            let start = range(index).start;
            return Err(Error::usage(format!(
                "a rule in {} has no keys: {} are known",
                file.display(),
                KEYS.join(", ")
            ))
            .at(at(start..start, String::new())));
        };
        for key in mapping.keys() {
            let name = key.as_str().unwrap_or_default();
            if !KEYS.contains(&name) {
                let meant = nearest(name, KEYS.into_iter());
                let label = meant.map_or_else(String::new, |known| format!("did you mean {known:?}?"));
                let start = super::super::find_key(&text[range(index)], name, None);
                let start = range(index).start + start.unwrap_or(0);
                return Err(Error::usage(format!("unknown key {name:?} of a rule in {}", file.display()))
                    .at(at(start..start + name.len(), label))
                    .hint(format!("the keys are {}", KEYS.join(", "))));
            }
        }
    }
    let read: Vec<Read> = serde_yaml::from_str(text).map_err(malformed)?;
    let (mut line, mut counted) = (1, 0);
    read.into_iter()
        .enumerate()
        .map(|(index, read)| {
            let start = range(index).start;
            let rule = Rule::from(read);
            if !rule.is_about_something() {
                return Err(Error::usage(format!(
                    "a rule in {} does not say what it ignores",
                    file.display()
                ))
                .at(at(start..start, "it would ignore everything".to_owned()))
                .hint(
                    "name an element, a kind, a schema, a name, an attribute, or in which source it is only",
                ));
            }
            line += text[counted..start].matches('\n').count();
            counted = start;
            Ok(Written { rule, file: file.to_owned(), line })
        })
        .collect()
}

/// Where the items of a list begin and end, in bytes of its text, if they stand there one below the other: each with
/// its last line, and without the blank lines and comments behind it.
pub(super) fn places(text: &str, number: usize) -> Option<Vec<Range<usize>>> {
    let mut starts = Vec::new();
    let mut ends: Vec<usize> = Vec::new();
    let mut indent = None;
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let content = line.trim_start_matches('\u{feff}').trim_start_matches(' ');
        let own_indent = line.len() - content.len();
        let is_item = content.starts_with("- ") || content.trim_end() == "-";
        if is_item && indent.is_none_or(|indent| indent == own_indent) {
            indent = Some(own_indent);
            starts.push(offset);
            ends.push(offset + line.len());
        } else if let Some(end) = ends.last_mut()
            && !(content.trim().is_empty() || content.starts_with('#'))
        {
            *end = offset + line.len();
        }
        offset += line.len();
    }
    (starts.len() == number).then(|| starts.into_iter().zip(ends).map(|(start, end)| start..end).collect())
}

/// The kinds of a rule.
struct Kinds(Vec<Kind>);

impl FromStr for Kinds {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Kinds, String> {
        parse_kinds(text).map(Kinds)
    }
}

/// A value that is written as a text.
struct Text<T>(T);

impl<'de, T: FromStr<Err: fmt::Display>> Deserialize<'de> for Text<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct One<T>(PhantomData<T>);

        // An error of the visitor has the place of the value; one that comes later has the rule's.
        impl<T: FromStr<Err: fmt::Display>> Visitor<'_> for One<T> {
            type Value = Text<T>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a text")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> std::result::Result<Text<T>, E> {
                text.parse().map(Text).map_err(E::custom)
            }
        }

        deserializer.deserialize_str(One(PhantomData))
    }
}

/// One text, or a list of them.
struct List<T>(Vec<T>);

impl<T> Default for List<T> {
    fn default() -> Self {
        List(Vec::new())
    }
}

impl<'de, T: FromStr<Err: fmt::Display>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct OneOrMany<T>(PhantomData<T>);

        impl<'de, T: FromStr<Err: fmt::Display>> Visitor<'de> for OneOrMany<T> {
            type Value = List<T>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a text or a list of texts")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> std::result::Result<List<T>, E> {
                text.parse().map(|one| List(vec![one])).map_err(E::custom)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> std::result::Result<List<T>, A::Error> {
                let mut list = Vec::new();
                while let Some(Text(item)) = items.next_element::<Text<T>>()? {
                    list.push(item);
                }
                Ok(List(list))
            }
        }

        deserializer.deserialize_any(OneOrMany(PhantomData))
    }
}
