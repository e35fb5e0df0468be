//! What is done to one fact: its statements, and what each of them costs.

use std::fmt;
use std::sync::Arc;

use crate::catalog::Identity;

/// The lock that a statement takes on a table that is there already.
/// <https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-TABLES>
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Lock {
    /// None that anybody waits for.
    #[default]
    None,
    /// SHARE UPDATE EXCLUSIVE: reading and writing go on.
    ShareUpdateExclusive,
    /// SHARE: reading goes on, writing waits.
    Share,
    /// SHARE ROW EXCLUSIVE: the same, and so do other alterations.
    ShareRowExclusive,
    /// ACCESS EXCLUSIVE: everybody waits.
    AccessExclusive,
}

/// What a statement may cost in production.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Hazards {
    /// The lock.
    pub lock: Lock,
    /// Whether a table that is there already is written anew, as long as it takes.
    pub rewrites: bool,
    /// Whether it reads all rows of a table that is there already, and fails if one does not comply.
    pub checks_rows: bool,
    /// Whether data are lost.
    pub loses_data: bool,
    /// Whether it cannot run in a transaction.
    pub outside_transaction: bool,
}

/// A statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Its text, without the semicolon; of what cannot be written, a sentence that names the object.
    pub sql: String,
    /// What it costs.
    pub hazards: Hazards,
    /// Whether it is to be written by a person still.
    pub is_todo: bool,
}

impl Statement {
    /// A statement without hazards.
    pub fn new(sql: impl Into<String>) -> Statement {
        Statement { sql: sql.into(), hazards: Hazards::default(), is_todo: false }
    }

    /// What a person has to write.
    pub fn todo(sentence: impl Into<String>) -> Statement {
        Statement { is_todo: true, ..Statement::new(sentence) }
    }

    /// The same with this lock.
    pub fn lock(mut self, lock: Lock) -> Statement {
        self.hazards.lock = lock;
        self
    }

    /// The same under the lock that everybody waits for.
    pub fn exclusive(self) -> Statement {
        self.lock(Lock::AccessExclusive)
    }

    /// The same, writing a table anew.
    pub fn rewriting(mut self) -> Statement {
        self.hazards.rewrites = true;
        self
    }

    /// The same, reading all rows of a table.
    pub fn checking_rows(mut self) -> Statement {
        self.hazards.checks_rows = true;
        self
    }

    /// The same, losing data.
    pub fn losing_data(mut self) -> Statement {
        self.hazards.loses_data = true;
        self
    }

    /// The same, not to be run in a transaction.
    pub fn outside_transaction(mut self) -> Statement {
        self.hazards.outside_transaction = true;
        self
    }
}

impl fmt::Display for Statement {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_todo {
            return write!(formatter, "-- TODO {}", self.sql.replace('\n', "\n--      "));
        }
        // The body of a routine may end in a comment.
        let end = if self.sql.lines().last().is_some_and(|line| line.contains("--")) { "\n;" } else { ";" };
        write!(formatter, "{}{end}", self.sql.trim_end())
    }
}

/// What an action does to its fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Deed {
    /// It goes out of the way, under another name, until nothing uses it any more.
    Retire,
    /// It is taken from what it is a partition or a child of.
    Detach,
    /// It is dropped.
    Drop,
    /// It is announced, for those that it needs and that need it.
    Announce,
    /// It is made.
    Create,
    /// It is altered.
    Alter,
    /// It is tied to others, when all of them are there: `OWNED BY`, `ATTACH PARTITION`.
    Tie,
}

impl Deed {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Deed::Retire => "rename",
            Deed::Detach => "detach",
            Deed::Drop => "drop",
            Deed::Announce => "announce",
            Deed::Create => "create",
            Deed::Alter => "alter",
            Deed::Tie => "tie",
        }
    }
}

/// What is done to one fact.
#[derive(Debug)]
pub struct Action {
    /// The fact.
    pub identity: Arc<Identity>,
    /// What is done to it.
    pub deed: Deed,
    /// How.
    pub statements: Vec<Statement>,
}

impl fmt::Display for Action {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.deed.word(), self.identity)
    }
}
