//! Constraints of tables, indexes, extended statistics.

use super::super::action::{Lock, Statement};
use super::super::names::{alter_relation, name, qualified};
use super::{Alteration, Altered, Fact, How, options, relations};
use crate::catalog::Kind;

/// How an attribute is altered.
pub fn how(kind: Kind, attribute: &str) -> Option<How> {
    Some(match (kind, attribute) {
        (Kind::Constraint, "definition")
        | (Kind::Index, "definition" | "unique")
        | (Kind::Statistics, "definition") => How::Anew,
        (Kind::Constraint, "no inherit") => How::Anew,
        (Kind::Constraint, "deferrable") => How::By(deferrable),
        (Kind::Constraint, "validity") => How::By(validity),
        (Kind::Constraint, "enforcement") => How::By(enforcement),
        // From the parent, or from there on its own.
        (Kind::Constraint, "inherited") => How::By(inherited),
        (Kind::Constraint | Kind::Index, "partition of") => How::By(partition_of),
        (Kind::Constraint, "index options") => How::By(|change| set_options(change, "index options")),
        (Kind::Index, "options") => How::By(|change| set_options(change, "options")),
        (Kind::Constraint, "index tablespace") => How::By(|change| tablespace(change, "index tablespace")),
        (Kind::Index, "tablespace") => How::By(|change| tablespace(change, "tablespace")),
        (Kind::Constraint, "index statistics targets") => {
            How::By(|change| targets(change, "index statistics targets"))
        }
        (Kind::Index, "statistics targets") => How::By(|change| targets(change, "statistics targets")),
        // It follows from what the partitions have; an index that is left over is made again.
        (Kind::Constraint, "index validity") => How::Follows,
        (Kind::Index, "validity") => How::By(index_validity),
        (Kind::Constraint | Kind::Index, "clustered") => How::By(clustered),
        (Kind::Constraint | Kind::Index, "replica identity") => How::By(replica_identity),
        (Kind::Statistics, "statistics target") => How::By(statistics_target),
        _ => return None,
    })
}

/// Makes a constraint, an index or statistics.
pub fn create(fact: Fact<'_>) -> Vec<Statement> {
    match fact.identity.kind {
        Kind::Constraint => constraint(fact),
        Kind::Index => index(fact),
        _ => {
            let create = format!(
                "CREATE STATISTICS {} {}",
                schema_qualified(fact),
                fact.value("definition").unwrap_or_default()
            );
            let target = fact.value("statistics target").map(|target| {
                Statement::new(format!("ALTER STATISTICS {} SET STATISTICS {target}", schema_qualified(fact)))
            });
            std::iter::once(Statement::new(create)).chain(target).collect()
        }
    }
}

fn schema_qualified(fact: Fact<'_>) -> String {
    qualified(fact.identity)
}

fn constraint(fact: Fact<'_>) -> Vec<Statement> {
    let has_index = fact.side.has_index(fact.identity);
    let is_partitioned = fact.side.value(fact.on(), "partition by").is_some();
    // The partitions have their own, which are attached.
    let only = if has_index && is_partitioned { " ONLY" } else { "" };
    let mut sql = format!(
        "ALTER {}{only} {} ADD CONSTRAINT {} {}",
        fact.on().kind.word().to_uppercase(),
        qualified(fact.on()),
        name(&fact.identity.name),
        fact.value("definition").unwrap_or_default()
    );
    if fact.value("no inherit").is_some() {
        sql.push_str(" NO INHERIT");
    }
    sql.push_str(match fact.value("deferrable") {
        Some("initially deferred") => " DEFERRABLE INITIALLY DEFERRED",
        Some(_) => " DEFERRABLE",
        None => "",
    });
    if fact.value("enforcement").is_some() {
        sql.push_str(" NOT ENFORCED");
    }
    let is_valid = fact.value("validity").is_none();
    if !is_valid {
        sql.push_str(" NOT VALID");
    }
    let lock =
        if fact.side.is_foreign_key(fact.identity) { Lock::ShareRowExclusive } else { Lock::AccessExclusive };
    let statement = Statement::new(sql).lock(lock);
    let mut statements = vec![if is_valid { statement.checking_rows() } else { statement }];
    statements.extend(index_settings(fact, "index options", "index tablespace", "index statistics targets"));
    statements
}

