use std::path::PathBuf;

use clap::Args;

use super::Context;
use crate::Result;
use crate::commands::demo;

/// Show an upgrade from nothing: a sample project, a throwaway server, every step with its command
///
/// Needs PostgreSQL's server programs, but no server that runs and no configuration.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Where to put it: an empty directory, or one that does not exist [default: a new temporary one]
    directory: Option<PathBuf>,
}

impl Arguments {
    pub fn run(self, context: &Context<'_>) -> Result<u8> {
        demo::run(&demo::Options { directory: self.directory }, context.terminal, context.cancel).map(|_| 0)
    }
}
