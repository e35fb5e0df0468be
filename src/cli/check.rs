use std::str::FromStr;
use std::sync::Arc;

use clap::Args;

use super::Context;
use super::arguments::Table;
use super::reports::ReportArguments;
use super::shadow::ShadowArguments;
use crate::catalog::{Element, LeftOut};
use crate::commands::{check, decide};
use crate::compare::Scope;
use crate::compare::ignore::Written;
use crate::config::ignores::{Ignores, PROJECT_FILE};
use crate::progress::Progress;
use crate::source::{Shadow, Source};
use crate::terminal::Choices;
use crate::upgrade::TableName;
use crate::{Error, Result};

/// Compare two sources
///
/// Reads both schemas, completely, and shows what they do not share, first a summary, then object by object: `-` stands
/// for what is only in the first, `+` for what is only in the second, `~` for what is in both with other attributes.
/// Nothing is written to a database.
///
/// A source is a database: a service of pg_service.conf, a URI (postgresql://…) or a key/value string
/// ("host=… dbname=…"). The owner's rights are not needed, those to connect are enough.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  pum check -p1 prod -p2 test\n  pum check -p1 prod -p2 test -i views triggers -N public",
    after_long_help = "Elements: \
schemas, extensions, types, tables, columns (with their defaults), constraints, indexes, sequences, views (also \
materialized ones, with their columns), rules, functions (also procedures and aggregates), triggers (also event \
triggers), policies, rows (of value lists, with --rows), other. Four more are compared only with --with, and otherwise counted: column-order, comments, \
owners, privileges.

Exit codes: 0 the sources are equal; 1 they differ (with --strict also: something could not be compared); 2 usage or \
configuration; 3 a source could not be read; 130 interrupted.

Examples:
  pum check -p1 prod -p2 test                        everything, through the pager
  pum check -p1 prod -p2 test -s || echo drifted     the summary only, for scripts
  pum check -p1 prod -p2 test -i views triggers      without these elements
  pum check -p1 prod -p2 test --schema app --with owners,privileges
  pum check -p1 prod -p2 test --report html:drift.html --report json:drift.json"
)]
pub struct Arguments {
    /// The first source (also -p1) [default: `database` of pum.yaml]
    #[arg(long = "pg-service1", alias = "pg_service1", value_name = "SOURCE")]
    first: Option<String>,
    /// The second source (also -p2)
    #[arg(long = "pg-service2", alias = "pg_service2", value_name = "SOURCE")]
    second: Option<String>,
    /// Exit with 1 also if something could not be compared
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    scope: ScopeArguments,
    #[command(flatten)]
    rows: RowsArguments,
    #[command(flatten)]
    table: Table,
    #[command(flatten)]
    rules: RuleArguments,
    #[command(flatten)]
    shadow: ShadowArguments,
    #[command(flatten)]
    deciding: DecidingArguments,
    #[command(flatten)]
    report: ReportArguments,
}

/// The ignore rules, pum.ignore.yaml and pum.ignore.local.yaml.
#[derive(Debug, Args)]
#[command(next_help_heading = "Ignore rules")]
pub struct RuleArguments {
    /// Do as if there were no ignore rules in pum.ignore.yaml and pum.ignore.local.yaml
    #[arg(long)]
    no_ignore: bool,
}

impl RuleArguments {
    /// The files of rules, unless they are not wanted; what is wrong with them is told.
    pub fn load(&self, context: &Context<'_>) -> Result<Option<Ignores>> {
        if self.no_ignore {
            return Ok(None);
        }
        let ignores = Ignores::load(&context.config)?;
        for warning in ignores.warnings() {
            context.terminal.warning(&warning);
        }
        Ok(Some(ignores))
    }

    /// The rules themselves.
    pub fn rules(&self, context: &Context<'_>) -> Result<Vec<Arc<Written>>> {
        Ok(self.load(context)?.as_ref().map(Ignores::rules).unwrap_or_default())
    }
}

