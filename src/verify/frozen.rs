//! No delta that a release or the upstream branch contains was changed, renamed or removed: databases that have had it
//! will not get it again, and those that have not would get another one.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use git2::Oid;

use super::{Files, Finding, Outcome, Stage, Subject};
use crate::Result;
use crate::delta::{Delta, Name, Verdict, checksum, checksum_matches, judge};
use crate::git::Commit;
use crate::progress::count;

/// A state that others have.
struct Holder {
    /// The commit, by the name of its branch or tag.
    commit: Commit,
    is_release: bool,
}

/// A delta as a holder has it, where the target does not have it so at that path.
struct Held<'h> {
    holder: &'h Holder,
    path: PathBuf,
    id: Oid,
}

/// Carries the stage out.
///
/// # Errors
/// A broken object.
pub fn run(subject: &Subject<'_>) -> Result<Outcome> {
    let holders = holders(subject)?;
    let ours = subject.files()?;
    let mut differing: BTreeMap<Name, Vec<Held<'_>>> = BTreeMap::new();
    let mut unchanged: HashSet<PathBuf> = HashSet::new();
    let mut seen = HashSet::new();
    let mut held = HashSet::new();
    for holder in &holders {
        let directories = subject.directories_at(&holder.commit)?;
        let state: Vec<Option<Oid>> = directories
            .iter()
            .map(|directory| subject.repository.entry(&holder.commit, directory))
            .collect::<Result<_>>()?;
        // Most releases have what the next one has, or the one before.
        if !seen.insert((directories.clone(), state)) {
            continue;
        }
        for (path, file) in subject.repository.files_in(&holder.commit, &directories)?.files {
            if ours.tree.files.get(&path).is_some_and(|own| own.id == file.id) {
                unchanged.insert(path.clone());
            } else if let Some(name) = delta_name(&path) {
                differing.entry(name).or_default().push(Held { holder, path: path.clone(), id: file.id });
            }
            held.insert(path);
        }
    }
    let settled = settled(subject, &holders)?;
    let mut findings = Vec::new();
    for (name, held) in &differing {
        let own = ours.deltas.deltas.iter().find(|delta| delta.name == *name);
        match own {
            Some(own) if unchanged.contains(&own.path) => {}
            Some(own) => findings.extend(changed(subject, own, held)?),
            // What others have removed, too, is their affair.
            None if settled.iter().any(|files| files.has(name)) => {
                findings.push(gone(subject, ours, held)?);
            }
            None => {}
        }
    }
    Ok(Outcome::of(Stage::Frozen, summary(&holders, &held), findings))
}

/// Who has deltas that must stay: the releases, the newest first, and the upstream branch where this left it.
fn holders(subject: &Subject<'_>) -> Result<Vec<Holder>> {
    let releases = subject.releases_before()?.into_iter().rev();
    let mut holders: Vec<Holder> =
        releases.map(|release| Holder { commit: release.commit.clone(), is_release: true }).collect();
    // Behind the releases: of two that have the same, the first is named, and a release says more than a branch.
    let upstream = match subject.common()? {
        Some(common) => Some(common),
        None => subject.base.commit.clone().filter(|_| subject.is_base_given),
    };
    holders.extend(upstream.map(|commit| Holder { commit, is_release: false }));
    Ok(holders)
}

/// What counts today: of the upstream branch and of the newest release.
fn settled<'r>(subject: &Subject<'r>, holders: &[Holder]) -> Result<Vec<Files<'r>>> {
    let upstream = holders.iter().find(|holder| !holder.is_release);
    let newest = holders.iter().find(|holder| holder.is_release);
    upstream.into_iter().chain(newest).map(|holder| subject.files_of(Some(&holder.commit))).collect()
}

fn delta_name(path: &Path) -> Option<Name> {
    match judge(path.file_name()?.to_str()?) {
        Verdict::Delta(name) => Some(name),
        _ => None,
    }
}

