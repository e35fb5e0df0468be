use std::path::PathBuf;

use clap::Args;

use super::Context;
use super::arguments::{Database, Feedback};
use crate::commands::dump;
use crate::dump::Format;
use crate::terminal::Terminal;
use crate::{Error, Result};

/// Dump a database to a file
///
/// The dump is written beside the file and renamed when it is whole; only its owner may read it. It is made by pg_dump of
/// the server's own major version, else of a newer one.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  pum dump -p prod before.dump\n  pum dump -p prod --format directory -j 4 before"
)]
pub struct Arguments {
    #[command(flatten)]
    database: Database,
    /// The file to write [default: `backup_file` of pum.yaml]
    file: Option<PathBuf>,
    /// Leave out a schema; may be given several times
    #[arg(short = 'N', long, value_name = "SCHEMA")]
    exclude_schema: Vec<String>,
    /// The format: custom, directory, tar or plain
    #[arg(long, value_name = "FORMAT", default_value = "custom", value_parser = format)]
    format: Format,
    /// How many tables to dump at a time; needs the directory format
    #[arg(short = 'j', long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    jobs: u32,
    /// The pg_dump to use [default: `pg_dump_exe` of pum.yaml, else the one that fits the server]
    #[arg(long, value_name = "FILE", env = "PG_DUMP_EXE", hide_env_values = true)]
    pg_dump: Option<PathBuf>,
    #[command(flatten)]
    feedback: Feedback,
}

impl Arguments {
    pub fn configure(&self, terminal: &mut Terminal) {
        self.feedback.configure(terminal, false);
    }

    pub fn run(self, context: &Context<'_>) -> Result<u8> {
        let file = self.file.or_else(|| context.config.backup_file.clone());
        let file = file.ok_or_else(|| Error::usage("no file is named").hint("pum dump -p DATABASE FILE"))?;
        let options = dump::Options {
            format: self.format,
            jobs: self.jobs,
            exclude_schemas: self.exclude_schema,
            pg_dump: self.pg_dump.or_else(|| context.config.pg_dump_exe.clone()),
            ..dump::Options::new(file)
        };
        let database = self.database.to_read(context)?;
        dump::run(&database, &options, context.terminal, context.cancel).map(|_| 0)
    }
}

fn format(text: &str) -> std::result::Result<Format, String> {
    text.parse().map_err(|error: Error| error.to_string())
}
