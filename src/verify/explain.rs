//! What a verification is measured against, in sentences; and whether the clone holds enough of history for an answer.

use super::Subject;
use super::subject::Target;
use crate::Result;
use crate::git::{Commit, Release};
use crate::progress::count;

/// Which subject, base, upstream branch and releases, and why: a label and a sentence each.
///
/// # Errors
/// A broken object.
pub fn explanation(subject: &Subject<'_>) -> Result<Vec<(String, String)>> {
    let mut lines = Vec::new();
    let mut line = |label: &str, text: String| lines.push((label.to_owned(), text));
    line(
        "subject",
        match &subject.target {
            Target::Commit(commit) => named(commit),
            Target::Index(Some(commit)) => format!("the index, on {}", named(commit)),
            Target::Index(None) => "the index, for the first commit".to_owned(),
        },
    );
    let config = subject.config_path.display();
    line(
        "config",
        match subject.is_own_config {
            true => format!("{config} of {}", subject.target.label()),
            false => format!("{config}, which is not in {}", subject.target.label()),
        },
    );
    line(
        "base",
        match &subject.base.commit {
            Some(commit) => format!("{}: {}", named(commit), subject.base.reason),
            None => format!("nothing: {}", subject.base.reason),
        },
    );
    let mut upstream: Vec<String> = subject.looked.passed_over.clone();
    match &subject.upstream {
        Some(found) => upstream.push(format!("{}: {}", named(&found.commit), found.named_by)),
        None if upstream.is_empty() => {
            upstream
                .push("none: pum.yaml names none (upstream: BRANCH), and there is no origin/HEAD".to_owned());
        }
        None => {}
    }
    for text in upstream {
        line("upstream", text);
    }
    let releases = subject.releases_before()?;
    line("releases", releases_line(&releases));
    Ok(lines)
}

fn named(commit: &Commit) -> String {
    let short = commit.short();
    if commit.id.to_string().starts_with(&commit.name) { short } else { format!("{} ({short})", commit.name) }
}

fn releases_line(releases: &[&Release]) -> String {
    let tags: Vec<&str> = releases.iter().map(|release| release.commit.name.as_str()).collect();
    match tags.as_slice() {
        [] => "none before it".to_owned(),
        [first, .., last] if tags.len() > 6 => {
            format!("{} before it, {first} … {last}", count(tags.len(), "release"))
        }
        all => format!("{} before it: {}", count(all.len(), "release"), all.join(", ")),
    }
}

/// What the user should know about how the base was found.
pub fn warnings(subject: &Subject<'_>) -> Vec<String> {
    let missing = subject.looked.missing.iter().map(|revision| match revision.split_once('/') {
        Some((remote, branch)) => {
            format!("{revision} is not in this clone, so others may have deltas that are not known here: git fetch {remote} {branch}")
        }
        None => format!("{revision} is not in this clone, so others may have deltas that are not known here: git fetch"),
    });
    missing.collect()
}

/// Why a clone whose history is cut off does not hold what the answer needs; `None` if it does.
///
/// # Errors
/// A broken object.
pub fn cut_off(subject: &Subject<'_>) -> Result<Option<String>> {
    if !subject.repository.is_shallow() {
        return Ok(None);
    }
    let missing = if let Some(revision) = subject.looked.missing.first() {
        format!("{revision} is not in it")
    } else if subject.base.commit.is_none() {
        "neither a release nor the branch that this will be merged into is in it".to_owned()
    } else if subject.upstream.is_some() && subject.common()?.is_none() {
        "the commit where the branches parted is not in it".to_owned()
    } else if subject.releases()?.is_empty() {
        "no release is in it, so nobody knows which deltas must stay as they are".to_owned()
    } else {
        return Ok(None);
    };
    Ok(Some(format!("the clone is shallow: {missing}")))
}

/// What brings the missing history.
pub const UNSHALLOW: [&str; 3] = [
    "GitHub Actions: give actions/checkout `with: {fetch-depth: 0}`",
    "GitLab CI: set `variables: {GIT_DEPTH: 0}` in the job",
    "elsewhere: git fetch --unshallow --tags",
];
