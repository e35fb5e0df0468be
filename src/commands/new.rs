//! `pum new`: writes the next delta, with its version, its title and a header that says what it is about. Its statements
//! are for whoever opens it.

mod editor;
mod history;
pub(crate) mod known;
mod skeleton;
mod title;
pub(crate) mod version;

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::config::FILE_NAME;
use crate::delta::{Kind, Name, Verdict, Version, judge};
use crate::git::{Candidate, Commit, Patterns, Repository};
use crate::progress::{Progress, count};
use crate::source::Recipe;
use crate::{Error, Result};
pub use editor::edit;
pub use history::{Base, ChangedFile, History, Reason};
use known::Known;
pub use version::Step;

/// Which version a delta gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// The next free one.
    Next(Step),
    /// This one.
    Given(Version),
    /// This one, for a release without changes.
    Release(Version),
}

/// What to write.
#[derive(Debug, Clone)]
pub struct Options {
    /// The delta directory that it is written into.
    pub directory: PathBuf,
    /// All delta directories, that one among them.
    pub directories: Vec<PathBuf>,
    /// The directory that the model is relative to; empty for the working directory.
    pub home: PathBuf,
    /// How the model is built, which says what its files are.
    pub recipe: Option<Recipe>,
    /// How tags name releases.
    pub releases: Patterns,
    /// The branch that work is merged into.
    pub upstream: Option<String>,
    /// The title; none: the branch's name, or a commit's subject.
    pub title: Option<String>,
    /// The kind.
    pub kind: Kind,
    /// The version.
    pub which: Which,
    /// The revision from which changes count.
    pub since: Option<String>,
    /// The project's own template for SQL.
    pub template: Option<PathBuf>,
    /// Whether a file is written, or the text only made.
    pub write: bool,
}

/// What was written.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The file; `None` if none was to be written.
    pub path: Option<PathBuf>,
    /// What its name says.
    pub name: Name,
    /// Its text.
    pub text: String,
    /// What it is about.
    pub history: History,
}

/// Writes a delta. Nothing is ever overwritten, and two at a time do not get the same version.
///
/// # Errors
/// A version below what is released, a title that cannot be told, a repository that cannot be read, a file that cannot be
/// written.
pub fn run(options: &Options, progress: &dyn Progress) -> Result<Outcome> {
    // Where the delta directory is: the working directory may be in no repository, or in another one.
    let place = existing(&options.directory);
    let repository = Repository::find(&place)?;
    let upstream = upstream(repository.as_ref(), options.upstream.as_deref(), progress)?;
    let history = History::read(repository.as_ref(), upstream.as_ref(), options, progress)?;
    progress.note(&told(&history));
    let _lock = match options.write {
        true => Some(lock(&options.directory)?),
        false => None,
    };
    let known = Known::read(repository.as_ref(), upstream.as_ref(), &options.directories, &options.releases)?;
    let name = name(options, &known, repository.as_ref(), &history, progress)?;
    let release = matches!(options.which, Which::Release(_));
    let text = skeleton::render(&name, release, &history, options.template.as_deref())?;
    let path = options.directory.join(name.file_name());
    if options.write {
        write_new(&path, &text)?;
    }
    Ok(Outcome { path: options.write.then_some(path), name, text, history })
}

/// The branch that work is merged into; one that is configured and not there is no obstacle here.
fn upstream(
    repository: Option<&Repository>,
    configured: Option<&str>,
    progress: &dyn Progress,
) -> Result<Option<Commit>> {
    let Some(repository) = repository else { return Ok(None) };
    let Some(head) = repository.head()? else { return Ok(None) };
    let looked = repository.upstream(&Candidate::usual(configured, Path::new(FILE_NAME)), &head, true)?;
    for missing in &looked.missing {
        progress.warning(&format!(
            "{missing}, upstream in pum.yaml, is not in this clone: versions that were taken there are not seen; git fetch brings it"
        ));
    }
    Ok(looked.upstream.map(|upstream| upstream.commit))
}

