//! What a change is measured against: the branch that it is merged into, and the commit where it began.

use std::path::Path;

use git2::Oid;

use super::{Commit, Release, Repository};
use crate::Result;

/// A revision that may be the branch that work is merged into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The revision, such as `origin/main`.
    pub revision: String,
    /// Who names it, such as "upstream of pum.yaml".
    pub named_by: String,
    /// Whether somebody named it; one that is only usual may be missing without a word.
    pub is_named: bool,
}

impl Candidate {
    /// The branch that the project names in its configuration file, if it does, then that of the remote.
    pub fn usual(configured: Option<&str>, file: &Path) -> Vec<Candidate> {
        let configured = configured.map(|revision| Candidate {
            revision: revision.to_owned(),
            named_by: format!("upstream in {}", file.display()),
            is_named: true,
        });
        let of_remote = Candidate {
            revision: "origin/HEAD".to_owned(),
            named_by: "the remote's own branch".to_owned(),
            is_named: false,
        };
        configured.into_iter().chain([of_remote]).collect()
    }
}

/// The branch that work is merged into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    /// Its commit.
    pub commit: Commit,
    /// Who names it.
    pub named_by: String,
}

/// What a look for the upstream branch gave.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Looked {
    /// The branch.
    pub upstream: Option<Upstream>,
    /// Why others that come before are not it, a sentence each.
    pub passed_over: Vec<String>,
    /// Revisions that somebody named and that are not here.
    pub missing: Vec<String>,
}

/// The commit that a change is measured against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// The commit; `None`: there is nothing before, everything is new.
    pub commit: Option<Commit>,
    /// Why it is this one.
    pub reason: String,
}

impl Repository {
    /// The first of the candidates that is here and does not contain `head`: what is in a branch already is not measured
    /// against it. With `may_contain`, one that contains it counts, too: `head` is then not what is judged, but what
    /// comes after it.
    ///
    /// # Errors
    /// A broken object.
    pub fn upstream(&self, candidates: &[Candidate], head: &Commit, may_contain: bool) -> Result<Looked> {
        let mut looked = Looked::default();
        for Candidate { revision, named_by, is_named } in candidates {
            // What is no revision here is not it; whatever else is wrong is told by those that read it.
            let revision = &self.branch_behind(revision);
            let Ok(commit) = self.commit(revision) else {
                if *is_named {
                    looked.missing.push(revision.clone());
                    looked.passed_over.push(format!("{revision}, {named_by}, is not in this clone"));
                }
                continue;
            };
            if !may_contain && self.is_ancestor(head, &commit)? {
                let how = if commit.id == head.id { "is" } else { "contains" };
                looked.passed_over.push(format!("{revision}, {named_by}, {how} {}", head.name));
                continue;
            }
            looked.upstream = Some(Upstream { commit, named_by: named_by.clone() });
            break;
        }
        Ok(looked)
    }

    /// The branch that a name such as `origin/HEAD`, or the id of its newest commit, stands for; any other name is as it
    /// was.
    fn branch_behind(&self, revision: &str) -> String {
        if let Ok(id) = Oid::from_str(revision)
            && revision.len() == 40
        {
            let branches = self.inner.references_glob("refs/remotes/*");
            let mut branches = branches.into_iter().flatten().flatten();
            let branch = branches.find(|branch| branch.target() == Some(id));
            return branch
                .and_then(|branch| branch.shorthand().ok().map(str::to_owned))
                .unwrap_or_else(|| revision[..10].to_owned());
        }
        let reference = self.inner.find_reference(&format!("refs/remotes/{revision}"));
        let resolved = reference.and_then(|reference| reference.resolve());
        let name = resolved.ok().and_then(|reference| reference.shorthand().ok().map(str::to_owned));
        name.unwrap_or_else(|| revision.to_owned())
    }

    /// The commit where the work on `head` left the upstream branch; none if they share no history.
    ///
    /// # Errors
    /// A broken object.
    pub fn left(&self, head: &Commit, upstream: &Upstream) -> Result<Option<Chosen>> {
        let merge_base = self.merge_base(head, &upstream.commit)?;
        Ok(merge_base.map(|commit| Chosen {
            reason: format!("where {} left {}, {}", head.name, upstream.commit.name, upstream.named_by),
            commit: Some(Commit { name: upstream.commit.name.clone(), ..commit }),
        }))
    }
}

/// The newest release before `head`, which does not count itself unless `counts`; without one, nothing. `releases` are
/// those that `head` contains, the oldest first.
pub fn release_before(head: &Commit, releases: &[Release], counts: bool) -> Chosen {
    match releases.iter().rev().find(|release| counts || release.commit.id != head.id) {
        Some(release) => Chosen {
            commit: Some(release.commit.clone()),
            reason: format!("the newest release before {}", head.name),
        },
        None => Chosen {
            commit: None,
            reason: format!("there is no release before {}, so everything in it is new", head.name),
        },
    }
}
