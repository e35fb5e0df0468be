//! Columns and their defaults.

use super::super::action::{Lock, Statement};
use super::super::names::{self, alter_relation, name};
use super::super::side::Side;
use super::{Alteration, Altered, Fact, How, options};
use crate::catalog::{Identity, Kind};

/// How an attribute is altered.
pub fn how(kind: Kind, attribute: &str) -> Option<How> {
    if kind == Kind::Default {
        return (attribute == "expression").then_some(How::By(set_default));
    }
    Some(match attribute {
        // What cannot be altered, and what comes with the table's parents.
        "position" => How::Follows,
        "inherited" => How::By(inherited),
        "type" | "collation" => How::Whole(retype),
        "not null" => How::By(not_null),
        "not null name" | "not null validity" | "not null inheritance" => How::Whole(not_null_constraint),
        "identity" => How::By(identity),
        "identity sequence" => How::By(rename_sequence),
        "generated" => How::By(generated),
        "storage" => How::By(|change| settings(change, "storage")),
        "compression" => How::By(|change| settings(change, "compression")),
        "statistics target" => How::By(|change| settings(change, "statistics target")),
        "options" => How::By(|change| settings(change, "options")),
        "foreign options" => How::By(foreign_options),
        _ => return None,
    })
}

/// A column as CREATE TABLE and ADD COLUMN say it: name, type, and all that can stand there, but for the default.
pub fn definition(fact: Fact<'_>) -> String {
    let mut text = format!("{} {}", name(&fact.identity.name), fact.value("type").unwrap_or_default());
    if let Some(collation) = fact.value("collation") {
        text.push_str(&format!(" COLLATE {collation}"));
    }
    if fact.on().kind == Kind::ForeignTable {
        text.push_str(&options::foreign(&fact.list("foreign options")));
    }
    if let Some(generated) = fact.value("generated") {
        let (expression, word) = generated.rsplit_once(' ').unwrap_or((generated, "STORED"));
        text.push_str(&format!(" GENERATED ALWAYS AS ({expression}) {word}"));
    }
    if let Some(identity) = fact.value("identity") {
        text.push_str(&identity_words(identity, fact));
    }
    if fact.value("not null").is_some() {
        if let Some(constraint) = fact.value("not null name") {
            text.push_str(&format!(" CONSTRAINT {}", name(constraint)));
        }
        text.push_str(" NOT NULL");
        if fact.value("not null inheritance") == Some("no inherit") {
            text.push_str(" NO INHERIT");
        }
    }
    text
}

/// ` GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME s.q START 5)`.
fn identity_words(identity: &str, fact: Fact<'_>) -> String {
    let (when, options) = halves(identity);
    let sequence = fact.value("identity sequence").map(|sequence| {
        let schema = fact.identity.schema().map_or_else(String::new, |schema| format!("{}.", name(schema)));
        format!("SEQUENCE NAME {schema}{}", name(sequence))
    });
    let words: Vec<String> =
        sequence.into_iter().chain((!options.is_empty()).then(|| options.to_owned())).collect();
    let parentheses = if words.is_empty() { String::new() } else { format!(" ({})", words.join(" ")) };
    format!(" GENERATED {} AS IDENTITY{parentheses}", when.to_uppercase())
}

/// `ALTER TABLE ONLY s.t ALTER COLUMN c `: children have their own facts.
fn alter_column(fact: Fact<'_>) -> String {
    let relation = fact.on();
    let only = match relation.kind {
        Kind::Table if !children(fact).is_empty() => " ONLY",
        _ => "",
    };
    format!(
        "ALTER {}{only} {} ALTER COLUMN {} ",
        relation.kind.word().to_uppercase(),
        names::qualified(relation),
        name(&fact.identity.name)
    )
}

/// The tables that inherit from the table of a column.
fn children<'a>(fact: Fact<'a>) -> Vec<&'a Identity> {
    let table = fact.on();
    let needed_by = fact.side.needed_by(table).iter().map(|identity| identity.as_ref());
    needed_by
        .filter(|child| matches!(child.kind, Kind::Table | Kind::ForeignTable))
        .filter(|child| fact.side.parents(child).iter().any(|parent| &***parent == table))
        .collect()
}

