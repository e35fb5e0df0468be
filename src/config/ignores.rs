//! The files of ignore rules beside `pum.yaml`: `pum.ignore.yaml`, the project's, and `pum.ignore.local.yaml`, this
//! site's own, which git shall not have. pum writes to them as to a text: what people wrote there stays.

mod edit;
mod format;

use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use edit::Pruned;
pub use format::text_of;

use super::Config;
use crate::compare::ignore::{Rule, Written};
use crate::{Error, Result, git};

/// The project's file.
pub const PROJECT_FILE: &str = "pum.ignore.yaml";
/// The file of a site.
pub const LOCAL_FILE: &str = "pum.ignore.local.yaml";

/// Both files.
#[derive(Debug)]
pub struct Ignores {
    /// The project's.
    pub project: RuleFile,
    /// This site's own.
    pub local: RuleFile,
}

/// A file of rules, which need not exist.
#[derive(Debug)]
pub struct RuleFile {
    path: PathBuf,
    text: Option<String>,
    rules: Vec<Arc<Written>>,
}

impl Ignores {
    /// Reads the files beside the configuration file; without one, those that are found from the working directory
    /// upwards to the top of the git repository, or else in the working directory.
    ///
    /// # Errors
    /// A file that cannot be read, that is not YAML, or that says something that is not understood: with the place,
    /// and the nearest known key.
    pub fn load(config: &Config) -> Result<Ignores> {
        let directory = match config.file.as_deref().and_then(Path::parent) {
            Some(parent) => parent.to_owned(),
            None => [PROJECT_FILE, LOCAL_FILE]
                .into_iter()
                .find_map(|name| super::find(name).transpose())
                .transpose()?
                .and_then(|file| file.parent().map(Path::to_owned))
                .unwrap_or_default(),
        };
        let read = |name| RuleFile::read(directory.join(name));
        Ok(Ignores { project: read(PROJECT_FILE)?, local: read(LOCAL_FILE)? })
    }

    /// All rules, the project's first.
    pub fn rules(&self) -> Vec<Arc<Written>> {
        self.project.rules.iter().chain(&self.local.rules).cloned().collect()
    }

    /// What the user should know about the files.
    pub fn warnings(&self) -> Vec<String> {
        let is_shared = self.local.text.is_some() && self.local.is_seen_by_git();
        let warning = format!(
            "{} is this site's own, but git does not ignore it: add the line /{LOCAL_FILE} to {}",
            self.local.path.display(),
            self.local.path.with_file_name(".gitignore").display()
        );
        is_shared.then_some(warning).into_iter().collect()
    }

    /// Takes rules out of the files that they are written in.
    ///
    /// # Errors
    /// As [`RuleFile::pruned`], and a file that cannot be written; the first may have been written then.
    pub fn prune(&self, rules: &[Arc<Written>]) -> Result<Vec<Pruned>> {
        let mut all = Vec::new();
        for file in [&self.project, &self.local] {
            let lines: Vec<usize> =
                rules.iter().filter(|rule| rule.file == file.path).map(|rule| rule.line).collect();
            if !lines.is_empty() {
                let pruned = file.pruned(&lines)?;
                file.write(&pruned.text)?;
                all.push(pruned);
            }
        }
        Ok(all)
    }
}

impl RuleFile {
    /// Reads a file that may not exist.
    ///
    /// # Errors
    /// As [`Ignores::load`].
    pub fn read(path: PathBuf) -> Result<RuleFile> {
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => Some(text),
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => None,
            Err(cause) => {
                return Err(Error::usage(format!(
                    "the ignore rules in {} cannot be read: {cause}",
                    path.display()
                )));
            }
        };
        let rules = text.as_deref().map_or_else(|| Ok(Vec::new()), |text| format::parse(&path, text))?;
        Ok(RuleFile { path, text, rules: rules.into_iter().map(Arc::new).collect() })
    }

    /// The rules of a text that is in no file on disk.
    ///
    /// # Errors
    /// As [`Ignores::load`].
    pub fn parse(path: &Path, text: &str) -> Result<RuleFile> {
        let rules = format::parse(path, text)?.into_iter().map(Arc::new).collect();
        Ok(RuleFile { path: path.to_owned(), text: Some(text.to_owned()), rules })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What it says.
    pub fn rules(&self) -> &[Arc<Written>] {
        &self.rules
    }

    /// The text with these rules behind the others.
    ///
    /// # Errors
    /// A file that is written in a way that nothing can be put behind, such as `[{element: views}]`.
    pub fn appended(&self, rules: &[Rule]) -> Result<String> {
        edit::append(&self.path, self.text.as_deref().unwrap_or_default(), rules)
    }

    /// The text without the rules that begin in these lines, and what was taken out. Comments stay.
    ///
    /// # Errors
    /// A file that is written in a way that does not tell where a rule ends.
    pub fn pruned(&self, lines: &[usize]) -> Result<Pruned> {
        edit::prune(&self.path, self.text.as_deref().unwrap_or_default(), lines)
    }

    /// Replaces the file's text, whole or not at all.
    ///
    /// # Errors
    /// A file that cannot be written, or that somebody else wrote since it was read.
    pub fn write(&self, text: &str) -> Result<()> {
        edit::write(&self.path, self.text.as_deref(), text)
    }

    /// Whether git has the file, or would take it: it is in a repository and not ignored there.
    pub fn is_seen_by_git(&self) -> bool {
        git::is_ignored(&self.path) == Some(false)
    }
}

/// Adds the line to the `.gitignore` beside this site's file that keeps git from taking it.
///
/// # Errors
/// A file that cannot be written.
pub fn keep_from_git(local: &RuleFile) -> Result<()> {
    let path = local.path.with_file_name(".gitignore");
    let old = match std::fs::read_to_string(&path) {
        Ok(text) => Some(text),
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => None,
        Err(cause) => return Err(Error::failed(format!("{} cannot be read: {cause}", path.display()))),
    };
    let before = old.as_deref().unwrap_or_default();
    let end = if before.is_empty() || before.ends_with('\n') { "" } else { "\n" };
    edit::write(&path, old.as_deref(), &format!("{before}{end}/{LOCAL_FILE}\n"))
}

/// The rules of a text, for tests of other rooms.
///
/// # Errors
/// As [`Ignores::load`].
#[cfg(test)]
pub(crate) fn rules_of(text: &str) -> Result<Vec<Rule>> {
    Ok(format::parse(Path::new(PROJECT_FILE), text)?.into_iter().map(|written| written.rule).collect())
}

#[cfg(test)]
mod tests;
