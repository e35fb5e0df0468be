use clap::Args;

use super::Context;
use super::arguments::{Database, Table};
use crate::commands::version;
use crate::{Error, Result};

/// Print the version that a database is at, and nothing else
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  pum version -p prod -t app_sys.upgrades")]
pub struct Arguments {
    #[command(flatten)]
    database: Database,
    #[command(flatten)]
    table: Table,
}

impl Arguments {
    pub fn run(self, context: &Context<'_>) -> Result<u8> {
        let options = version::Options {
            table: self.table.name(context)?,
            connection: self.database.to_read(context)?,
        };
        let version = version::run(&options, context.cancel)?.ok_or_else(|| {
            Error::failed(format!("{} records no version", options.table))
                .hint("declare one with `pum baseline`")
        })?;
        context.terminal.data(&version.to_string())?;
        Ok(0)
    }
}
