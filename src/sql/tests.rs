//! The room as a whole: files in, statements with places out.

use std::fmt::Write as _;

use super::{Kind, Output, Script, Source, Step, Value, Variables, prepare};
use crate::error::Error;

fn source(text: &str) -> Source {
    Source::decode("d.sql", text.as_bytes().to_vec()).unwrap()
}

fn script(text: &str) -> Script {
    prepare(&source(text), &Variables::default()).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn statements(text: &str) -> Vec<String> {
    script(text).statements().map(|statement| statement.sql().to_owned()).collect()
}

/// `line:column message` of the error.
fn refused(text: &str) -> String {
    let error: Error = prepare(&source(text), &Variables::default()).expect_err(text);
    assert_eq!(error.kind, crate::error::Kind::Usage);
    let (line, column) = error.excerpt.as_ref().expect("a place").line_column();
    format!("{line}:{column} {error}")
}

mod splitting {
    use super::{refused, script, statements};

    #[test]
    fn semicolons_split_outside_of_everything() {
        let whole = [
            "select 'a;''b;\\'",
            "select E'a;\\';'';b'",
            "select E'a'\n -- ;'\n '\\';'",
            "select U&'\\0061;' || N';' || B';' || X';'",
            "select \"a;\"\"b;\", U&\"c;\"",
            "do $$ begin a; end $$",
            "do $x$ a; $$ b; $$ $y$ ; $x$",
            "select a$b$c, $1, 1",
            "create rule r as on insert to t do also (insert into a values (1); insert into b values (2);)",
            "create function f() returns int begin atomic select 1; select case when true then 2 end; end",
            "create or replace procedure p(a int, b text) begin /* x */ atomic; insert into t values (1); end",
            "select /* a; /* b; */ c; */ 1 -- d;\n + 2",
            "select é, 'ü;', $ö$;$ö$",
            "select a[1:n], b::text, c := 1, x?:y",
        ];
        for statement in whole {
            assert_eq!(statements(&format!("{statement};\nselect 2")), [statement, "select 2"]);
        }
    }

    #[test]
    fn a_function_named_begin_and_a_case_outside_of_bodies_split_as_usual() {
        let text =
            "create function begin() returns int as 'select 1'; select case when a then b end; select 3";
        assert_eq!(statements(text).len(), 3);
    }

    #[test]
    fn comments_and_white_space_give_no_statement() {
        for text in ["", "  \r\n", "-- a;", "/* a; */ ; ;; -- b\n;", "\u{feff}"] {
            assert_eq!(statements(text), Vec::<String>::new(), "{text:?}");
        }
        assert_eq!(
            statements("-- a\r\nselect 1 -- b\r\n;\r\n/* c */ select 2 -- d"),
            ["select 1", "select 2"]
        );
    }

    #[test]
    fn what_does_not_end_is_named_where_it_began() {
        for (text, expected) in [
            ("select 1;\nselect 'a; -- b\nc", "2:8 unterminated string"),
            ("select E'a\\'", "1:8 unterminated string"),
            ("é $x$ a $y$", "1:3 unterminated dollar-quoted string"),
            ("\n\n/* a /* b */", "3:1 unterminated comment"),
            ("select \"a", "1:8 unterminated quoted name"),
        ] {
            assert_eq!(refused(text), expected, "{text}");
        }
    }

    #[test]
    fn the_first_words_fit_on_a_line() {
        let first = |width| {
            script("create -- a\n  table /* b */ é (\n\tid int)")
                .statements()
                .next()
                .unwrap()
                .first_words(width)
        };
        assert_eq!(first(80), "create table é ( id int)");
        assert_eq!(first(24), "create table é ( id int)");
        assert_eq!(first(14), "create table …");
        assert_eq!(
            script("do $$\n\n  begin\n$$").statements().next().unwrap().first_words(80),
            "do $$ begin $$"
        );
    }
}

mod places {
    use super::{Value, Variables, prepare, script, source};
    use crate::sql::Origin;

    #[test]
    fn positions_of_the_server_lead_to_the_file() {
        let text = "-- é\nselect 'é', x;";
        let script = script(text);
        let statement = script.statements().next().unwrap();
        assert_eq!(&text[statement.range()], "select 'é', x");
        assert_eq!(&text[statement.locate(13)..], "x;");
        assert_eq!(&text[statement.locate(99)..], ";");
        assert_eq!(statement.locate(0), statement.range().start);
    }

    #[test]
    fn also_with_variables_of_both_kinds_before_them() {
        let text = "\\set t 'a long name'\nselect %(X)s, :'t', %(X)s, y";
        let mut variables = Variables::default();
        variables.insert("X", Value::Int(123_456_789), Origin::CommandLine);
        let source = source(text);
        let script = prepare(&source, &variables).unwrap();
        let statement = script.statements().next().unwrap();
        assert_eq!(statement.sql(), "select 123456789, 'a long name', 123456789, y");
        for (word, place) in
            [("y", "y"), ("long", ":'t', %(X)s, y"), ("789, y", "%(X)s, y"), ("select", &text[21..])]
        {
            let position = statement.sql().find(word).unwrap() + 1;
            assert_eq!(&text[statement.locate(position)..], place, "{word}");
        }
        assert_eq!(&text[statement.range()], &text[21..]);
        assert_eq!(script.used_variables.into_iter().collect::<Vec<_>>(), ["X"]);
    }
}

mod psql {
    use super::{Output, Step, refused, script, statements};

    #[test]
    fn variables_are_put_in_outside_of_quotes() {
        let text = "\\set s app\n\\set l 'it''s'\n\\set two 'select 1; select 2'\n\\set n ':s.x'\n\
            create table :s.t (a int); select :'l', ':s', \":s\", $$:s$$, /* :s */ a::s, :\"s\", :{?s}, :{?x}, b[1:y], :'y';\n\
            :two, :n";
        assert_eq!(
            statements(text),
            [
                "create table app.t (a int)",
                "select 'it''s', ':s', \":s\", $$:s$$, /* :s */ a::s, \"app\", TRUE, FALSE, b[1:y], :'y'",
                "select 1",
                "select 2, app.x",
            ]
        );
    }

    #[test]
    fn a_value_that_cannot_be_read_alone_is_refused() {
        assert_eq!(
            refused("\\set q ''''\nselect :q"),
            "2:8 the value of this variable has a string that does not end: '"
        );
        assert!(
            refused("\\set q '\\\\i x'\n:q").starts_with("2:1 the value of this variable has a psql command")
        );
        assert_eq!(statements("\\set r ':r'\nselect :r"), ["select :r"]);
    }

    #[test]
    fn lines_are_shown_in_their_order() {
        let script = script(
            "\\echo 'a  b' c\nselect 1; \\warn d\n\\restrict x1\nselect\\qecho e\n2;\n\\unrestrict x1\n",
        );
        let steps: Vec<_> = script
            .steps
            .iter()
            .map(|step| match step {
                Step::Statement(statement) => statement.sql().to_owned(),
                Step::Echo { text, output: Output::Stdout, .. } => format!("> {text}"),
                Step::Echo { text, output: Output::Stderr, .. } => format!("2> {text}"),
                Step::Copy { .. } => unreachable!(),
            })
            .collect();
        assert_eq!(steps, ["> a  b c", "select 1", "2> d", "> e", "select\n2"]);
    }

    #[test]
    fn escaped_semicolons_and_colons() {
        assert_eq!(statements("\\set a 1\nselect 1\\; select \\:a"), ["select 1", "select :a"]);
        assert!(refused("-- pum: no-transaction\nselect 1\\; select 2").starts_with("2:9 \\; joins"));
    }

    #[test]
    fn other_commands_are_refused_before_anything_runs() {
        assert_eq!(
            refused("select 1;\n  \\i other.sql"),
            "2:3 the psql command \\i does not work in a delta"
        );
        assert_eq!(refused("select 1 \\gexec"), "1:10 the psql command \\gexec does not work in a delta");
        assert_eq!(
            statements("select '\\i', $$\\i$$, \"\\i\" -- \\i\n/* \\i */"),
            ["select '\\i', $$\\i$$, \"\\i\""]
        );
        assert_eq!(refused("select :DBNAME"), "1:8 the variable DBNAME is set by psql only");
    }
}

mod copy {
    use super::{Step, refused, script};

    #[test]
    fn data_is_cut_out() {
        let text = "select 1; COPY t (a) FROM stdin; -- x\r\n1;'\r\n\\N\r\n\\.\r\nselect 2;\ncopy t from stdin;\n3\n";
        let steps = script(text).steps;
        assert_eq!(steps.len(), 4);
        let Step::Copy { statement, data, data_range } = &steps[1] else { panic!("{steps:?}") };
        assert_eq!((statement.sql(), data.as_str()), ("COPY t (a) FROM stdin", "1;'\r\n\\N\r\n"));
        assert_eq!(&text[data_range.clone()], data);
        let Step::Statement(statement) = &steps[2] else { panic!("{steps:?}") };
        assert_eq!((statement.sql(), &text[statement.range()]), ("select 2", "select 2"));
        let Step::Copy { data, .. } = &steps[3] else { panic!("{steps:?}") };
        assert_eq!(data, "3\n");
    }

    #[test]
    fn what_has_no_place_for_its_rows_is_refused() {
        assert_eq!(refused("\ncopy t to stdout"), "2:1 COPY … TO stdout does not work in a delta");
        assert!(refused("copy t from stdin; select 1;\n\\.\n").starts_with("1:19 something follows"));
        assert!(refused("\\.\n").starts_with("1:1 the psql command \\. does not work"));
    }
}

mod transactions {
    use super::{Kind, refused, script, statements};

    #[test]
    fn begin_and_commit_are_taken_out() {
        for text in [
            "begin; a; commit;",
            "BEGIN WORK; a; END TRANSACTION",
            "start transaction; a; commit and no chain",
        ] {
            let script = script(text);
            assert_eq!(script.statements().map(|s| s.sql().to_owned()).collect::<Vec<_>>(), ["a"]);
            assert_eq!(script.dropped.len(), 2, "{text}");
        }
        assert_eq!(statements("begin; a; commit; b; begin; c; savepoint x; rollback to x; end;").len(), 5);
    }

    #[test]
    fn the_modes_of_the_first_begin_are_kept() {
        let script = script("begin isolation level serializable, read write; a; commit");
        assert_eq!(script.transaction_modes.as_deref(), Some("ISOLATION LEVEL SERIALIZABLE , READ WRITE"));
        assert!(
            refused("a; begin isolation level serializable; commit").starts_with("1:4 transaction modes")
        );
        assert!(refused("begin read only; commit").starts_with("1:1 a READ ONLY"));
    }

    #[test]
    fn what_cannot_be_honoured_is_refused_with_its_place() {
        for (text, expected) in [
            ("a;\nbegin; b", "2:1 BEGIN without a COMMIT"),
            ("a; commit", "1:4 COMMIT without a BEGIN"),
            ("begin; a; rollback", "1:11 ROLLBACK does not work in a delta"),
            ("abort", "1:1 ROLLBACK does not work in a delta"),
            ("begin; commit and chain; commit", "1:8 COMMIT AND CHAIN does not work"),
            ("prepare transaction 'x'", "1:1 PREPARE TRANSACTION does not work"),
            ("discard all", "1:1 DISCARD ALL does not work"),
            ("a;\nvacuum", "2:1 VACUUM cannot run in a transaction"),
            ("commit prepared 'x'", "1:1 COMMIT PREPARED cannot run in a transaction"),
            (
                "-- pum: no-transaction\nbegin; vacuum; commit",
                "2:8 VACUUM cannot run between BEGIN and COMMIT",
            ),
            ("-- pum: no-transaction\nbegin; begin; commit", "2:8 BEGIN inside BEGIN"),
            ("-- pum: no-transactions\n", "1:1 unknown directive"),
            ("a;\n  -- pum:no-transaction now\n", "2:3 the directive no-transaction takes nothing"),
        ] {
            assert!(refused(text).starts_with(expected), "{text}: {}", refused(text));
        }
    }

    #[test]
    fn without_a_transaction_the_blocks_are_kept_together() {
        let text = "-- pum: no-transaction\na; begin isolation level serializable; b; c; commit; vacuum; begin; d; end";
        let script = script(text);
        let blocks: Vec<_> = script.statements().map(|s| (s.sql().to_owned(), s.block())).collect();
        let expected = [("a", None), ("b", Some(0)), ("c", Some(0)), ("vacuum", None), ("d", Some(1))];
        assert_eq!(blocks, expected.map(|(sql, block)| (sql.to_owned(), block)));
        assert_eq!(script.blocks[0].modes, "ISOLATION LEVEL SERIALIZABLE");
        assert_eq!(&text[script.blocks[1].range.clone()], "begin; d; end");
        assert!(matches!(script.statements().nth(3).unwrap().kind(), Kind::NotInTransaction(_)));
        assert!(script.directives.no_transaction().is_some());
    }

    #[test]
    fn directives_are_comment_lines_only() {
        for text in ["select '\n-- pum: x\n'", "/*\n-- pum: x\n*/", "select 1; -- pum: x", "-- for pum: x"] {
            assert_eq!(script(text).directives, super::super::Directives::default(), "{text}");
        }
    }
}

#[test]
fn big_files_are_read_in_time_that_grows_with_their_size() {
    let mut text = String::from("\\set s app\n");
    for number in 0..8000 {
        let _ = writeln!(
            text,
            "-- é {number}\nINSERT INTO app.t (a, b, \"c\") VALUES ({number}, E'x\\'', $$;$$);"
        );
        let _ = writeln!(
            text,
            "create function f{number}() returns int language plpgsql as $x$ {} $x$;",
            "a := 1; ".repeat(30)
        );
    }
    let source = source(&text);
    let begun = std::time::Instant::now();
    let script = prepare(&source, &Variables::default()).unwrap();
    let taken = begun.elapsed();
    assert_eq!(script.statements().count(), 16_000);
    let last = script.statements().last().unwrap();
    assert!(text[last.range()].starts_with("create function f7999()"));
    assert!(taken.as_secs_f64() < 2.0, "{taken:?} for {} bytes", text.len());
}
