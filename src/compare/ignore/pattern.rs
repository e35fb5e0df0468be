//! The patterns of rules: `*`, `?` and `[a-z]`, case-sensitive; what stands in double quotes is taken as it is, with
//! `""` for a quote. In the pattern of a path a dot separates, outside quotes, and what hangs on what is matched part by
//! part: `pipe.material`, `vl_*`, `*.material`, `length(integer)`.

use std::fmt;
use std::str::FromStr;

use glob::{MatchOptions, Pattern};

use crate::catalog::{Identity, Kind};

/// A pattern of one name: of a schema, of a database.
#[derive(Debug, Clone)]
pub struct Glob {
    text: String,
    pattern: Pattern,
}

/// A pattern of a name with what it hangs on, below the schema.
#[derive(Debug, Clone)]
pub struct PathPattern {
    text: String,
    parts: Vec<Part>,
}

/// The pattern of one name of a path, and of the signature behind it; without one, any signature matches.
#[derive(Debug, Clone)]
struct Part {
    name: Pattern,
    /// The only name that matches, if that is so.
    literal: Option<String>,
    signature: Option<Pattern>,
}

impl Glob {
    /// The pattern that matches just this name.
    pub fn exactly(name: &str) -> Glob {
        let pattern = Pattern::new(&Pattern::escape(name)).unwrap_or_default();
        Glob { text: quoted(name), pattern }
    }

    /// Whether it matches a name.
    pub fn matches(&self, name: &str) -> bool {
        is_match(&self.pattern, name)
    }
}

impl PathPattern {
    /// The pattern that matches just the path of this fact.
    pub fn exactly(identity: &Identity) -> PathPattern {
        let parts = path(identity);
        let text: Vec<String> = parts
            .iter()
            .map(|(name, signature)| match signature {
                Some(signature) => format!("{}({})", quoted(name), escaped_signature(signature)),
                None => quoted(name),
            })
            .collect();
        let exact = |name: &str| Pattern::new(&Pattern::escape(name)).unwrap_or_default();
        PathPattern {
            text: text.join("."),
            parts: parts
                .iter()
                .map(|(name, signature)| Part {
                    name: exact(name),
                    literal: Some((*name).to_owned()),
                    signature: signature.map(exact),
                })
                .collect(),
        }
    }

    /// The only name of an object on which what matches can hang, if there is only one.
    pub(super) fn object(&self) -> Option<&str> {
        self.parts.first()?.literal.as_deref()
    }

    /// Whether it matches a path, as [`path`] gives it.
    pub(super) fn matches(&self, path: &[(&str, Option<&str>)]) -> bool {
        self.parts.len() == path.len()
            && self.parts.iter().zip(path).all(|(part, (name, signature))| {
                is_match(&part.name, name)
                    && part
                        .signature
                        .as_ref()
                        .is_none_or(|pattern| signature.is_some_and(|signature| is_match(pattern, signature)))
            })
    }
}

/// The names of a fact and of what it hangs on, the object first, with signatures; what has neither (a comment, a
/// default) is called like what it hangs on. A schema's own path is its name.
pub(super) fn path(identity: &Identity) -> Vec<(&str, Option<&str>)> {
    let mut parts: Vec<(&str, Option<&str>)> = identity
        .chain()
        .map(|fact| (&*fact.name, fact.signature.as_deref()))
        .filter(|(name, signature)| !name.is_empty() || signature.is_some())
        .collect();
    parts.reverse();
    parts
}

/// The kinds of a fact and of what it hangs on, as a rule names them: `comment on column on table`.
pub(super) fn kinds(identity: &Identity) -> Vec<Kind> {
    identity.chain().map(|fact| fact.kind).collect()
}

fn is_match(pattern: &Pattern, name: &str) -> bool {
    let options = MatchOptions {
        case_sensitive: true,
        require_literal_separator: false,
        require_literal_leading_dot: false,
    };
    pattern.matches_with(name, options)
}

/// A name as a pattern that matches nothing else: in quotes where something in it means something.
fn quoted(name: &str) -> String {
    let means_something = |c: char| matches!(c, '.' | '"' | '(' | ')' | '*' | '?' | '[' | ']');
    if name.contains(means_something) || name.trim() != name {
        format!("\"{}\"", name.replace('"', "\"\""))
    } else {
        name.to_owned()
    }
}

/// A signature as a pattern that matches nothing else. `[]` is an array's and means nothing else there; what stands in
/// quotes is taken as it is.
fn escaped_signature(signature: &str) -> String {
    let mut text = String::new();
    let mut in_quotes = false;
    for c in signature.chars() {
        match c {
            '"' => in_quotes = !in_quotes,
            '*' | '?' if !in_quotes => {
                text.extend(['[', c, ']']);
                continue;
            }
            _ => {}
        }
        text.push(c);
    }
    text
}

