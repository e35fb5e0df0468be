use clap::{Args, ValueEnum};

use super::Context;
use super::arguments::Place;
use crate::Result;
use crate::commands::info;

/// Show the state of a database and of every delta
///
/// Writes nothing. Each delta is applied (and when and by whom), pending, before the baseline, late (a higher version was
/// applied before it came), begun and not ended, or recorded although its file is gone; one that was edited after it was
/// applied is marked. Files that look like deltas and are not are listed with the reason.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  pum info -p prod -t app_sys.upgrades -d delta\n  pum info -p prod -t app_sys.upgrades -d delta --exit-code >/dev/null || echo 'not up to date'"
)]
pub struct Arguments {
    #[command(flatten)]
    place: Place,
    /// How to show it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Take the deltas of this revision, and not those of the working tree
    #[arg(long, value_name = "REV")]
    at: Option<String>,
    /// Exit with 1 when something is pending or wrong
    #[arg(long)]
    exit_code: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For programs
    Json,
}

impl Arguments {
    pub fn run(self, context: &Context<'_>) -> Result<u8> {
        let options = info::Options {
            table: self.place.table.name(context)?,
            directories: self.place.directories.list(context)?,
            connection: self.place.database.to_read(context)?,
            known_late: context.config.late.iter().cloned().collect(),
            at: self.at,
            has_model: context.config.model.is_some(),
        };
        let info = info::run(&options, context.cancel)?;
        match self.format {
            Format::Text => context.terminal.info(&info, &options)?,
            Format::Json => context.terminal.json(&info)?,
        }
        Ok(u8::from(self.exit_code && !info.is_in_order()))
    }
}