/// The holder to name: a release says more than a branch.
fn named<'a, 'h>(held: &'a [Held<'h>]) -> Option<&'a Held<'h>> {
    held.iter().find(|held| held.holder.is_release).or_else(|| held.first())
}

/// A delta that has another content than everybody else has, if that is so.
fn changed(subject: &Subject<'_>, own: &Delta, held: &[Held<'_>]) -> Result<Option<Finding>> {
    let Some(first) = named(held) else { return Ok(None) };
    let content = subject.content(&own.path)?;
    for held in held {
        let other = subject.repository.content(held.id)?;
        // With the line ends of another system it is the same delta.
        if checksum_matches(&checksum(&other), &content) || checksum_matches(&checksum(&content), &other) {
            return Ok(None);
        }
    }
    let before = subject.repository.content(first.id)?;
    let message = format!(
        "{} has this delta with other content: databases that have had it will not get what changed",
        owner(first)
    );
    let finding = Finding::error(Stage::Frozen, message).in_file(&own.path);
    let (before, content) = (String::from_utf8_lossy(&before), String::from_utf8_lossy(&content));
    let line = before.lines().zip(content.lines()).take_while(|(one, other)| one == other).count() + 1;
    let line = line.min(content.lines().count().max(1));
    Ok(Some(with_help(Finding { line: Some(line), column: Some(1), ..finding }, subject, first)))
}

/// A delta that is not there any more, or is called otherwise.
fn gone(subject: &Subject<'_>, ours: &Files<'_>, held: &[Held<'_>]) -> Result<Finding> {
    let Some(first) = named(held) else { return Ok(Finding::error(Stage::Frozen, "a delta is gone")) };
    let same = ours.tree.files.iter().find(|(path, file)| {
        file.id == first.id && subject.directories().iter().any(|directory| path.starts_with(directory))
    });
    Ok(match same {
        Some((path, _)) => {
            let message = format!(
                "{} has this delta, and here it is called {}: databases that have had it would get it once more",
                owner(first),
                path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default()
            );
            let help = format!("git mv {} {}", subject.typed(path), subject.typed(&first.path));
            Finding::error(Stage::Frozen, message).in_file(&first.path).help(help)
        }
        None => {
            let message = format!(
                "{} has this delta, and here it is gone: databases that have not had it would miss it",
                owner(first)
            );
            with_help(Finding::error(Stage::Frozen, message).in_file(&first.path), subject, first)
        }
    })
}

/// Who has it.
fn owner(held: &Held<'_>) -> String {
    let kind = if held.holder.is_release { "the release " } else { "" };
    format!("{kind}{}", held.holder.commit.name)
}

/// The way back.
fn with_help(finding: Finding, subject: &Subject<'_>, held: &Held<'_>) -> Finding {
    let commit = &held.holder.commit;
    // The branch may have gone on since.
    let is_at_name = subject
        .repository
        .commit(&commit.name)
        .and_then(|named| subject.repository.entry(&named, &held.path));
    let revision =
        if is_at_name.is_ok_and(|id| id == Some(held.id)) { commit.name.clone() } else { commit.short() };
    let restore =
        format!("git checkout {} -- {}", crate::upgrade::quoted(&revision), subject.typed(&held.path));
    finding.help(restore).help("then write what shall be otherwise as a delta of its own: pum new TITLE")
}

fn summary(holders: &[Holder], held: &HashSet<PathBuf>) -> String {
    let releases = holders.iter().filter(|holder| holder.is_release).count();
    let upstream = holders.iter().find(|holder| !holder.is_release).map(|holder| holder.commit.name.clone());
    let releases = (releases > 0).then(|| count(releases, "release"));
    let who: Vec<String> = upstream.into_iter().chain(releases).collect();
    match who.as_slice() {
        [] => "no release and no upstream branch has deltas".to_owned(),
        who => {
            let deltas = held.iter().filter(|path| delta_name(path).is_some()).count();
            format!("{} of {}", count(deltas, "delta"), who.join(" and "))
        }
    }
}