/// Reads the text of a pattern part by part.
struct Reader<'a> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
}

impl Reader<'_> {
    /// A name, up to one of `ends`, as the text of a glob.
    fn name(&mut self, ends: &[char]) -> Result<String, String> {
        let mut glob = String::new();
        while let Some(c) = self.rest.next_if(|c| !ends.contains(c)) {
            match c {
                '"' => glob.push_str(&Pattern::escape(&self.quoted()?)),
                '(' | ')' if ends.contains(&'(') => return Err(format!("{c:?} belongs in double quotes")),
                // Two of them say no more than one, and glob means something else by it.
                '*' if self.rest.peek() == Some(&'*') => {}
                _ => glob.push(c),
            }
        }
        Ok(glob)
    }

    /// The rest of what is in double quotes, which are open.
    fn quoted(&mut self) -> Result<String, String> {
        let mut name = String::new();
        while let Some(c) = self.rest.next() {
            match c {
                '"' if self.rest.next_if_eq(&'"').is_none() => return Ok(name),
                _ => name.push(c),
            }
        }
        Err("a double quote is not closed".to_owned())
    }

    /// The rest of a signature, whose parenthesis is open, as the text of a glob.
    fn signature(&mut self) -> Result<String, String> {
        let mut glob = String::new();
        let (mut depth, mut in_quotes) = (0, false);
        while let Some(c) = self.rest.next() {
            match c {
                '"' => {
                    in_quotes = !in_quotes;
                    glob.push(c);
                }
                _ if in_quotes => glob.push_str(&Pattern::escape(c.encode_utf8(&mut [0; 4]))),
                '[' if self.rest.next_if_eq(&']').is_some() => glob.push_str("[[][]]"),
                ')' if depth == 0 => return Ok(glob),
                '*' if self.rest.peek() == Some(&'*') => {}
                _ => {
                    depth += i32::from(c == '(') - i32::from(c == ')');
                    glob.push(c);
                }
            }
        }
        Err("a parenthesis is not closed".to_owned())
    }

    /// The name of a part, without quotes, if nothing outside them means anything.
    fn literal(&mut self) -> Option<String> {
        let mut name = String::new();
        while let Some(c) = self.rest.next_if(|c| !matches!(c, '.' | '(')) {
            match c {
                '"' => name.push_str(&self.quoted().ok()?),
                '*' | '?' | '[' => return None,
                _ => name.push(c),
            }
        }
        Some(name)
    }

    fn part(&mut self) -> Result<Part, String> {
        let begin = self.rest.clone();
        let name = self.name(&['.', '('])?;
        let signature = match self.rest.next_if_eq(&'(') {
            Some(_) => Some(self.signature()?),
            None => None,
        };
        if name.is_empty() && signature.is_none() {
            return Err("a name is missing".to_owned());
        }
        let literal = Reader { rest: begin }.literal();
        let signature = signature.as_deref().map(compiled).transpose()?;
        Ok(Part { name: compiled(&name)?, literal, signature })
    }
}

fn compiled(glob: &str) -> Result<Pattern, String> {
    Pattern::new(glob).map_err(|error| error.msg.to_owned())
}

fn wrong(text: &str, why: &str) -> String {
    format!("{text:?} is no pattern: {why}; *, ? and [a-z] are known, other names stand in double quotes")
}

impl FromStr for Glob {
    type Err = String;

    fn from_str(text: &str) -> Result<Glob, String> {
        let mut reader = Reader { rest: text.chars().peekable() };
        let pattern = reader.name(&[]).and_then(|glob| compiled(&glob)).map_err(|why| wrong(text, &why))?;
        Ok(Glob { text: text.to_owned(), pattern })
    }
}

impl FromStr for PathPattern {
    type Err = String;

    fn from_str(text: &str) -> Result<PathPattern, String> {
        let mut reader = Reader { rest: text.chars().peekable() };
        let mut parts = Vec::new();
        loop {
            parts.push(reader.part().map_err(|why| wrong(text, &why))?);
            match reader.rest.next() {
                None => return Ok(PathPattern { text: text.to_owned(), parts }),
                Some('.') => {}
                Some(other) => return Err(wrong(text, &format!("{other:?} stands behind a signature"))),
            }
        }
    }
}

