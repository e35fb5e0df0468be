//! Grants on objects, and on what roles will make.

use super::super::action::Statement;
use super::super::names::{self, name, object, qualified};
use super::{Alteration, Altered, Fact, How, attached};
use crate::catalog::{Identity, Kind};

/// How an attribute is altered.
pub fn how(attribute: &str) -> Option<How> {
    (attribute == "privileges").then_some(How::By(|change: &Alteration<'_>| -> Altered {
        if change.new.identity.kind == Kind::DefaultPrivilege {
            return Some(defaults(
                change.new,
                &change.old.list("privileges"),
                &change.new.list("privileges"),
            ));
        }
        Some(from_to(change.new, &change.old.list("privileges"), &change.new.list("privileges")))
    }))
}

/// Grants what is in the list, from what the object has by default.
pub fn create(fact: Fact<'_>) -> Vec<Statement> {
    if fact.identity.kind == Kind::DefaultPrivilege {
        let initial = initial_defaults(fact);
        return defaults(fact, &initial, &fact.list("privileges"));
    }
    from_to(fact, &initial(fact), &fact.list("privileges"))
}

/// Goes back to what the object has by default.
pub fn drop(fact: Fact<'_>) -> Vec<Statement> {
    if fact.identity.kind == Kind::DefaultPrivilege {
        let initial = initial_defaults(fact);
        return defaults(fact, &fact.list("privileges"), &initial);
    }
    from_to(fact, &fact.list("privileges"), &initial(fact))
}

/// Takes from a new object what default privileges of the old side give away of it: what it shall have is granted after
/// that. They may be those of any role that applies the delta.
pub fn without_defaults(
    object: Fact<'_>,
    old: &super::Side<'_>,
    stays: impl Fn(&Identity) -> bool,
) -> Vec<Statement> {
    let objects = match object.identity.kind {
        Kind::Table | Kind::View | Kind::MaterializedView | Kind::ForeignTable => "tables",
        Kind::Sequence => "sequences",
        Kind::Function | Kind::Procedure | Kind::Aggregate => "functions",
        Kind::Enum | Kind::Domain | Kind::CompositeType | Kind::RangeType | Kind::BaseType => "types",
        Kind::Schema => "schemas",
        _ => return Vec::new(),
    };
    let mut grantees: Vec<&str> = old
        .catalog
        .facts
        .keys()
        .filter(|fact| fact.kind == Kind::DefaultPrivilege && stays(fact))
        .filter(|fact| {
            fact.on.as_deref().is_none_or(|schema| object.identity.schema.as_ref() == Some(&schema.name))
        })
        .filter_map(|fact| fact.signature.as_deref()?.split_once(", "))
        .filter(|(of, grantee)| *of == objects && *grantee != "OWNER")
        .map(|(_, grantee)| grantee)
        .collect();
    grantees.sort_unstable();
    grantees.dedup();
    let on = std::sync::Arc::new(object.identity.clone());
    let mut statements = Vec::new();
    for grantee in grantees {
        let name = if grantee == "PUBLIC" {
            grantee.to_owned()
        } else {
            grantee.trim_matches('"').replace("\"\"", "\"")
        };
        let privilege = Identity {
            kind: Kind::Privilege,
            on: Some(std::sync::Arc::clone(&on)),
            schema: None,
            name: name.as_str().into(),
            signature: None,
        };
        let fact = Fact { identity: &privilege, side: object.side };
        let Some((subject, _)) = subject(fact) else { continue };
        statements.push(Statement::new(format!("REVOKE ALL ON {subject} FROM {}", self::grantee(fact))));
        statements.extend(from_to(fact, &[], &initial(fact)));
    }
    statements
}

/// What an object is called in GRANT; with the column for a column.
fn subject(fact: Fact<'_>) -> Option<(String, Option<String>)> {
    if let Some(sequence) = attached::of_sequence(fact) {
        return Some((format!("SEQUENCE {sequence}"), None));
    }
    let on = match (fact.identity.signature.as_deref(), fact.identity.on.as_deref()) {
        // Of a member of an extension, or of the server's own.
        (Some(signature), _) => {
            let (word, path) = signature.rsplit_once(' ')?;
            let word = match word {
                "table" | "view" | "materialized view" | "foreign table" => "TABLE",
                "sequence" => "SEQUENCE",
                "function" => "FUNCTION",
                "procedure" => "PROCEDURE",
                "aggregate" => "FUNCTION",
                "type" => "TYPE",
                "schema" => "SCHEMA",
                "language" => "LANGUAGE",
                _ => return None,
            };
            return Some((format!("{word} {path}"), None));
        }
        (None, on) => on?,
    };
    Some(match on.kind {
        Kind::Column => (format!("TABLE {}", names::owner(on)), Some(name(&on.name))),
        Kind::Table | Kind::View | Kind::MaterializedView | Kind::ForeignTable => {
            (format!("TABLE {}", qualified(on)), None)
        }
        Kind::Server => (format!("FOREIGN SERVER {}", qualified(on)), None),
        Kind::Aggregate => {
            (format!("FUNCTION {}({})", qualified(on), on.signature.as_deref().unwrap_or_default()), None)
        }
        Kind::Domain => (format!("TYPE {}", qualified(on)), None),
        _ => (object(on), None),
    })
}

