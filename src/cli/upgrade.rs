use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::Context;
use super::arguments::{Directories, Feedback, Place, Table, Yes, duration, short_version};
use super::check::{RowsArguments, RuleArguments, ScopeArguments};
use super::shadow::ShadowArguments;
use crate::commands::{check, rehearse, upgrade};
use crate::config::Edited;
use crate::connection::Parameters;
use crate::delta::Version;
use crate::progress::Progress;
use crate::source::Source;
use crate::sql::{Origin, Value, Variables};
use crate::terminal::Terminal;
use crate::upgrade::apply::{Grouping, Manner};
use crate::upgrade::plan::Choice;
use crate::{Error, Result, report};

/// Apply the deltas that a database has not had yet
///
/// Each SQL delta is one transaction, with its record in it. A delta with the line `-- pum: no-transaction` runs statement
/// by statement. When something fails, it says what was undone, at which version the database is, and what to do.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    pum upgrade -p prod -t app_sys.upgrades -d delta --dry-run   what would run\n  \
    pum upgrade -p prod -t app_sys.upgrades -d delta -v int SRID 2056\n  \
    pum upgrade -p prod -t app_sys.upgrades -d delta --transaction all --backup before.dump\n  \
    pum upgrade -p prod -t app_sys.upgrades -d delta --at v1.4.0   the deltas of that release, whatever lies here\n  \
    pum upgrade -p prod -t app_sys.upgrades -d delta --rehearse   on its schema, in a throwaway database")]
pub struct Arguments {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    applying: ApplyArguments,
    /// Take deltas and all files beside them from this revision, and not from the working tree
    ///
    /// The configuration is that of the working directory all the same.
    #[arg(long, value_name = "REV")]
    at: Option<String>,
    /// Show what would run, and stop
    #[arg(long)]
    dry_run: bool,
    /// Dump the database to this file first [default: `backup_file` of pum.yaml]
    #[arg(long, value_name = "FILE", num_args = 0..=1)]
    backup: Option<Option<PathBuf>>,
    #[command(flatten)]
    rehearsal: RehearsalArguments,
    #[command(flatten)]
    feedback: Feedback,
    #[command(flatten)]
    yes: Yes,
}

/// How deltas are applied, and which.
#[derive(Debug, Args)]
pub struct ApplyArguments {
    /// Apply no delta above this version
    #[arg(short = 'u', long, value_name = "X.Y.Z", value_parser = short_version)]
    max_version: Option<Version>,
    /// A variable for the deltas, used there as %(NAME)s; TYPE is int, float or str
    #[arg(short = 'v', long = "var", value_names = ["TYPE", "NAME", "VALUE"], num_args = 3, allow_negative_numbers = true)]
    variables: Vec<String>,
    /// Tell every statement (also -vv)
    #[arg(long)]
    verbose: bool,
    /// What one transaction holds: each delta, or the whole run, so that a failure undoes everything
    #[arg(long, value_enum, default_value_t = Transaction::Each)]
    transaction: Transaction,
    /// Apply at most this many deltas
    #[arg(long, value_name = "N")]
    stop_after: Option<usize>,
    /// Run late deltas too: those below one of their directory that was applied already
    #[arg(long, conflicts_with = "ignore_late")]
    out_of_order: bool,
    /// Pass over late deltas
    #[arg(long)]
    ignore_late: bool,
    /// Write every statement, its time, its rows and the notices to this file
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
    /// SET ROLE to this one first
    #[arg(long, value_name = "ROLE")]
    role: Option<String>,
    /// How long to wait for another upgrade of the same database, such as 30s, 500ms or 5m
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = duration)]
    lock_wait: Duration,
    /// How long a statement may wait for a lock before its delta is undone and tried again; 0: for ever
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = duration)]
    lock_timeout: Duration,
    /// How often a delta is tried again after it waited too long, or met a deadlock
    #[arg(long, value_name = "N", default_value_t = 10)]
    retries: u32,
    /// The Python for Python deltas [default: `python_exe` of pum.yaml, else python3]
    #[arg(long, value_name = "FILE")]
    python: Option<PathBuf>,
}

/// A rehearsal.
#[derive(Debug, Args)]
#[command(next_help_heading = "Rehearsal")]
pub struct RehearsalArguments {
    /// Apply the deltas to a throwaway database with the schema, the upgrades table and the value lists of this one
    #[arg(long, conflicts_with_all = ["dry_run", "backup"])]
    rehearse: bool,
    /// More tables whose rows are taken into the rehearsal, beside the value lists; patterns such as app_sys.*
    #[arg(long, value_name = "TABLE", num_args = 1.., requires = "rehearse")]
    copy_rows: Vec<String>,
    /// Compare the result of the rehearsal with this source
    #[arg(long, value_name = "SOURCE", requires = "rehearse")]
    compare: Option<String>,
    #[command(flatten)]
    scope: ScopeArguments,
    #[command(flatten)]
    rows: RowsArguments,
    #[command(flatten)]
    rules: RuleArguments,
    #[command(flatten)]
    shadow: ShadowArguments,
    /// Show the differences that ignore rules cover, too, with the reasons
    #[arg(long)]
    show_ignored: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Transaction {
    /// Each SQL delta
    Each,
    /// The whole run, pre-all and post-all included
    All,
}

impl ApplyArguments {
    /// How much is told, and where to.
    pub fn configure(&self, feedback: &Feedback, terminal: &mut Terminal) -> Result<()> {
        feedback.configure(terminal, self.verbose);
        match &self.log {
            Some(file) => terminal.log_to(file),
            None => Ok(()),
        }
    }

