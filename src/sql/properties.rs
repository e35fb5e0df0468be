//! What holds for any text, tried with texts that are made of what matters to the scanner.

use proptest::prelude::*;

use super::scanner::{Scanner, Token};
use super::{Origin, Script, Source, Value, Variables, prepare};

const FRAGMENTS: [&str; 72] = [
    ";",
    ";",
    ";\n",
    "\n",
    "\r\n",
    " ",
    "\t",
    "select 1",
    "a",
    "é",
    "\u{a0}",
    "𝒳",
    "$1",
    "$",
    "$$",
    "$x$",
    "$é$",
    "$$a;b$$",
    "'",
    "''",
    "'a;b'",
    "E'a\\'b;'",
    "e'",
    "U&'x;'",
    "u&\"y;\"",
    "N'z'",
    "\"",
    "\"a;\"\"b\"",
    "--",
    "-- c; '\n",
    "/*",
    "*/",
    "/* /* ; */ */",
    "(",
    ")",
    "create function f()",
    " begin atomic ",
    " case ",
    " end ",
    "begin;",
    "commit;",
    "rollback to x;",
    "vacuum;",
    "::",
    ":",
    ":v",
    ":'v'",
    ":\"v\"",
    ":{?v}",
    "a[1:n]",
    "\\",
    "\\\\",
    "\\;",
    "\\:",
    "\n\\set v 'é;' b\n",
    "\n\\set v :v:v\n",
    "\\echo :v 'x'\n",
    "\\unset v\n",
    "\\i x\n",
    "copy t from stdin;\n",
    "copy t to stdout;",
    "\\.\n",
    "1\t2\n",
    "1e5",
    "0x1f",
    "%",
    "%%",
    "%(X)s",
    "%(é)s",
    "%(",
    "-- pum: no-transaction\n",
    "\n-- pum: x\n",
];

/// Texts of fragments, all of them or those that are plain SQL.
fn texts(plain: bool) -> impl Strategy<Value = String> {
    let special = ['\\', ':', '%'];
    let wanted = FRAGMENTS.into_iter().filter(|fragment| {
        !plain || !(fragment.contains(special) || fragment.contains("stdin") || fragment.contains("pum:"))
    });
    let fragments: Vec<_> = wanted.collect();
    proptest::collection::vec(proptest::sample::select(fragments), 0..24).prop_map(|parts| parts.concat())
}

fn variables() -> impl Strategy<Value = Variables> {
    proptest::option::of(proptest::bool::ANY).prop_map(|given| {
        let mut variables = Variables::default();
        if let Some(command_line) = given {
            let origin = if command_line { Origin::CommandLine } else { Origin::Configuration };
            variables.insert("X", Value::Int(-2056), origin);
            variables.insert("é", Value::Text("l'é;".to_owned()), origin);
        }
        variables
    })
}

fn source(text: &str) -> Source {
    Source::decode("d.sql", text.as_bytes().to_vec()).unwrap()
}

/// Whether a text has nothing in it but white space, comments and semicolons.
fn is_empty(text: &str) -> bool {
    let mut scanner = Scanner::new(text);
    std::iter::from_fn(|| scanner.next().expect("what is between statements can be read"))
        .all(|(token, _)| token.is_trivia() || token == Token::Semicolon)
}

/// The ranges of the statements and of what was taken out, in the order of the file.
fn ranges(script: &Script) -> Vec<std::ops::Range<usize>> {
    let mut ranges: Vec<_> = script.statements().map(super::Statement::range).collect();
    ranges.extend(script.dropped.iter().cloned());
    ranges.sort_by_key(|range| range.start);
    ranges
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn tokens_cover_the_text(text in texts(false)) {
        let mut scanner = Scanner::new(&text);
        let mut end = 0;
        while let Ok(Some((_, range))) = scanner.next() {
            prop_assert_eq!(range.start, end);
            prop_assert!(text.is_char_boundary(range.end) && range.end > range.start);
            end = range.end;
        }
    }

    #[test]
    fn splitting_and_joining_gives_the_file(text in texts(true)) {
        let source = source(&text);
        let Ok(script) = prepare(&source, &Variables::default()) else { return Ok(()) };
        let mut joined = String::new();
        for range in ranges(&script) {
            let between = &source.text[joined.len()..range.start];
            prop_assert!(is_empty(between), "{between:?}");
            joined.push_str(between);
            joined.push_str(&source.text[range]);
        }
        let rest = &source.text[joined.len()..];
        prop_assert!(is_empty(rest), "{rest:?}");
        prop_assert_eq!(joined + rest, source.text);
    }

    #[test]
    fn plain_sql_is_sent_as_it_is(text in texts(true)) {
        let source = source(&text);
        let Ok(script) = prepare(&source, &Variables::default()) else { return Ok(()) };
        for statement in script.statements() {
            prop_assert_eq!(statement.sql(), &source.text[statement.range()]);
        }
    }

    #[test]
    fn every_position_lies_in_its_statement(text in texts(false), variables in variables()) {
        let source = source(&text);
        match prepare(&source, &variables) {
            Ok(script) => {
                for statement in script.statements() {
                    let range = statement.range();
                    prop_assert!(source.text.get(range.clone()).is_some_and(|text| !text.is_empty()));
                    for position in 0..statement.sql().chars().count() + 3 {
                        let at = statement.locate(position);
                        prop_assert!(range.start <= at && at <= range.end && source.text.is_char_boundary(at));
                    }
                    prop_assert!(statement.first_words(10).chars().count() <= 10);
                }
            }
            Err(error) => {
                let excerpt = error.excerpt.expect("a place");
                prop_assert!(source.text.get(excerpt.range).is_some());
            }
        }
    }

    #[test]
    fn arbitrary_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(source) = Source::decode("d.sql", bytes) {
            let _ = prepare(&source, &Variables::default());
        }
    }
}
