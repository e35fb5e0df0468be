//! Which statements PostgreSQL (up to 18) refuses in a transaction block, by their words alone: the callers of
//! PreventInTransactionBlock in its source.

use super::names::{Name, part, qualified, take, take_all};
use super::scanner::{Scanner, Token};

/// How a statement gets on with transactions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// It runs in a transaction.
    Ordinary,
    /// It can't, or may not be able to.
    NotInTransaction(NotInTransaction),
}

/// A statement that can't run in a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotInTransaction {
    /// What it is, such as `CREATE INDEX CONCURRENTLY`.
    pub what: &'static str,
    /// Whether it is refused in a transaction for sure; else that depends on what only the server knows (the table is
    /// partitioned, the procedure commits). One that is not certain counts as ordinary in a delta without the
    /// directive no-transaction.
    pub certain: bool,
    /// Whether it runs CONCURRENTLY: it waits for other transactions, and a lock_timeout would leave it half done.
    pub concurrently: bool,
    /// Whether it may simply run again, also when it was done already.
    pub idempotent: bool,
    /// What to look at to see whether it was done, where that is possible.
    pub target: Option<Target>,
}

/// What a statement CONCURRENTLY makes or removes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// CREATE INDEX; one without a name has no target.
    CreateIndex {
        /// The index; it is in the table's schema.
        index: String,
        /// The table.
        table: Name,
        /// IF NOT EXISTS: an invalid index of this name would be taken for done.
        if_not_exists: bool,
    },
    /// DROP INDEX.
    DropIndex {
        /// The index.
        index: Name,
    },
    /// ALTER TABLE … DETACH PARTITION.
    DetachPartition {
        /// The partitioned table.
        table: Name,
        /// The partition.
        partition: Name,
    },
}

impl Kind {
    /// The kind of a statement, from its text.
    pub(super) fn of(sql: &str) -> Self {
        let mut scanner = Scanner::new(sql);
        let Some((Token::Word, first)) = scanner.next_significant() else { return Kind::Ordinary };
        let found = match first.to_ascii_lowercase().as_str() {
            "create" => create(&mut scanner),
            "drop" => drop(&mut scanner),
            "alter" => alter(&mut scanner),
            "vacuum" => Some(outside("VACUUM").idempotent()),
            "cluster" => Some(cluster(&mut scanner)),
            "reindex" => Some(reindex(&mut scanner)),
            "commit" if take(&mut scanner, "prepared") => Some(outside("COMMIT PREPARED")),
            "rollback" if take(&mut scanner, "prepared") => Some(outside("ROLLBACK PREPARED")),
            "call" => Some(outside(CALL).uncertain()),
            "do" if commits(scanner) => Some(outside(DO).uncertain()),
            _ => None,
        };
        found.map_or(Kind::Ordinary, Kind::NotInTransaction)
    }
}

const CALL: &str = "CALL";
const DO: &str = "DO with COMMIT or ROLLBACK";

fn outside(what: &'static str) -> NotInTransaction {
    NotInTransaction { what, certain: true, concurrently: false, idempotent: false, target: None }
}

impl NotInTransaction {
    /// Whether it may commit a part of what it does, and then fail.
    pub fn commits_inside(&self) -> bool {
        matches!(self.what, CALL | DO)
    }

    fn uncertain(self) -> Self {
        NotInTransaction { certain: false, ..self }
    }

    fn idempotent(self) -> Self {
        NotInTransaction { idempotent: true, ..self }
    }

    fn idempotent_if(self, idempotent: bool) -> Self {
        NotInTransaction { idempotent, ..self }
    }

    fn concurrently(self, target: Option<Target>) -> Self {
        NotInTransaction { concurrently: true, target, ..self }
    }
}

fn create(scanner: &mut Scanner<'_>) -> Option<NotInTransaction> {
    if take(scanner, "database") {
        return Some(outside("CREATE DATABASE"));
    }
    if take(scanner, "tablespace") {
        return Some(outside("CREATE TABLESPACE"));
    }
    if take(scanner, "subscription") {
        // It makes a replication slot unless told not to.
        let told = contains(scanner, &["connect", "create_slot"]);
        let statement = outside("CREATE SUBSCRIPTION");
        return Some(if told { statement.uncertain() } else { statement });
    }
    take(scanner, "unique");
    take_all(scanner, &["index", "concurrently"])
        .then(|| outside("CREATE INDEX CONCURRENTLY").concurrently(created_index(scanner)))
}

