use std::str::FromStr;
use std::sync::Arc;

use clap::Args;

use super::Context;
use super::arguments::Table;
use crate::catalog::{Element, LeftOut};
use crate::commands::check::{self, Check};
use crate::commands::decide;
use crate::compare::Scope;
use crate::compare::ignore::Written;
use crate::config::ignores::{Ignores, PROJECT_FILE};
use crate::progress::Progress;
use crate::source::Source;
use crate::terminal::Choices;
use crate::upgrade::TableName;
use crate::{Error, Result, report};

/// Compare two sources
///
/// Reads both schemas and shows what they do not share. Writes nothing.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  pum check -p1 prod -p2 test\n  pum check -p1 prod -p2 test -i views triggers -N public"
)]
pub struct Arguments {
    /// The first source
    #[arg(long = "pg-service1", alias = "pg_service1", value_name = "SOURCE")]
    first: String,
    /// The second source
    #[arg(long = "pg-service2", alias = "pg_service2", value_name = "SOURCE")]
    second: String,
    #[command(flatten)]
    scope: ScopeArguments,
    #[command(flatten)]
    rows: RowsArguments,
    #[command(flatten)]
    table: Table,
    #[command(flatten)]
    rules: RuleArguments,
    /// Choose differences to ignore, how wide and why, and write rules of it
    #[arg(long, conflicts_with = "no_ignore")]
    interactive: bool,
    /// Remove the rules that match nothing any more, and those whose date is over
    #[arg(long, conflicts_with = "no_ignore")]
    prune_ignores: bool,
}

/// The ignore rules, pum.ignore.yaml and pum.ignore.local.yaml.
#[derive(Debug, Args)]
pub struct RuleArguments {
    /// Do as if there were no ignore rules
    #[arg(long)]
    no_ignore: bool,
    /// Show what is ignored, with the reasons
    #[arg(long)]
    show_ignored: bool,
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

    /// Shows a check with what rules did to it.
    pub fn show(&self, check: &Check, context: &Context<'_>) -> Result<()> {
        let text = report::text(check) + &report::ignored(check, self.show_ignored);
        context.terminal.text(&text)
    }
}

/// What of a schema is compared.
#[derive(Debug, Args)]
pub struct ScopeArguments {
    /// Elements to leave out
    #[arg(short = 'i', long, value_name = "ELEMENT", num_args = 1..)]
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
    pub fn scope(&self) -> Scope {
        Scope {
            ignore: self.ignore.clone(),
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
        if self.interactive && !context.terminal.can_ask() {
            return Err(Error::usage("--interactive asks on a terminal, and there is none")
                .hint(format!(
                    "run it on a terminal, or write rules into {PROJECT_FILE}: docs/ignore-rules.md says how"
                ))
                .hint("rules that are written there apply without a terminal"));
        }
        let upgrades_table = self.table.name_if_any(context)?;
        let ignores = self.rules.load(context)?;
        let options = check::Options {
            first: Source::resolve(&self.first)?,
            second: Source::resolve(&self.second)?,
            scope: self.scope.scope(),
            left_out: self.scope.left_out(upgrades_table.as_ref()),
            value_lists: self.rows.patterns(context),
            pg_restore: context.config.pg_restore_exe.clone(),
            pg_dump: context.config.pg_dump_exe.clone(),
            rules: ignores.as_ref().map(Ignores::rules).unwrap_or_default(),
            upgrades_table,
        };
        let mut check = check::run(&options, context.terminal, context.cancel)?;
        self.rules.show(&check, context)?;
        let Some(mut ignores) = ignores else { return Ok(u8::from(!check.is_equal())) };
        if self.prune_ignores {
            for pruned in decide::prune(&check, &ignores)? {
                let removed = format!("removed from {}:\n{}", pruned.file.display(), pruned.removed);
                context.terminal.note(removed.trim_end());
            }
            ignores = Ignores::load(&context.config)?;
        }
        if check.is_equal() {
            return Ok(0);
        }
        if self.interactive {
            let asked = decide::decide(&check, &ignores, &Choices::new(context.cancel))?;
            match asked {
                None => context.terminal.note("no rule was written"),
                Some(decision) => {
                    check.ignore(&decide::write(&decision, &ignores)?);
                    self.rules.show(&check, context)?;
                }
            }
        } else {
            context.terminal.hint("--interactive chooses what to ignore");
        }
        Ok(u8::from(!check.is_equal()))
    }
}
