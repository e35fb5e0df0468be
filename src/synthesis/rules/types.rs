//! Enums, domains with their checks, composite types with their attributes, range types, shell types.

use super::super::action::Statement;
use super::super::names::{self, literal, name, qualified};
use super::{Alteration, Altered, Fact, How, routine};
use crate::catalog::{Form, Kind};

/// How an attribute is altered.
pub fn how(kind: Kind, attribute: &str) -> Option<How> {
    if kind == Kind::BaseType {
        return kind.attributes().iter().any(|known| known.name == attribute).then_some(How::Anew);
    }
    Some(match (kind, attribute) {
        (Kind::Enum, "values") => How::By(values),
        (Kind::Domain, "type" | "collation") => How::Anew,
        (Kind::Domain, "not null") => How::By(domain_not_null),
        (Kind::Domain, "default") => How::By(domain_default),
        (Kind::DomainConstraint, "expression") => How::Anew,
        (Kind::DomainConstraint, "not valid") => How::By(domain_validity),
        (Kind::Attribute, "position") => How::Follows,
        (Kind::Attribute, "type" | "collation") => How::Whole(retype_attribute),
        (
            Kind::RangeType,
            "subtype"
            | "operator class"
            | "collation"
            | "canonical function"
            | "difference function"
            | "multirange type",
        ) => How::Anew,
        _ => return None,
    })
}

/// Makes a type, a check of a domain, or an attribute of a composite type.
pub fn create(fact: Fact<'_>) -> Vec<Statement> {
    let identity = fact.identity;
    let sql = match identity.kind {
        Kind::Enum => {
            let values: Vec<String> = fact.list("values").into_iter().map(literal).collect();
            format!("CREATE TYPE {} AS ENUM ({})", qualified(identity), values.join(", "))
        }
        Kind::Domain => {
            let mut sql = format!(
                "CREATE DOMAIN {} AS {}",
                qualified(identity),
                fact.value("type").unwrap_or_default()
            );
            if let Some(collation) = fact.value("collation") {
                sql.push_str(&format!(" COLLATE {collation}"));
            }
            if let Some(default) = fact.value("default") {
                sql.push_str(&format!(" DEFAULT {default}"));
            }
            if let Some(not_null) = fact.value("not null") {
                let constraint =
                    not_null.strip_prefix("not null as ").map(|name| format!(" CONSTRAINT {name}"));
                sql.push_str(&format!("{} NOT NULL", constraint.unwrap_or_default()));
            }
            sql
        }
        Kind::DomainConstraint => format!(
            "ALTER DOMAIN {} ADD CONSTRAINT {} CHECK ({}){}",
            qualified(fact.on()),
            name(&identity.name),
            fact.value("expression").unwrap_or_default(),
            if fact.value("not valid").is_some() { " NOT VALID" } else { "" }
        ),
        Kind::CompositeType => {
            let attributes: Vec<String> = fact
                .parts(Kind::Attribute)
                .into_iter()
                .map(|part| format!("\n    {}", attribute(part)))
                .collect();
            let end = if attributes.is_empty() { "" } else { "\n" };
            format!("CREATE TYPE {} AS ({}{end})", qualified(identity), attributes.join(","))
        }
        Kind::Attribute => format!("ALTER TYPE {} ADD ATTRIBUTE {}", qualified(fact.on()), attribute(fact)),
        Kind::ShellType => format!("CREATE TYPE {}", qualified(identity)),
        Kind::BaseType => base_type(fact),
        _ => {
            let mut words = Vec::new();
            for (attribute, word) in [
                ("subtype", "SUBTYPE"),
                ("operator class", "SUBTYPE_OPCLASS"),
                ("collation", "COLLATION"),
                ("canonical function", "CANONICAL"),
                ("difference function", "SUBTYPE_DIFF"),
                ("multirange type", "MULTIRANGE_TYPE_NAME"),
            ] {
                if let Some(value) = fact.value(attribute) {
                    let value = if attribute.ends_with("function") { routine(value) } else { value };
                    words.push(format!("{word} = {value}"));
                }
            }
            format!("CREATE TYPE {} AS RANGE ({})", qualified(identity), words.join(", "))
        }
    };
    vec![Statement::new(sql)]
}

/// Whether a type is announced before its functions, which need it and which it needs, and then defined.
pub fn is_announced(fact: Fact<'_>) -> bool {
    match fact.identity.kind {
        Kind::BaseType => true,
        Kind::RangeType => fact.value("canonical function").is_some(),
        _ => false,
    }
}

/// Announces a type.
pub fn announce(fact: Fact<'_>) -> Vec<Statement> {
    vec![Statement::new(format!("CREATE TYPE {}", qualified(fact.identity)))]
}

fn base_type(fact: Fact<'_>) -> String {
    let mut words = Vec::new();
    for (attribute, word) in [
        ("input function", "INPUT"),
        ("output function", "OUTPUT"),
        ("receive function", "RECEIVE"),
        ("send function", "SEND"),
        ("modifier input function", "TYPMOD_IN"),
        ("modifier output function", "TYPMOD_OUT"),
        ("analyze function", "ANALYZE"),
        ("subscript function", "SUBSCRIPT"),
        ("length", "INTERNALLENGTH"),
        ("by value", "PASSEDBYVALUE"),
        ("alignment", "ALIGNMENT"),
        ("storage", "STORAGE"),
        ("category", "CATEGORY"),
        ("preferred", "PREFERRED"),
        ("default", "DEFAULT"),
        ("element", "ELEMENT"),
        ("delimiter", "DELIMITER"),
        ("collatable", "COLLATABLE"),
    ] {
        let Some(value) = fact.value(attribute) else { continue };
        words.push(match attribute {
            "by value" => word.to_owned(),
            "preferred" | "collatable" => format!("{word} = true"),
            "length" if value == "cstring" => format!("{word} = -2"),
            "alignment" => {
                let name = match value {
                    "char" | "double" => value,
                    _ => "int2",
                };
                format!("{word} = {name}")
            }
            "category" | "default" | "delimiter" => format!("{word} = {}", literal(value)),
            _ if attribute.ends_with("function") => format!("{word} = {}", routine(value)),
            _ => format!("{word} = {value}"),
        });
    }
    format!("CREATE TYPE {} (\n    {}\n)", qualified(fact.identity), words.join(",\n    "))
}

