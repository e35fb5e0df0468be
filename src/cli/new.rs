use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::Context;
use super::arguments::short_version;
use crate::commands::new::{self, Step, Which};
use crate::delta::{Kind, Version};
use crate::{Error, Result, source};

/// Write the next delta, with its version, its title and a header that says what it is about
///
/// The version is the next one above everything in the working tree, HEAD, the upstream branch and the last release. The
/// header lists the commits and files that touched the model since the newest release that HEAD contains (else since this
/// branch left upstream, else since the beginning), and a TODO that `pum verify` refuses. What is there is never
/// overwritten; the path of the new file is printed.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    pum new add-pipe-material       delta_1.4.1_add_pipe_material.sql\n  \
    pum new --minor --edit          titled after the branch\n  \
    pum new valves --version 1.5.0  one of several of a version: delta_1.5.0_001_valves.sql\n  \
    pum new --release 1.5.0         a release without changes leaves its version in the database")]
pub struct Arguments {
    /// The title [default: the branch's name, else the subject of the newest commit that touched the model]
    title: Option<String>,
    /// The delta directory that it is written into, if there are several
    #[arg(short = 'd', long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Count the changes from this revision
    #[arg(long, value_name = "REV")]
    since: Option<String>,
    /// Let the second number of the version grow
    #[arg(long, group = "which")]
    minor: bool,
    /// Let the first number of the version grow
    #[arg(long, group = "which")]
    major: bool,
    /// This version; the titles of its deltas are numbered, 001_ first, for they run in the order of their titles
    #[arg(long, value_name = "X.Y.Z", value_parser = short_version, group = "which")]
    version: Option<Version>,
    /// For a release without changes: nothing but a comment, so that its version is left in the database
    #[arg(long, value_name = "X.Y.Z", value_parser = short_version, group = "which")]
    release: Option<Version>,
    /// A Python delta
    #[arg(long, conflicts_with = "release")]
    python: bool,
    /// One that runs before the others of its version
    #[arg(long, conflicts_with_all = ["post", "release"])]
    pre: bool,
    /// One that runs after the others of its version
    #[arg(long, conflicts_with = "release")]
    post: bool,
    /// Print the text and write no file
    #[arg(long, conflicts_with_all = ["edit", "format"])]
    stdout: bool,
    /// Open it in the editor that git would open
    #[arg(long)]
    edit: bool,
    /// How to tell what was written
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// The path
    Text,
    /// For programs: path, version, title, base, commits and files
    Json,
}

impl Arguments {
    pub fn run(self, context: &Context<'_>) -> Result<u8> {
        let config = &context.config;
        let (directory, directories) = directories(self.dir.clone(), &config.delta_dirs)?;
        let options = new::Options {
            directory,
            directories,
            home: source::home(config.file.as_deref())?,
            recipe: config.model.clone(),
            releases: config.releases.clone(),
            upstream: config.upstream.clone(),
            kind: self.kind(),
            which: self.which(),
            title: self.title,
            since: self.since,
            template: config.delta_template.clone(),
            write: !self.stdout,
        };
        let outcome = new::run(&options, context.terminal)?;
        let Some(path) = &outcome.path else {
            context.terminal.text(&outcome.text)?;
            return Ok(0);
        };
        match self.format {
            Format::Text => context.terminal.data(&path.display().to_string())?,
            Format::Json => context.terminal.json(&outcome.summary())?,
        }
        if self.edit {
            new::edit(path)?;
        }
        Ok(0)
    }

    fn which(&self) -> Which {
        match (self.version, self.release) {
            (Some(version), _) => Which::Given(version),
            (_, Some(version)) => Which::Release(version),
            _ if self.major => Which::Next(Step::Major),
            _ if self.minor => Which::Next(Step::Minor),
            _ => Which::Next(Step::Patch),
        }
    }

    fn kind(&self) -> Kind {
        match (self.python, self.pre, self.post) {
            (false, false, false) => Kind::Sql,
            (false, true, _) => Kind::PreSql,
            (false, _, true) => Kind::PostSql,
            (true, false, false) => Kind::Python,
            (true, true, _) => Kind::PrePython,
            (true, _, true) => Kind::PostPython,
        }
    }
}

/// The delta directory that is meant, and all that there are.
fn directories(chosen: Option<PathBuf>, configured: &[PathBuf]) -> Result<(PathBuf, Vec<PathBuf>)> {
    let mut all = configured.to_vec();
    if let Some(chosen) = chosen {
        // However it is written, it is the configured one.
        let same = |one: &PathBuf| {
            one.canonicalize().ok().is_some_and(|one| Some(one) == chosen.canonicalize().ok())
        };
        let known = all.iter().find(|directory| same(directory)).cloned();
        let directory = known.unwrap_or_else(|| {
            all.push(chosen.clone());
            chosen
        });
        return Ok((directory, all));
    }
    match all.as_slice() {
        [one] => Ok((one.clone(), all)),
        [] => Err(Error::usage("no delta directory is named")
            .hint("name it with -d DIR, or as delta_dirs in pum.yaml")),
        several => {
            let names: Vec<String> = several.iter().map(|one| one.display().to_string()).collect();
            Err(Error::usage(format!("there are {} delta directories: {}", names.len(), names.join(", ")))
                .hint(format!("say which one it is for: pum new -d {}", names[0])))
        }
    }
}
