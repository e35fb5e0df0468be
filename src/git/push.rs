//! What is being pushed: the lines that git gives a pre-push hook, and the commits behind them.

use git2::Oid;

use super::{Commit, Repository};
use crate::{Error, Result};

/// One line of a pre-push hook's input: a ref of the remote that the push changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Update {
    /// What is pushed, as the user named it: `refs/heads/main`, but also `HEAD~1`; `(delete)` for a deletion.
    pub local_ref: String,
    /// The object that is pushed: 40 or 64 hexadecimal digits. None: the remote ref is deleted.
    pub local: Option<String>,
    /// The ref of the remote.
    pub remote_ref: String,
    /// The object that the remote ref has now. None: the ref is new.
    pub remote: Option<String>,
}

impl Update {
    /// Reads the input of a pre-push hook: one update a line, none where everything is up to date.
    ///
    /// # Errors
    /// A line that git would not write.
    pub fn parse(input: &str) -> Result<Vec<Update>> {
        input.lines().filter(|line| !line.trim().is_empty()).map(Update::parse_line).collect()
    }

    fn parse_line(line: &str) -> Result<Update> {
        // From the end: what the user named may have spaces in it, as `HEAD^{/fix it}` has.
        let mut words = line.rsplitn(4, ' ');
        let (remote, remote_ref, local, local_ref) = (words.next(), words.next(), words.next(), words.next());
        let update = || {
            Some(Update {
                local_ref: local_ref?.to_owned(),
                local: object(local?)?,
                remote_ref: remote_ref.filter(|name| !name.is_empty())?.to_owned(),
                remote: object(remote?)?,
            })
        };
        update().ok_or_else(|| {
            Error::usage(format!("this is no line that git gives to a pre-push hook: {line:?}"))
                .note("expected", "local ref, local object, remote ref, remote object")
                .hint("git runs this command itself, after pum hook install; pum verify verifies by hand")
        })
    }

    /// The name of the tag that is pushed, if the remote ref is one.
    pub fn tag(&self) -> Option<&str> {
        self.remote_ref.strip_prefix("refs/tags/")
    }

    /// The name of the branch that is pushed, if the remote ref is one.
    pub fn branch(&self) -> Option<&str> {
        self.remote_ref.strip_prefix("refs/heads/")
    }
}

/// The name of an object; `Some(None)` for the one of zeros, which stands for no object.
#[expect(clippy::option_option, reason = "the outer one: is it a name at all")]
fn object(word: &str) -> Option<Option<String>> {
    let is_name = matches!(word.len(), 40 | 64) && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_name.then(|| word.bytes().any(|byte| byte != b'0').then(|| word.to_owned()))
}

/// A commit that is pushed, once, however many refs it is pushed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pushed {
    /// The commit; of an annotated tag, the one that it names.
    pub commit: Commit,
    /// The refs of the remote that get it.
    pub updates: Vec<Update>,
    /// What these refs have on the remote now, as far as this repository knows it.
    pub before: Vec<Commit>,
    /// Whether the remote lacks it: no ref that this repository knows of the remote contains it.
    pub is_new: bool,
}

impl Repository {
    /// The commits that are pushed to a remote (its name, or its address), in the order of the updates. Deletions have
    /// none, nor have tags of trees and of files.
    ///
    /// # Errors
    /// An object that cannot be read.
    pub fn pushed(&self, updates: &[Update], remote: &str) -> Result<Vec<Pushed>> {
        let known = self.remote_commits(remote)?;
        let mut all: Vec<Pushed> = Vec::new();
        for update in updates {
            let Some(id) = &update.local else { continue };
            let name = if update.local_ref.is_empty() { id } else { &update.local_ref };
            let Some(commit) = self.commit_of(id, name)? else { continue };
            let before = match &update.remote {
                // An object that was never fetched is not here.
                Some(id) => self.commit_of(id, &update.remote_ref).unwrap_or_default(),
                None => None,
            };
            if let Some(pushed) = all.iter_mut().find(|pushed| pushed.commit.id == commit.id) {
                pushed.before.extend(before);
                pushed.updates.push(update.clone());
            } else {
                let before = Vec::from_iter(before);
                all.push(Pushed { commit, updates: vec![update.clone()], before, is_new: true });
            }
        }
        for pushed in &mut all {
            let mut has = false;
            for there in known.iter().chain(&pushed.before) {
                has = has || self.is_ancestor(&pushed.commit, there)?;
            }
            pushed.is_new = !has;
        }
        Ok(all)
    }

