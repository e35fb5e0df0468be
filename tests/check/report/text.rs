//! The text, as a person reads it.

use pum::catalog::Element;
use pum::compare::{Change, Comparison, Difference};
use pum::report::{self, Detail, Form, Options};

use super::{Pair, check_of, identity, ignored, model, other_type};
use crate::support::assert_run;

#[test]
fn equal_databases_are_said_to_be_equal() {
    let pair = Pair::new("create schema app", "create schema app");
    assert_run!(pair.check(""), @r"
    exit code: 0
    ----- stdout -----
    prod and test are equal
    ----- stderr -----
    ");
}

#[test]
fn differences_are_told_by_schema_and_object_with_both_values() {
    assert_run!(model().check(""), @r#"
    exit code: 1
    ----- stdout -----
    prod and test differ: 10 differences in 8 objects
      schemas          1  1 only in test
      tables           3  1 only in prod, 1 only in test, 1 changed
      columns          4  1 only in test, 3 changed
      views            2  1 only in test, 1 changed
    1 table has its columns in another order; --with column-order shows it

    - only in prod, the first
    + only in test, the second
    ~ in both, but different: prod → test

    schema Odd
        table "Odd"."<script>alert(1)</script>"
        ~ default on column "<b>"
            expression: '<i>''"&amp;'::text → '</script>'::text

    schema app
      - table app.node
          column id: integer, not null
          column name: text, default 'x'::text
          column geom: text
        table app.pipe
        ~ column material
            type: character varying(20) → text
            not null: (none) → not null
        ~ default on column material
            expression: 'PE'::character varying → 'PVC'::text
        + column pressure: double precision, default 1.5
      ~ table app.scratch
          persistence: unlogged → (none)
          options:
            +autovacuum_enabled=false
            +fillfactor=70
      + table app.valve
          column id: integer, not null
          column label: text, collation: "C"
      + view app.new
          definition:
             SELECT valve.id,
                valve.label
               FROM app.valve
              WHERE (valve.id > 5);
          column id: integer
          column label: text, collation: "C"
      ~ view app.steel
          definition:
            @@ -1,5 +1,5 @@
              SELECT pipe.id,
                 pipe.laid_in
                FROM app.pipe
            -  WHERE (((pipe.material)::text = 'steel'::text) AND (pipe.laid_in > 1950))
            +  WHERE ((pipe.material = 'steel'::text) AND (pipe.laid_in > 1960))
               ORDER BY pipe.laid_in;
          options: (none) → security_barrier=true

    schema extra
      + schema extra
    ----- stderr -----
    "#);
}

#[test]
fn the_level_says_how_much_is_told() {
    let pair = model();
    assert_run!(pair.check("-v 0"), @r"
    exit code: 1
    ----- stdout -----
    prod and test differ: 10 differences in 8 objects
      schemas          1  1 only in test
      tables           3  1 only in prod, 1 only in test, 1 changed
      columns          4  1 only in test, 3 changed
      views            2  1 only in test, 1 changed
    1 table has its columns in another order; --with column-order shows it
    ----- stderr -----
    ");
    assert_run!(pair.check("-v 1"), @r#"
    exit code: 1
    ----- stdout -----
    prod and test differ: 10 differences in 8 objects
      schemas          1  1 only in test
      tables           3  1 only in prod, 1 only in test, 1 changed
      columns          4  1 only in test, 3 changed
      views            2  1 only in test, 1 changed
    1 table has its columns in another order; --with column-order shows it

    - only in prod, the first
    + only in test, the second
    ~ in both, but different: prod → test

    schema Odd
      ~ default on column "<b>" on table "Odd"."<script>alert(1)</script>": expression

    schema app
      - table app.node
      ~ column material on table app.pipe: type, not null
      ~ default on column material on table app.pipe: expression
      + column pressure on table app.pipe
      ~ table app.scratch: persistence, options
      + table app.valve
      + view app.new
      ~ view app.steel: definition, options

    schema extra
      + schema extra
    ----- stderr -----
    "#);
}

#[test]
fn silent_means_the_summary_with_a_value_and_without() {
    let pair = model();
    let summary = pair.check("-v 0").output().unwrap().stdout;
    let all = pair.check("").output().unwrap().stdout;
    assert!(summary.len() * 4 < all.len());
    for words in ["-s", "--silent", "-s True", "--silent=1", "-s=yes", "--sil"] {
        let output = pair.check(words).output().unwrap();
        assert_eq!(output.stdout, summary, "{words}");
        assert_eq!(output.status.code(), Some(1), "{words}");
    }
    for words in ["-s false", "--silent=0", "-v 2", "-v=2", "--verbose_level 2", "--verbose-level=2"] {
        assert_eq!(pair.check(words).output().unwrap().stdout, all, "{words}");
    }
}

#[test]
fn what_is_left_out_unless_asked_for_is_counted() {
    let pair = Pair::new("create table t (a integer, b text)", "create table t (b text, a integer)");
    assert_run!(pair.check(""), @r"
    exit code: 0
    ----- stdout -----
    prod and test are equal
    1 table has its columns in another order; --with column-order shows it
    ----- stderr -----
    ");
    assert_run!(pair.check("--with column-order"), @r"
    exit code: 1
    ----- stdout -----
    prod and test differ: 1 difference in 1 object
      column-order     1  1 changed

    - only in prod, the first
    + only in test, the second
    ~ in both, but different: prod → test

    schema public
      ~ table public.t
          column order:
            +b
             a
            -b
    ----- stderr -----
    ");
}

#[test]
fn colours_are_for_terminals_and_for_those_who_insist() {
    let pair = model();
    let plain = pair.check("").output().unwrap().stdout;
    assert!(!plain.contains(&0x1b));
    let forced = pair.check("").env("CLICOLOR_FORCE", "1").output().unwrap().stdout;
    assert!(String::from_utf8_lossy(&forced).contains("\u{1b}[32m+ column pressure"));
    let refused = pair.check("").env("CLICOLOR_FORCE", "1").env("NO_COLOR", "1").output().unwrap().stdout;
    assert_eq!(String::from_utf8_lossy(&refused), String::from_utf8_lossy(&plain));
}

#[test]
fn names_and_values_cannot_steer_the_terminal() {
    let pair = Pair::new(
        "create table \"a\u{1b}[31m\nb\" (a text default E'x\\ry')",
        "create table \"a\u{1b}[31m\nb\" (a text default E'x\\x1b]0;title\\x07')",
    );
    assert_run!(pair.check(""), @r#"
    exit code: 1
    ----- stdout -----
    prod and test differ: 1 difference in 1 object
      columns          1  1 changed

    - only in prod, the first
    + only in test, the second
    ~ in both, but different: prod → test

    schema public
        table public."a␛[31m␊b"
        ~ default on column a
            expression: 'x␍y'::text → 'x␛]0;title␇'::text
    ----- stderr -----
    "#);
}

#[test]
fn the_configuration_may_leave_elements_out_and_name_the_first_source() {
    let pair = Pair::new("create table t (a integer)", "create view v as select 1 as a");
    pair.project.file("pum.yaml", "database: prod\nignore_elements: [views]\n");
    assert_run!(pair.pum("check -p2 test -v 1"), @r"
    exit code: 1
    ----- stdout -----
    prod and test differ: 1 difference in 1 object
      tables           1  1 only in prod

    - only in prod, the first
    + only in test, the second
    ~ in both, but different: prod → test

    schema public
      - table public.t
    ----- stderr -----
    ");
    // The command line replaces it.
    assert_run!(pair.pum("check -p2 test -v 1 -i tables"), @r"
    exit code: 1
    ----- stdout -----
    prod and test differ: 2 differences in 2 objects
      columns          1  1 only in prod
      views            1  1 only in test

    - only in prod, the first
    + only in test, the second
    ~ in both, but different: prod → test

    schema public
      - column a on table public.t
      + view public.v
    ----- stderr -----
    ");
}

#[test]
fn an_error_says_which_source_failed() {
    let pair = Pair::new("", "");
    assert_run!(pair.pum("check -p1 prod -p2 tset"), @r#"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: service "tset" is not defined
      looked in: [PROJECT]/pg_service.conf
      source: the second one, -p2
    hint: add a section [tset]
    hint: a connection string is a URI (postgresql://…) or keyword=value …
    "#);
    assert_run!(pair.pum("check -p1 prod"), @r#"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: no second source is named
    hint: name it with -p2 SOURCE: a service, a URI or "host=… dbname=…"
    "#);
    assert_run!(pair.pum("check -p2 test"), @r#"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: no first source is named
    hint: name it with -p1 SOURCE: a service, a URI or "host=… dbname=…"; or as `database` in pum.yaml
    "#);
    assert_run!(pair.pum("check -p1 prod -p2 host=/nonexistent"), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: no database is named
      source: the second one, -p2
    hint: add dbname=… to it; PGSERVICE or PGDATABASE may name the database, too
    ");
    let mut both = pair.pum("check");
    both.args(["-p1", "host=/nonexistent dbname=x", "-p2", "host=/nonexistent dbname=y"]);
    assert_run!(both, @r"
    exit code: 3
    ----- stdout -----
    ----- stderr -----
    error: cannot connect to /nonexistent/.s.PGSQL.5432: no such file or directory
      source: the first one, x
      the second source: y failed too: cannot connect to /nonexistent/.s.PGSQL.5432: no such file or directory
    hint: is the server running on this machine, with its socket in that directory?
    ");
}

#[test]
fn the_same_database_twice_is_told_apart() {
    let pair = Pair::new("create table t (a integer)", "");
    assert_run!(pair.pum("check -p1 prod -p2 prod"), @r"
    exit code: 0
    ----- stdout -----
    prod (first) and prod (second) are equal
    ----- stderr -----
    ");
}

/// What a rule covers, what was not compared.
fn partial() -> Comparison {
    Comparison {
        differences: vec![other_type("column a on table app.t", "integer", "bigint")],
        unasked: vec![(Element::Owners, 1), (Element::Privileges, 3)],
        ignored: vec![
            ignored("column b on table app.t", "mended with 2.0"),
            ignored("column x on table app.u", "the site's own"),
            ignored("column c on table app.t", "mended with 2.0"),
        ],
        not_compared: vec!["2 operator classes: pum does not know them".to_owned()],
        ..Comparison::default()
    }
}

#[test]
fn what_rules_cover_is_counted_and_shown_when_asked_for() {
    let text = |options: &Options| report::render(&check_of(partial()), Form::Text, options).unwrap();
    insta::assert_snapshot!(text(&Options { detail: Detail::Summary, show_ignored: false }), @r"
    prod and test differ: 1 difference in 1 object
      columns          1  1 changed
    1 owner differs; --with owners shows it
    3 privileges differ; --with privileges shows them
    3 differences are ignored by rules; --show-ignored shows them with their reasons
    not compared: 2 operator classes: pum does not know them
    ");
    insta::assert_snapshot!(text(&Options { detail: Detail::Full, show_ignored: true }), @r"
    prod and test differ: 1 difference in 1 object
      columns          1  1 changed
    1 owner differs; --with owners shows it
    3 privileges differ; --with privileges shows them
    3 differences are ignored by rules
    not compared: 2 operator classes: pum does not know them

    - only in prod, the first
    + only in test, the second
    ~ in both, but different: prod → test

    schema app
        table app.t
        ~ column a
            type: integer → bigint

    ignored: mended with 2.0 (pum.ignore.yaml:1)

    schema app
        table app.t
        ~ column b
            type: integer → bigint
        ~ column c
            type: integer → bigint

    ignored: the site's own (pum.ignore.yaml:1)

    schema app
        table app.u
        ~ column x
            type: integer → bigint
    ");
    insta::assert_snapshot!(
        report::render(&check_of(Comparison { differences: Vec::new(), ..partial() }), Form::Text, &Options::default()).unwrap(),
        @r"
        prod and test are equal, but for what is ignored, and as far as they were compared
        1 owner differs; --with owners shows it
        3 privileges differ; --with privileges shows them
        3 differences are ignored by rules; --show-ignored shows them with their reasons
        not compared: 2 operator classes: pum does not know them
        "
    );
}

#[test]
fn a_rename_and_long_values_have_place_for_both() {
    let long = |word: &str| {
        format!("CHECK ((material = ANY (ARRAY['{word}'::text, {}])))", "'steel'::text, ".repeat(6))
    };
    let renamed = Change::Renamed { to: identity("column b on table app.t") };
    let comparison = Comparison {
        differences: vec![
            Difference::new(&identity("column a on table app.t"), renamed),
            other_type("column c on table app.t", &long("PE"), &long("PVC")),
        ],
        ..Comparison::default()
    };
    insta::assert_snapshot!(report::render(&check_of(comparison), Form::Text, &Options::default()).unwrap(), @r"
    prod and test differ: 2 differences in 1 object
      columns          2  2 changed

    - only in prod, the first
    + only in test, the second
    ~ in both, but different: prod → test

    schema app
        table app.t
        ~ column a
            name: a → b
        ~ column c
            type:
              -CHECK ((material = ANY (ARRAY['PE'::text, 'steel'::text, 'steel'::text, 'steel'::text, 'steel'::text, 'steel'::text, 'steel'::text, ])))
              +CHECK ((material = ANY (ARRAY['PVC'::text, 'steel'::text, 'steel'::text, 'steel'::text, 'steel'::text, 'steel'::text, 'steel'::text, ])))
    ");
}
