//! Variables by the rules of psycopg2, which Python pum sent its files through: `%(NAME)s` is a value, `%%` is `%`, any
//! other `%` is an error, everywhere in the text, strings and comments included.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::places::PlaceMap;
use super::source::Source;
use serde::{Deserialize, Serialize};

use super::{nearest, quote_literal};
use crate::error::{Error, Result};

/// A typed value; in YAML and JSON, a number or a string.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged, expecting = "a variable is a number or a text")]
pub enum Value {
    /// A whole number.
    Int(i64),
    /// A floating point number.
    Float(f64),
    /// Anything else.
    Text(String),
}

impl Value {
    /// The value that `-v TYPE NAME TEXT` means: TYPE is `int`, `float`, or anything else for text. Fails (usage) on a
    /// number that is none.
    pub fn parse(kind: &str, text: &str) -> Result<Self> {
        let wrong = |what| Error::usage(format!("{text:?} is not {what}"));
        match kind {
            "int" => text.trim().parse().map(Value::Int).map_err(|_| wrong("a whole number of 64 bits")),
            "float" => text.trim().parse().map(Value::Float).map_err(|_| wrong("a number")),
            _ => Ok(Value::Text(text.to_owned())),
        }
    }

    /// The value as psycopg2 writes it into SQL. Negative numbers have a space before them, so that `1-%(X)s` does not
    /// become a comment.
    fn sql(&self) -> String {
        match self {
            Value::Int(number) if *number < 0 => format!(" {number}"),
            Value::Int(number) => number.to_string(),
            Value::Float(number) if number.is_nan() => "'NaN'::float".to_owned(),
            Value::Float(number) if number.is_infinite() => {
                format!("'{}Infinity'::float", if *number < 0.0 { "-" } else { "" })
            }
            Value::Float(number) if number.is_sign_negative() => format!(" {}", python_float(*number)),
            Value::Float(number) => python_float(*number),
            // Plain also with a backslash in it: psycopg2 writes E'' only where backslashes escape by default.
            Value::Text(text) => quote_literal(text),
        }
    }
}

/// A finite number as Python's `repr` writes it: the shortest digits, an exponent below 1e-4 and from 1e16 on.
fn python_float(number: f64) -> String {
    let scientific = format!("{number:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if (-4..16).contains(&exponent) {
        format!("{number:?}")
    } else {
        format!("{digits}e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs())
    }
}

/// Where a variable was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// By `-v`: every file is read by psycopg2's rules.
    CommandLine,
    /// In pum.yaml: only files that name one of these are.
    Configuration,
}

/// The variables of a run, by name.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Variables {
    values: BTreeMap<String, (Value, Origin)>,
    psql: BTreeMap<String, String>,
}

impl Variables {
    /// Adds a variable; one of the command line replaces that of the configuration, in whatever order they come.
    pub fn insert(&mut self, name: impl Into<String>, value: Value, origin: Origin) {
        let name = name.into();
        let given = self.values.get(&name).map(|(_, origin)| *origin);
        if origin == Origin::CommandLine || given != Some(Origin::CommandLine) {
            self.values.insert(name, (value, origin));
        }
    }

    /// Adds a variable that psql itself would set, such as `DBNAME`, `USER`, `HOST`, `PORT`, for `:NAME`.
    pub fn insert_psql(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.psql.insert(name.into(), value.into());
    }

    /// What [`Variables::insert_psql`] was given.
    pub(super) fn psql(&self) -> &BTreeMap<String, String> {
        &self.psql
    }

    /// Names, values and where they were given, in the order of the names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value, Origin)> {
        self.values.iter().map(|(name, (value, origin))| (name.as_str(), value, *origin))
    }

    /// The names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(String::as_str)
    }

    /// Whether psycopg2's rules hold for this text.
    fn apply_to(&self, text: &str) -> bool {
        self.values.values().any(|(_, origin)| *origin == Origin::CommandLine)
            || references(text).any(|name| self.values.contains_key(name))
    }
}

/// What stands between `%(` and `)s` in a text.
fn references(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices("%(").filter_map(|(at, opening)| {
        let rest = &text[at + opening.len()..];
        let end = rest.find([')', '%'])?;
        rest[end..].starts_with(")s").then(|| &rest[..end])
    })
}

/// A text with its variables put in.
pub(super) struct Substituted<'s> {
    pub text: Cow<'s, str>,
    pub map: PlaceMap,
    pub used: BTreeSet<String>,
}

/// Puts the variables into a file, if psycopg2's rules hold for it; else the text is as it was.
pub(super) fn substitute<'s>(source: &'s Source, variables: &Variables) -> Result<Substituted<'s>> {
    let original = source.text.as_str();
    let mut map = PlaceMap::identity();
    let mut used = BTreeSet::new();
    if !variables.apply_to(original) {
        return Ok(Substituted { text: Cow::Borrowed(original), map, used });
    }
    let mut text = String::with_capacity(original.len());
    let mut copied = 0;
    while let Some(at) = original[copied..].find('%').map(|found| copied + found) {
        text.push_str(&original[copied..at]);
        let (end, value) = placeholder(source, variables, at)?;
        map.push_replaced(text.len(), at..end);
        match value {
            Some((name, value)) => {
                text.push_str(&value.sql());
                used.insert(name.to_owned());
            }
            None => text.push('%'),
        }
        map.push_verbatim(text.len(), end);
        copied = end;
    }
    text.push_str(&original[copied..]);
    Ok(Substituted { text: Cow::Owned(text), map, used })
}

