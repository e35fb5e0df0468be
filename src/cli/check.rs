use clap::Args;

use super::Context;
use crate::catalog::Element;
use crate::commands::check;
use crate::compare::Scope;
use crate::source::Source;
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
    /// Elements to compare that are compared only when asked for: owners, privileges, comments, column-order
    #[arg(long, value_name = "ELEMENT", num_args = 1.., value_delimiter = ',')]
    with: Vec<Element>,
}

impl ScopeArguments {
    /// What is in scope.
    pub fn scope(&self) -> Scope {
        Scope {
            ignore: self.ignore.clone(),
            only: self.only.clone(),
            exclude_schemas: self.exclude_schema.clone(),
            schemas: self.schema.clone(),
            with: self.with.clone(),
        }
    }
}

impl Arguments {
    pub fn run(self, context: &Context<'_>) -> Result<u8> {
        let options = check::Options {
            first: Source::resolve(&self.first)?,
            second: Source::resolve(&self.second)?,
            scope: self.scope.scope(),
        };
        let check = check::run(&options, context.cancel)?;
        context.terminal.text(&report::text(&check))?;
        Ok(u8::from(!check.is_equal()))
    }
}
