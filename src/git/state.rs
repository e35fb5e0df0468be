//! What is checked out, and what git's configuration says.

use super::{Commit, Repository};
use crate::Result;

impl Repository {
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

    /// A value of git's configuration.
    pub fn configured(&self, key: &str) -> Option<String> {
        self.inner.config().and_then(|mut config| config.snapshot()?.get_string(key)).ok()
    }
}