fn attribute(fact: Fact<'_>) -> String {
    let collation =
        fact.value("collation").map_or_else(String::new, |collation| format!(" COLLATE {collation}"));
    format!("{} {}{collation}", name(&fact.identity.name), fact.value("type").unwrap_or_default())
}

/// Gives an attribute of a composite type its new type.
pub fn retype_attribute(change: &Alteration<'_>) -> Altered {
    // Columns of the type forbid it, and the server cannot write them anew.
    let composite = change.new.on();
    let is_used = change.old.side.needed_by(composite).iter().any(|user| user.kind == Kind::Column);
    if is_used {
        return Some(vec![Statement::todo(format!(
            "alter {}: type, from {} to {}; columns of tables are of {composite}",
            change.new.identity,
            change.old.value("type").unwrap_or_default(),
            change.new.value("type").unwrap_or_default()
        ))]);
    }
    let collation =
        change.new.value("collation").map_or_else(String::new, |collation| format!(" COLLATE {collation}"));
    Some(vec![Statement::new(format!(
        "ALTER TYPE {} ALTER ATTRIBUTE {} TYPE {}{collation}",
        qualified(composite),
        name(&change.new.identity.name),
        change.new.value("type").unwrap_or_default()
    ))])
}

fn values(change: &Alteration<'_>) -> Altered {
    let (old, new) = (change.old.list("values"), change.new.list("values"));
    let kept: Vec<&str> = new.iter().filter(|value| old.contains(value)).copied().collect();
    if kept != old || uses_new_value(change, &old) {
        return None;
    }
    let r#type = qualified(change.new.identity);
    let mut statements = Vec::new();
    for (place, value) in new.iter().enumerate().filter(|(_, value)| !old.contains(value)) {
        // Those before it are there already.
        let place = match (place.checked_sub(1).map(|before| new[before]), old.first()) {
            (Some(before), _) => format!(" AFTER {}", literal(before)),
            (None, Some(first)) => format!(" BEFORE {}", literal(first)),
            (None, None) => String::new(),
        };
        statements.push(Statement::new(format!("ALTER TYPE {type} ADD VALUE {}{place}", literal(value))));
    }
    Some(statements)
}

/// Whether something that is written now uses a value that is added: the server refuses that in the same transaction.
fn uses_new_value(change: &Alteration<'_>, old: &[&str]) -> bool {
    let added: Vec<String> =
        change.new.list("values").into_iter().filter(|value| !old.contains(value)).map(literal).collect();
    let (before, after) = (change.old.side, change.new.side);
    after.needed_by(change.new.identity).iter().any(|user| {
        let payload = after.catalog.facts.get(*user);
        let is_new = before.catalog.facts.get(*user) != payload;
        let attributes = user.kind.attributes().iter().zip(payload.into_iter().flatten());
        is_new
            && attributes
                .filter(|(attribute, _)| attribute.form == Form::Sql || user.kind == Kind::Column)
                .filter_map(|(_, value)| value.as_deref())
                .any(|value| added.iter().any(|literal| value.contains(literal.as_str())))
    })
}

fn domain_not_null(change: &Alteration<'_>) -> Altered {
    let domain = qualified(change.new.identity);
    let sql = match (change.old.value("not null"), change.new.value("not null")) {
        (_, None) => format!("ALTER DOMAIN {domain} DROP NOT NULL"),
        (None, Some(not_null)) => match not_null.strip_prefix("not null as ") {
            Some(constraint) => format!("ALTER DOMAIN {domain} ADD CONSTRAINT {constraint} NOT NULL"),
            None => format!("ALTER DOMAIN {domain} SET NOT NULL"),
        },
        (Some(old), Some(new)) => {
            let usual = name(&format!("{}_not_null", change.new.identity.name));
            let named =
                |text: &str| text.strip_prefix("not null as ").map_or_else(|| usual.clone(), str::to_owned);
            format!("ALTER DOMAIN {domain} RENAME CONSTRAINT {} TO {}", named(old), named(new))
        }
    };
    Some(vec![Statement::new(sql).checking_rows()])
}

fn domain_default(change: &Alteration<'_>) -> Altered {
    let words = change
        .new
        .value("default")
        .map_or_else(|| "DROP DEFAULT".to_owned(), |default| format!("SET DEFAULT {default}"));
    Some(vec![Statement::new(format!("ALTER DOMAIN {} {words}", qualified(change.new.identity)))])
}

fn domain_validity(change: &Alteration<'_>) -> Altered {
    if change.new.value("not valid").is_some() {
        return None;
    }
    Some(vec![
        Statement::new(format!(
            "ALTER DOMAIN {} VALIDATE CONSTRAINT {}",
            names::qualified(change.new.on()),
            name(&change.new.identity.name)
        ))
        .checking_rows(),
    ])
}
