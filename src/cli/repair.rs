use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Context;
use super::arguments::{Place, Yes};
use crate::Result;
use crate::commands::repair;

/// Mend the record of a delta in the upgrades table, without running anything of it
///
/// It shows what it changes, asks, and does it.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    pum repair accept -p prod delta_1.4.0_pipes.sql      its comment was edited, and that is fine\n  \
    pum repair forget -p prod delta_1.4.0_pipes.sql      so that it runs again\n  \
    pum repair resume -p prod --statement 3 delta_1.4.0_index.sql")]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Take the file as it is now for what was applied: an edited delta is no longer called edited
    Accept(Target),
    /// Record the delta as applied without running it
    MarkApplied(Target),
    /// Take the delta out of the record, so that it is pending again; or late, if a higher one is applied
    Forget(Target),
    /// Let a delta without transaction go on with this statement, whatever was recorded
    Resume {
        /// The number of the statement to go on with, from 1 [default: the one after the last recorded as done]
        #[arg(long, value_name = "N")]
        statement: Option<usize>,
        #[command(flatten)]
        target: Target,
    },
}

#[derive(Debug, Args)]
struct Target {
    /// The delta: the name of its file
    delta: PathBuf,
    #[command(flatten)]
    place: Place,
    /// SET ROLE to this one first
    #[arg(long, value_name = "ROLE")]
    role: Option<String>,
    #[command(flatten)]
    yes: Yes,
}

impl Arguments {
    pub fn run(self, context: &Context<'_>) -> Result<u8> {
        let (action, target) = match self.action {
            Action::Accept(target) => (repair::Action::Accept, target),
            Action::MarkApplied(target) => (repair::Action::MarkApplied, target),
            Action::Forget(target) => (repair::Action::Forget, target),
            Action::Resume { statement, target } => (repair::Action::Resume { statement }, target),
        };
        let file_name =
            target.delta.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let options = repair::Options {
            table: target.place.table.name(context)?,
            directories: target.place.directories.list(context)?,
            connection: target.place.database.to_write(context, &target.yes)?,
            action,
            delta: file_name,
            role: target.role,
            yes: target.yes.yes.is_some(),
        };
        repair::run(&options, context.terminal, context.cancel)?;
        Ok(0)
    }
}
