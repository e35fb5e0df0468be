//! The names of branches and tags.

use super::Repository;
use crate::Result;

impl Repository {
    /// The names of all tags.
    ///
    /// # Errors
    /// A broken reference.
    pub fn tags(&self) -> Result<Vec<String>> {
        let names = self.inner.tag_names(None).map_err(|cause| self.broken(cause))?;
        Ok(names.iter().filter_map(|name| name.ok()?).map(str::to_owned).collect())
    }

    /// The branch of a remote that a remote-tracking branch such as `origin/main` follows: the remote and the branch.
    /// `origin/HEAD` stands for the remote's own.
    pub fn followed(&self, tracking: &str) -> Option<(String, String)> {
        let names = self.inner.remotes().ok()?;
        names.iter().filter_map(|name| name.ok()?).find_map(|name| {
            let branch = tracking.strip_prefix(name)?.strip_prefix('/')?;
            let own = || {
                let head = self.inner.find_reference(&format!("refs/remotes/{name}/HEAD")).ok()?;
                let target = head.symbolic_target().ok()??;
                Some(target.strip_prefix(&format!("refs/remotes/{name}/"))?.to_owned())
            };
            let branch = if branch == "HEAD" { own()? } else { branch.to_owned() };
            Some((name.to_owned(), branch))
        })
    }
}
