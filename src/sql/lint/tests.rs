//! Hazards of statements that people write, and their places in files as people have them.

use insta::assert_snapshot;

use super::{Level, Levels, lint};
use crate::error::line_column;
use crate::sql::{Origin, Source, Value, Variables, prepare};

/// The hazards, a line each.
fn hazards_by(bytes: &[u8], levels: &Levels) -> String {
    let source = Source::decode("d.sql", bytes.to_vec()).unwrap();
    let mut variables = Variables::default();
    variables.insert("SRID", Value::Int(2056), Origin::Configuration);
    let script = prepare(&source, &variables).unwrap();
    let lines = lint(&source, &script, levels, Some(15)).into_iter().map(|hazard| {
        let (line, column) = line_column(&source.text, hazard.range.start);
        format!("{line}:{column} {}: {}\n", hazard.rule, hazard.message)
    });
    lines.collect()
}

fn hazards(text: &str) -> String {
    hazards_by(text.as_bytes(), &Levels::default())
}

/// The places and rules only.
fn places(text: &str) -> Vec<String> {
    let line = |line: &str| line.split_once(": ").map(|(place, _)| place.to_owned());
    hazards(text).lines().filter_map(line).collect()
}

#[test]
fn a_sample_of_statements() {
    assert_snapshot!(hazards(
        "DROP TABLE app.old;
ALTER TABLE app.pipe DROP COLUMN a, DROP COLUMN b CASCADE;
TRUNCATE app.x, app.y;
DELETE FROM app.pipe;
DELETE FROM app.pipe WHERE id = 1;
WITH gone AS (DELETE FROM app.pipe RETURNING *) INSERT INTO app.kept SELECT * FROM gone;
DROP SCHEMA old CASCADE;
DROP VIEW app.v CASCADE;
ALTER TABLE app.pipe ADD COLUMN c integer NOT NULL;
ALTER TABLE app.pipe ALTER COLUMN c TYPE bigint;
ALTER TABLE app.pipe ADD CONSTRAINT k FOREIGN KEY (c) REFERENCES app.kind (id);
CREATE INDEX i ON app.pipe (c);
ALTER TABLE app.pipe RENAME COLUMN c TO d;
"
    ), @r"
    1:1 ban-drop-table: dropping a table may break existing clients
    1:1 deletes-data: the rows of app.old are gone with it
    2:22 ban-drop-column: dropping a column may break existing clients
    2:22 deletes-data: what app.pipe.a holds is gone with it
    2:37 ban-drop-column: dropping a column may break existing clients
    2:37 deletes-data: what app.pipe.b holds is gone with it
    2:51 drop-cascade: CASCADE drops whatever depends on it, also what others made in a database
    3:1 deletes-data: all rows of app.x, app.y are gone
    4:1 deletes-data: it has no WHERE, so all rows of app.pipe are gone
    6:15 deletes-data: it has no WHERE, so all rows of app.pipe are gone
    7:1 ban-drop-schema: dropping a schema may break existing clients
    7:1 deletes-data: the tables in it are dropped with their rows
    7:17 drop-cascade: CASCADE drops whatever depends on it, also what others made in a database
    8:1 ban-drop-view: dropping a view may break existing clients
    8:17 drop-cascade: CASCADE drops whatever depends on it, also what others made in a database
    9:22 adding-required-field: adding a new column that is `NOT NULL` and has no default value to an existing table effectively makes it required
    9:35 prefer-bigint-over-int: using 32-bit integer fields can result in hitting the max `int` limit
    10:37 changing-column-type: changing a column type requires an `ACCESS EXCLUSIVE` lock on the table which blocks reads and writes while the table is rewritten. Changing the type of the column may also break other clients reading from the table
    11:22 constraint-missing-not-valid: by default new constraints require a table scan and block writes to the table while that scan occurs
    11:26 adding-foreign-key-constraint: adding a foreign key constraint requires a table scan and a `SHARE ROW EXCLUSIVE` lock on both tables, which blocks writes to each table
    12:1 require-concurrent-index-creation: during normal index creation, table updates are blocked, but reads are still allowed
    13:22 renaming-column: renaming a column may break existing clients
    ");
}

#[test]
fn what_a_delta_made_itself_is_its_own() {
    assert_eq!(
        places(
            "CREATE TEMP TABLE t AS SELECT 1;\nCREATE TABLE App.u (id bigint);\nDELETE FROM t;\nTRUNCATE app.U;\nALTER TABLE app.u DROP COLUMN id;\nDROP TABLE t;"
        ),
        ["5:19 ban-drop-column", "6:1 ban-drop-table"]
    );
}

#[test]
fn places_are_those_of_the_file_on_disk() {
    let text = "\u{feff}\\set table app.pipe\r\n-- \u{e9}\r\nCOPY app.t FROM stdin;\r\nDROP TABLE app.no;\r\n\\.\r\n\\echo done\r\nBEGIN;\r\nDO $$ BEGIN DROP TABLE app.no; END $$;\r\nSELECT %(SRID)s, '\u{e9}'; DROP TABLE app.yes;\r\nALTER TABLE :table\r\n  DROP COLUMN a;\r\nCOMMIT;\r\n";
    assert_eq!(
        places(text),
        ["9:23 ban-drop-table", "9:23 deletes-data", "11:3 ban-drop-column", "11:3 deletes-data"]
    );
}

#[test]
fn a_statement_that_squawk_does_not_understand_is_passed_over() {
    assert_eq!(
        places("DROP TABLE a;\nALTER TABLE b FROBNICATE COLUMN c, DROP COLUMN d;\nDROP TABLE c;"),
        ["1:1 ban-drop-table", "1:1 deletes-data", "3:1 ban-drop-table", "3:1 deletes-data"]
    );
}

#[test]
fn a_delta_is_a_transaction_unless_it_says_otherwise() {
    let concurrently = "CREATE INDEX CONCURRENTLY i ON app.pipe (c);";
    assert_eq!(places(&format!("-- pum: no-transaction\n{concurrently}")), Vec::<String>::new());
    // Its own BEGIN and COMMIT are not sent, so they are no nested ones.
    assert_eq!(places("BEGIN;\nSELECT 1;\nCOMMIT;"), Vec::<String>::new());
    assert_eq!(places("-- pum: no-transaction\nBEGIN;\nSELECT 1;\nCOMMIT;"), Vec::<String>::new());
    // Nobody sees a table without the constraint meanwhile: it is made in the same transaction.
    let made = "CREATE TABLE app.n (id bigint);\nALTER TABLE app.n ADD CONSTRAINT c CHECK (id > 0);";
    assert_eq!(places(made), Vec::<String>::new());
    assert_eq!(places(&format!("-- pum: no-transaction\n{made}")), ["3:19 constraint-missing-not-valid"]);
}

#[test]
fn what_is_allowed_is_not_told() {
    // For the next statement.
    assert_eq!(
        places(
            "SELECT 1;\n-- pum: allow ban-drop-table, deletes-data it is empty\nDROP TABLE a;\nDROP TABLE b;"
        ),
        ["4:1 ban-drop-table", "4:1 deletes-data"]
    );
    // In the header, for the file.
    assert_eq!(
        places("-- pum: allow deletes-data they are empty\nDROP TABLE a;\nDROP TABLE b;"),
        ["2:1 ban-drop-table", "3:1 ban-drop-table"]
    );
    // Inside of a statement, for what comes after it.
    assert_eq!(
        places(
            "ALTER TABLE t\n  DROP COLUMN a,\n  -- pum: allow deletes-data,ban-drop-column it is a copy\n  DROP COLUMN b;"
        ),
        ["2:3 ban-drop-column", "2:3 deletes-data"]
    );
    // By squawk's own comments.
    assert_eq!(
        places("SELECT 1;\n-- squawk-ignore ban-drop-table\nDROP TABLE a;\nDROP TABLE b;"),
        ["3:1 deletes-data", "4:1 ban-drop-table", "4:1 deletes-data"]
    );
    assert_eq!(
        places("-- squawk-ignore-file ban-drop-table\nDROP TABLE a;\nDROP TABLE b;"),
        ["2:1 deletes-data", "3:1 deletes-data"]
    );
}

#[test]
fn an_allowance_needs_a_rule_that_there_is_and_a_reason() {
    assert_snapshot!(hazards(
        "SELECT 1;
-- pum: allow
SELECT 2;
-- pum: allow deletes-data
SELECT 3;
-- pum: allow delete-data it is empty
SELECT 4;
"
    ), @r#"
    2:1 bad-allow: it does not say what is allowed
    4:1 bad-allow: it does not say why deletes-data is allowed
    6:1 bad-allow: "delete-data" is no rule of squawk's or pum's; did you mean "deletes-data"?
    "#);
}

#[test]
fn a_rule_that_is_off_is_not_told() {
    let mut levels = Levels::default();
    levels.set("ban-drop-table", Level::Off).unwrap();
    levels.set("require-table-schema", Level::Warn).unwrap();
    assert_snapshot!(hazards_by(b"DROP TABLE a;\nCREATE TABLE b (id bigint);", &levels), @r"
    1:1 deletes-data: the rows of a are gone with it
    1:12 require-table-schema: table name is not schema-qualified. Use schema.table (e.g., public.my_table)
    2:14 require-table-schema: table name is not schema-qualified. Use schema.table (e.g., public.my_table)
    ");
}
