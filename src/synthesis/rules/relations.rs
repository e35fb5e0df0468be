//! Tables, views, materialized views, foreign tables, with their columns.

use super::super::action::{Lock, Statement};
use super::super::names::{self, alter_relation, name, qualified};
use super::super::side::Side;
use super::{Alteration, Altered, Fact, How, columns, options};
use crate::catalog::{Identity, Kind};

/// How an attribute is altered.
pub fn how(kind: Kind, attribute: &str) -> Option<How> {
    Some(match (kind, attribute) {
        (Kind::Table, "persistence") => How::By(persistence),
        (Kind::Table, "of type") => How::By(of_type),
        // A partition and a child are untied and tied again; see `detach` and `attach`.
        (Kind::Table, "inherits" | "partition of" | "partition bound")
        | (Kind::ForeignTable, "inherits" | "partition of" | "partition bound") => How::Follows,
        (Kind::Table, "partition by") => How::Anew,
        (Kind::Table, "access method") => How::By(access_method),
        (Kind::Table | Kind::MaterializedView, "tablespace") => How::By(tablespace),
        (Kind::Table | Kind::View | Kind::MaterializedView, "options") => How::By(set_options),
        (Kind::Table, "replica identity") => How::By(replica_identity),
        (Kind::Table, "row security") => How::By(|change| row_security(change, "row security")),
        (Kind::Table, "force row security") => How::By(|change| row_security(change, "force row security")),
        (Kind::View, "definition") => How::By(replace_view),
        (Kind::MaterializedView, "definition" | "access method") | (Kind::ForeignTable, "server") => {
            How::Anew
        }
        (Kind::MaterializedView, "populated") => How::By(populate),
        (Kind::ForeignTable, "options") => How::By(foreign_options),
        _ => return None,
    })
}

/// Makes a relation with its columns.
pub fn create(fact: Fact<'_>) -> Vec<Statement> {
    let name = qualified(fact.identity);
    match fact.identity.kind {
        Kind::View => {
            vec![Statement::new(view(fact, "CREATE VIEW"))].into_iter().chain(column_settings(fact)).collect()
        }
        Kind::MaterializedView => {
            let method = fact
                .value("access method")
                .map_or_else(String::new, |method| format!(" USING {}", names::name(method)));
            let populated = if fact.value("populated").is_some() { "\nWITH NO DATA" } else { "" };
            let sql = format!(
                "CREATE MATERIALIZED VIEW {name}{method}{}{} AS\n{}{populated}",
                options::with(fact, "options"),
                in_tablespace(fact),
                body(fact)
            );
            std::iter::once(Statement::new(sql)).chain(column_settings(fact)).collect()
        }
        Kind::ForeignTable => {
            let sql = format!(
                "CREATE FOREIGN TABLE {name} ({}){} SERVER {}{}",
                columns_of(fact),
                inherits(fact),
                names::name(fact.value("server").unwrap_or_default()),
                options::foreign(&fact.list("options"))
            );
            std::iter::once(Statement::new(sql)).chain(column_settings(fact)).collect()
        }
        _ => table(fact),
    }
}

