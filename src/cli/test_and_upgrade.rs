use std::path::PathBuf;

use clap::Args;

use super::Context;
use super::arguments::{self, Directories, Feedback, Table, Yes};
use super::check::{RowsArguments, RuleArguments, ScopeArguments};
use super::shadow::ShadowArguments;
use super::upgrade::ApplyArguments;
use crate::commands::check::Check;
use crate::commands::test_and_upgrade::{self, Answer, Outcome, Target};
use crate::connection::Parameters;
use crate::dump::Format;
use crate::source::Source;
use crate::terminal::Terminal;
use crate::{Error, Result, report};

/// Try the deltas on a copy of prod, compare the result, then upgrade prod
///
/// Prod is dumped, the dump is restored into the test database, the deltas are applied there, and the result is compared
/// with comp. Only if they are equal, and after a yes, the deltas are applied to prod; nothing is written there before.
/// The test database is made if it does not exist; one that an earlier run made is emptied, any other must be empty but
/// for extensions.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    pum test-and-upgrade -pp prod -pt test -pc build -t app_sys.upgrades -d delta -f before.dump\n  \
    pum test-and-upgrade -pp prod -pt shadow: -t app_sys.upgrades -d delta   only prod is needed\n\n\
    Exit code: 0 also when the answer is no; 1 when there are differences.")]
pub struct Arguments {
    /// Prod: the database to upgrade [default: `database` of pum.yaml, else PGSERVICE or PGDATABASE] (also -pp)
    #[arg(long = "pg-service-prod", alias = "pg_service_prod", value_name = "DATABASE")]
    prod: Option<String>,
    /// Test: the database to try the deltas on, which need not exist, or shadow: for a throwaway one (also -pt)
    #[arg(long = "pg-service-test", alias = "pg_service_test", value_name = "DATABASE")]
    test: String,
    /// Comp: the source to compare test and prod with, when they are upgraded (also -pc)
    #[arg(long = "pg-service-comp", alias = "pg_service_comp", value_name = "SOURCE")]
    comp: Option<String>,
    #[command(flatten)]
    table: Table,
    #[command(flatten)]
    directories: Directories,
    /// The dump of prod, which is kept [default: `backup_file` of pum.yaml, else a temporary one]
    #[arg(short = 'f', long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// The format of the dump: custom, directory, tar or plain [default: directory, if FILE is one or none is named, else custom]
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,
    /// How many tables to dump (in the directory format) and to restore at a time [default: one a processor, 4 at most]
    #[arg(short = 'j', long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    jobs: Option<u32>,
    /// What the server refuses of the dump is reported, and is no failure
    #[arg(short = 'x')]
    ignore_errors: bool,
    /// Empty the test database, whatever it holds
    #[arg(long)]
    overwrite_test: bool,
    /// End the sessions that are connected to the test database
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    scope: ScopeArguments,
    #[command(flatten)]
    rows: RowsArguments,
    #[command(flatten)]
    rules: RuleArguments,
    /// Show the differences that ignore rules cover, too, with the reasons
    #[arg(long)]
    show_ignored: bool,
    #[command(flatten)]
    shadow: ShadowArguments,
    #[command(flatten)]
    applying: ApplyArguments,
    #[command(flatten)]
    feedback: Feedback,
    #[command(flatten)]
    yes: Yes,
}

impl Arguments {
    pub fn configure(&self, terminal: &mut Terminal) -> Result<()> {
        self.applying.configure(&self.feedback, terminal)
    }

    pub fn run(self, context: &Context<'_>) -> Result<u8> {
        let config = &context.config;
        let prod_text = self.prod.as_deref().or(config.database.as_deref());
        let prod = database(prod_text.unwrap_or_default(), "-pp", context)?;
        let answer = self.answer(prod_text, &prod, context)?;
        let test = self.test(context)?;
        let upgrade = self.applying.options(prod, &self.table, &self.directories, context)?;
        let shadow = self.shadow.shadow(context)?;
        let comparison = match &self.comp {
            None => None,
            Some(comp) => {
                let sources =
                    (Source::Database(upgrade.connection.clone()), super::arguments::source(comp, context)?);
                let (rules, table) = (self.rules.rules(context)?, Some(upgrade.table.clone()));
                Some(self.scope.options(sources, &self.rows, rules, table, shadow.clone(), context))
            }
        };
        let options = test_and_upgrade::Options {
            prod: upgrade,
            test,
            comparison,
            file: self.file.or_else(|| config.backup_file.clone()),
            format: self.format,
            jobs: self.jobs.unwrap_or_else(natural_jobs),
            exclude_schemas: self.scope.scope(context).exclude_schemas,
            ignore_errors: self.ignore_errors,
            overwrite_test: self.overwrite_test,
            force: self.force,
            answer,
            pg_restore: config.pg_restore_exe.clone(),
            shadow,
        };
        let shown = report::Options { show_ignored: self.show_ignored, ..report::Options::default() };
        let show = |check: &Check| context.terminal.text(&report::text(check, &shown));
        let outcome = test_and_upgrade::run(&options, &show, context.terminal, context.cancel)?;
        Ok(match outcome {
            Outcome::Different | Outcome::UpgradedDifferent(_) => 1,
            Outcome::Nothing | Outcome::Declined | Outcome::Upgraded(_) => 0,
        })
    }

    /// Who says yes: of a protected database, only its name does.
    fn answer(&self, text: Option<&str>, prod: &Parameters, context: &Context<'_>) -> Result<Answer> {
        let given = self.yes.yes.as_ref();
        match (arguments::protection(text, prod, context), given) {
            (None, None) => Ok(Answer::Ask),
            (None, Some(_)) => Ok(Answer::Yes),
            (Some(name), None) => Ok(Answer::Type(name.to_owned())),
            (Some(name), Some(Some(given))) if given == name => Ok(Answer::Yes),
            (Some(name), Some(_)) => {
                Err(Error::usage(format!("{name} is protected, and --yes does not name it"))
                    .note("state", "nothing was done")
                    .hint(format!("--yes={name} says that you mean it")))
            }
        }
    }

    fn test(&self, context: &Context<'_>) -> Result<Target> {
        if let Ok(Source::Shadow) = super::arguments::source(&self.test, context) {
            return Ok(Target::Shadow);
        }
        let test = database(&self.test, "-pt", context)?;
        match arguments::protection(Some(&self.test), &test, context) {
            None => Ok(Target::Database(test)),
            Some(name) => {
                Err(Error::usage(format!("{name} is protected, so it cannot be the test database"))
                    .note("state", "nothing was done")
                    .hint("name the test database with -pt, or shadow: for a throwaway one"))
            }
        }
    }
}

/// A database that something is written to.
fn database(text: &str, option: &str, context: &Context<'_>) -> Result<Parameters> {
    match super::arguments::source(text, context)? {
        Source::Database(_) => arguments::database(text, option, context),
        Source::File(_) | Source::Git(_) | Source::Shadow => {
            Err(Error::usage(format!("{option} needs a database, not {text}"))
                .hint("name it by a service, a URI or a key/value string"))
        }
    }
}

fn natural_jobs() -> u32 {
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    u32::try_from(processors.min(4)).unwrap_or(1)
}
