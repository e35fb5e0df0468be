//! `pum init`: a pum.yaml for a repository, a delta directory, and a CI file. What is there already is recognised, and
//! never overwritten.

mod files;
mod recognise;

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

pub use recognise::{Project, Survey, recognise};

use super::decide::{Answer, Ask};
use crate::config::{Config, FILE_NAME};
use crate::git::{Patterns, Repository};
use crate::source::{Recipe, below};
use crate::upgrade::TableName;
use crate::{Error, Result};

/// A CI service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ci {
    /// GitHub Actions.
    Github,
    /// GitLab.
    Gitlab,
}

impl Ci {
    /// Its file, from the top of the repository.
    pub fn file(self) -> &'static str {
        match self {
            Ci::Github => ".github/workflows/pum.yml",
            Ci::Gitlab => ".gitlab-ci.yml",
        }
    }
}

/// Where a CI service's PostgreSQL comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Server {
    /// Packages; pum starts servers of its own.
    #[default]
    Apt,
    /// A container beside.
    Service,
}

/// What the user said already, and will not be asked.
#[derive(Debug, Clone, Default)]
pub struct Given {
    /// The upgrades table.
    pub table: Option<String>,
    /// The delta directories; empty: not said.
    pub delta_dirs: Vec<String>,
    /// How the model is built.
    pub model: Option<Recipe>,
    /// How tags name releases; empty: not said.
    pub releases: Vec<String>,
    /// The branch that work is merged into.
    pub upstream: Option<String>,
    /// Whether the hook is to be installed.
    pub hook: Option<bool>,
    /// The CI service.
    pub ci: Option<Ci>,
    /// Where its PostgreSQL comes from.
    pub server: Option<Server>,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// What pum.yaml says.
    pub project: Project,
    /// Whether the hook is installed.
    pub hook: bool,
    /// The CI file.
    pub ci: Option<(Ci, Server)>,
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The files that were written, as they are shown.
    pub written: Vec<String>,
    /// The files that were there already and were left.
    pub left: Vec<String>,
}

/// What is in the repository of a directory.
///
/// # Errors
/// No repository; a pum.yaml that is there already; a broken repository.
pub fn survey(directory: &Path) -> Result<Survey> {
    let Some(repository) = Repository::find(directory)? else {
        return Err(Error::usage("this is no git repository, and pum's deltas live in git")
            .note("state", "nothing was written")
            .hint("git init makes it one; then run pum init again"));
    };
    let file = directory.join(FILE_NAME);
    if file.symlink_metadata().is_ok() {
        return Err(Error::usage(format!("{FILE_NAME} is there already"))
            .note("state", "nothing was written")
            .hint("edit it, or move it away and run pum init again; pum hook install installs the hook"));
    }
    let inside = below(repository.top(), directory).unwrap_or_default();
    let files = repository.working_paths()?;
    let files = files.into_iter().filter_map(|file| Some(file.strip_prefix(&inside).ok()?.to_owned()));
    let followed = repository.followed("origin/HEAD");
    let branch = followed.as_ref().map(|(_, branch)| branch.clone()).or_else(|| repository.branch());
    let name = directory.canonicalize().ok();
    Ok(Survey {
        name: name
            .as_deref()
            .and_then(Path::file_name)
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default(),
        files: files.collect(),
        tags: repository.tags()?,
        upstream: followed.map(|(remote, branch)| format!("{remote}/{branch}")),
        branch: branch.unwrap_or_else(|| "main".to_owned()),
    })
}

/// What is done without asking: what was said, and otherwise what is probable.
pub fn choose(survey: &Survey, given: &Given) -> Choice {
    let mut project = recognise(survey);
    if let Some(table) = &given.table {
        project.table.clone_from(table);
    }
    if !given.delta_dirs.is_empty() {
        project.delta_dirs.clone_from(&given.delta_dirs);
    }
    if let Some(model) = &given.model {
        project.model = model.clone();
    }
    if !given.releases.is_empty() {
        project.releases.clone_from(&given.releases);
    }
    if given.upstream.is_some() {
        project.upstream.clone_from(&given.upstream);
    }
    Choice {
        project,
        hook: given.hook.unwrap_or(false),
        ci: given.ci.map(|ci| (ci, given.server.unwrap_or_default())),
    }
}