fn table(fact: Fact<'_>) -> Vec<Statement> {
    let unlogged = if fact.value("persistence").is_some() { "UNLOGGED " } else { "" };
    let head = format!("CREATE {unlogged}TABLE {}", qualified(fact.identity));
    let content = match fact.value("of type") {
        Some(of_type) => format!(" OF {of_type}"),
        None => format!(" ({}){}", columns_of(fact), inherits(fact)),
    };
    let partitioned =
        fact.value("partition by").map_or_else(String::new, |key| format!(" PARTITION BY {key}"));
    let method =
        fact.value("access method").map_or_else(String::new, |method| format!(" USING {}", name(method)));
    let sql = format!(
        "{head}{content}{partitioned}{method}{}{}",
        options::with(fact, "options"),
        in_tablespace(fact)
    );
    let mut statements = vec![Statement::new(sql)];
    if fact.value("of type").is_some() {
        for column in fact.parts(Kind::Column) {
            if column.value("not null").is_some() {
                statements.push(Statement::new(format!(
                    "{} ALTER COLUMN {} SET NOT NULL",
                    alter_relation(fact.identity),
                    name(&column.identity.name)
                )));
            }
        }
    }
    statements.extend(inherited_settings(fact));
    statements.extend(column_settings(fact));
    if let Some(identity) = fact.value("replica identity") {
        statements.push(Statement::new(format!(
            "{} REPLICA IDENTITY {}",
            alter_relation(fact.identity),
            identity.to_uppercase()
        )));
    }
    for (attribute, word) in [("row security", "ENABLE"), ("force row security", "FORCE")] {
        if fact.value(attribute).is_some() {
            statements
                .push(Statement::new(format!("{} {word} ROW LEVEL SECURITY", alter_relation(fact.identity))));
        }
    }
    statements
}

/// The columns that a relation does not just inherit, a line each.
fn columns_of(fact: Fact<'_>) -> String {
    // A partition is made by itself, and then attached.
    let is_partition = fact.value("partition of").is_some();
    let own = fact
        .parts(Kind::Column)
        .into_iter()
        .filter(|column| is_partition || column.value("inherited") != Some("only"));
    let lines: Vec<String> = own.map(|column| format!("\n    {}", columns::definition(column))).collect();
    if lines.is_empty() { String::new() } else { format!("{}\n", lines.join(",")) }
}

fn inherits(fact: Fact<'_>) -> String {
    let parents = fact.list("inherits");
    if parents.is_empty() { String::new() } else { format!(" INHERITS ({})", parents.join(", ")) }
}

/// What inherited columns have otherwise than their parents' do.
fn inherited_settings(fact: Fact<'_>) -> Vec<Statement> {
    if fact.value("partition of").is_some() {
        return Vec::new();
    }
    let mut statements = Vec::new();
    for column in
        fact.parts(Kind::Column).into_iter().filter(|column| column.value("inherited") == Some("only"))
    {
        let parents = fact.side.inherited_from(column.identity);
        let alter =
            format!("{} ALTER COLUMN {} ", alter_relation(fact.identity), name(&column.identity.name));
        let not_null = parents.iter().any(|parent| fact.side.value(parent, "not null").is_some());
        match (column.value("not null").is_some(), not_null) {
            (true, false) => statements.push(format!("{alter}SET NOT NULL")),
            (false, true) => statements.push(format!("{alter}DROP NOT NULL")),
            _ => {}
        }
        let has_default =
            |column: &Identity| fact.side.hanging(column).iter().any(|part| part.kind == Kind::Default);
        if parents.iter().any(has_default)
            && !has_default(column.identity)
            && column.value("generated").is_none()
        {
            statements.push(format!("{alter}DROP DEFAULT"));
        }
    }
    statements.into_iter().map(Statement::new).collect()
}

fn column_settings(fact: Fact<'_>) -> impl Iterator<Item = Statement> {
    fact.parts(Kind::Column).into_iter().flat_map(columns::afterwards)
}

fn in_tablespace(fact: Fact<'_>) -> String {
    fact.value("tablespace").map_or_else(String::new, |space| format!(" TABLESPACE {}", name(space)))
}

fn body(fact: Fact<'_>) -> &str {
    fact.value("definition").unwrap_or_default().trim_end().trim_end_matches(';')
}

fn view(fact: Fact<'_>, head: &str) -> String {
    format!("{head} {}{} AS\n{}", qualified(fact.identity), options::with(fact, "options"), body(fact))
}