/// Adds a column to a relation that is there, with its default: rows that are there take it.
pub fn create(fact: Fact<'_>) -> Vec<Statement> {
    if fact.identity.kind == Kind::Default {
        let column = Fact { identity: fact.on(), side: fact.side };
        let expression = fact.value("expression").unwrap_or_default();
        return vec![Statement::new(format!("{}SET DEFAULT {expression}", alter_column(column))).exclusive()];
    }
    let default = fact.parts(Kind::Default).first().and_then(|default| default.value("expression"));
    let default = default.map_or_else(String::new, |default| format!(" DEFAULT {default}"));
    let mut statement =
        Statement::new(format!("{} ADD COLUMN {}{default}", alter_relation(fact.on()), definition(fact)))
            .exclusive();
    if fact.value("generated").is_some() || fact.value("identity").is_some() {
        statement = statement.rewriting();
    }
    if fact.value("not null").is_some() && default.is_empty() {
        statement = statement.checking_rows();
    }
    std::iter::once(statement).chain(afterwards(fact)).collect()
}

/// What cannot be said where the column is made.
pub fn afterwards(fact: Fact<'_>) -> Vec<Statement> {
    let mut statements = Vec::new();
    for attribute in ["storage", "compression", "statistics target", "options"] {
        if let Some(words) = fact.value(attribute).and_then(|_| setting(fact, attribute, &[])) {
            statements.extend(
                words.into_iter().map(|words| Statement::new(format!("{}{words}", alter_column(fact)))),
            );
        }
    }
    statements
}

/// Drops a column or a default.
pub fn drop(fact: Fact<'_>) -> Vec<Statement> {
    if fact.identity.kind == Kind::Default {
        let column = Fact { identity: fact.on(), side: fact.side };
        return vec![Statement::new(format!("{}DROP DEFAULT", alter_column(column))).exclusive()];
    }
    let statement =
        Statement::new(format!("{} DROP COLUMN {}", alter_relation(fact.on()), name(&fact.identity.name)))
            .exclusive();
    // What is generated is there again when the column is.
    vec![if fact.value("generated").is_some() { statement } else { statement.losing_data() }]
}

/// The words of a setting as it shall be, after others that it had.
fn setting(fact: Fact<'_>, attribute: &str, old: &[&str]) -> Option<Vec<String>> {
    let value = fact.value(attribute);
    Some(match attribute {
        "storage" => {
            vec![format!("SET STORAGE {}", value.unwrap_or_else(|| usual_storage(fact)).to_uppercase())]
        }
        "compression" => vec![format!("SET COMPRESSION {}", value.unwrap_or("default"))],
        "statistics target" => vec![format!("SET STATISTICS {}", value.unwrap_or("-1"))],
        "options" => options::changes(old, &fact.list(attribute)),
        _ => return None,
    })
}

