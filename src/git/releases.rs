//! Releases: the tags that name a version.

use std::collections::HashSet;

use git2::Oid;

use super::{Commit, Repository};
use crate::delta::Version;
use crate::{Error, Result};

/// How tags name versions: `v{version}`, `{version}`; the first that fits counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patterns(Vec<(String, String)>);

/// A release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// Its version.
    pub version: Version,
    /// Its tag, peeled.
    pub commit: Commit,
}

impl Default for Patterns {
    fn default() -> Patterns {
        Patterns(vec![("v".into(), String::new()), (String::new(), String::new())])
    }
}

impl Patterns {
    /// Reads patterns, each with `{version}` in it.
    ///
    /// # Errors
    /// A pattern without `{version}`.
    pub fn parse(patterns: &[String]) -> Result<Patterns> {
        let split = |pattern: &String| {
            pattern
                .split_once("{version}")
                .map(|(before, behind)| (before.to_owned(), behind.to_owned()))
                .ok_or_else(|| {
                    Error::usage(format!("releases: {pattern:?} has no {{version}} in it"))
                        .hint("for instance releases: [\"v{version}\"]")
                })
        };
        Ok(Patterns(patterns.iter().map(split).collect::<Result<_>>()?))
    }

    /// The version that a tag names, if it names one.
    pub fn version(&self, tag: &str) -> Option<Version> {
        self.0.iter().find_map(|(before, behind)| {
            tag.strip_prefix(before.as_str())?.strip_suffix(behind.as_str())?.parse().ok()
        })
    }
}

impl Repository {
    /// All releases, the oldest version first. Of two tags for one version both are there.
    ///
    /// # Errors
    /// A broken object.
    pub fn releases(&self, patterns: &Patterns) -> Result<Vec<Release>> {
        let mut releases = Vec::new();
        let references = self.inner.references_glob("refs/tags/*").map_err(|cause| self.broken(cause))?;
        for reference in references {
            let reference = reference.map_err(|cause| self.broken(cause))?;
            let Ok(tag) = reference.shorthand() else { continue };
            let Some(version) = patterns.version(tag) else { continue };
            // A tag may name a tree or a file: that is no release.
            if let Ok(commit) = reference.peel_to_commit() {
                releases.push(Release { version, commit: Commit { id: commit.id(), name: tag.to_owned() } });
            }
        }
        releases.sort_by(|a, b| (&a.version, &a.commit.name).cmp(&(&b.version, &b.commit.name)));
        Ok(releases)
    }

    /// The releases that a commit contains, the oldest version first; a tag on the commit itself is one of them.
    ///
    /// # Errors
    /// A broken object.
    pub fn releases_in(&self, patterns: &Patterns, of: &Commit) -> Result<Vec<Release>> {
        let all = self.releases(patterns)?;
        let mut sought: HashSet<Oid> = all.iter().map(|release| release.commit.id).collect();
        let mut found = HashSet::new();
        // One walk for all of them; it ends with the last.
        let mut walk = self.inner.revwalk().map_err(|cause| self.broken(cause))?;
        walk.push(of.id).map_err(|cause| self.broken(cause))?;
        while !sought.is_empty()
            && let Some(id) = walk.next()
        {
            let id = id.map_err(|cause| self.broken(cause))?;
            if sought.remove(&id) {
                found.insert(id);
            }
        }
        Ok(all.into_iter().filter(|release| found.contains(&release.commit.id)).collect())
    }

    /// The release with the highest version that a commit contains.
    ///
    /// # Errors
    /// A broken object.
    pub fn newest_release(&self, patterns: &Patterns, of: &Commit) -> Result<Option<Release>> {
        for release in self.releases(patterns)?.into_iter().rev() {
            if self.is_ancestor(&release.commit, of)? {
                return Ok(Some(release));
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::Patterns;

    #[test]
    fn tags_name_versions_by_patterns() {
        let patterns = Patterns::default();
        let version = |tag: &str| patterns.version(tag).map(|version| version.to_string());
        assert_eq!(version("v1.3.0").as_deref(), Some("1.3.0"));
        assert_eq!(version("1.10.0").as_deref(), Some("1.10.0"));
        assert_eq!(version("1.3"), None);
        assert_eq!(version("1.3.0-rc1"), None);
        let named = Patterns::parse(&["release-{version}-final".into()]).unwrap();
        assert!(named.version("release-1.2.3-final").is_some());
        assert!(Patterns::parse(&["v".into()]).is_err());
    }
}
