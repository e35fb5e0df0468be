//! Sequences.

use super::super::action::Statement;
use super::super::names::{literal, qualified};
use super::{Alteration, Altered, Fact, How};

/// How an attribute is altered.
pub fn how(attribute: &str) -> Option<How> {
    Some(match attribute {
        "persistence" => How::By(persistence),
        "type" | "start" | "increment" | "minimum" | "maximum" | "cache" | "cycle" => How::Whole(options),
        // See `own`.
        "owned by" => How::Follows,
        _ => return None,
    })
}

/// Makes a sequence; whose it is comes later.
pub fn create(fact: Fact<'_>) -> Vec<Statement> {
    let unlogged = if fact.value("persistence").is_some() { "UNLOGGED " } else { "" };
    let mut sql = format!("CREATE {unlogged}SEQUENCE {}", qualified(fact.identity));
    if let Some(r#type) = fact.value("type") {
        sql.push_str(&format!(" AS {type}"));
    }
    // A descending one has other defaults than those that are passed over.
    let is_descending = fact.value("increment").is_some_and(|increment| increment.starts_with('-'));
    for (attribute, word, usual) in settings(fact) {
        match fact.value(attribute) {
            Some(value) => sql.push_str(&format!(" {word} {value}")),
            None if is_descending => sql.push_str(&format!(" {word} {usual}")),
            None => {}
        }
    }
    if fact.value("cycle").is_some() {
        sql.push_str(" CYCLE");
    }
    vec![Statement::new(sql)]
}

/// Gives a sequence to its column, or takes it away.
pub fn own(fact: Fact<'_>) -> Vec<Statement> {
    let owner = fact.value("owned by").unwrap_or("NONE");
    vec![Statement::new(format!("ALTER SEQUENCE {} OWNED BY {owner}", qualified(fact.identity)))]
}

fn persistence(change: &Alteration<'_>) -> Altered {
    let word = if change.new.value("persistence").is_some() { "UNLOGGED" } else { "LOGGED" };
    Some(vec![Statement::new(format!("ALTER SEQUENCE {} SET {word}", qualified(change.new.identity)))])
}

/// Brings the place of a sequence between narrower bounds: the server refuses bounds that it is not between.
pub fn within_bounds(alter: &str, sequence: &str, old: (i64, i64), new: (i64, i64)) -> Vec<Statement> {
    if new.0 <= old.0 && new.1 >= old.1 {
        return Vec::new();
    }
    let (minimum, maximum) = new;
    let mut statements = Vec::new();
    let mut wider = Vec::new();
    let set = if alter.contains(" COLUMN ") { "SET " } else { "" };
    if minimum < old.0 {
        wider.push(format!("{set}MINVALUE {minimum}"));
    }
    if maximum > old.1 {
        wider.push(format!("{set}MAXVALUE {maximum}"));
    }
    if !wider.is_empty() {
        statements.push(format!("{alter} {}", wider.join(" ")));
    }
    statements.push(format!(
        "SELECT pg_catalog.setval({}, least(greatest(last_value, {minimum}), {maximum}), is_called AND last_value BETWEEN {minimum} AND {maximum}) FROM {sequence}",
        literal(sequence)
    ));
    statements.into_iter().map(Statement::new).collect()
}

/// The greatest value of a sequence of a type when nothing is said.
fn maximum(r#type: Option<&str>) -> &'static str {
    match r#type {
        Some("smallint") => "32767",
        Some("integer") => "2147483647",
        _ => "9223372036854775807",
    }
}

/// The settings of a sequence: the attribute, its words, and what is meant where nothing is said.
fn settings(fact: Fact<'_>) -> [(&'static str, &'static str, &'static str); 5] {
    [
        ("increment", "INCREMENT BY", "1"),
        ("minimum", "MINVALUE", "1"),
        ("maximum", "MAXVALUE", maximum(fact.value("type"))),
        ("start", "START WITH", "1"),
        ("cache", "CACHE", "1"),
    ]
}

fn options(change: &Alteration<'_>) -> Altered {
    let fact = change.new;
    let mut words = Vec::new();
    if change.changes("type") {
        words.push(format!("AS {}", fact.value("type").unwrap_or("bigint")));
    }
    for (attribute, word, usual) in settings(fact) {
        // Another type may bring other limits.
        let is_limit = change.changes("type") && attribute == "maximum";
        if change.changes(attribute) || is_limit {
            words.push(format!("{word} {}", fact.value(attribute).unwrap_or(usual)));
        }
    }
    if change.changes("cycle") {
        words.push(if fact.value("cycle").is_some() { "CYCLE".to_owned() } else { "NO CYCLE".to_owned() });
    }
    let sequence = qualified(fact.identity);
    let bound = |fact: Fact<'_>, attribute: &str, usual: &str| -> i64 {
        fact.value(attribute).unwrap_or(usual).parse().unwrap_or_default()
    };
    let bounds =
        |fact: Fact<'_>| (bound(fact, "minimum", "1"), bound(fact, "maximum", maximum(fact.value("type"))));
    let mut statements = Vec::new();
    let alter = format!("ALTER SEQUENCE {sequence}");
    statements.extend(within_bounds(&alter, &sequence, bounds(change.old), bounds(change.new)));
    statements.push(Statement::new(format!("{alter} {}", words.join(" "))));
    Some(statements)
}