fn created_index(scanner: &mut Scanner<'_>) -> Option<Target> {
    let if_not_exists = take_all(scanner, &["if", "not", "exists"]);
    if take(scanner, "on") {
        return None;
    }
    let index = part(scanner)?;
    if !take(scanner, "on") {
        return None;
    }
    take(scanner, "only");
    Some(Target::CreateIndex { index, table: qualified(scanner)?, if_not_exists })
}

fn drop(scanner: &mut Scanner<'_>) -> Option<NotInTransaction> {
    if take_all(scanner, &["index", "concurrently"]) {
        let if_exists = take_all(scanner, &["if", "exists"]);
        let target = qualified(scanner).map(|index| Target::DropIndex { index });
        return Some(outside("DROP INDEX CONCURRENTLY").concurrently(target).idempotent_if(if_exists));
    }
    let found = if take(scanner, "database") {
        outside("DROP DATABASE")
    } else if take(scanner, "tablespace") {
        outside("DROP TABLESPACE")
    } else if take(scanner, "subscription") {
        // It can where the subscription has no slot.
        outside("DROP SUBSCRIPTION").uncertain()
    } else {
        return None;
    };
    Some(found.idempotent_if(take_all(scanner, &["if", "exists"])))
}

fn alter(scanner: &mut Scanner<'_>) -> Option<NotInTransaction> {
    if take(scanner, "system") {
        return Some(outside("ALTER SYSTEM").idempotent());
    }
    if take(scanner, "database") {
        part(scanner)?;
        let moves = take_all(scanner, &["set", "tablespace"]);
        return moves.then(|| outside("ALTER DATABASE … SET TABLESPACE").idempotent());
    }
    if take(scanner, "subscription") {
        part(scanner)?;
        let refreshes = take(scanner, "refresh")
            || (take(scanner, "set") || take(scanner, "add") || take(scanner, "drop"));
        return refreshes.then(|| outside("ALTER SUBSCRIPTION").uncertain());
    }
    if !take(scanner, "table") {
        return None;
    }
    take_all(scanner, &["if", "exists"]);
    take(scanner, "only");
    let table = qualified(scanner)?;
    let mut ahead = scanner.clone();
    if matches!(ahead.next_significant(), Some((Token::Other, "*"))) {
        *scanner = ahead;
    }
    if !take_all(scanner, &["detach", "partition"]) {
        return None;
    }
    let partition = qualified(scanner)?;
    take(scanner, "concurrently").then(|| {
        outside("ALTER TABLE … DETACH PARTITION CONCURRENTLY")
            .concurrently(Some(Target::DetachPartition { table, partition }))
    })
}

fn cluster(scanner: &mut Scanner<'_>) -> NotInTransaction {
    take(scanner, "verbose");
    skip_options(scanner);
    let statement = outside("CLUSTER").idempotent();
    // Of one table it can, unless that is partitioned.
    if part(scanner).is_some() { statement.uncertain() } else { statement }
}

fn reindex(scanner: &mut Scanner<'_>) -> NotInTransaction {
    let mut options = scanner.clone();
    let in_options = skip_options(scanner).is_some_and(|end| {
        std::iter::from_fn(|| options.next_significant())
            .take(end)
            .any(|(token, text)| token == Token::Word && text.eq_ignore_ascii_case("concurrently"))
    });
    let many = ["schema", "database", "system"].iter().any(|word| take(scanner, word));
    if !many {
        // Of one table or index it can, unless that is partitioned.
        let _one = take(scanner, "table") || take(scanner, "index");
    }
    if in_options || take(scanner, "concurrently") {
        outside("REINDEX CONCURRENTLY").concurrently(None).idempotent()
    } else if many {
        outside("REINDEX of a schema, a database or the system").idempotent()
    } else {
        outside("REINDEX").idempotent().uncertain()
    }
}

/// Passes over `( … )`; gives how many tokens that were.
fn skip_options(scanner: &mut Scanner<'_>) -> Option<usize> {
    let mut ahead = scanner.clone();
    if !matches!(ahead.next_significant(), Some((Token::Open, _))) {
        return None;
    }
    let mut count = 1;
    loop {
        count += 1;
        if ahead.next_significant()?.0 == Token::Close {
            *scanner = ahead;
            return Some(count);
        }
    }
}

/// Whether one of these words (in lower case) comes in the rest of the statement.
fn contains(scanner: &Scanner<'_>, words: &[&str]) -> bool {
    let mut rest = scanner.clone();
    std::iter::from_fn(|| rest.next_significant())
        .any(|(token, text)| token == Token::Word && words.contains(&text.to_ascii_lowercase().as_str()))
}

