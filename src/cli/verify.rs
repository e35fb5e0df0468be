use std::path::PathBuf;

use clap::Args;

use crate::commands::verify::{self, Options, What};
use crate::git::Candidate;
use crate::progress::Cancel;
use crate::report;
use crate::terminal::Terminal;
use crate::verify::Stage;
use crate::{Error, Result};

/// Prove the deltas of a commit
///
/// Judges what is in git, not what lies in the working tree. The stages, of which the first one that fails ends the run:
/// names (every delta is one and can be read), frozen (no delta that others have was touched), order (new deltas come
/// last, also after a merge with the upstream branch), lint (hazards of new deltas), apply (the deltas run on what they
/// start from), compare (the result is the model), again (a second upgrade changes nothing).
#[derive(Debug, Args)]
pub struct Arguments {
    /// The commit to verify, or A..B: the commit B, measured against A
    #[arg(value_name = "REV | A..B", default_value = "HEAD")]
    revision: String,
    /// What it is measured against [default: where it left the upstream branch, else the release before it]
    #[arg(long, value_name = "REV")]
    base: Option<String>,
    /// Do nothing if no delta, nothing of the model and not pum.yaml changed since the base
    #[arg(long)]
    pre_push: bool,
    /// A stage to leave out: names, frozen, order, lint, apply, compare, again; may be repeated
    #[arg(long, value_name = "STAGE")]
    skip: Vec<Stage>,
    /// Verify anew what was verified before
    #[arg(long)]
    no_cache: bool,
    /// Tell first which base, which upstream branch and which releases count, and why
    #[arg(long)]
    explain: bool,
}

impl Arguments {
    pub fn run(self, config_file: Option<PathBuf>, terminal: &Terminal, cancel: &Cancel) -> Result<u8> {
        let what = match self.revision.split_once("..") {
            Some((_, to)) if to.starts_with('.') => {
                return Err(Error::usage(format!("{:?} is no range", self.revision))
                    .hint("A..B with two dots verifies B, measured against A"));
            }
            Some((from, to)) => What::Range(or_head(from), or_head(to)),
            None => What::Revision(self.revision),
        };
        let options = Options {
            config_file,
            base: self.base,
            targets: targets(|name| std::env::var(name).ok()),
            pre_push: self.pre_push,
            skip: self.skip,
            ..Options::new(".", what)
        };
        let verification = verify::run(&options, terminal, cancel)?;
        terminal.text(&report::verification::text(&verification, self.explain))?;
        Ok(verification.verdict.exit_code())
    }
}

fn or_head(revision: &str) -> String {
    if revision.is_empty() { "HEAD".to_owned() } else { revision.to_owned() }
}

/// The branch that this will be merged into, as CI services name it in the environment.
fn targets(environment: impl Fn(&str) -> Option<String>) -> Vec<Candidate> {
    let named = |variable: &str, revision: fn(String) -> String| {
        let value = environment(variable).filter(|value| !value.is_empty())?;
        Some(Candidate { revision: revision(value), named_by: format!("from {variable}"), is_named: true })
    };
    let github = named("GITHUB_BASE_REF", |branch| format!("origin/{branch}"));
    let gitlab = named("CI_MERGE_REQUEST_DIFF_BASE_SHA", |commit| commit);
    github.into_iter().chain(gitlab).collect()
}
