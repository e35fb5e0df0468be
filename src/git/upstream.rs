//! The branch that work is merged into.

use super::{Commit, Repository};
use crate::Result;

impl Repository {
    /// The branch that work is merged into: the one that the project names, else `origin/HEAD`, where that is not `head`
    /// itself.
    ///
    /// # Errors
    /// A configured branch that is not there; a broken object.
    pub fn upstream(&self, configured: Option<&str>, head: Option<&Commit>) -> Result<Option<Commit>> {
        if let Some(name) = configured {
            let commit = self.commit(name).map_err(|error| {
                error
                    .note("reason", format!("pum.yaml says upstream: {name}"))
                    .hint("git fetch brings the branches of the remote")
            })?;
            return Ok(Some(commit));
        }
        const DEFAULT: &str = "refs/remotes/origin/HEAD";
        let Ok(reference) = self.inner.find_reference(DEFAULT).and_then(|reference| reference.resolve())
        else {
            return Ok(None);
        };
        let Ok(commit) = reference.peel_to_commit() else { return Ok(None) };
        let name = reference.shorthand().unwrap_or("origin/HEAD").to_owned();
        let upstream = Commit { id: commit.id(), name };
        Ok(Some(upstream).filter(|upstream| head.is_none_or(|head| head.id != upstream.id)))
    }

    /// The commit that is checked out; none before the first one.
    ///
    /// # Errors
    /// A broken object.
    pub fn head(&self) -> Result<Option<Commit>> {
        match self.inner.head() {
            Ok(_) => self.commit("HEAD").map(Some),
            Err(cause) if cause.code() == git2::ErrorCode::UnbornBranch => Ok(None),
            Err(cause) if cause.code() == git2::ErrorCode::NotFound => Ok(None),
            Err(cause) => Err(self.broken(cause)),
        }
    }

    /// The name of the branch that is checked out, such as `feature/pipes`; none where HEAD is detached.
    pub fn branch(&self) -> Option<String> {
        // Before the first commit the branch has a name already.
        let head = self.inner.find_reference("HEAD").ok()?;
        let target = head.symbolic_target().ok().flatten()?;
        target.strip_prefix("refs/heads/").map(str::to_owned)
    }

    /// Whether it is a shallow clone: what is before its beginning is not seen.
    pub fn is_shallow(&self) -> bool {
        self.inner.is_shallow()
    }

    /// A value of git's configuration.
    pub fn configured(&self, key: &str) -> Option<String> {
        self.inner.config().and_then(|mut config| config.snapshot()?.get_string(key)).ok()
    }
}
