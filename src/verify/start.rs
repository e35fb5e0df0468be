//! The states that the deltas are to lead from, and how each is made.

use std::path::{Path, PathBuf};

use super::{Finding, Stage, Subject};
use crate::config::Start;
use crate::delta::Version;
use crate::error::nearest;
use crate::git::{Commit, Release};
use crate::{Error, Result};

/// A state to start from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct State {
    /// What to call it.
    pub label: String,
    /// What it is made of.
    pub origin: Origin,
    /// The version that it is at, unless it says so itself.
    pub version: Version,
}

/// What a state is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    /// The model of a commit; its deltas are in it.
    Commit(Commit),
    /// A dump.
    Dump(PathBuf),
}

/// The states that pum.yaml names, and what is wrong with how it names them.
///
/// # Errors
/// A broken object.
pub(super) fn states(subject: &Subject<'_>) -> Result<(Vec<State>, Vec<Finding>)> {
    let (mut states, mut findings) = (Vec::new(), Vec::new());
    let named = match subject.config.verify_from.as_slice() {
        [] => &[Start::Newest],
        named => named,
    };
    let before = subject.releases_before()?;
    for start in named {
        match start {
            Start::Newest => match before.last() {
                Some(release) => states.push(of_release(release)),
                None => states.extend(of_base(subject)?),
            },
            Start::All if before.is_empty() => states.extend(of_base(subject)?),
            Start::All => states.extend(before.iter().map(|release| of_release(release))),
            Start::Release(name) => match find(subject.releases()?, name) {
                // From a release to itself there is no way to prove.
                Some(release) if Some(release.commit.id) == subject.target.head().map(|head| head.id) => {}
                Some(release) => states.push(of_release(release)),
                None => findings.push(unknown_release(subject, name)?),
            },
            Start::Dump { file, baseline } => {
                let path = dump_path(subject, file);
                if path.exists() {
                    let label = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy().into_owned();
                    states.push(State { label, origin: Origin::Dump(path), version: *baseline });
                } else {
                    let message =
                        format!("verify.from names the dump {}, which is not there", path.display());
                    findings.push(
                        Finding::error(Stage::Apply, message).in_file(&subject.config_path).help(
                            "its path is relative to pum.yaml; put it there, or name a release instead",
                        ),
                    );
                }
            }
        }
    }
    let mut unique: Vec<State> = Vec::new();
    for state in states {
        if !unique.iter().any(|other| other.origin == state.origin) {
            unique.push(state);
        }
    }
    Ok((unique, findings))
}

/// Where a dump lies: in the working tree, for dumps are seldom in git; of a pum.yaml elsewhere also beside that.
pub(super) fn dump_path(subject: &Subject<'_>, file: &Path) -> PathBuf {
    let path = subject.repository.top().join(file);
    let beside = subject.config_path.parent().map(|directory| directory.join(file));
    match beside {
        Some(beside) if !subject.is_own_config && !path.exists() && beside.exists() => beside,
        _ => path,
    }
}

fn of_release(release: &Release) -> State {
    State {
        label: release.commit.name.clone(),
        origin: Origin::Commit(release.commit.clone()),
        version: release.version,
    }
}

/// Without a release: what others have. Its version is that of its last delta.
fn of_base(subject: &Subject<'_>) -> Result<Option<State>> {
    let Some(base) = &subject.base.commit else { return Ok(None) };
    if subject.target.head().is_some_and(|head| head.id == base.id) {
        return Ok(None);
    }
    let last = subject.base_files()?.deltas.deltas.iter().map(|delta| delta.name.version).max();
    let version = last.unwrap_or(Version { major: 0, minor: 0, patch: 0 });
    Ok(Some(State { label: base.name.clone(), origin: Origin::Commit(base.clone()), version }))
}

/// By its tag, or by its version.
fn find<'a>(releases: &'a [Release], name: &str) -> Option<&'a Release> {
    let by_tag = releases.iter().find(|release| release.commit.name == name);
    by_tag.or_else(|| releases.iter().find(|release| release.version.to_string() == name))
}

fn unknown_release(subject: &Subject<'_>, name: &str) -> Result<Finding> {
    let releases = subject.releases()?;
    let label = subject.target.label();
    let message = format!("verify.from names {name:?}, which is no release that {label} contains");
    let finding = Finding::error(Stage::Apply, message).in_file(&subject.config_path);
    let known = releases.iter().map(|release| release.commit.name.as_str());
    Ok(match nearest(name, known) {
        Some(known) => finding.help(format!("did you mean {known:?}?")),
        None => {
            finding.help("releases are tags, as `releases:` in pum.yaml says; git fetch --tags brings them")
        }
    })
}

/// Why there is no state to start from, though there are deltas that should be tried.
pub(super) fn nothing_to_start_from(subject: &Subject<'_>) -> Finding {
    let message =
        "it is not proven that the deltas apply: there is no release yet, and nothing that others have";
    Finding::warning(Stage::Apply, message)
        .in_file(&subject.config_path)
        .help("git tag v1.0.0 names the first release; `verify: {from: [{file: DUMP, baseline: VERSION}]}` starts from a dump")
}

/// Why a model that is needed cannot be built.
pub(super) fn no_recipe(label: &str) -> Error {
    Error::failed(format!(
        "there is no state to start from: pum.yaml does not say how the model of {label} is built"
    ))
    .hint("say it: model: {sql: [model/**/*.sql]}, or {run: ./build.sh}, or {deltas: true}")
    .hint("or start from a dump: verify: {from: [{file: DUMP, baseline: VERSION}]}")
}