fn index(fact: Fact<'_>) -> Vec<Statement> {
    let unique = if fact.value("unique").is_some() { "UNIQUE " } else { "" };
    let only = if fact.side.value(fact.on(), "partition by").is_some() { "ONLY " } else { "" };
    let sql = format!(
        "CREATE {unique}INDEX {} ON {only}{} {}",
        name(&fact.identity.name),
        qualified(fact.on()),
        fact.value("definition").unwrap_or_default()
    );
    let statement = Statement::new(sql).lock(Lock::Share);
    let mut statements = vec![if unique.is_empty() { statement } else { statement.checking_rows() }];
    statements.extend(index_settings(fact, "options", "tablespace", "statistics targets"));
    statements
}

/// What an index is given when it is there.
fn index_settings(fact: Fact<'_>, options: &str, tablespace: &str, targets: &str) -> Vec<Statement> {
    let index = qualified(fact.identity);
    let mut statements = Vec::new();
    let list = fact.list(options);
    if !list.is_empty() {
        statements.push(format!("ALTER INDEX {index} SET {}", options::parenthesised(&list)));
    }
    if let Some(space) = fact.value(tablespace) {
        statements.push(format!("ALTER INDEX {index} SET TABLESPACE {}", name(space)));
    }
    for target in fact.list(targets) {
        if let Some((column, target)) = target.split_once(": ") {
            statements.push(format!("ALTER INDEX {index} ALTER COLUMN {column} SET STATISTICS {target}"));
        }
    }
    if fact.value("clustered").is_some() {
        statements.push(format!("{} CLUSTER ON {}", alter_relation(fact.on()), name(&fact.identity.name)));
    }
    if fact.value("replica identity").is_some() {
        statements.push(format!(
            "{} REPLICA IDENTITY USING INDEX {}",
            alter_relation(fact.on()),
            name(&fact.identity.name)
        ));
    }
    statements.into_iter().map(Statement::new).collect()
}

fn alter_constraint(change: &Alteration<'_>, words: &str) -> Statement {
    Statement::new(format!("{} {words}", alter_relation(change.new.on()))).exclusive()
}

fn deferrable(change: &Alteration<'_>) -> Altered {
    // Of those, the server alters foreign keys only.
    if !change.new.side.is_foreign_key(change.new.identity) {
        return None;
    }
    let words = match change.new.value("deferrable") {
        Some("initially deferred") => "DEFERRABLE INITIALLY DEFERRED",
        Some(_) => "DEFERRABLE INITIALLY IMMEDIATE",
        None => "NOT DEFERRABLE",
    };
    let name = name(&change.new.identity.name);
    Some(vec![alter_constraint(change, &format!("ALTER CONSTRAINT {name} {words}"))])
}

fn validity(change: &Alteration<'_>) -> Altered {
    if change.new.value("validity").is_some() {
        return None;
    }
    let name = name(&change.new.identity.name);
    let statement = alter_constraint(change, &format!("VALIDATE CONSTRAINT {name}"));
    Some(vec![statement.lock(Lock::ShareUpdateExclusive).checking_rows()])
}

fn enforcement(change: &Alteration<'_>) -> Altered {
    if !change.new.side.is_foreign_key(change.new.identity) {
        return None;
    }
    let words = if change.new.value("enforcement").is_some() { "NOT ENFORCED" } else { "ENFORCED" };
    let name = name(&change.new.identity.name);
    Some(vec![alter_constraint(change, &format!("ALTER CONSTRAINT {name} {words}"))])
}

fn inherited(change: &Alteration<'_>) -> Altered {
    // It comes with the tie to the parent, unless only the own one is missing or too much.
    match (change.old.value("inherited"), change.new.value("inherited")) {
        (Some("only"), Some(_)) => Some(constraint(change.new)),
        (Some("and local"), Some(_)) => {
            Some(vec![super::unwritten("make inherited only: ", change.new.identity)])
        }
        _ => Some(Vec::new()),
    }
}