/// How the server stores a type of varying length when nothing is said.
fn usual_storage(fact: Fact<'_>) -> &'static str {
    let r#type = base(fact.value("type").unwrap_or_default());
    let is_main = ["numeric", "inet", "cidr", "geometry", "geography"];
    if is_main.contains(&r#type.rsplit('.').next().unwrap_or_default()) { "main" } else { "extended" }
}

fn settings(change: &Alteration<'_>, attribute: &str) -> Altered {
    let words = setting(change.new, attribute, &change.old.list(attribute))?;
    let alter = alter_column(change.new);
    let lock = if matches!(attribute, "statistics target" | "options") {
        Lock::ShareUpdateExclusive
    } else {
        Lock::AccessExclusive
    };
    Some(words.into_iter().map(|words| Statement::new(format!("{alter}{words}")).lock(lock)).collect())
}

fn foreign_options(change: &Alteration<'_>) -> Altered {
    let (old, new) = (change.old.list("foreign options"), change.new.list("foreign options"));
    Some(vec![Statement::new(format!(
        "{}{}",
        alter_column(change.new),
        options::foreign_changes(&old, &new)
    ))])
}

/// Columns that a child has of its own, beside its parent's, or has no more.
fn inherited(change: &Alteration<'_>) -> Altered {
    let (old, new) = (change.old.value("inherited"), change.new.value("inherited"));
    let table = change.new.on();
    let is_tied_otherwise = ["inherits", "partition of"]
        .iter()
        .any(|attribute| change.old.side.value(table, attribute) != change.new.side.value(table, attribute));
    if is_tied_otherwise || change.new.side.value(table, "partition of").is_some() {
        return Some(Vec::new());
    }
    Some(match (old, new) {
        // A child that is taken from its parents keeps its columns, as its own.
        (Some("only"), Some(_)) => {
            let parents = change.new.side.parents(table);
            let alter = alter_relation(table);
            let tie = |word: &str| {
                parents
                    .iter()
                    .map(|parent| format!("{alter} {word} {}", names::qualified(parent)))
                    .collect::<Vec<_>>()
            };
            tie("NO INHERIT")
                .into_iter()
                .chain(tie("INHERIT"))
                .map(|sql| Statement::new(sql).exclusive())
                .collect()
        }
        _ => vec![super::unwritten("make inherited only: ", change.new.identity)],
    })
}

fn set_default(change: &Alteration<'_>) -> Altered {
    Some(create(change.new))
}

/// Whether the column takes this alteration from a parent's, which goes down to it.
fn follows_parent(change: &Alteration<'_>, attribute: &str) -> bool {
    change.new.side.inherited_from(change.new.identity).iter().any(|above| {
        let (old, new) = (change.old.side, change.new.side);
        old.has(above)
            && (old.value(above, attribute) != new.value(above, attribute) || change.is_retyped)
            && change.old.side.inherited_from(change.old.identity).contains(above)
    })
}

/// Gives a column its new type; for one of a view nothing: it comes with the view.
pub fn retype(change: &Alteration<'_>) -> Altered {
    let relation = change.new.on();
    if change.new.identity.kind == Kind::Attribute {
        return super::types::retype_attribute(change);
    }
    if matches!(relation.kind, Kind::View | Kind::MaterializedView)
        || follows_parent(change, "type")
        || follows_parent(change, "collation")
    {
        return Some(Vec::new());
    }
    let (old, new) =
        (change.old.value("type").unwrap_or_default(), change.new.value("type").unwrap_or_default());
    if change.new.value("generated").is_some() && change.changes("generated") {
        return None;
    }
    let column = name(&change.new.identity.name);
    let collation = match (change.new.value("collation"), change.old.value("collation")) {
        (Some(collation), _) => format!(" COLLATE {collation}"),
        _ => String::new(),
    };
    let using = if relation.kind == Kind::ForeignTable || change.new.value("generated").is_some() {
        String::new()
    } else if change.is_retyped {
        let array = if new.ends_with("[]") { "[]" } else { "" };
        format!(" USING {column}::text{array}::{new}")
    } else {
        match needs_using(old, new, change.old.side, change.new.side) {
            Using::Nothing => String::new(),
            Using::Cast => format!(" USING {column}::{new}"),
            Using::Text if old.ends_with("[]") && new.ends_with("[]") => {
                format!(" USING {column}::text[]::{new}")
            }
            Using::Text => format!(" USING {column}::text::{new}"),
        }
    };
    // Types go down to children: there is no ONLY.
    let statement = Statement::new(format!(
        "{} ALTER COLUMN {column} TYPE {new}{collation}{using}",
        alter_relation(relation)
    ))
    .exclusive();
    let is_widening =
        using.is_empty() && base(old) == base(new) && matches!(base(new).as_str(), "character varying");
    Some(vec![if is_widening { statement } else { statement.rewriting().checking_rows() }])
}

/// What a change of type needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Using {
    /// The server casts by itself.
    Nothing,
    /// A cast that has to be asked for.
    Cast,
    /// There is no cast: by way of text.
    Text,
}

/// What a change from one type to another needs.
pub fn needs_using(old: &str, new: &str, from: &Side<'_>, to: &Side<'_>) -> Using {
    let (old, new) = (element(old, from), element(new, to));
    let is_text = |r#type: &str| matches!(r#type, "text" | "character varying" | "character" | "bpchar");
    // The server writes any value as text when that is assigned.
    if old == new || is_text(&new) {
        return Using::Nothing;
    }
    match to.details.casts.get(&(old.as_str().into(), new.as_str().into())) {
        Some(true) => Using::Nothing,
        Some(false) => Using::Cast,
        None if is_text(&old) => Using::Cast,
        None => Using::Text,
    }
}

/// The type of the elements of an array, the type under a domain.
fn element(r#type: &str, side: &Side<'_>) -> String {
    let r#type = base(r#type.trim_end_matches("[]"));
    let mut domains = side.catalog.facts.keys().filter(|identity| identity.kind == Kind::Domain);
    let domain = domains.find(|identity| names::qualified(identity) == r#type);
    match domain.and_then(|domain| side.value(domain, "type")) {
        Some(below) => element(below, side),
        None => r#type,
    }
}

/// A type without its modifier: `numeric(10,2)` is `numeric`.
pub fn base(r#type: &str) -> String {
    let mut in_quotes = false;
    let mut depth = 0;
    r#type
        .chars()
        .filter(|c| {
            in_quotes ^= *c == '"';
            match c {
                '(' if !in_quotes => depth += 1,
                ')' if !in_quotes => {
                    depth -= 1;
                    return false;
                }
                _ => {}
            }
            depth == 0
        })
        .collect()
}

fn not_null(change: &Alteration<'_>) -> Altered {
    let fact = change.new;
    // The server takes care of it where the column is an identity's.
    let is_set = fact.value("not null").is_some();
    if !is_set && change.changes("identity") {
        return Some(Vec::new());
    }
    let (word, statement) = if is_set { ("SET", true) } else { ("DROP", false) };
    // On a partitioned table it goes down.
    let alter = if fact.side.value(fact.on(), "partition by").is_some() {
        format!("{} ALTER COLUMN {} ", alter_relation(fact.on()), name(&fact.identity.name))
    } else {
        alter_column(fact)
    };
    let sql = Statement::new(format!("{alter}{word} NOT NULL")).exclusive();
    Some(vec![if statement { sql.checking_rows() } else { sql }])
}

/// NOT NULL as the constraint that it is from PostgreSQL 18 on.
fn not_null_constraint(change: &Alteration<'_>) -> Altered {
    if change.changes("not null") {
        return Some(Vec::new());
    }
    let relation = change.new.on();
    let usual = format!("{}_{}_not_null", relation.name, change.new.identity.name);
    let (old, new) = (
        change.old.value("not null name").unwrap_or(&usual),
        change.new.value("not null name").unwrap_or(&usual),
    );
    let mut statements = Vec::new();
    let alter = alter_relation(relation);
    if old != new {
        statements.push(format!("{alter} RENAME CONSTRAINT {} TO {}", name(old), name(new)));
    }
    match (change.changes("not null validity"), change.new.value("not null validity")) {
        (true, None) => statements.push(format!("{alter} VALIDATE CONSTRAINT {}", name(new))),
        (true, Some(_)) => {
            statements
                .push(format!("{alter} ALTER COLUMN {} DROP NOT NULL", name(&change.new.identity.name)));
            statements.push(format!(
                "{alter} ADD CONSTRAINT {} NOT NULL {} NOT VALID",
                name(new),
                name(&change.new.identity.name)
            ));
        }
        _ => {}
    }
    if change.changes("not null inheritance") {
        match (change.old.value("not null inheritance"), change.new.value("not null inheritance")) {
            (None, Some("no inherit")) => {
                statements.push(format!("{alter} ALTER CONSTRAINT {} NO INHERIT", name(new)))
            }
            (Some("no inherit"), None) => {
                statements.push(format!("{alter} ALTER CONSTRAINT {} INHERIT", name(new)))
            }
            _ => {}
        }
    }
    Some(statements.into_iter().map(|sql| Statement::new(sql).exclusive()).collect())
}

fn identity(change: &Alteration<'_>) -> Altered {
    let alter = alter_column(change.new);
    let (old, new) = (change.old.value("identity"), change.new.value("identity"));
    let mut statements = Vec::new();
    let sql = match (old, new) {
        (_, None) => format!("{alter}DROP IDENTITY"),
        (None, Some(identity)) => format!("{alter}ADD{}", identity_words(identity, change.new)),
        (Some(old), Some(new)) => {
            let (when, options) = parts(new);
            let mut words = Vec::new();
            if parts(old).0 != when {
                words.push(format!("SET GENERATED {}", when.to_uppercase()));
            }
            words.extend(sequence_changes(&parts(old).1, &options));
            if let Some(sequence) = identity_sequence(change.old) {
                let bounds = |identity: &str| {
                    let find = |key: &str| parts(identity).1.into_iter().find(|(known, _)| known == key);
                    let value = |key: &str, usual: i64| {
                        find(key).and_then(|(_, value)| value.parse().ok()).unwrap_or(usual)
                    };
                    (value("MINVALUE", 1), value("MAXVALUE", i64::MAX))
                };
                statements.extend(super::sequences::within_bounds(
                    alter.trim_end(),
                    &sequence,
                    bounds(old),
                    bounds(new),
                ));
            }
            format!("{alter}{}", words.join(" "))
        }
    };
    // The server wants NOT NULL as long as there is an identity.
    let nullable = (new.is_none() && change.new.value("not null").is_none())
        .then(|| Statement::new(format!("{alter}DROP NOT NULL")).exclusive());
    statements.push(Statement::new(sql).exclusive());
    statements.extend(nullable);
    Some(statements)
}

/// The sequence of an identity column.
pub fn identity_sequence(column: Fact<'_>) -> Option<String> {
    let usual = format!("{}_{}_seq", column.on().name, column.identity.name);
    let sequence = column.value("identity sequence").unwrap_or(&usual);
    Some(format!("{}.{}", name(column.identity.schema()?), name(sequence)))
}

/// Whether a column of whole numbers gets a smaller type: its sequence has to be narrower first.
pub fn is_narrowing(change: &Alteration<'_>) -> bool {
    let size = |fact: Fact<'_>| {
        ["smallint", "integer", "bigint"].iter().position(|name| fact.value("type") == Some(name))
    };
    change.changes("identity") && size(change.new) < size(change.old)
}

/// `always (START 5 CYCLE)` as `always` and `START 5 CYCLE`.
fn halves(identity: &str) -> (&str, &str) {
    identity.split_once(" (").map_or((identity, ""), |(when, options)| (when, options.trim_end_matches(')')))
}

/// `always (START 5 CYCLE)` as `always` and its options.
fn parts(identity: &str) -> (&str, Vec<(String, String)>) {
    let (when, options) = halves(identity);
    let mut words = options.split(' ').filter(|word| !word.is_empty());
    let mut pairs = Vec::new();
    while let Some(word) = words.next() {
        let value = if word == "CYCLE" { String::new() } else { words.next().unwrap_or_default().to_owned() };
        pairs.push((word.to_owned(), value));
    }
    (when, pairs)
}

/// `SET START 1` for each option that differs.
fn sequence_changes(old: &[(String, String)], new: &[(String, String)]) -> Vec<String> {
    let find = |options: &[(String, String)], key: &str| {
        options.iter().find(|(known, _)| known == key).map(|(_, value)| value.clone())
    };
    let mut changes = Vec::new();
    for key in ["INCREMENT", "MINVALUE", "MAXVALUE", "START", "CACHE", "CYCLE"] {
        let (before, after) = (find(old, key), find(new, key));
        if before == after {
            continue;
        }
        changes.push(match (key, after) {
            ("CYCLE", Some(_)) => "SET CYCLE".to_owned(),
            ("CYCLE", None) => "SET NO CYCLE".to_owned(),
            ("MAXVALUE", None) => "SET NO MAXVALUE".to_owned(),
            (key, None) => format!("SET {key} 1"),
            (key, Some(value)) => format!("SET {key} {value}"),
        });
    }
    changes
}

fn rename_sequence(change: &Alteration<'_>) -> Altered {
    // It comes and goes with the identity.
    if change.old.value("identity").is_none() || change.new.value("identity").is_none() {
        return Some(Vec::new());
    }
    let usual = format!("{}_{}_seq", change.new.on().name, change.new.identity.name);
    let schema = change.new.identity.schema().map_or_else(String::new, |schema| format!("{}.", name(schema)));
    let old = change.old.value("identity sequence").unwrap_or(&usual);
    let new = change.new.value("identity sequence").unwrap_or(&usual);
    Some(vec![Statement::new(format!("ALTER SEQUENCE {schema}{} RENAME TO {}", name(old), name(new)))])
}

fn generated(change: &Alteration<'_>) -> Altered {
    match (change.old.value("generated"), change.new.value("generated")) {
        (Some(old), None) if !old.ends_with("VIRTUAL") => {
            Some(vec![Statement::new(format!("{}DROP EXPRESSION", alter_column(change.new))).exclusive()])
        }
        _ => None,
    }
}