macro_rules! by_text {
    ($($pattern:ident),*) => {$(
        impl PartialEq for $pattern {
            fn eq(&self, other: &Self) -> bool {
                self.text == other.text
            }
        }

        impl fmt::Display for $pattern {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.text)
            }
        }
    )*};
}
by_text!(Glob, PathPattern);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Glob, PathPattern, path};
    use crate::catalog::Identity;

    fn matches(pattern: &str, identity: &str) -> bool {
        let identity: Identity = identity.parse().unwrap();
        pattern.parse::<PathPattern>().unwrap().matches(&path(&identity))
    }

    #[test]
    fn a_path_is_matched_part_by_part() {
        assert!(matches("pipe", "table app.pipe"));
        assert!(matches("vl_*", "table app.vl_material"));
        assert!(!matches("vl_*", "column id on table app.vl_material"));
        assert!(matches("vl_*.id", "column id on table app.vl_material"));
        assert!(matches("*.material", "column material on table app.pipe"));
        assert!(matches("pipe.material", "default on column material on table app.pipe"));
        assert!(!matches("pipe", "table app.Pipe"));
        assert!(matches("Pipe", "table app.\"Pipe\""));
        assert!(matches("p[hi]pe", "table app.pipe") && matches("p**", "table app.pipe"));
        assert!(matches("app", "schema app"));
    }

    #[test]
    fn quotes_take_names_as_they_are() {
        assert!(matches("\"a.b\".c", "column c on table s.\"a.b\""));
        assert!(!matches("a.b.c", "column c on table s.\"a.b\""));
        assert!(matches("\"vl_*\"", "table s.\"vl_*\""));
        assert!(!matches("\"vl_*\"", "table s.vl_x"));
        assert!(matches("\"say \"\"hi\"\"\"", "table s.\"say \"\"hi\"\"\""));
        assert!(matches("\"a.\"*", "table s.\"a.b\""));
    }

    #[test]
    fn functions_are_matched_with_and_without_their_signature() {
        let length = "view app.length(integer[], app.\"T*\")";
        assert!(matches("length", length));
        assert!(matches("length(integer[], app.\"T*\")", length));
        assert!(matches("length(integer[], *)", length));
        assert!(!matches("length(integer)", length));
        assert!(
            matches("count([*])", "view app.count(*)") && !matches("count([*])", "view app.count(integer)")
        );
    }

    #[test]
    fn the_object_is_known_where_nothing_is_a_wildcard() {
        let object = |pattern: &str| pattern.parse::<PathPattern>().unwrap().object().map(str::to_owned);
        assert_eq!(object("pipe.*").as_deref(), Some("pipe"));
        assert_eq!(object("\"a.*\"b(integer)").as_deref(), Some("a.*b"));
        assert_eq!((object("vl_*.id"), object("p[i]pe")), (None, None));
    }

    #[test]
    fn what_is_no_pattern_says_why() {
        for wrong in ["", ".", "a.", "a..b", "\"a", "a[", "a(b", "a(b)c", "a)b"] {
            let error = wrong.parse::<PathPattern>().unwrap_err();
            assert!(error.contains("is no pattern"), "{wrong}: {error}");
        }
        assert!("a.b c".parse::<Glob>().unwrap().matches("a.b c"));
        assert!("[".parse::<Glob>().is_err());
    }

    proptest! {
        #[test]
        fn the_exact_pattern_of_a_path_matches_it_and_is_read_as_it_was_written(
            names in proptest::collection::vec("[a-cA-C.*?\\[\\]\"() é-]{1,6}|\\PC{1,6}", 1..4),
            others in proptest::collection::vec("[a-cA-C.*?\\[\\]\"() é-]{1,3}", 1..4),
            signature in proptest::option::of("[a-c, .*?]{0,8}|integer\\[\\], app\\.\"[a-c.*?\\[\\](]{0,4}\"|\\*"),
        ) {
            let identity = |names: &[String]| {
                names.iter().fold(None, |on: Option<Identity>, name| Some(Identity {
                    schema: on.is_none().then(|| "s".into()),
                    on: on.map(std::sync::Arc::new),
                    name: name.as_str().into(),
                    signature: signature.as_deref().map(Into::into),
                    kind: crate::catalog::Kind::Table,
                })).unwrap()
            };
            let (one, other) = (identity(&names), identity(&others));
            let written = PathPattern::exactly(&one);
            let read: PathPattern = written.to_string().parse().map_err(TestCaseError::fail)?;
            for pattern in [&written, &read] {
                prop_assert!(pattern.matches(&path(&one)), "{}", pattern);
                prop_assert_eq!(pattern.matches(&path(&other)), names == others);
                prop_assert_eq!(pattern.object(), Some(&*names[0]));
            }
            let glob = Glob::exactly(&names[0]);
            let read: Glob = glob.to_string().parse().map_err(TestCaseError::fail)?;
            prop_assert!(glob.matches(&names[0]) && read.matches(&names[0]));
            prop_assert_eq!(read.matches(&others[0]), names[0] == others[0]);
        }
    }
}
