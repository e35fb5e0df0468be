//! What is attached to relations and to anything: rules, triggers, policies; comments, security labels, owners.

use super::super::action::Statement;
use super::super::names::{self, alter_relation, literal, name, object, qualified};
use super::{Alteration, Altered, Fact, How, columns, routine};
use crate::catalog::{Identity, Kind};

/// How an attribute is altered.
pub fn how(kind: Kind, attribute: &str) -> Option<How> {
    Some(match (kind, attribute) {
        (Kind::Trigger, "definition") => How::By(replace_trigger),
        (Kind::Rule, "definition") => How::By(replace_rule),
        (Kind::Rule | Kind::Trigger, "enabled") => How::By(|change| Some(enabled(change.new, true))),
        (Kind::EventTrigger, "enabled") => How::By(|change| Some(enabled_event(change.new, true))),
        (Kind::EventTrigger, "event" | "function" | "tags") => How::Anew,
        (Kind::Policy, "command" | "restrictive") => How::Anew,
        (Kind::Policy, "roles" | "using" | "with check") => How::Whole(policy_changes),
        (Kind::Comment, "text") | (Kind::SecurityLabel, "label") | (Kind::Owner, "role") => {
            How::By(|change| Some(create(change.new)))
        }
        _ => return None,
    })
}

/// Makes it.
pub fn create(fact: Fact<'_>) -> Vec<Statement> {
    let identity = fact.identity;
    match identity.kind {
        Kind::Trigger => {
            if let Some(copied) = copy(fact) {
                return copied;
            }
            let definition = fact.value("definition").unwrap_or_default();
            let create = Statement::new(trigger(identity, definition, "CREATE")).exclusive();
            std::iter::once(create).chain(enabled(fact, false)).collect()
        }
        Kind::Rule => {
            let create = Statement::new(rule(fact, "CREATE")).exclusive();
            std::iter::once(create).chain(enabled(fact, false)).collect()
        }
        Kind::Policy => vec![Statement::new(policy(fact)).exclusive()],
        Kind::EventTrigger => {
            let tags: Vec<String> = fact.list("tags").into_iter().map(literal).collect();
            let when =
                if tags.is_empty() { String::new() } else { format!(" WHEN TAG IN ({})", tags.join(", ")) };
            let sql = format!(
                "CREATE EVENT TRIGGER {} ON {}{when} EXECUTE FUNCTION {}()",
                name(&identity.name),
                fact.value("event").unwrap_or_default(),
                routine(fact.value("function").unwrap_or_default())
            );
            std::iter::once(Statement::new(sql)).chain(enabled_event(fact, false)).collect()
        }
        Kind::Comment => vec![comment(fact, fact.value("text"))],
        Kind::SecurityLabel => vec![label(fact, fact.value("label"))],
        // That of a sequence of a column follows its table's.
        _ => owner(fact),
    }
}

/// Drops what is not dropped like other things.
pub fn drop(fact: Fact<'_>) -> Vec<Statement> {
    match fact.identity.kind {
        Kind::Comment => vec![comment(fact, None)],
        Kind::SecurityLabel => vec![label(fact, None)],
        // The copy of a parent's trigger fires as that one does again.
        Kind::Trigger => {
            let parents = fact.side.parents(fact.on());
            let mut hanging = parents.iter().flat_map(|parent| fact.side.hanging(parent));
            let above = hanging.find(|part| part.kind == Kind::Trigger && part.name == fact.identity.name);
            match above {
                Some(above) if copy(fact).is_some() => {
                    vec![fires(fact.identity, fact.side.value(above, "enabled"))]
                }
                _ => vec![Statement::new(format!("DROP {}", object(fact.identity))).exclusive()],
            }
        }
        // Nothing is without an owner; what has none of its own takes another's.
        _ => Vec::new(),
    }
}

/// A trigger of a partition that is the copy of its parent's, which the parent's makes: only whether it fires.
fn copy(fact: Fact<'_>) -> Option<Vec<Statement>> {
    let mut parents = fact.side.parents(fact.on()).into_iter();
    fact.side.value(fact.on(), "partition of")?;
    let of_parent = |parent: &std::sync::Arc<Identity>| {
        fact.side
            .hanging(parent)
            .iter()
            .any(|part| part.kind == Kind::Trigger && part.name == fact.identity.name)
    };
    parents.any(of_parent).then(|| enabled(fact, true))
}

/// The statement of a trigger from its definition, which goes without the name.
fn trigger(identity: &Identity, definition: &str, head: &str) -> String {
    let (word, rest) = match definition.strip_prefix("CONSTRAINT ") {
        Some(rest) => ("CONSTRAINT TRIGGER", rest),
        None => ("TRIGGER", definition),
    };
    format!("{head} {word} {} {rest}", name(&identity.name))
}

fn replace_trigger(change: &Alteration<'_>) -> Altered {
    // OR REPLACE came with 14; constraint triggers have none.
    let (old, new) = (
        change.old.value("definition").unwrap_or_default(),
        change.new.value("definition").unwrap_or_default(),
    );
    let is_constraint = [old, new].iter().any(|definition| definition.starts_with("CONSTRAINT "));
    let is_possible = change.new.side.catalog.server.major() >= 14 && !is_constraint;
    is_possible.then(|| {
        let replace = Statement::new(trigger(change.new.identity, new, "CREATE OR REPLACE")).exclusive();
        // One that is replaced fires again.
        let enabled = if change.changes("enabled") { Vec::new() } else { enabled(change.new, false) };
        std::iter::once(replace).chain(enabled).collect()
    })
}

