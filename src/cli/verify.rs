use std::path::PathBuf;

use clap::Args;

use super::shadow::ShadowArguments;
use crate::commands::verify::{self, Options, What};
use crate::git::Candidate;
use crate::progress::Cancel;
use crate::report::file::Target;
use crate::report::verification::{self, Form};
use crate::source::Loading;
use crate::terminal::Terminal;
use crate::verify::proof::Means;
use crate::verify::{Stage, Verdict};
use crate::{Error, Result, report};

/// What the command works with: the configuration of the commit counts, so none is read before.
pub struct Surroundings<'a> {
    /// The configuration file that is named.
    pub config_file: Option<PathBuf>,
    /// Whether only what is wrong is told.
    pub quiet: bool,
    pub terminal: &'a Terminal,
    pub cancel: &'a Cancel,
}

/// Prove the deltas of a commit
///
/// Judges what is in git, not what lies in the working tree. The stages, of which the first one that fails ends the run:
/// names (every delta is one and can be read), frozen (no delta that others have was touched), order (new deltas come
/// last, also after a merge with the upstream branch), lint (hazards of new deltas), apply (the deltas run on what they
/// start from), compare (the result is the model), again (a second upgrade changes nothing).
///
/// Base: --base; else where the commit left the branch that CI names (GITHUB_BASE_REF, CI_MERGE_REQUEST_DIFF_BASE_SHA), that
/// `upstream` of pum.yaml names, or that is origin/HEAD, unless the commit is in it already; else the newest release
/// before the commit. --explain tells which.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 proven; 1 refuted; 3 it could not be verified.",
    after_long_help = "Exit codes: 0 proven; \
1 refuted; 2 usage, such as a revision that is not there; 3 it could not be verified: no server programs, a clone without \
the history that is needed, no pum.yaml; 130 interrupted.

Examples:
  pum verify                                    what the last commit leads to
  pum verify main..feature --explain            another branch, and what it is measured against
  pum verify --skip apply --skip compare        without a database
  pum verify --report junit:verify.xml          for CI"
)]
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
    /// Write a report: json:FILE, junit:FILE, github:FILE or github (on standard output); may be repeated
    ///
    /// In GitHub Actions, annotations and a summary of the step are written without being asked for.
    #[arg(long, value_name = "FORMAT:FILE", value_parser = report_to)]
    report: Vec<(Form, Option<PathBuf>)>,
    /// Tell first which base, which upstream branch and which releases count, and why
    #[arg(long)]
    explain: bool,
    #[command(flatten)]
    shadow: ShadowArguments,
}

impl Arguments {
    pub fn run(self, cli: Surroundings<'_>) -> Result<u8> {
        let what = match self.revision.split_once("..") {
            Some((_, to)) if to.starts_with('.') => {
                return Err(Error::usage(format!("{:?} is no range", self.revision))
                    .hint("A..B with two dots verifies B, measured against A"));
            }
            Some((from, to)) => What::Range(or_head(from), or_head(to)),
            None => What::Revision(self.revision),
        };
        let targets = self.report.iter().filter_map(|(form, file)| Some((form, file.as_deref()?)));
        let files =
            targets.map(|(form, file)| Ok((*form, Target::new(file)?))).collect::<Result<Vec<_>>>()?;
        let (shadow, is_server_named) = self.shadow.without_config(cli.terminal)?;
        let options = Options {
            config_file: cli.config_file,
            base: self.base,
            targets: targets_of_ci(variable),
            pre_push: self.pre_push,
            skip: self.skip,
            means: Means {
                loading: Loading { shadow, ..Loading::default() },
                is_server_named,
                ..Means::default()
            },
            ..Options::new(".", what)
        };
        let verification = verify::run(&options, cli.terminal, cli.cancel)?;
        for (form, target) in &files {
            target.write(&verification::render(&verification, *form)?)?;
        }
        if !(cli.quiet && verification.verdict == Verdict::Proven) {
            cli.terminal.text(&verification::text(&verification, self.explain))?;
        }
        let is_in_actions = variable("GITHUB_ACTIONS").is_some_and(|value| value == "true");
        let wants_annotations = self.report.contains(&(Form::Github, None));
        let has_own_file = self.report.iter().any(|(form, file)| *form == Form::Github && file.is_some());
        if wants_annotations || (is_in_actions && !has_own_file) {
            cli.terminal.text(&verification::annotations(&verification))?;
        }
        if let Some(file) = variable("GITHUB_STEP_SUMMARY").filter(|_| is_in_actions)
            && !verification.is_out_of_scope()
        {
            report::file::append(file.as_ref(), &verification::summary(&verification))?;
        }
        Ok(verification.verdict.exit_code())
    }
}

fn report_to(text: &str) -> std::result::Result<(Form, Option<PathBuf>), String> {
    match text.split_once(':') {
        Some((_, "")) => Err(format!("{text:?} names no file")),
        Some((form, file)) => Ok((form.parse()?, Some(file.into()))),
        None if text == Form::Github.name() => Ok((Form::Github, None)),
        None => {
            let form: Form = text.parse()?;
            Err(format!("{form} needs a file: {form}:FILE"))
        }
    }
}

/// What the environment says, if it says something.
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn or_head(revision: &str) -> String {
    if revision.is_empty() { "HEAD".to_owned() } else { revision.to_owned() }
}

/// The branch that this will be merged into, as CI services name it in the environment.
fn targets_of_ci(environment: impl Fn(&str) -> Option<String>) -> Vec<Candidate> {
    let named = |variable: &str, revision: fn(String) -> String| {
        let value = environment(variable)?;
        Some(Candidate { revision: revision(value), named_by: format!("from {variable}"), is_named: true })
    };
    let github = named("GITHUB_BASE_REF", |branch| format!("origin/{branch}"));
    let gitlab = named("CI_MERGE_REQUEST_DIFF_BASE_SHA", |commit| commit);
    github.into_iter().chain(gitlab).collect()
}