/// Whether a DO block ends transactions, as far as its words say.
fn commits(mut scanner: Scanner<'_>) -> bool {
    std::iter::from_fn(|| scanner.next_significant()).any(|(token, text)| {
        let body = text.strip_prefix('$').map(|rest| rest.split_once('$').map_or(rest, |(_, body)| body));
        token == Token::String
            && body.is_some_and(|body| contains(&Scanner::new(body), &["commit", "rollback"]))
    })
}

#[cfg(test)]
mod tests {
    use super::{Kind, Name, NotInTransaction, Target};

    fn outside(sql: &str) -> NotInTransaction {
        match Kind::of(sql) {
            Kind::NotInTransaction(found) => found,
            Kind::Ordinary => panic!("{sql} is not ordinary"),
        }
    }

    fn name(schema: &str, name: &str) -> Name {
        Name { schema: (!schema.is_empty()).then(|| schema.to_owned()), name: name.to_owned() }
    }

    #[test]
    fn what_the_server_refuses_in_a_transaction_is_known() {
        for sql in [
            "vacuum",
            "VACUUM (analyze) t",
            "/* a */ Create Database d",
            "drop database d",
            "CLUSTER",
            "cluster verbose",
            "cluster (verbose)",
            "create tablespace t location ''",
            "drop tablespace t",
            "alter system set a = 1",
            "create unique index concurrently on t(a)",
            "drop index concurrently i",
            "reindex (verbose) database d",
            "reindex schema s",
            "reindex index concurrently i",
            "reindex (concurrently) table t",
            "reindex system",
            "alter table only a.t detach partition p concurrently",
            "alter database d set tablespace t",
            "commit prepared 'x'",
            "rollback prepared 'x'",
            "create subscription s connection '' publication p",
        ] {
            assert!(outside(sql).certain, "{sql}");
        }
    }

    #[test]
    fn what_only_the_server_can_know_is_not_certain() {
        for sql in [
            "cluster t",
            "cluster t using i",
            "cluster i on t",
            "reindex table t",
            "reindex index i",
            "call p()",
            "drop subscription s",
            "alter subscription s refresh publication",
            "create subscription s connection '' publication p with (connect = false)",
            "do $$ begin insert into t values (1); commit; end $$",
            "do $x$ begin rollback; end $x$",
        ] {
            assert!(!outside(sql).certain, "{sql}");
        }
    }

    #[test]
    fn the_rest_is_ordinary() {
        for sql in [
            "create index concurrently_i on t (a)",
            "create index \"concurrently\" on t (a)",
            "drop index i",
            "",
            "alter table t detach partition p",
            "alter table t detach partition p finalize",
            "analyze",
            "commit",
            "alter database d set work_mem = '1MB'",
            "alter type e add value 'x'",
            "discard plans",
            "create table t ()",
            "do $$ begin perform 'commit'; end $$",
            "do 'begin end'",
            "alter subscription s disable",
        ] {
            assert_eq!(Kind::of(sql), Kind::Ordinary, "{sql}");
        }
    }

    #[test]
    fn the_index_the_table_and_the_partition_are_read() {
        let index = |index: &str, table, if_not_exists| {
            Some(Target::CreateIndex { index: index.to_owned(), table, if_not_exists })
        };
        let cases = [
            ("create index concurrently I on T (a)", index("i", name("", "t"), false)),
            (
                "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS \"My i\" ON ONLY app.\"T\" USING gist (a)",
                index("My i", name("app", "T"), true),
            ),
            ("create index concurrently if on t (a)", index("if", name("", "t"), false)),
            ("create index concurrently on t (a)", None),
            ("drop index concurrently if exists a.i", Some(Target::DropIndex { index: name("a", "i") })),
            (
                "alter table if exists a.t * detach partition b.p concurrently",
                Some(Target::DetachPartition { table: name("a", "t"), partition: name("b", "p") }),
            ),
        ];
        for (sql, target) in cases {
            let found = outside(sql);
            assert!(found.concurrently, "{sql}");
            assert_eq!(found.target, target, "{sql}");
        }
    }

    #[test]
    fn what_may_run_again_is_known() {
        for (sql, idempotent) in [
            ("vacuum", true),
            ("reindex (concurrently) table t", true),
            ("drop index concurrently if exists i", true),
            ("drop index concurrently i", false),
            ("create index concurrently if not exists i on t (a)", false),
            ("drop database if exists d", true),
            ("create database d", false),
            ("alter system set a = 1", true),
            ("call p()", false),
        ] {
            assert_eq!(outside(sql).idempotent, idempotent, "{sql}");
        }
    }
}
