//! Which files of a repository a model is built from, as far as pum.yaml tells.

use std::path::{Path, PathBuf};

use super::Recipe;
use crate::{Error, Result};

/// The files of a model. Paths are from the top of the repository.
#[derive(Debug, Clone)]
pub struct ModelFiles {
    /// The directory that the model is relative to.
    home: PathBuf,
    delta_dirs: Vec<PathBuf>,
    kind: Kind,
}

#[derive(Debug, Clone)]
enum Kind {
    /// Those that a pattern matches.
    Patterns(Vec<glob::Pattern>),
    /// All but deltas: nobody knows what a command reads.
    All,
    /// The deltas themselves.
    Deltas,
}

impl ModelFiles {
    /// The files of a model that is built so; without a model, everything but the deltas.
    ///
    /// # Errors
    /// A pattern that is none.
    pub fn new(recipe: Option<&Recipe>, home: PathBuf, delta_dirs: Vec<PathBuf>) -> Result<ModelFiles> {
        let kind = match recipe {
            Some(Recipe::Sql(patterns)) => {
                let read = |text: &String| {
                    glob::Pattern::new(text.strip_prefix("./").unwrap_or(text))
                        .map_err(|cause| Error::usage(format!("model: {text:?} is no pattern: {cause}")))
                };
                Kind::Patterns(patterns.iter().map(read).collect::<Result<_>>()?)
            }
            Some(Recipe::Run(_)) | None => Kind::All,
            Some(Recipe::Deltas) => Kind::Deltas,
        };
        Ok(ModelFiles { home, delta_dirs, kind })
    }

    /// Whether a file, by its path from the top, belongs to the model and is no delta.
    pub fn has(&self, path: &Path) -> bool {
        let Ok(inside) = path.strip_prefix(&self.home) else { return false };
        match &self.kind {
            Kind::Patterns(patterns) => {
                let options =
                    glob::MatchOptions { require_literal_separator: true, ..glob::MatchOptions::default() };
                patterns.iter().any(|pattern| pattern.matches_path_with(inside, options))
            }
            Kind::All => !self.delta_dirs.iter().any(|directory| path.starts_with(directory)),
            Kind::Deltas => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::ModelFiles;
    use crate::source::Recipe;

    #[test]
    fn a_model_of_patterns_has_what_they_match_and_another_all_but_deltas() {
        let files = |recipe: Option<Recipe>| {
            ModelFiles::new(recipe.as_ref(), "db".into(), vec!["db/delta".into()]).unwrap()
        };
        let sql = files(Some(Recipe::Sql(vec!["./model/**/*.sql".into()])));
        assert!(sql.has(Path::new("db/model/a.sql")) && sql.has(Path::new("db/model/x/y/a.sql")));
        assert!(!sql.has(Path::new("db/model/a.txt")) && !sql.has(Path::new("model/a.sql")));
        for all in [files(None), files(Some(Recipe::Run("./x".into())))] {
            assert!(all.has(Path::new("db/setup.sh")));
            assert!(!all.has(Path::new("db/delta/delta_1.0.0.sql")) && !all.has(Path::new("README.md")));
        }
        assert!(!files(Some(Recipe::Deltas)).has(Path::new("db/delta/delta_1.0.0.sql")));
    }
}