fn rule(fact: Fact<'_>, head: &str) -> String {
    format!(
        "{head} RULE {} AS {}",
        name(&fact.identity.name),
        fact.value("definition").unwrap_or_default().trim_end().trim_end_matches(';')
    )
}

fn replace_rule(change: &Alteration<'_>) -> Altered {
    Some(vec![Statement::new(rule(change.new, "CREATE OR REPLACE")).exclusive()])
}

/// When a rule or a trigger fires; nothing to say of one that was just made and does so always.
fn enabled(fact: Fact<'_>, was_there: bool) -> Vec<Statement> {
    let enabled = fact.value("enabled");
    if enabled.is_none() && !was_there { Vec::new() } else { vec![fires(fact.identity, enabled)] }
}

fn fires(identity: &Identity, enabled: Option<&str>) -> Statement {
    let word = match enabled {
        Some("disabled") => "DISABLE",
        Some("replica") => "ENABLE REPLICA",
        Some("always") => "ENABLE ALWAYS",
        _ => "ENABLE",
    };
    let kind = identity.kind.word().to_uppercase();
    let table = identity.on.as_deref().unwrap_or(identity);
    // Partitions say for themselves.
    let relation = if table.kind == Kind::Table {
        format!("ALTER TABLE ONLY {}", qualified(table))
    } else if table.kind == Kind::View {
        format!("ALTER TABLE {}", qualified(table))
    } else {
        alter_relation(table)
    };
    Statement::new(format!("{relation} {word} {kind} {}", name(&identity.name)))
}

fn enabled_event(fact: Fact<'_>, was_there: bool) -> Vec<Statement> {
    let word = match fact.value("enabled") {
        Some("disabled") => "DISABLE",
        Some("replica") => "ENABLE REPLICA",
        Some("always") => "ENABLE ALWAYS",
        _ if was_there => "ENABLE",
        _ => return Vec::new(),
    };
    vec![Statement::new(format!("ALTER EVENT TRIGGER {} {word}", name(&fact.identity.name)))]
}

fn roles(fact: Fact<'_>) -> String {
    let roles: Vec<String> = fact.list("roles").into_iter().map(name).collect();
    if roles.is_empty() { "PUBLIC".to_owned() } else { roles.join(", ") }
}

fn policy(fact: Fact<'_>) -> String {
    let mut sql = format!("CREATE POLICY {} ON {}", name(&fact.identity.name), qualified(fact.on()));
    if fact.value("restrictive").is_some() {
        sql.push_str(" AS RESTRICTIVE");
    }
    if let Some(command) = fact.value("command") {
        sql.push_str(&format!(" FOR {}", command.to_uppercase()));
    }
    if fact.value("roles").is_some() {
        sql.push_str(&format!(" TO {}", roles(fact)));
    }
    if let Some(using) = fact.value("using") {
        sql.push_str(&format!(" USING ({using})"));
    }
    if let Some(check) = fact.value("with check") {
        sql.push_str(&format!(" WITH CHECK ({check})"));
    }
    sql
}

fn policy_changes(change: &Alteration<'_>) -> Altered {
    let mut sql =
        format!("ALTER POLICY {} ON {}", name(&change.new.identity.name), qualified(change.new.on()));
    if change.changes("roles") {
        sql.push_str(&format!(" TO {}", roles(change.new)));
    }
    for (attribute, word) in [("using", "USING"), ("with check", "WITH CHECK")] {
        if change.changes(attribute) {
            // The server takes none away.
            sql.push_str(&format!(" {word} ({})", change.new.value(attribute)?));
        }
    }
    Some(vec![Statement::new(sql).exclusive()])
}

/// What a comment or a label is on: the fact, or something of it that is no fact of its own.
fn subject(fact: Fact<'_>) -> String {
    let identity = fact.identity;
    let Some(on) = identity.on.as_deref() else { return String::new() };
    match identity.signature.as_deref() {
        Some("index") => format!("INDEX {}", qualified(on)),
        Some("not null") => {
            let relation = on.on.as_deref().unwrap_or(on);
            let usual = format!("{}_{}_not_null", relation.name, on.name);
            let constraint = fact.side.value(on, "not null name").unwrap_or(&usual);
            format!("CONSTRAINT {} ON {}", name(constraint), qualified(relation))
        }
        _ => match of_sequence(fact) {
            Some(sequence) => format!("SEQUENCE {sequence}"),
            None => object(on),
        },
    }
}

fn comment(fact: Fact<'_>, text: Option<&str>) -> Statement {
    let text = text.map_or_else(|| "NULL".to_owned(), literal);
    Statement::new(format!("COMMENT ON {} IS {text}", subject(fact)))
}

fn label(fact: Fact<'_>, label: Option<&str>) -> Statement {
    let label = label.map_or_else(|| "NULL".to_owned(), literal);
    Statement::new(format!(
        "SECURITY LABEL FOR {} ON {} IS {label}",
        name(&fact.identity.name),
        subject(fact)
    ))
}

/// The sequence that something is said of, where that is no fact: for comments and grants.
pub fn of_sequence(fact: Fact<'_>) -> Option<String> {
    let column = Fact { identity: fact.identity.on.as_deref()?, side: fact.side };
    (fact.identity.signature.as_deref() == Some("sequence"))
        .then(|| columns::identity_sequence(column))
        .flatten()
}

fn owner(fact: Fact<'_>) -> Vec<Statement> {
    let on = fact.on();
    let role = name(fact.value("role").unwrap_or_default());
    let object = match on.kind {
        // The word of the kind is TYPE, and a domain is altered as such.
        Kind::Domain => format!("DOMAIN {}", names::qualified(on)),
        _ => object(on),
    };
    vec![Statement::new(format!("ALTER {object} OWNER TO {role}"))]
}