/// What becomes of ignore rules.
#[derive(Debug, Args)]
#[command(next_help_heading = "Ignore rules")]
struct DecidingArguments {
    /// Choose differences to ignore, how wide and why, and write rules of it
    #[arg(long, conflicts_with = "no_ignore")]
    interactive: bool,
    /// Remove the rules that match nothing any more, and those whose date is over
    #[arg(long, conflicts_with = "no_ignore")]
    prune_ignores: bool,
}

impl DecidingArguments {
    /// Whether everything that is asked for can be done here.
    fn look(&self, context: &Context<'_>) -> Result<()> {
        if !self.interactive || context.terminal.can_ask() {
            return Ok(());
        }
        Err(Error::usage("--interactive asks on a terminal, and there is none")
            .hint(format!(
                "run it on a terminal, or write rules into {PROJECT_FILE}: docs/ignore-rules.md says how"
            ))
            .hint("rules that are written there apply without a terminal"))
    }

    /// Prunes and asks, if that is wanted; gives the rules that were written.
    fn run(
        &self,
        check: &check::Check,
        ignores: Ignores,
        context: &Context<'_>,
    ) -> Result<Option<Vec<Arc<Written>>>> {
        let mut ignores = ignores;
        if self.prune_ignores {
            for pruned in decide::prune(check, &ignores)? {
                let removed = format!("removed from {}:\n{}", pruned.file.display(), pruned.removed);
                context.terminal.note(removed.trim_end());
            }
            ignores = Ignores::load(&context.config)?;
        }
        if check.is_equal() {
            return Ok(None);
        }
        if !self.interactive {
            context.terminal.hint("--interactive chooses what to ignore");
            return Ok(None);
        }
        let decision = decide::decide(check, &ignores, &Choices::new(context.cancel))?;
        if decision.is_none() {
            context.terminal.note("no rule was written");
        }
        decision.map(|decision| decide::write(&decision, &ignores)).transpose()
    }
}

/// What of a schema is compared.
#[derive(Debug, Args)]
#[command(next_help_heading = "What is compared")]
pub struct ScopeArguments {
    /// Elements to leave out [default: `ignore_elements` of pum.yaml]
    #[arg(short = 'i', long, value_name = "ELEMENT", num_args = 1.., value_delimiter = ',')]
    ignore: Vec<Element>,
    /// The only elements to compare
    #[arg(long, value_name = "ELEMENT", num_args = 1.., value_delimiter = ',')]
    only: Vec<Element>,
    /// A schema to leave out; may be repeated
    #[arg(short = 'N', long, alias = "exclude_schema", value_name = "SCHEMA")]
    exclude_schema: Vec<String>,
    /// The only schema to compare; may be repeated
    #[arg(long, value_name = "SCHEMA")]
    schema: Vec<String>,
    /// Elements to compare that are compared only when asked for: owners, privileges, comments, column-order, and upgrades-table
    #[arg(long, value_name = "ELEMENT", num_args = 1.., value_delimiter = ',')]
    with: Vec<With>,
    /// A pattern, as of SQL's LIKE, of names of columns to leave out, with what depends on them; may be repeated
    #[arg(short = 'P', long, alias = "exclude_field_pattern", value_name = "PATTERN")]
    exclude_field_pattern: Vec<String>,
}

/// The rows that are compared.
#[derive(Debug, Args)]
pub struct RowsArguments {
    /// Tables whose rows are compared too, by primary key; patterns such as app.vl_* [default: `value_lists` of pum.yaml]
    #[arg(long, value_name = "TABLE", num_args = 1..)]
    rows: Vec<String>,
}

impl RowsArguments {
    /// The patterns.
    pub fn patterns(&self, context: &Context<'_>) -> Vec<String> {
        if self.rows.is_empty() { context.config.value_lists.clone() } else { self.rows.clone() }
    }
}

/// What is compared only when asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum With {
    Element(Element),
    UpgradesTable,
}

