use clap::Args;

use super::Context;
use super::arguments::{Place, Yes, version};
use crate::Result;
use crate::commands::baseline;
use crate::delta::Version;

/// Declare which version a database is at, and make its upgrades table
///
/// Run it once for each database that pum has not met. The deltas below that version count as contained in it; those of
/// that version and above are pending.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  pum baseline -p prod -t app_sys.upgrades -d delta -b 1.0.0\n  pum baseline -p prod -t app_sys.upgrades -d delta -b 1.4.0 --mark-applied"
)]
pub struct Arguments {
    #[command(flatten)]
    place: Place,
    /// The version that the database is at
    #[arg(short = 'b', long, value_name = "X.Y.Z", value_parser = version)]
    baseline: Version,
    /// Make the schema of the table if it is missing
    #[arg(long)]
    create_schema: bool,
    /// Also record the deltas up to that version as applied, for a database that already contains them
    #[arg(long)]
    mark_applied: bool,
    /// Add another baseline to the one that the database has
    #[arg(long)]
    force: bool,
    /// SET ROLE to this one first
    #[arg(long, value_name = "ROLE")]
    role: Option<String>,
    #[command(flatten)]
    yes: Yes,
}

impl Arguments {
    pub fn run(self, context: &Context<'_>) -> Result<u8> {
        let options = baseline::Options {
            table: self.place.table.name(context)?,
            directories: if self.mark_applied {
                self.place.directories.list(context)?
            } else {
                self.place.directories.list_if_any(context)
            },
            connection: self.place.database.to_write(context, &self.yes)?,
            version: self.baseline,
            create_schema: self.create_schema,
            mark_applied: self.mark_applied,
            force: self.force,
            role: self.role,
        };
        baseline::run(&options, context.terminal, context.cancel).map(|_| 0)
    }
}
