use clap::{Args, Subcommand, ValueEnum};

use crate::Result;
use crate::commands::cache;
use crate::terminal::Terminal;

/// Show or empty the cache of throwaway servers and models
///
/// Where a command needs a throwaway server, its data directory is copied from one that was made before; a model (git:REV) that
/// was built before is restored. What was not used for the longest time is removed when there is too much.
///
/// The cache is in PUM_CACHE_DIR, else in `pum` below XDG_CACHE_HOME or ~/.cache. PUM_CACHE_SIZE says how much may lie there,
/// such as 500MB or 2GB [default: 1GB].
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  pum cache info\n  pum cache clear")]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Show where the cache is, and how much is in it
    Info {
        /// How to show it
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// Remove everything but what is in use
    Clear,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For programs
    Json,
}

impl Arguments {
    /// Needs no configuration.
    pub fn run(&self, terminal: &Terminal) -> Result<u8> {
        let cache = super::shadow::cache()?;
        match &self.action {
            Action::Info { format: Format::Text } => terminal.cache(&cache::info(&cache))?,
            Action::Info { format: Format::Json } => terminal.json(&cache::info(&cache))?,
            Action::Clear => cache::clear(&cache, terminal)?,
        }
        Ok(0)
    }
}