/// Whether CREATE OR REPLACE takes a view from its old columns to its new ones: it may only get more of them.
pub fn is_replaceable(old: Fact<'_>, new: Fact<'_>) -> bool {
    let columns = |fact: Fact<'_>| -> Vec<(String, Option<String>, Option<String>)> {
        let parts = fact.parts(Kind::Column).into_iter();
        parts
            .map(|column| {
                let value = |attribute| column.value(attribute).map(str::to_owned);
                (column.identity.name.to_string(), value("type"), value("collation"))
            })
            .collect()
    };
    columns(new).starts_with(&columns(old))
}

fn replace_view(change: &Alteration<'_>) -> Altered {
    is_replaceable(change.old, change.new)
        .then(|| vec![Statement::new(view(change.new, "CREATE OR REPLACE VIEW")).exclusive()])
}

fn populate(change: &Alteration<'_>) -> Altered {
    let with = if change.new.value("populated").is_some() { " WITH NO DATA" } else { "" };
    Some(vec![
        Statement::new(format!("REFRESH MATERIALIZED VIEW {}{with}", qualified(change.new.identity)))
            .exclusive()
            .rewriting(),
    ])
}

fn set_options(change: &Alteration<'_>) -> Altered {
    // The options stand in the new definition.
    if change.new.identity.kind == Kind::View && change.changes("definition") {
        return Some(Vec::new());
    }
    let alter = alter_relation(change.new.identity);
    let changes = options::changes(&change.old.list("options"), &change.new.list("options"));
    Some(
        changes
            .into_iter()
            .map(|words| Statement::new(format!("{alter} {words}")).lock(Lock::ShareUpdateExclusive))
            .collect(),
    )
}

fn foreign_options(change: &Alteration<'_>) -> Altered {
    let words = options::foreign_changes(&change.old.list("options"), &change.new.list("options"));
    Some(vec![Statement::new(format!("{} {words}", alter_relation(change.new.identity)))])
}

fn persistence(change: &Alteration<'_>) -> Altered {
    let word = if change.new.value("persistence").is_some() { "UNLOGGED" } else { "LOGGED" };
    Some(vec![
        Statement::new(format!("{} SET {word}", alter_relation(change.new.identity))).exclusive().rewriting(),
    ])
}

fn of_type(change: &Alteration<'_>) -> Altered {
    let words =
        change.new.value("of type").map_or_else(|| "NOT OF".to_owned(), |of_type| format!("OF {of_type}"));
    Some(vec![Statement::new(format!("{} {words}", alter_relation(change.new.identity))).exclusive()])
}

fn access_method(change: &Alteration<'_>) -> Altered {
    // ALTER TABLE knows it since 15.
    if change.new.side.catalog.server.major() < 15 {
        return None;
    }
    let method = name(change.new.value("access method").unwrap_or("heap"));
    Some(vec![
        Statement::new(format!("{} SET ACCESS METHOD {method}", alter_relation(change.new.identity)))
            .exclusive()
            .rewriting(),
    ])
}

fn tablespace(change: &Alteration<'_>) -> Altered {
    let space = name(change.new.value("tablespace").unwrap_or("pg_default"));
    Some(vec![
        Statement::new(format!("{} SET TABLESPACE {space}", alter_relation(change.new.identity)))
            .exclusive()
            .rewriting(),
    ])
}

fn replica_identity(change: &Alteration<'_>) -> Altered {
    let word = match change.new.value("replica identity") {
        Some(identity) => identity.to_uppercase(),
        // An index says it by itself.
        None if has_replica_index(change.new) => return Some(Vec::new()),
        None => "DEFAULT".to_owned(),
    };
    Some(vec![
        Statement::new(format!("{} REPLICA IDENTITY {word}", alter_relation(change.new.identity)))
            .exclusive(),
    ])
}

/// Whether an index of a table is its replica identity.
pub fn has_replica_index(table: Fact<'_>) -> bool {
    table.side.hanging(table.identity).iter().any(|part| {
        matches!(part.kind, Kind::Index | Kind::Constraint)
            && table.side.value(part, "replica identity").is_some()
    })
}

