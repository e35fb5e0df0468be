use std::str::FromStr;

use clap::Args;

use super::Context;
use super::arguments::Table;
use crate::catalog::{Element, LeftOut};
use crate::commands::check;
use crate::compare::Scope;
use crate::source::Source;
use crate::upgrade::TableName;
use crate::{Result, report};

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
        let options = check::Options {
            first: Source::resolve(&self.first)?,
            second: Source::resolve(&self.second)?,
            scope: self.scope.scope(),
            left_out: self.scope.left_out(self.table.name_if_any(context)?.as_ref()),
            value_lists: self.rows.patterns(context),
            pg_restore: context.config.pg_restore_exe.clone(),
            pg_dump: context.config.pg_dump_exe.clone(),
            rules: Vec::new(),
            upgrades_table: None,
        };
        let check = check::run(&options, context.terminal, context.cancel)?;
        context.terminal.text(&report::text(&check))?;
        Ok(u8::from(!check.is_equal()))
    }
}