/// What a grantee has when nothing was said.
fn initial(fact: Fact<'_>) -> Vec<&'static str> {
    // Of a member of an extension, or of the server's own.
    if let Some(signature) = fact.identity.signature.as_deref().filter(|signature| *signature != "sequence") {
        return match (&*fact.identity.name, signature.split(' ').next().unwrap_or_default()) {
            ("PUBLIC" | "OWNER", "function" | "procedure" | "aggregate") => vec!["EXECUTE"],
            ("PUBLIC" | "OWNER", "type" | "language") => vec!["USAGE"],
            _ => Vec::new(),
        };
    }
    let Some(on) = fact.identity.on.as_deref() else { return Vec::new() };
    let is_sequence = fact.identity.signature.is_some() || on.kind == Kind::Sequence;
    match &*fact.identity.name {
        "PUBLIC" => match on.kind {
            Kind::Function | Kind::Procedure | Kind::Aggregate => vec!["EXECUTE"],
            Kind::Enum
            | Kind::Domain
            | Kind::CompositeType
            | Kind::RangeType
            | Kind::BaseType
            | Kind::Language => vec!["USAGE"],
            Kind::Schema if &*on.name == "public" => vec!["USAGE"],
            _ => Vec::new(),
        },
        "OWNER" if is_sequence => vec!["SELECT", "UPDATE", "USAGE"],
        "OWNER" => match on.kind {
            Kind::Table | Kind::View | Kind::MaterializedView | Kind::ForeignTable => {
                let mut all =
                    vec!["DELETE", "INSERT", "REFERENCES", "SELECT", "TRIGGER", "TRUNCATE", "UPDATE"];
                if fact.side.catalog.server.major() >= 17 {
                    all.push("MAINTAIN");
                }
                all
            }
            Kind::Schema => vec!["CREATE", "USAGE"],
            Kind::Function | Kind::Procedure | Kind::Aggregate => vec!["EXECUTE"],
            Kind::Column => Vec::new(),
            _ => vec!["USAGE"],
        },
        _ => Vec::new(),
    }
}

/// A privilege: its word, whether it may be passed on, by whom it was given.
fn privilege(item: &str) -> (&str, bool, Option<&str>) {
    let (item, grantor) =
        item.split_once(" GRANTED BY ").map_or((item, None), |(item, grantor)| (item, Some(grantor)));
    match item.strip_suffix(" WITH GRANT OPTION") {
        Some(word) => (word, true, grantor),
        None => (item, false, grantor),
    }
}

fn grantee(fact: Fact<'_>) -> String {
    match &*fact.identity.name {
        "PUBLIC" => "PUBLIC".to_owned(),
        "OWNER" => owner(fact).map_or_else(|| "CURRENT_USER".to_owned(), |owner| name(&owner)),
        quoted if quoted.starts_with('"') => quoted.to_owned(),
        role => name(role),
    }
}

/// The owner of what a privilege is on; that of a sequence of a column is its table's.
fn owner(fact: Fact<'_>) -> Option<String> {
    let chain = fact.identity.chain().skip(1);
    let mut roles = chain.filter_map(|above| {
        let owner = Identity {
            kind: Kind::Owner,
            on: Some(std::sync::Arc::new(above.clone())),
            schema: None,
            name: "".into(),
            signature: None,
        };
        fact.side.value(&owner, "role")
    });
    roles.next().map(str::to_owned)
}

/// REVOKE and GRANT, what it takes to come from one list to another.
fn from_to(fact: Fact<'_>, old: &[&str], new: &[&str]) -> Vec<Statement> {
    let Some((subject, column)) = subject(fact) else {
        return vec![super::unwritten("grant", fact.identity)];
    };
    let column = column.map_or_else(String::new, |column| format!(" ({column})"));
    let grantee = grantee(fact);
    changes(old, new)
        .into_iter()
        .map(|change| change.write(&column, &subject, &grantee))
        .map(Statement::new)
        .collect()
}

enum Grant {
    Revoke { option: bool, words: Vec<String>, grantor: Option<String> },
    Give { option: bool, words: Vec<String>, grantor: Option<String> },
}

impl Grant {
    fn write(&self, column: &str, subject: &str, grantee: &str) -> String {
        let on = if subject.is_empty() { String::new() } else { format!(" ON {subject}") };
        let list = |words: &[String]| {
            words.iter().map(|word| format!("{word}{column}")).collect::<Vec<_>>().join(", ")
        };
        let by = |grantor: &Option<String>| {
            grantor.as_deref().map_or_else(String::new, |role| format!(" GRANTED BY {}", name(role)))
        };
        match self {
            Grant::Revoke { option, words, grantor } => {
                let option = if *option { "GRANT OPTION FOR " } else { "" };
                format!("REVOKE {option}{}{on} FROM {grantee}{}", list(words), by(grantor))
            }
            Grant::Give { option, words, grantor } => {
                let option = if *option { " WITH GRANT OPTION" } else { "" };
                format!("GRANT {}{on} TO {grantee}{option}{}", list(words), by(grantor))
            }
        }
    }
}

fn changes(old: &[&str], new: &[&str]) -> Vec<Grant> {
    let (before, after): (Vec<_>, Vec<_>) =
        (old.iter().map(|item| privilege(item)).collect(), new.iter().map(|item| privilege(item)).collect());
    let mut grants: Vec<Grant> = Vec::new();
    let mut push = |is_grant: bool, option: bool, word: &str, grantor: Option<&str>| {
        let same = grants.iter_mut().find_map(|grant| match grant {
            Grant::Revoke { option: known, words, grantor: by }
                if !is_grant && *known == option && by.as_deref() == grantor =>
            {
                Some(words)
            }
            Grant::Give { option: known, words, grantor: by }
                if is_grant && *known == option && by.as_deref() == grantor =>
            {
                Some(words)
            }
            _ => None,
        });
        match same {
            Some(words) => words.push(word.to_owned()),
            None => {
                let (words, grantor) = (vec![word.to_owned()], grantor.map(str::to_owned));
                grants.push(if is_grant {
                    Grant::Give { option, words, grantor }
                } else {
                    Grant::Revoke { option, words, grantor }
                });
            }
        }
    };
    for (word, option, grantor) in &before {
        match after.iter().find(|(known, _, by)| known == word && by == grantor) {
            None => push(false, false, word, *grantor),
            Some((_, kept, _)) if *option && !kept => push(false, true, word, *grantor),
            Some(_) => {}
        }
    }
    for (word, option, grantor) in &after {
        let is_there =
            before.iter().any(|(known, had, by)| known == word && by == grantor && (*had || !option));
        if !is_there {
            push(true, *option, word, *grantor);
        }
    }
    grants
}

/// The type of objects and the grantee of a default privilege: `tables, viewer`.
fn signature(fact: Fact<'_>) -> (&str, &str) {
    fact.identity.signature.as_deref().and_then(|signature| signature.split_once(", ")).unwrap_or_default()
}

/// What a grantee gets of new objects when nothing was said; in a schema all is on top of that.
fn initial_defaults(fact: Fact<'_>) -> Vec<&'static str> {
    if fact.identity.on.is_some() {
        return Vec::new();
    }
    match signature(fact) {
        ("functions", "PUBLIC" | "OWNER") => vec!["EXECUTE"],
        ("types", "PUBLIC" | "OWNER") => vec!["USAGE"],
        ("tables", "OWNER") => {
            vec!["DELETE", "INSERT", "REFERENCES", "SELECT", "TRIGGER", "TRUNCATE", "UPDATE"]
        }
        ("sequences", "OWNER") => vec!["SELECT", "UPDATE", "USAGE"],
        ("schemas", "OWNER") => vec!["CREATE", "USAGE"],
        _ => Vec::new(),
    }
}

fn defaults(fact: Fact<'_>, old: &[&str], new: &[&str]) -> Vec<Statement> {
    let role = name(&fact.identity.name);
    let schema = fact
        .identity
        .on
        .as_deref()
        .map_or_else(String::new, |schema| format!(" IN SCHEMA {}", name(&schema.name)));
    let (objects, grantee) = signature(fact);
    let grantee = if grantee == "OWNER" { role.clone() } else { grantee.to_owned() };
    changes(old, new)
        .into_iter()
        .map(|change| {
            let words = change.write("", &objects.to_uppercase(), &grantee);
            Statement::new(format!("ALTER DEFAULT PRIVILEGES FOR ROLE {role}{schema} {words}"))
        })
        .collect()
}