fn partition_of(change: &Alteration<'_>) -> Altered {
    // It is attached when both are there. The server takes none off.
    change.old.value("partition of").is_none().then(Vec::new)
}

fn index_validity(change: &Alteration<'_>) -> Altered {
    if change.new.side.value(change.new.on(), "partition by").is_some() {
        return Some(Vec::new());
    }
    // An invalid index is no aim that a delta could have.
    change.new.value("validity").map(|_| vec![super::unwritten("make invalid: ", change.new.identity)])
}

fn set_options(change: &Alteration<'_>, attribute: &str) -> Altered {
    let changes = options::changes(&change.old.list(attribute), &change.new.list(attribute));
    let index = qualified(change.new.identity);
    Some(
        changes
            .into_iter()
            .map(|words| {
                Statement::new(format!("ALTER INDEX {index} {words}")).lock(Lock::ShareUpdateExclusive)
            })
            .collect(),
    )
}

fn tablespace(change: &Alteration<'_>, attribute: &str) -> Altered {
    let space = name(change.new.value(attribute).unwrap_or("pg_default"));
    let index = qualified(change.new.identity);
    Some(vec![Statement::new(format!("ALTER INDEX {index} SET TABLESPACE {space}")).exclusive().rewriting()])
}

fn targets(change: &Alteration<'_>, attribute: &str) -> Altered {
    let pairs = |fact: Fact<'_>| -> Vec<(String, String)> {
        let list = fact.list(attribute).into_iter();
        list.filter_map(|item| item.split_once(": "))
            .map(|(column, target)| (column.to_owned(), target.to_owned()))
            .collect()
    };
    let (old, new) = (pairs(change.old), pairs(change.new));
    let gone = old.iter().filter(|(column, _)| !new.iter().any(|(known, _)| known == column));
    let gone = gone.map(|(column, _)| (column.clone(), "-1".to_owned()));
    let changed = new.iter().filter(|pair| !old.contains(pair)).cloned();
    let index = qualified(change.new.identity);
    let statement = |(column, target)| {
        Statement::new(format!("ALTER INDEX {index} ALTER COLUMN {column} SET STATISTICS {target}"))
            .lock(Lock::ShareUpdateExclusive)
    };
    Some(gone.chain(changed).map(statement).collect())
}

fn clustered(change: &Alteration<'_>) -> Altered {
    let table = change.new.on();
    let sql = if change.new.value("clustered").is_some() {
        format!("{} CLUSTER ON {}", alter_relation(table), name(&change.new.identity.name))
    } else {
        let mut others = change.new.side.hanging(table).iter();
        if others.any(|other| change.new.side.value(other, "clustered").is_some()) {
            return Some(Vec::new());
        }
        format!("{} SET WITHOUT CLUSTER", alter_relation(table))
    };
    Some(vec![Statement::new(sql).lock(Lock::ShareUpdateExclusive)])
}

fn replica_identity(change: &Alteration<'_>) -> Altered {
    let table = Fact { identity: change.new.on(), side: change.new.side };
    let sql = if change.new.value("replica identity").is_some() {
        format!(
            "{} REPLICA IDENTITY USING INDEX {}",
            alter_relation(table.identity),
            name(&change.new.identity.name)
        )
    } else if table.value("replica identity").is_some() || relations::has_replica_index(table) {
        return Some(Vec::new());
    } else {
        format!("{} REPLICA IDENTITY DEFAULT", alter_relation(table.identity))
    };
    Some(vec![Statement::new(sql).exclusive()])
}

fn statistics_target(change: &Alteration<'_>) -> Altered {
    let target = change.new.value("statistics target").unwrap_or("-1");
    Some(vec![Statement::new(format!(
        "ALTER STATISTICS {} SET STATISTICS {target}",
        qualified(change.new.identity)
    ))])
}