impl FromStr for With {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<With, String> {
        match text {
            "upgrades-table" => Ok(With::UpgradesTable),
            element => element.parse().map(With::Element),
        }
    }
}

impl ScopeArguments {
    /// What is in scope.
    pub fn scope(&self, context: &Context<'_>) -> Scope {
        let ignore = if self.ignore.is_empty() { &context.config.ignore_elements } else { &self.ignore };
        Scope {
            ignore: ignore.clone(),
            only: self.only.clone(),
            exclude_schemas: self.exclude_schema.clone(),
            schemas: self.schema.clone(),
            with: self
                .with
                .iter()
                .filter_map(|with| match with {
                    With::Element(element) => Some(*element),
                    With::UpgradesTable => None,
                })
                .collect(),
        }
    }

    /// The comparison of two sources.
    pub fn options(
        &self,
        (first, second): (Source, Source),
        rows: &RowsArguments,
        rules: Vec<Arc<Written>>,
        upgrades_table: Option<TableName>,
        shadow: Shadow,
        context: &Context<'_>,
    ) -> check::Options {
        check::Options {
            first,
            second,
            scope: self.scope(context),
            left_out: self.left_out(upgrades_table.as_ref()),
            value_lists: rows.patterns(context),
            pg_restore: context.config.pg_restore_exe.clone(),
            pg_dump: context.config.pg_dump_exe.clone(),
            shadow,
            rules,
            upgrades_table,
            delta: false,
        }
    }

    /// What is left out by name, the upgrades table among it unless it is asked for.
    pub fn left_out(&self, upgrades_table: Option<&TableName>) -> LeftOut {
        let table = upgrades_table.filter(|_| !self.with.contains(&With::UpgradesTable));
        LeftOut {
            column_patterns: self.exclude_field_pattern.clone(),
            tables: table.map(TableName::quoted).into_iter().collect(),
        }
    }
}

impl Arguments {
    pub fn run(self, context: &Context<'_>) -> Result<u8> {
        self.deciding.look(context)?;
        if self.deciding.interactive && self.report.wants_delta() {
            return Err(Error::usage("--interactive and the form sql do not go together")
                .hint("choose what to ignore first; the rules that are written count in --format sql"));
        }
        let upgrades_table = self.table.name_if_any(context)?;
        let ignores = self.rules.load(context)?;
        let first = self.first.as_deref().or(context.config.database.as_deref());
        let sources = (
            source(first, "first", "-p1", context)?,
            source(self.second.as_deref(), "second", "-p2", context)?,
        );
        let rules = ignores.as_ref().map(Ignores::rules).unwrap_or_default();
        let shadow = self.shadow.shadow(context)?;
        let options = check::Options {
            delta: self.report.wants_delta(),
            ..self.scope.options(sources, &self.rows, rules, upgrades_table, shadow, context)
        };
        let reports = self.report.prepare()?;
        let mut check = check::run(&options, context.terminal, context.cancel)?;
        reports.tell(&check, context)?;
        if let Some(ignores) = ignores
            && let Some(rules) = self.deciding.run(&check, ignores, context)?
        {
            check.ignore(&rules);
            reports.tell(&check, context)?;
        }
        Ok(u8::from(!check.is_equal() || (self.strict && !check.is_complete())))
    }
}

fn source(text: Option<&str>, which: &str, option: &str, context: &Context<'_>) -> Result<Source> {
    let text = text.ok_or_else(|| {
        let error = Error::usage(format!("no {which} source is named"));
        let hint = format!(
            "name it with {option} SOURCE: a service, a URI, \"host=… dbname=…\", git:REV or file:DUMP"
        );
        error.hint(if which == "first" { format!("{hint}; or as `database` in pum.yaml") } else { hint })
    })?;
    let source = super::arguments::source(text, context)
        .map_err(|error| error.note("source", format!("the {which} one, {option}")))?;
    for warning in source.warnings() {
        context.terminal.warning(warning);
    }
    Ok(source)
}