/// What the `%` at this place means, and where it ends: a value, or a per cent sign.
fn placeholder<'s, 'v>(
    source: &'s Source,
    variables: &'v Variables,
    at: usize,
) -> Result<(usize, Option<(&'s str, &'v Value)>)> {
    let wrong = |range: Range<usize>, message: String, label: &str| {
        Err(Error::usage(message).at(source.excerpt(range, label)))
    };
    let rest = &source.text[at + 1..];
    if rest.starts_with('%') {
        return Ok((at + 2, None));
    }
    let Some(name) = rest.strip_prefix('(') else {
        return wrong(at..at + 1, "a single % is not allowed where variables are in use".to_owned(), "")
            .map_err(|error| error.hint("write %% for a per cent sign, %(NAME)s for a variable"));
    };
    let Some(length) = name.find([')', '%']).filter(|end| name[*end..].starts_with(')')) else {
        return wrong(at..at + 2, "a variable that is not closed".to_owned(), "begins here")
            .map_err(|error| error.hint("write %(NAME)s, and %% for a per cent sign"));
    };
    let (name, after) = (&name[..length], &name[length + 1..]);
    let end = at + 2 + length + 1;
    if !after.starts_with('s') {
        return wrong(at..end, format!("the variable {name} lacks the s at its end"), "")
            .map_err(|error| error.hint(format!("write %({name})s")));
    }
    match variables.values.get(name) {
        Some((value, _)) => Ok((end + 1, Some((name, value)))),
        None => wrong(at..end + 1, format!("the variable {name} is not given"), "").map_err(|error| {
            error.hint(match nearest(name, variables.names()) {
                Some(near) => format!("did you mean {near}?"),
                None => format!("give it: -v TYPE {name} VALUE"),
            })
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::{Origin, Value, Variables, substitute};
    use crate::sql::Source;

    fn variables(origin: Origin) -> Variables {
        let mut variables = Variables::default();
        variables.insert("SRID", Value::Int(2056), origin);
        variables.insert("name", Value::Text("l'eau \\".to_owned()), origin);
        variables
    }

    fn put_in(text: &str, origin: Origin) -> Result<String, String> {
        let source = Source::decode("d.sql", text.as_bytes().to_vec()).unwrap();
        match substitute(&source, &variables(origin)) {
            Ok(substituted) => Ok(substituted.text.into_owned()),
            Err(error) => Err(format!(
                "{} {error}; {}",
                error.excerpt.as_ref().unwrap().place(),
                error.hints.join("; ")
            )),
        }
    }

    #[test]
    fn values_are_written_as_psycopg2_writes_them() {
        let cases = [
            (Value::Int(2056), "2056"),
            (Value::Int(-3), " -3"),
            (Value::Float(1.0), "1.0"),
            (Value::Float(-0.5), " -0.5"),
            (Value::Float(1e16), "1e+16"),
            (Value::Float(1.25e-7), "1.25e-07"),
            (Value::Float(0.0001), "0.0001"),
            (Value::Float(123_456_789_012_345.0), "123456789012345.0"),
            (Value::Float(f64::NAN), "'NaN'::float"),
            (Value::Float(f64::NEG_INFINITY), "'-Infinity'::float"),
            (Value::Text("l'eau".to_owned()), "'l''eau'"),
            (Value::Text("a\\b".to_owned()), "'a\\b'"),
        ];
        for (value, sql) in cases {
            assert_eq!(value.sql(), sql);
        }
    }

    #[test]
    fn numbers_are_checked() {
        assert_eq!(Value::parse("int", " 7 ").unwrap(), Value::Int(7));
        assert_eq!(Value::parse("float", "7").unwrap(), Value::Float(7.0));
        assert_eq!(Value::parse("str", "7").unwrap(), Value::Text("7".to_owned()));
        assert_eq!(
            Value::parse("int", "7.5").unwrap_err().to_string(),
            "\"7.5\" is not a whole number of 64 bits"
        );
    }

    #[test]
    fn variables_are_put_in_everywhere() {
        let sql = put_in("-- %(SRID)s\nselect 'x %(SRID)s 100%%', %(name)s", Origin::CommandLine);
        assert_eq!(sql.unwrap(), "-- 2056\nselect 'x 2056 100%', 'l''eau \\'");
    }

    #[test]
    fn a_wrong_per_cent_sign_is_named_with_its_place() {
        let wrong = |text| put_in(text, Origin::CommandLine).unwrap_err();
        assert!(wrong("a\n'50%'").starts_with("d.sql:2:4 a single %"), "{}", wrong("a\n'50%'"));
        assert!(wrong("%(SRID").starts_with("d.sql:1:1 a variable that is not closed"));
        assert!(wrong("%(SRID)d").contains("write %(SRID)s"));
        assert!(
            wrong("é %(srid)s").starts_with("d.sql:1:3 the variable srid is not given; did you mean SRID?")
        );
    }

    #[test]
    fn configured_variables_touch_only_files_that_name_one() {
        for text in ["like '%a%%'", "%(other)s %", "%(SRID)"] {
            assert_eq!(put_in(text, Origin::Configuration).as_deref(), Ok(text));
        }
        assert_eq!(put_in("%(SRID)s %%", Origin::Configuration).unwrap(), "2056 %");
        assert!(put_in("%(SRID)s %", Origin::Configuration).is_err());
    }

    #[test]
    fn the_command_line_wins() {
        for origins in
            [[Origin::CommandLine, Origin::Configuration], [Origin::Configuration, Origin::CommandLine]]
        {
            let mut variables = Variables::default();
            for origin in origins {
                variables.insert("X", Value::Int(i64::from(origin == Origin::CommandLine)), origin);
            }
            let given: Vec<_> = variables.iter().collect();
            assert_eq!(given, [("X", &Value::Int(1), Origin::CommandLine)]);
        }
    }
}
