use std::path::PathBuf;

use clap::Args;

use super::Context;
use crate::catalog::Element;
use crate::commands::check::{self, Check};
use crate::compare::Scope;
use crate::progress::Progress;
use crate::report::file::Target;
use crate::report::{self, Detail, Form};
use crate::source::Source;
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
triggers), policies, other. Four more are compared only with --with, and otherwise counted: column-order, comments, \
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
    /// The first source [default: `database` of pum.yaml]
    #[arg(long = "pg-service1", alias = "pg_service1", value_name = "SOURCE")]
    first: Option<String>,
    /// The second source
    #[arg(long = "pg-service2", alias = "pg_service2", value_name = "SOURCE")]
    second: Option<String>,
    #[command(flatten)]
    scope: ScopeArguments,
    #[command(flatten)]
    report: ReportArguments,
    /// Exit with 1 also if something could not be compared
    #[arg(long)]
    strict: bool,
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
    /// Elements to compare that are compared only when asked for: owners, privileges, comments, column-order
    #[arg(long, value_name = "ELEMENT", num_args = 1.., value_delimiter = ',')]
    with: Vec<Element>,
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
            with: self.with.clone(),
        }
    }
}

/// How the differences are told.
#[derive(Debug, Args)]
#[command(next_help_heading = "How it is told")]
pub struct ReportArguments {
    /// How much is printed: 0 the summary, 1 a line a difference, 2 everything
    #[arg(
        short = 'v',
        long,
        alias = "verbose_level",
        value_name = "0|1|2",
        default_value_t = 2,
        value_parser = clap::value_parser!(u8).range(0..=2)
    )]
    verbose_level: u8,
    /// Print the summary only, as -v 0 does
    ///
    /// The value that older versions had may be given; false, no, off and 0 take it back.
    #[arg(short = 's', long, value_name = "YES", num_args = 0..=1, default_missing_value = "yes")]
    silent: Option<String>,
    /// Print the differences as text, json or html
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Form,
    /// Write the differences to this file, all of them, and print the summary only
    #[arg(short = 'o', long, alias = "output_file", value_name = "FILE")]
    output_file: Option<PathBuf>,
    /// Write a report to a file, beside what is printed: text:FILE, json:FILE or html:FILE; may be repeated
    #[arg(long, value_name = "FORMAT:FILE", value_parser = report_to)]
    report: Vec<(Form, PathBuf)>,
    /// Show the differences that ignore rules cover, too, with the reasons
    #[arg(long)]
    show_ignored: bool,
    /// Print straight to the terminal; else PUM_PAGER, PAGER or less shows it there
    #[arg(long)]
    no_pager: bool,
}

fn report_to(text: &str) -> std::result::Result<(Form, PathBuf), String> {
    let (form, file) = text.split_once(':').ok_or_else(|| format!("{text:?} is not FORMAT:FILE"))?;
    if file.is_empty() {
        return Err(format!("{text:?} names no file"));
    }
    Ok((form.parse()?, file.into()))
}

/// Where reports go, looked at before the work that they are about.
pub struct Reports {
    files: Vec<(Form, Target)>,
    format: Form,
    options: report::Options,
    pager: bool,
}

impl ReportArguments {
    /// Looks whether the files can be written.
    ///
    /// # Errors
    /// A file that cannot.
    pub fn prepare(&self) -> Result<Reports> {
        let silent = self.silent.as_deref().map(str::to_lowercase);
        let is_silent =
            silent.is_some_and(|value| !matches!(value.as_str(), "" | "0" | "false" | "no" | "off" | "n"));
        let detail = match self.verbose_level {
            _ if is_silent || self.output_file.is_some() => Detail::Summary,
            0 => Detail::Summary,
            1 => Detail::Lines,
            _ => Detail::Full,
        };
        let output = self.output_file.iter().map(|file| (self.format, file));
        let files = output.chain(self.report.iter().map(|(form, file)| (*form, file)));
        Ok(Reports {
            files: files.map(|(form, file)| Ok((form, Target::new(file)?))).collect::<Result<_>>()?,
            format: if self.output_file.is_some() || is_silent { Form::Text } else { self.format },
            options: report::Options { detail, show_ignored: self.show_ignored },
            pager: !self.no_pager,
        })
    }
}

impl Reports {
    /// Writes the files, then prints.
    ///
    /// # Errors
    /// A file or a standard output that cannot be written to.
    pub fn tell(&self, check: &Check, context: &Context<'_>) -> Result<()> {
        let whole = report::Options { detail: Detail::Full, ..self.options };
        for (form, target) in &self.files {
            target.write(&report::render(check, *form, &whole)?)?;
            context.terminal.note(&format!("report written to {}", target.path().display()));
        }
        if self.format != Form::Text {
            for sentence in &check.comparison.not_compared {
                context.terminal.warning(&format!("not compared: {sentence}"));
            }
            return context.terminal.text(&report::render(check, self.format, &whole)?);
        }
        let text = report::text(check, &self.options);
        if self.pager { context.terminal.page(&text, context.cancel) } else { context.terminal.text(&text) }
    }
}

impl Arguments {
    pub fn run(self, context: &Context<'_>) -> Result<u8> {
        let first = self.first.as_deref().or(context.config.database.as_deref());
        let options = check::Options {
            first: source(first, "first", "-p1", context)?,
            second: source(self.second.as_deref(), "second", "-p2", context)?,
            scope: self.scope.scope(context),
        };
        let reports = self.report.prepare()?;
        let check = check::run(&options, context.cancel)?;
        reports.tell(&check, context)?;
        Ok(u8::from(!check.is_equal() || (self.strict && !check.is_complete())))
    }
}

fn source(text: Option<&str>, which: &str, option: &str, context: &Context<'_>) -> Result<Source> {
    let text = text.ok_or_else(|| {
        let error = Error::usage(format!("no {which} source is named"));
        let hint = format!("name it with {option} SOURCE: a service, a URI or \"host=… dbname=…\"");
        error.hint(if which == "first" { format!("{hint}; or as `database` in pum.yaml") } else { hint })
    })?;
    let source =
        Source::resolve(text).map_err(|error| error.note("source", format!("the {which} one, {option}")))?;
    for warning in source.warnings() {
        context.terminal.warning(warning);
    }
    Ok(source)
}
