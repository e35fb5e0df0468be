//! New deltas come after everything that others have, also after a merge with the upstream branch: a database that is at
//! a higher version already would get them late, or not at all.

use std::path::Path;

use git2::Oid;

use super::{Files, Finding, Outcome, Stage, Subject};
use crate::Result;
use crate::delta::Delta;
use crate::git::Release;
use crate::progress::count;
use crate::upgrade::quoted;

/// Carries the stage out.
///
/// # Errors
/// A broken object.
pub fn run(subject: &Subject<'_>) -> Result<Outcome> {
    let (ours, base) = (subject.files()?, subject.base_files()?);
    let releases = subject.releases_before()?;
    let newest = releases.last().copied();
    let known_late = |delta: &&Delta| !subject.config.late.contains(&delta.file_name());
    let new: Vec<&Delta> =
        ours.deltas.deltas.iter().filter(|delta| !base.has(&delta.name)).filter(known_late).collect();
    let mut findings = Vec::new();
    for delta in &new {
        let others = neighbours(delta, ours, base);
        let holder = base_name(subject);
        if let Some(before) = others.last().filter(|other| other.name > delta.name) {
            findings.push(not_last(delta, before, holder));
        } else if let Some(release) = newest.filter(|release| delta.name.version < release.version) {
            findings.push(below_release(delta, release));
        }
    }
    let mut summary = match new.len() {
        0 => "no new delta".to_owned(),
        number => format!("{} against {}", count(number, "new delta"), base_name(subject)),
    };
    if let Some(upstream) = &subject.upstream
        && let Some(common) = subject.common()?
        && common.id != upstream.commit.id
    {
        let found: Vec<&Path> = findings.iter().filter_map(|finding| finding.path.as_deref()).collect();
        let merged = in_merge(subject, &subject.files_of(Some(&common))?, &upstream.commit.name)?;
        let merged: Vec<Finding> = merged
            .into_iter()
            .filter(|finding| finding.path.as_deref().is_none_or(|path| !found.contains(&path)))
            .collect();
        findings.extend(merged);
        summary.push_str(&format!(", and merged with {}", upstream.commit.name));
    }
    Ok(Outcome::of(Stage::Order, summary, findings))
}

fn base_name<'a>(subject: &'a Subject<'_>) -> &'a str {
    subject.base.commit.as_ref().map_or("nothing", |commit| commit.name.as_str())
}

/// The deltas of a state that run in the same directory as one of the target, in their order. A project with one directory
/// may have called it otherwise before.
fn neighbours<'a>(delta: &Delta, ours: &Files<'_>, others: &'a Files<'_>) -> Vec<&'a Delta> {
    let directory = &ours.deltas.directories[delta.directory];
    let is_only = ours.deltas.directories.len() == 1;
    let mut neighbours: Vec<&Delta> = others
        .deltas
        .deltas
        .iter()
        .filter(|other| is_only || other.path.parent() == Some(directory.as_path()))
        .collect();
    neighbours.sort_by(|one, other| one.name.cmp(&other.name));
    neighbours
}

/// What a merge with the upstream branch would have: files that only one side changed are as that side has them, as git
/// merges them. Of what both added, a delta that is the same is one; conflicts in other files do not matter.
fn in_merge(subject: &Subject<'_>, common: &Files<'_>, upstream: &str) -> Result<Vec<Finding>> {
    let (ours, theirs) = (subject.files()?, subject.upstream_files()?);
    let id = |files: &Files<'_>, delta: &Delta| -> Option<Oid> {
        files.same(delta).and_then(|same| files.id(same))
    };
    let is_theirs = |delta: &&Delta| !common.has(&delta.name) && id(ours, delta) != theirs.id(delta);
    let mut findings = Vec::new();
    for delta in &ours.deltas.deltas {
        let is_ours = !common.has(&delta.name) && id(theirs, delta) != ours.id(delta);
        if !is_ours || subject.config.late.contains(&delta.file_name()) {
            continue;
        }
        let mut added = neighbours(delta, ours, theirs).into_iter().filter(is_theirs);
        let Some(last) = added.next_back().filter(|other| other.name.version >= delta.name.version) else {
            continue;
        };
        findings.push(taken(delta, last, upstream));
    }
    Ok(findings)
}

/// What moves one's own deltas behind those of a revision.
fn renumber(revision: &str) -> String {
    format!("pum renumber --onto {}", quoted(revision))
}

fn not_last(delta: &Delta, before: &Delta, holder: &str) -> Finding {
    let message = format!(
        "it comes before {}, which {holder} has: databases that have had that one would get it late",
        before.file_name()
    );
    Finding::error(Stage::Order, message).in_file(&delta.path).help(renumber(holder))
}

fn below_release(delta: &Delta, release: &Release) -> Finding {
    let message = format!(
        "its version {} is below the release {}: databases that began with that release would never get it",
        delta.name.version, release.commit.name
    );
    Finding::error(Stage::Order, message).in_file(&delta.path).help(renumber(&release.commit.name))
}

fn taken(delta: &Delta, other: &Delta, upstream: &str) -> Finding {
    let (version, taken) = (delta.name.version, other.name.version);
    let message = if version == taken {
        format!("{upstream} has taken the version {version}, too, for {}", other.file_name())
    } else {
        format!(
            "{upstream} has gone on to {taken} with {}: after a merge this delta would be late",
            other.file_name()
        )
    };
    let revision = quoted(upstream);
    Finding::error(Stage::Order, message)
        .in_file(&delta.path)
        .help(format!("git merge {revision} (or git rebase {revision})"))
        .help(renumber(upstream))
}