fn row_security(change: &Alteration<'_>, attribute: &str) -> Altered {
    let word = match (attribute, change.new.value(attribute).is_some()) {
        ("row security", true) => "ENABLE",
        ("row security", false) => "DISABLE",
        (_, true) => "FORCE",
        (_, false) => "NO FORCE",
    };
    Some(vec![
        Statement::new(format!("{} {word} ROW LEVEL SECURITY", alter_relation(change.new.identity)))
            .exclusive(),
    ])
}

/// Takes a table from what it is a partition or a child of, as far as the other side has it otherwise; `all` for all.
pub fn detach(table: &Identity, old: &Side<'_>, new: &Side<'_>, all: bool) -> Vec<Statement> {
    let differs = |attribute: &str| all || old.value(table, attribute) != new.value(table, attribute);
    let mut statements = Vec::new();
    if let Some(parent) = old.value(table, "partition of")
        && (differs("partition of") || differs("partition bound"))
    {
        statements.push(
            Statement::new(format!("ALTER TABLE {parent} DETACH PARTITION {}", qualified(table))).exclusive(),
        );
    }
    if let Some(parents) = old.value(table, "inherits")
        && differs("inherits")
    {
        let kept: Vec<&str> = if all { Vec::new() } else { kept_parents(table, old, new) };
        let gone = parents.lines().filter(|parent| !kept.contains(parent));
        statements.extend(gone.map(|parent| {
            Statement::new(format!("{} NO INHERIT {parent}", alter_relation(table))).exclusive()
        }));
    }
    statements
}

/// Makes a table a partition or a child of what it is not yet one of.
pub fn attach(table: &Identity, old: Option<&Side<'_>>, new: &Side<'_>, all: bool) -> Vec<Statement> {
    let differs = |attribute: &str| {
        all || old.is_none_or(|old| old.value(table, attribute) != new.value(table, attribute))
    };
    let mut statements = Vec::new();
    if let Some(parent) = new.value(table, "partition of")
        && (differs("partition of") || differs("partition bound"))
    {
        let bound = new.value(table, "partition bound").unwrap_or("DEFAULT");
        let statement = Statement::new(format!(
            "ALTER TABLE ONLY {parent} ATTACH PARTITION {} {bound}",
            qualified(table)
        ));
        statements.push(if old.is_some() { statement.exclusive().checking_rows() } else { statement });
    }
    // One that is made inherits from the beginning.
    if let (Some(old), Some(parents)) = (old, new.value(table, "inherits"))
        && differs("inherits")
    {
        let kept: Vec<&str> = if all { Vec::new() } else { kept_parents(table, old, new) };
        let come = parents.lines().filter(|parent| !kept.contains(parent));
        for parent in come {
            statements
                .push(Statement::new(format!("{} INHERIT {parent}", alter_relation(table))).exclusive());
            // What the table has already stays its own.
            let only = new.hanging(table).iter().filter(|part| new.value(part, "inherited") == Some("only"));
            let own = only.filter(|part| {
                new.inherited_from(part)
                    .iter()
                    .any(|above| above.on.as_deref().is_some_and(|on| qualified(on) == parent))
            });
            statements.extend(
                own.filter(|part| part.kind == Kind::Column)
                    .map(|part| super::unwritten("make inherited only: ", part)),
            );
        }
    }
    statements
}

/// The parents that stay: the first ones, as long as both sides have the same.
fn kept_parents<'a>(table: &Identity, old: &Side<'a>, new: &Side<'a>) -> Vec<&'a str> {
    let list = |side: &Side<'a>| {
        side.value(table, "inherits").map_or_else(Vec::new, |list| list.lines().collect::<Vec<_>>())
    };
    let (before, after) = (list(old), list(new));
    let left: Vec<&str> = before.iter().filter(|parent| after.contains(parent)).copied().collect();
    left.into_iter().zip(after).take_while(|(old, new)| old == new).map(|(old, _)| old).collect()
}
