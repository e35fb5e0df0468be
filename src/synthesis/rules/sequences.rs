//! Sequences.

use super::super::action::Statement;
use super::super::names::qualified;
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
    let usual_maximum = match fact.value("type") {
        Some("smallint") => "32767",
        Some("integer") => "2147483647",
        _ => "9223372036854775807",
    };
    for (attribute, word, usual) in [
        ("increment", "INCREMENT BY", "1"),
        ("minimum", "MINVALUE", "1"),
        ("maximum", "MAXVALUE", usual_maximum),
        ("start", "START WITH", "1"),
        ("cache", "CACHE", "1"),
    ] {
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

fn options(change: &Alteration<'_>) -> Altered {
    let fact = change.new;
    let usual_maximum = match fact.value("type") {
        Some("smallint") => "32767",
        Some("integer") => "2147483647",
        _ => "9223372036854775807",
    };
    let mut words = Vec::new();
    if change.changes("type") {
        words.push(format!("AS {}", fact.value("type").unwrap_or("bigint")));
    }
    for (attribute, word, usual) in [
        ("increment", "INCREMENT BY", "1"),
        ("minimum", "MINVALUE", "1"),
        ("maximum", "MAXVALUE", usual_maximum),
        ("start", "START WITH", "1"),
        ("cache", "CACHE", "1"),
    ] {
        // Another type may bring other limits.
        let is_limit = change.changes("type") && attribute == "maximum";
        if change.changes(attribute) || is_limit {
            words.push(format!("{word} {}", fact.value(attribute).unwrap_or(usual)));
        }
    }
    if change.changes("cycle") {
        words.push(if fact.value("cycle").is_some() { "CYCLE".to_owned() } else { "NO CYCLE".to_owned() });
    }
    Some(vec![Statement::new(format!("ALTER SEQUENCE {} {}", qualified(fact.identity), words.join(" ")))])
}
