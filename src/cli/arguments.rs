//! The arguments that several commands share, and what the configuration says where they are absent.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::Context;
pub use crate::config::duration;
use crate::connection::Parameters;
use crate::error::Error;
use crate::progress::Progress;
use crate::source::{self, Project, Source};
use crate::terminal::{Mode, Terminal};
use crate::upgrade::TableName;
use crate::{Result, delta};

/// The database that a command works on.
#[derive(Debug, Args)]
pub struct Database {
    /// The database: a service, a URI or a key/value string
    ///
    /// Default: `database` of pum.yaml, else PGSERVICE or PGDATABASE.
    #[arg(short = 'p', long = "pg-service", alias = "pg_service", value_name = "DATABASE")]
    pg_service: Option<String>,
}

impl Database {
    /// The resolved connection of a command that only reads.
    pub fn to_read(&self, context: &Context<'_>) -> Result<Parameters> {
        let text = self.pg_service.as_deref().or(context.config.database.as_deref());
        database(text.unwrap_or_default(), "-p", context)
    }

    /// Whether the name of the database must be typed before something is written there.
    pub fn is_protected(&self, context: &Context<'_>) -> Result<bool> {
        let text = self.pg_service.as_deref().or(context.config.database.as_deref());
        let parameters = Parameters::resolve(text.unwrap_or_default())?;
        Ok(protection(text, &parameters, context).is_some())
    }

    /// The resolved connection of a command that writes: the name of a protected database must be typed, or given as
    /// `--yes=NAME`.
    pub fn to_write(&self, context: &Context<'_>, yes: &Yes) -> Result<Parameters> {
        let parameters = self.to_read(context)?;
        let text = self.pg_service.as_deref().or(context.config.database.as_deref());
        if let Some(name) = protection(text, &parameters, context)
            && yes.yes.as_ref().and_then(Option::as_deref) != Some(name)
            && !context.terminal.confirm_by_typing(&format!("{name} is protected."), name)
        {
            if context.cancel.is_requested() {
                return Err(
                    Error::interrupted("interrupted at the question").note("state", "nothing was done")
                );
            }
            return Err(Error::usage(format!("{name} is protected and its name was not typed"))
                .note("state", "nothing was done")
                .hint(format!("--yes={name} says that you mean it")));
        }
        Ok(parameters)
    }
}

/// The resolved connection that a text names, or, if it is empty, the environment; `option` is what the text belongs
/// to.
pub fn database(text: &str, option: &str, context: &Context<'_>) -> Result<Parameters> {
    let parameters = Parameters::resolve(text)?;
    for warning in parameters.warnings() {
        context.terminal.warning(warning);
    }
    if !parameters.names_database() {
        return Err(Error::usage("no database is named").hint(format!(
            "name one with {option} DATABASE (a service, a URI or \"host=… dbname=…\"), as `database` in pum.yaml, or with PGSERVICE or PGDATABASE"
        )));
    }
    Ok(parameters)
}

/// The name under which a database is protected, if it is.
pub fn protection<'a>(
    text: Option<&str>,
    parameters: &Parameters,
    context: &'a Context<'_>,
) -> Option<&'a str> {
    let database = parameters.database();
    let names = [text, parameters.service(), Some(database.as_str())];
    let protect = context.config.protect.iter();
    protect.map(String::as_str).find(|name| names.contains(&Some(name)))
}

/// Reads the text of a source. What a revision's own pum.yaml says of the model counts for that revision.
pub fn source(text: &str, context: &Context<'_>) -> Result<Source> {
    let config = &context.config;
    let Some(revision) = text.strip_prefix("git:") else {
        return Source::resolve(text, &Project::default());
    };
    let directory = source::home(config.file.as_deref())?;
    let here = if directory.as_os_str().is_empty() { Path::new(".") } else { &directory };
    let own = match (revision, &config.file) {
        (revision, Some(file)) if !revision.is_empty() && file.parent() == Some(&directory) => {
            let name = file.file_name().and_then(|name| name.to_str()).unwrap_or(crate::config::FILE_NAME);
            let text = source::file_at(here, revision, name)?;
            text.map(|text| crate::config::Config::parse(file, &text)).transpose()?
        }
        // A file outside of the repository counts for all its revisions.
        _ => None,
    };
    let own = own.filter(|own| own.model.is_some());
    Source::resolve(text, &own.as_ref().unwrap_or(config).project(directory)?)
}