    /// The upgrade of a database.
    pub fn options(
        &self,
        connection: Parameters,
        table: &Table,
        directories: &Directories,
        context: &Context<'_>,
    ) -> Result<upgrade::Options> {
        let config = &context.config;
        Ok(upgrade::Options {
            variables: variables(&self.variables, config.variables.iter())?,
            choice: Choice {
                max_version: self.max_version,
                out_of_order: self.out_of_order,
                known_late: config.late.iter().cloned().collect(),
                ignore_late: self.ignore_late,
            },
            manner: Manner {
                grouping: match self.transaction {
                    Transaction::Each => Grouping::Each,
                    Transaction::All => Grouping::All,
                },
                role: self.role.clone(),
                lock_timeout: self.lock_timeout,
                retries: self.retries,
                ..Manner::default()
            },
            lock_wait: self.lock_wait,
            stop_after: self.stop_after,
            refuse_edited: config.edited == Edited::Error,
            has_model: config.model.is_some(),
            python: self.python.clone().or_else(|| config.python_exe.clone()),
            pg_dump: config.pg_dump_exe.clone(),
            ..upgrade::Options::new(connection, table.name(context)?, directories.list(context)?)
        })
    }
}

impl Arguments {
    pub fn configure(&self, terminal: &mut Terminal) -> Result<()> {
        self.applying.configure(&self.feedback, terminal)
    }

    pub fn run(self, context: &Context<'_>) -> Result<u8> {
        let config = &context.config;
        let only_reads = self.dry_run || self.rehearsal.rehearse;
        // What is wrong with the others is said before a protected database is asked about.
        let (_, _) = (self.place.table.name(context)?, self.place.directories.list(context)?);
        if self.at.is_none() && !only_reads && self.place.database.is_protected(context)? {
            warn_uncommitted(&self.place.directories.list(context)?, context.terminal)?;
        }
        let connection = match only_reads {
            true => self.place.database.to_read(context)?,
            false => self.place.database.to_write(context, &self.yes)?,
        };
        let backup = match self.backup {
            None => None,
            Some(Some(file)) => Some(file),
            Some(None) => Some(config.backup_file.clone().ok_or_else(|| {
                Error::usage("--backup names no file").hint("--backup FILE, or backup_file in pum.yaml")
            })?),
        };
        let options = upgrade::Options {
            backup,
            dry_run: self.dry_run,
            at: self.at,
            ..self.applying.options(connection, &self.place.table, &self.place.directories, context)?
        };
        if self.rehearsal.rehearse {
            return self.rehearsal.run(options, context);
        }
        let outcome = upgrade::run(&options, context.terminal, context.cancel)?;
        // What would run is what was asked for; of what ran, the terminal has told.
        if self.dry_run {
            context.terminal.list(&outcome.applied)?;
        }
        Ok(0)
    }
}

/// Warns of deltas that are in no commit: what a protected database gets should be known to others.
fn warn_uncommitted(directories: &[PathBuf], progress: &dyn Progress) -> Result<()> {
    let files = upgrade::uncommitted(directories)?;
    if !files.is_empty() {
        progress.warning(&format!(
            "not committed: {}; --at HEAD takes what is committed, and nothing else",
            files.join(", ")
        ));
    }
    Ok(())
}

impl RehearsalArguments {
    fn run(self, upgrade: upgrade::Options, context: &Context<'_>) -> Result<u8> {
        let shadow = self.shadow.shadow(context)?;
        let comparison = match &self.compare {
            None => None,
            Some(source) => {
                let sources = (Source::Shadow, super::arguments::source(source, context)?);
                let (rules, table) = (self.rules.rules(context)?, Some(upgrade.table.clone()));
                Some(self.scope.options(sources, &self.rows, rules, table, shadow.clone(), context))
            }
        };
        let options = rehearse::Options {
            rows: self.rows.patterns(context).into_iter().chain(self.copy_rows).collect(),
            comparison,
            pg_restore: context.config.pg_restore_exe.clone(),
            shadow,
            upgrade,
        };
        let shown = report::Options { show_ignored: self.show_ignored, ..report::Options::default() };
        let show = |check: &check::Check| context.terminal.text(&report::text(check, &shown));
        let equal = rehearse::run(&options, &show, context.terminal, context.cancel)?;
        Ok(u8::from(!equal))
    }
}

/// The variables of the command line (three words each) before those of pum.yaml.
fn variables<'a>(
    words: &[String],
    configured: impl Iterator<Item = (&'a String, &'a Value)>,
) -> Result<Variables> {
    let mut variables = Variables::default();
    for (name, value) in configured {
        variables.insert(name, value.clone(), Origin::Configuration);
    }
    for triple in words.chunks_exact(3) {
        if let [kind, name, value] = triple {
            variables.insert(name, Value::parse(kind, value)?, Origin::CommandLine);
        }
    }
    Ok(variables)
}