/// From where, and how much that is.
fn told(history: &History) -> String {
    match history.base.reason {
        Reason::NoRepository => history.sentence(),
        _ => format!(
            "{}: {} and {} of the model",
            history.sentence(),
            count(history.commits.len(), "commit"),
            count(history.files.len(), "file")
        ),
    }
}

/// Version and title.
fn name(
    options: &Options,
    known: &Known,
    repository: Option<&Repository>,
    history: &History,
    progress: &dyn Progress,
) -> Result<Name> {
    let highest = known.highest();
    let version = match options.which {
        Which::Next(step) => {
            let next =
                version::above(highest.as_ref().map(|(version, _)| *version), step).ok_or_else(|| {
                    Error::usage("there is no version above the highest one").hint("name one with --version")
                })?;
            progress.note(&match &highest {
                Some((version, what)) => format!("{next} is the next version: {version} is that of {what}"),
                None => format!("{next} is the first version: there is no delta and no release"),
            });
            next
        }
        Which::Given(version) => {
            refuse_released(version, known)?;
            if let Some((highest, what)) = highest.filter(|(highest, _)| *highest > version) {
                progress.warning(&format!(
                    "{version} is below {highest}, that of {what}: in a database that had that one, the delta will be late"
                ));
            }
            version
        }
        Which::Release(version) => {
            refuse_released(version, known)?;
            if let Some((highest, what)) = highest.filter(|(highest, _)| *highest >= version) {
                return Err(match highest == version {
                    true => {
                        Error::usage(format!("{version} is there already: {what} leaves it in the database"))
                    }
                    false => Error::usage(format!("{version} is below {highest}, that of {what}")),
                }
                .note("state", "nothing was written"));
            }
            version
        }
    };
    let mut name = Name { version, title: String::new(), kind: options.kind };
    let mut title = title(options, repository, history, progress)?;
    if let Which::Given(_) = options.which {
        let number = options.directories.iter().position(|directory| *directory == options.directory);
        let others = known.deltas.iter().filter(|seen| seen.name.version == version);
        let others: Vec<&Name> =
            others.filter(|seen| Some(seen.directory) == number).map(|seen| &seen.name).collect();
        title = version::numbered(&title, &others, &name).map_err(|other| {
            let file = other.file_name();
            Error::usage(format!("no title would come after {file}, and the deltas of a version run in the order of their titles"))
                .note("state", "nothing was written")
                .hint(format!("where nobody has it yet, give it a number: delta_{version}_001_{}.{}", other.title, other.kind.ending()))
                .hint("or leave out --version: the next version comes after it")
        })?;
    }
    let around = name.file_name().len() + 1;
    let cut = title::fit(&title, around);
    if cut != title {
        progress.warning(&format!("the title is cut: the upgrades table and the file system hold {cut}"));
    }
    name.title = cut.to_owned();
    match judge(&name.file_name()) {
        Verdict::Delta(_) => Ok(name),
        _ => Err(Error::usage(format!("{} would be no delta", name.file_name()))
            .hint("give it another title: pum new TITLE")),
    }
}

/// A version below what is released would never run where the release is.
fn refuse_released(version: Version, known: &Known) -> Result<()> {
    let Some(release) = known.of_head.as_ref().filter(|release| version < release.version) else {
        return Ok(());
    };
    let mut error = Error::usage(format!("{version} is below {}, which is released", release.version))
        .note(
            "reason",
            format!(
                "a database of {} has passed {version}: the delta would be late there",
                release.commit.name
            ),
        )
        .note("state", "nothing was written");
    if let Some(next) = version::above(known.highest().map(|(highest, _)| highest), Step::Patch) {
        error = error.hint(format!("leave out the version: the next one is {next}"));
    }
    Err(error)
}

