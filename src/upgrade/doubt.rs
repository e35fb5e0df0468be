//! What became of a statement that was under way, without a transaction, when a run died; and what such a statement
//! leaves behind when it fails. The session must have the settings that the statement had.

use postgres_protocol::escape::escape_literal;

use super::apply::Run;
use super::unit::Unit;
use crate::connection::Reply;
use crate::sql::{NotInTransaction, Statement, Target};
use crate::{Error, Result};

impl Run<'_> {
    /// Whether the statement took effect; `false`: it did not, or it may run twice.
    ///
    /// # Errors
    /// What is half done, with the command that ends it; and what only a person can tell.
    pub(super) fn judge(
        &mut self,
        unit: &Unit,
        statement: &Statement,
        outside: &NotInTransaction,
    ) -> Result<bool> {
        match &outside.target {
            Some(Target::CreateIndex { .. }) => {
                self.refuse_invalid_index(unit, statement, outside)?;
                Ok(self.created_index(outside)?.is_some())
            }
            Some(Target::DropIndex { index }) => {
                let rows = self
                    .session
                    .query(&format!("SELECT to_regclass({}) IS NULL", escape_literal(&index.quoted())))?;
                Ok(rows.first().and_then(|row| row.first()?.as_deref()) == Some("t"))
            }
            Some(Target::DetachPartition { table, partition }) => {
                let rows = self.session.query(&format!(
                    "SELECT coalesce(i.inhdetachpending::text, 'detached')
                     FROM (SELECT to_regclass({}) AS parent, to_regclass({}) AS partition) names
                     LEFT JOIN pg_inherits i ON i.inhparent = parent AND i.inhrelid = partition
                     WHERE parent IS NOT NULL AND partition IS NOT NULL",
                    escape_literal(&table.quoted()),
                    escape_literal(&partition.quoted())
                ))?;
                match rows.first().and_then(|row| row.first()?.as_deref()) {
                    Some("detached") => Ok(true),
                    Some("true") => Err(Error::failed(format!(
                        "{} left the partition {} half detached",
                        unit.label,
                        partition.quoted()
                    ))
                    .at(unit.source.excerpt(statement.range(), "this statement did not end"))
                    .hint(format!(
                        "ALTER TABLE {} DETACH PARTITION {} FINALIZE;   then run the upgrade again",
                        table.quoted(),
                        partition.quoted()
                    ))),
                    // Attached, or a table that is not found: the server will say which.
                    _ => Ok(false),
                }
            }
            None => self.ask(unit, statement, outside),
        }
    }

    /// Asks the user what the server cannot tell.
    fn ask(&self, unit: &Unit, statement: &Statement, outside: &NotInTransaction) -> Result<bool> {
        let question = format!(
            "{} died before or in its statement {}. It is not known whether that took effect. Run it (again)?",
            unit.label,
            statement.first_words(60)
        );
        if self.progress.confirm(&question) {
            return Ok(false);
        }
        let number = unit.begun.as_ref().and_then(|row| row.statements_done).unwrap_or_default() + 1;
        let resume = |next: usize| self.repair_command("resume", unit, &format!(" --statement {next}"));
        Err(Error::failed(format!("{}: it is not known whether {} took effect", unit.label, outside.what))
            .at(unit.source.excerpt(statement.range(), "the last run died before or in this statement"))
            .note("state", "the statements before it are done and committed; nothing more was done")
            .hint(format!("if it did not: {}", resume(number)))
            .hint(format!("if it did: {}", resume(number + 1))))
    }

    /// Stops before a CREATE INDEX CONCURRENTLY whose name an INVALID index has: with IF NOT EXISTS the server would
    /// take that for done.
    ///
    /// # Errors
    /// The index, and the command that drops it.
    pub(super) fn refuse_invalid_index(
        &mut self,
        unit: &Unit,
        statement: &Statement,
        outside: &NotInTransaction,
    ) -> Result<()> {
        let Some(name) = self.invalid_index(outside)? else { return Ok(()) };
        Err(Error::failed(format!("{} cannot go on: the index {name} is INVALID", unit.label))
            .at(unit.source.excerpt(statement.range(), "this statement makes it, and did not end"))
            .note("state", "the statements before it are done and committed")
            .hint(format!("DROP INDEX CONCURRENTLY {name};   then run the upgrade again")))
    }

    /// The quoted name of the index that the statement makes, if there is one of that name and it is INVALID.
    pub(super) fn invalid_index(&mut self, outside: &NotInTransaction) -> Reply<Option<String>> {
        Ok(self.created_index(outside)?.filter(|(valid, _)| !valid).map(|(_, name)| name))
    }

    /// The index of the name that the statement gives, on its table: whether it is valid, and its quoted name.
    fn created_index(&mut self, outside: &NotInTransaction) -> Reply<Option<(bool, String)>> {
        let Some(Target::CreateIndex { index, table, .. }) = &outside.target else { return Ok(None) };
        let rows = self.session.query(&format!(
            "SELECT i.indisvalid, format('%I.%I', n.nspname, c.relname)
             FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE i.indrelid = to_regclass({}) AND c.relname = {}",
            escape_literal(&table.quoted()),
            escape_literal(index)
        ))?;
        Ok(rows.into_iter().next().and_then(|row| {
            let mut columns = row.into_iter().flatten();
            Some((columns.next()? == "t", columns.next()?))
        }))
    }
}