/// Asks for what was not said.
///
/// # Errors
/// Why there is no answer.
pub fn ask(choice: &mut Choice, given: &Given, asked: &dyn Ask) -> Answer<()> {
    let project = &mut choice.project;
    if given.delta_dirs.is_empty() {
        let line = asked.line("The delta directories", &project.delta_dirs.join(" "), &not_empty)?;
        project.delta_dirs = words(&line);
    }
    if given.model.is_none() {
        project.model = ask_model(&project.model, asked)?;
    }
    if given.releases.is_empty() {
        let check = |line: &str| match words(line) {
            empty if empty.is_empty() => Err("at least one".to_owned()),
            patterns => Patterns::parse(&patterns).map(drop).map_err(|error| error.to_string()),
        };
        project.releases =
            words(&asked.line("How tags name releases", &project.releases.join(" "), &check)?);
    }
    if given.table.is_none() {
        let check =
            |line: &str| line.trim().parse::<TableName>().map(drop).map_err(|error| error.to_string());
        project.table =
            asked.line("The upgrades table, schema.table", &project.table, &check)?.trim().to_owned();
    }
    if given.hook.is_none() {
        choice.hook = asked.agree("Install the hook, which verifies what git pushes?")?;
    }
    if given.ci.is_none() {
        let items = ["no CI file", "GitHub Actions", "GitLab"].map(str::to_owned);
        let ci = [None, Some(Ci::Github), Some(Ci::Gitlab)][asked.choose("A CI file", &items)?];
        choice.ci = ci.map(|ci| (ci, given.server.unwrap_or_default()));
        if let (Some((_, server)), None) = (&mut choice.ci, given.server) {
            let items = ["packages: pum starts servers of its own", "a container beside, as a service"]
                .map(str::to_owned);
            *server = [Server::Apt, Server::Service][asked.choose("PostgreSQL there comes from", &items)?];
        }
    }
    Ok(())
}

fn ask_model(probable: &Recipe, asked: &dyn Ask) -> Answer<Recipe> {
    let sql = "SQL files, in order";
    let run = "a command";
    let deltas = "all deltas, from the first one on";
    let mut items = [sql, run, deltas];
    // The probable one is offered first.
    let first = match probable {
        Recipe::Sql(_) => sql,
        Recipe::Run(_) => run,
        Recipe::Deltas => deltas,
    };
    items.sort_by_key(|item| *item != first);
    let texts: Vec<String> = items.iter().map(|item| (*item).to_owned()).collect();
    let chosen = items[asked.choose("The model is built from", &texts)?];
    if chosen == deltas {
        return Ok(Recipe::Deltas);
    }
    if chosen == sql {
        let begin = if let Recipe::Sql(patterns) = probable {
            patterns.join(" ")
        } else {
            "model/**/*.sql".to_owned()
        };
        return Ok(Recipe::Sql(words(&asked.line("The SQL files, as patterns", &begin, &not_empty)?)));
    }
    let begin = if let Recipe::Run(command) = probable {
        command.clone()
    } else {
        "./build.sh -p $PGSERVICE".to_owned()
    };
    Ok(Recipe::Run(
        asked.line("The command; PGSERVICE names the database", &begin, &not_empty)?.trim().to_owned(),
    ))
}

fn not_empty(line: &str) -> std::result::Result<(), String> {
    if line.trim().is_empty() { Err("at least one".to_owned()) } else { Ok(()) }
}

fn words(line: &str) -> Vec<String> {
    line.split([' ', ',']).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// Writes the files. Those that are there already are left as they are.
///
/// # Errors
/// Something that pum.yaml cannot say, or what the file system refuses; then nothing stays written.
pub fn write(directory: &Path, survey: &Survey, choice: &Choice) -> Result<Outcome> {
    let project = &choice.project;
    let repository = Repository::open(directory)?;
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let (directory, top) = (real(directory), real(repository.top()));
    let text = files::pum_yaml(project)?;
    project.table.parse::<TableName>()?;
    let is_inside = |path: &&String| Path::new(path).is_relative();
    if let Some(outside) = project.delta_dirs.iter().find(|path| !is_inside(path)) {
        return Err(Error::usage(format!("{outside} is no directory of the repository"))
            .note("state", "nothing was written")
            .hint("delta directories are named relative to pum.yaml"));
    }
    Config::parse(Path::new(FILE_NAME), &text).map_err(|error| error.note("state", "nothing was written"))?;

    let mut files = vec![(directory.join(FILE_NAME), text)];
    if let Some(first) = project.delta_dirs.first()
        && !directory.join(first).exists()
    {
        files.push((directory.join(first).join("README.md"), files::README.to_owned()));
    }
    if let Some((ci, server)) = choice.ci {
        let config = below(&top, &directory.join(FILE_NAME));
        let config = config.filter(|path| path.components().count() > 1);
        let config = config.map(|path| path.display().to_string());
        let text = files::ci(ci, server, project, &survey.branch, config.as_deref())?;
        files.push((top.join(ci.file()), text));
    }
    let mut outcome = Outcome { written: Vec::new(), left: Vec::new() };
    let mut written: Vec<PathBuf> = Vec::new();
    for (path, text) in files {
        let shown = below(&top, &path).unwrap_or_else(|| path.clone()).display().to_string();
        match write_new(&path, &text) {
            Ok(()) => {
                written.push(path);
                outcome.written.push(shown);
            }
            Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists && !written.is_empty() => {
                outcome.left.push(shown);
            }
            Err(cause) => {
                for path in written {
                    let _ = fs::remove_file(path);
                }
                return Err(Error::failed(format!("{shown} cannot be written: {cause}"))
                    .note("state", "nothing was written")
                    .caused_by(cause));
            }
        }
    }
    Ok(outcome)
}

/// Writes a file that is not there yet.
fn write_new(path: &Path, text: &str) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    OpenOptions::new().write(true).create_new(true).open(path)?.write_all(text.as_bytes())
}