/// What was said, else what the branch is called, else what the newest commit says.
fn title(
    options: &Options,
    repository: Option<&Repository>,
    history: &History,
    progress: &dyn Progress,
) -> Result<String> {
    if let Some(text) = &options.title {
        return title::of_text(text).ok_or_else(|| {
            Error::usage(format!(
                "{text:?} has no word for a title: letters, digits and underscores make one"
            ))
        });
    }
    if let Which::Release(_) = options.which {
        return Ok("release".to_owned());
    }
    let branch = repository.and_then(Repository::branch);
    if let Some(title) = branch.as_deref().and_then(title::of_branch) {
        progress.note(&format!("titled after the branch {}", branch.unwrap_or_default()));
        return Ok(title);
    }
    if let Some(commit) = history.commits.last()
        && let Some(title) = title::of_text(&commit.subject)
    {
        progress.note(&format!("titled after the commit {}", commit.short()));
        return Ok(title);
    }
    Err(Error::usage("there is no title: neither the branch nor a commit gives one")
        .note("state", "nothing was written")
        .hint("pum new TITLE, for instance pum new add-pipe-material"))
}

/// The nearest directory above that exists.
pub(crate) fn existing(directory: &Path) -> PathBuf {
    let found = directory.ancestors().find(|above| !above.as_os_str().is_empty() && above.is_dir());
    found.unwrap_or(Path::new(".")).to_owned()
}

/// Makes the delta directory where it is missing, and keeps others of us out of it.
fn lock(directory: &Path) -> Result<File> {
    let made = std::fs::create_dir_all(directory).and_then(|()| File::open(directory));
    let file = made.map_err(|cause| {
        Error::failed(format!("the delta directory {} cannot be used: {cause}", directory.display()))
            .caused_by(cause)
    })?;
    // Where the file system knows no locks, the file is still never overwritten.
    let _ = file.lock();
    Ok(file)
}

/// Writes a file that must not be there, whole or not at all.
fn write_new(path: &Path, text: &str) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let failed = |cause: std::io::Error| {
        let error = match cause.kind() {
            std::io::ErrorKind::AlreadyExists => Error::usage(format!("{} is there already", path.display())),
            _ => Error::failed(format!("{} cannot be written: {cause}", path.display())),
        };
        error.note("state", "nothing was written").caused_by(cause)
    };
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new()
        .prefix(".pum-new-")
        .permissions(std::fs::Permissions::from_mode(0o666))
        .tempfile_in(directory)
        .map_err(failed)?;
    file.write_all(text.as_bytes()).and_then(|()| file.as_file().sync_all()).map_err(failed)?;
    file.persist_noclobber(path).map_err(|cause| failed(cause.error))?;
    Ok(())
}

/// What `--format json` prints.
#[derive(Debug, Serialize)]
pub struct Summary<'a> {
    path: Option<&'a Path>,
    version: Version,
    title: &'a str,
    kind: &'static str,
    base: BaseSummary<'a>,
    commits: Vec<CommitSummary<'a>>,
    files: Vec<FileSummary<'a>>,
}

#[derive(Debug, Serialize)]
struct BaseSummary<'a> {
    name: Option<&'a str>,
    id: Option<String>,
    reason: &'a Reason,
}

#[derive(Debug, Serialize)]
struct CommitSummary<'a> {
    id: String,
    author: &'a str,
    subject: &'a str,
}

#[derive(Debug, Serialize)]
struct FileSummary<'a> {
    change: char,
    path: &'a Path,
    uncommitted: bool,
}

impl Outcome {
    /// For programs.
    pub fn summary(&self) -> Summary<'_> {
        let base = &self.history.base;
        Summary {
            path: self.path.as_deref(),
            version: self.name.version,
            title: &self.name.title,
            kind: self.name.kind.ending(),
            base: BaseSummary {
                name: base.commit.as_ref().map(|commit| commit.name.as_str()),
                id: base.commit.as_ref().map(|commit| commit.id.to_string()),
                reason: &base.reason,
            },
            commits: self
                .history
                .commits
                .iter()
                .map(|commit| CommitSummary {
                    id: commit.id.to_string(),
                    author: &commit.author,
                    subject: &commit.subject,
                })
                .collect(),
            files: self
                .history
                .files
                .iter()
                .map(|file| FileSummary {
                    change: file.change.letter(),
                    path: &file.path,
                    uncommitted: file.uncommitted,
                })
                .collect(),
        }
    }
}