/// Answers in advance.
#[derive(Debug, Args)]
pub struct Yes {
    /// Answer questions with yes; for a protected database its name must be given
    #[arg(long, value_name = "NAME", num_args = 0..=1, require_equals = true)]
    pub yes: Option<Option<String>>,
}

/// The upgrades table.
#[derive(Debug, Args)]
pub struct Table {
    /// The upgrades table, schema.table [default: `upgrades_table` of pum.yaml]
    #[arg(short = 't', long, value_name = "TABLE")]
    table: Option<String>,
}

impl Table {
    /// The name of the table.
    pub fn name(&self, context: &Context<'_>) -> Result<TableName> {
        self.name_if_any(context)?.ok_or_else(|| {
            Error::usage("no upgrades table is named")
                .hint("name it with -t schema.table, or as upgrades_table in pum.yaml")
        })
    }

    /// The name of the table, if the command line gives it.
    pub fn given(&self) -> Result<Option<TableName>> {
        self.table.as_deref().map(str::parse).transpose()
    }

    /// The name of the table, for a command that can do without.
    pub fn name_if_any(&self, context: &Context<'_>) -> Result<Option<TableName>> {
        let text = self.table.as_deref().or(context.config.upgrades_table.as_deref());
        text.map(str::parse).transpose()
    }
}

/// The delta directories.
#[derive(Debug, Args)]
pub struct Directories {
    /// The delta directories [default: `delta_dirs` of pum.yaml]
    #[arg(short = 'd', long = "dir", value_name = "DIR", num_args = 1..)]
    dir: Vec<PathBuf>,
}

impl Directories {
    /// The directories as given.
    pub fn list(&self, context: &Context<'_>) -> Result<Vec<PathBuf>> {
        let directories = self.list_if_any(context);
        if directories.is_empty() {
            return Err(Error::usage("no delta directory is named")
                .hint("name it with -d DIR, or as delta_dirs in pum.yaml"));
        }
        Ok(directories)
    }

    /// The directories of a command that can do without.
    pub fn list_if_any(&self, context: &Context<'_>) -> Vec<PathBuf> {
        if self.dir.is_empty() { context.config.delta_dirs.clone() } else { self.dir.clone() }
    }
}

/// What an upgrade is about: a database, its upgrades table, and the deltas.
#[derive(Debug, Args)]
pub struct Place {
    #[command(flatten)]
    pub database: Database,
    #[command(flatten)]
    pub table: Table,
    #[command(flatten)]
    pub directories: Directories,
}

/// How much is told.
#[derive(Debug, Args)]
pub struct Feedback {
    /// How to show progress
    #[arg(long, value_enum, default_value_t = ProgressForm::Auto)]
    progress: ProgressForm,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ProgressForm {
    /// Bars on a terminal, else lines
    Auto,
    /// Lines
    Plain,
    /// An event a line, as JSON on standard output
    Json,
}

impl Feedback {
    /// Sets the terminal accordingly; `verbose` adds every statement.
    pub fn configure(&self, terminal: &mut Terminal, verbose: bool) {
        let mode = match self.progress {
            ProgressForm::Json => Mode::Json,
            ProgressForm::Plain => Mode::Lines,
            ProgressForm::Auto => terminal.natural_mode(),
        };
        terminal.set_mode(mode, verbose);
    }
}

/// Parses a version.
pub fn version(text: &str) -> std::result::Result<delta::Version, String> {
    text.parse().map_err(|error: delta::NotAVersion| error.to_string())
}

/// Parses a version of which pum 0.x let the last numbers be left out: `1.3` is 1.3.0.
pub fn short_version(text: &str) -> std::result::Result<delta::Version, String> {
    let zeros = ".0".repeat(2_usize.saturating_sub(text.matches('.').count()));
    version(&format!("{text}{zeros}")).map_err(|_| version(text).err().unwrap_or_default())
}
