use std::path::PathBuf;

use clap::Args;

use super::Context;
use super::arguments::{Database, Feedback, Yes};
use crate::commands::restore;
use crate::terminal::Terminal;
use crate::{Error, Result};

/// Restore a database from a dump
///
/// Into a database that is empty but for extensions; for one that is not, say what you mean: --clean-database makes it
/// anew, --into-existing adds to it. Owners are not restored.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  pum restore -p test before.dump\n  pum restore -p test --clean-database before.dump"
)]
pub struct Arguments {
    #[command(flatten)]
    database: Database,
    /// The dump: custom, directory, tar or plain SQL [default: `backup_file` of pum.yaml]
    file: Option<PathBuf>,
    /// What the server refuses is reported, and is no failure; the database need not be empty
    #[arg(short = 'x')]
    ignore_errors: bool,
    /// Leave out a schema; may be given several times
    #[arg(short = 'N', long, value_name = "SCHEMA")]
    exclude_schema: Vec<String>,
    /// Restore into a database that is not empty
    #[arg(long)]
    into_existing: bool,
    /// Drop the database first, if it exists, and make it
    #[arg(long, conflicts_with = "into_existing")]
    clean_database: bool,
    /// With --clean-database: end the sessions that are connected
    #[arg(long, requires = "clean_database")]
    force: bool,
    /// How many objects to restore at a time; from the custom and the directory format
    #[arg(short = 'j', long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    jobs: u32,
    /// The pg_restore to use [default: `pg_restore_exe` of pum.yaml, else the one that fits the server]
    #[arg(long, value_name = "FILE", env = "PG_RESTORE_EXE", hide_env_values = true)]
    pg_restore: Option<PathBuf>,
    #[command(flatten)]
    feedback: Feedback,
    #[command(flatten)]
    yes: Yes,
}

impl Arguments {
    pub fn configure(&self, terminal: &mut Terminal) {
        self.feedback.configure(terminal, false);
    }

    pub fn run(self, context: &Context<'_>) -> Result<u8> {
        let file = self.file.or_else(|| context.config.backup_file.clone());
        let file =
            file.ok_or_else(|| Error::usage("no file is named").hint("pum restore -p DATABASE FILE"))?;
        let options = restore::Options {
            ignore_errors: self.ignore_errors,
            exclude_schemas: self.exclude_schema,
            into_existing: self.into_existing,
            clean_database: self.clean_database,
            force: self.force,
            jobs: self.jobs,
            pg_restore: self.pg_restore.or_else(|| context.config.pg_restore_exe.clone()),
            ..restore::Options::new(file)
        };
        let database = self.database.to_write(context, &self.yes)?;
        restore::run(&database, &options, context.terminal, context.cancel).map(|_| 0)
    }
}