    /// The commit that an object is or, as an annotated tag, names; none if it names something else.
    fn commit_of(&self, id: &str, name: &str) -> Result<Option<Commit>> {
        let id = Oid::from_str(id).map_err(|cause| self.broken(cause))?;
        let object = self.inner.find_object(id, None).map_err(|cause| self.broken(cause))?;
        Ok(object.peel_to_commit().ok().map(|commit| Commit { id: commit.id(), name: name.to_owned() }))
    }

    /// The commits that the remote-tracking branches of a remote are at: what it is known to have.
    fn remote_commits(&self, remote: &str) -> Result<Vec<Commit>> {
        let mut commits = Vec::new();
        let names = self.remotes_at(remote)?;
        let references = self.inner.references().map_err(|cause| self.broken(cause))?;
        for reference in references.flatten() {
            let Ok(name) = reference.name() else { continue };
            if names.iter().any(|remote| tracks(remote, name))
                && let Ok(commit) = reference.peel_to_commit()
            {
                commits.push(Commit { id: commit.id(), name: name.to_owned() });
            }
        }
        commits.dedup_by_key(|commit| commit.id);
        Ok(commits)
    }

    /// The remotes of this name or at this address.
    fn remotes_at(&self, remote: &str) -> Result<Vec<git2::Remote<'_>>> {
        let names = self.inner.remotes().map_err(|cause| self.broken(cause))?;
        let all = names.iter().filter_map(|name| self.inner.find_remote(name.ok()??).ok());
        let is_at = |configured: &git2::Remote<'_>| {
            let same = |address: Option<&str>| address == Some(remote);
            same(configured.name().ok().flatten())
                || same(configured.url().ok())
                || same(configured.pushurl().ok().flatten())
        };
        Ok(all.filter(is_at).collect())
    }
}

/// Whether a reference is where a remote's branches are fetched to.
fn tracks(remote: &git2::Remote<'_>, reference: &str) -> bool {
    remote
        .refspecs()
        .any(|refspec| refspec.direction() == git2::Direction::Fetch && refspec.dst_matches(reference))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Update;

    const ZEROS: &str = "0000000000000000000000000000000000000000";
    const ONE: &str = "1111111111111111111111111111111111111111";

    #[test]
    fn every_line_is_an_update() {
        let input = format!(
            "refs/heads/main {ONE} refs/heads/main {ZEROS}\n(delete) {ZEROS} refs/heads/old {ONE}\nHEAD^{{/fix it}} {ONE} refs/tags/v1.0.0 {}\n",
            "0".repeat(64)
        );
        let updates = Update::parse(&input).unwrap();
        assert_eq!((updates[0].branch(), updates[0].remote.as_deref()), (Some("main"), None));
        assert_eq!((updates[1].local.as_deref(), updates[1].remote.as_deref()), (None, Some(ONE)));
        assert_eq!(
            (updates[2].local_ref.as_str(), updates[2].tag(), &updates[2].remote),
            ("HEAD^{/fix it}", Some("v1.0.0"), &None)
        );
        assert_eq!(updates.len(), 3);
        assert_eq!(Update::parse("\n").unwrap(), []);
        assert_eq!(Update::parse("").unwrap(), []);
    }

    #[test]
    fn what_git_would_not_write_is_refused() {
        for line in
            ["x", "a b c d", &format!("refs/heads/a {ONE} {ZEROS}"), &format!("a {ONE} refs/heads/a 12")]
        {
            assert_eq!(Update::parse(line).unwrap_err().kind.exit_code(), 2, "{line}");
        }
    }

    fn objects() -> impl Strategy<Value = Option<String>> {
        prop_oneof![Just(None), "[0-9a-f]{39}[1-9a-f]".prop_map(Some), "[1-9a-f][0-9a-f]{63}".prop_map(Some)]
    }

    proptest! {
        #[test]
        fn updates_round_trip(
            all in prop::collection::vec(
                ("[^\\s\\pC]([^\\r\\n\\pC]{0,20}[^\\s\\pC])?", objects(), "refs/[^\\s\\pC]{1,20}", objects()), 0..5),
            long in any::<bool>(),
        ) {
            let zeros = "0".repeat(if long { 64 } else { 40 });
            let updates: Vec<Update> = all
                .into_iter()
                .map(|(local_ref, local, remote_ref, remote)| Update { local_ref, local, remote_ref, remote })
                .collect();
            let text: String = updates
                .iter()
                .map(|update| {
                    let name = |object: &Option<String>| object.clone().unwrap_or_else(|| zeros.clone());
                    format!("{} {} {} {}\n", update.local_ref, name(&update.local), update.remote_ref, name(&update.remote))
                })
                .collect();
            prop_assert_eq!(Update::parse(&text).unwrap(), updates);
        }

        #[test]
        fn no_input_panics(input in "\\PC{0,200}") {
            let _ = Update::parse(&input);
        }
    }
}
