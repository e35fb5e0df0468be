use clap::Args;

use super::Context;
use super::arguments::Directories;
use crate::Result;
use crate::commands::renumber;

/// Move your own deltas behind those of the branch that was merged or rebased onto
///
/// Your own are those of the working tree that the upstream branch has not. Where they do not come after its deltas and
/// releases, they get the next versions, in their order; the numbers before the titles of a version that both add to go
/// on behind its own. Files are renamed, and the renames staged where git tracks the files; a first line that names the
/// file is corrected. All of it is done, or nothing. Prints a line for each: old -> new.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    git merge origin/main; pum renumber\n  \
    pum renumber --onto origin/release-1.4 --dry-run")]
pub struct Arguments {
    #[command(flatten)]
    directories: Directories,
    /// Come after the deltas of this revision [default: `upstream` of pum.yaml, else origin/HEAD]
    #[arg(long, value_name = "REV")]
    onto: Option<String>,
    /// Show what would be renamed, and stop
    #[arg(long)]
    dry_run: bool,
}

impl Arguments {
    pub fn run(self, context: &Context<'_>) -> Result<u8> {
        let options = renumber::Options {
            directories: self.directories.list(context)?,
            releases: context.config.releases.clone(),
            upstream: context.config.upstream.clone(),
            onto: self.onto,
            dry_run: self.dry_run,
        };
        for step in renumber::run(&options, context.terminal)? {
            context.terminal.data(&format!("{} -> {}", step.old.display(), step.new.display()))?;
        }
        Ok(0)
    }
}
