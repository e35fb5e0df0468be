//! The key of a model: the hash of everything that it is built of.

use std::path::{Path, PathBuf};

use crate::Result;
use crate::connection::Session;
use crate::git::Tree;
use crate::programs::{self, Program};
use crate::shadow::cache::{Ingredients, Key};
use crate::source::{Project, Recipe};

/// To be raised when what is kept, or how models are built, changes.
const FORMAT: u32 = 1;

/// Everything that a model is built of, but for the server.
pub(in crate::source) struct Parts<'a> {
    pub project: &'a Project,
    pub recipe: &'a Recipe,
    pub tree: &'a Tree<'a>,
    /// Where the project is below the top.
    pub inside: &'a Path,
    /// The SQL files of the recipe, below the project.
    pub files: &'a [PathBuf],
}

impl Parts<'_> {
    /// The key of the model on a server.
    ///
    /// # Errors
    /// The server's; a file that cannot be read.
    pub fn key(&self, session: &mut Session) -> Result<Key> {
        let mut key = Ingredients::new("model", FORMAT);
        key.add_this_build();
        let server = session.query(
            "SELECT version(), current_user,
                    (SELECT datcollate || ' ' || datctype FROM pg_catalog.pg_database WHERE datname = 'template0'),
                    (SELECT string_agg(name || ' ' || coalesce(default_version, ''), ',' ORDER BY name)
                     FROM pg_catalog.pg_available_extensions)",
        )?;
        server.iter().flatten().for_each(|value| key.add("server", value.as_deref().unwrap_or_default()));
        let project = self.project;
        for (name, list) in [("extension", &project.extensions), ("role", &project.roles)] {
            list.iter().for_each(|value| key.add(name, value));
        }
        key.add("inside", self.inside.as_os_str().as_encoded_bytes());
        let paths: Vec<&Path> = self.tree.files.keys().map(PathBuf::as_path).collect();
        let whole = match self.recipe {
            Recipe::Sql(_) => {
                program(&mut key, Program::Psql);
                self.files.iter().for_each(|path| key.add("file", path.as_os_str().as_encoded_bytes()));
                let files: Vec<PathBuf> = self.files.iter().map(|path| self.inside.join(path)).collect();
                let files: Vec<&Path> = files.iter().map(PathBuf::as_path).collect();
                self.reads_more(&files)? || self.add_files(&mut key, &files)
            }
            Recipe::Run(command) => {
                program(&mut key, Program::Psql);
                key.add("run", command);
                for name in variables_of(command) {
                    let value = std::env::var_os(name).unwrap_or_default();
                    key.add(name, value.as_encoded_bytes());
                }
                true
            }
            Recipe::Deltas => {
                key.add("table", project.table.as_ref().map(ToString::to_string).unwrap_or_default());
                for directory in &project.delta_dirs {
                    key.add("delta directory", directory.as_os_str().as_encoded_bytes());
                }
                for (name, value, _) in project.variables.iter() {
                    key.add(name, serde_json::to_string(value).unwrap_or_default());
                }
                let directories: Vec<PathBuf> =
                    project.delta_dirs.iter().map(|directory| normal(&self.inside.join(directory))).collect();
                let files: Vec<&Path> = paths
                    .iter()
                    .copied()
                    .filter(|path| directories.iter().any(|directory| path.starts_with(directory)))
                    .collect();
                let has_python = files.iter().any(|path| path.extension().is_some_and(|end| end == "py"));
                if has_python && let Ok(python) = programs::find_python(project.python.as_deref()) {
                    key.add_program(&python);
                }
                has_python || self.reads_more(&files)? || self.add_files(&mut key, &files)
            }
        };
        if whole {
            self.add_files(&mut key, &paths);
        }
        Ok(key.key())
    }

    /// Adds files with modes and contents; `false` for "that is all", in a chain of conditions.
    fn add_files(&self, key: &mut Ingredients, paths: &[&Path]) -> bool {
        for path in paths {
            if let Some(file) = self.tree.files.get(*path) {
                key.add("path", path.as_os_str().as_encoded_bytes());
                key.add("content", format!("{:o} {}", file.mode, file.id));
            }
        }
        false
    }

    /// Whether files may make psql read other files, or run programs; with a doubt they do.
    fn reads_more(&self, paths: &[&Path]) -> Result<bool> {
        for path in paths {
            let content = self.tree.read(path)?;
            let is_link = self.tree.files.get(*path).is_some_and(|file| file.mode == 0o120_000);
            let commands = content.windows(2).any(|pair| {
                pair[0] == b'`'
                    || pair[0] == b'\\'
                        && matches!(pair[1], b'i' | b'c' | b'l' | b'!' | b'g' | b'o' | b's' | b'w')
            });
            if is_link || commands || content.last() == Some(&b'`') {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn program(key: &mut Ingredients, program: Program) {
    if let Ok(found) = programs::find(program, None, None) {
        key.add_program(&found.path);
        key.add("version", &found.version);
    }
}

/// The names of the variables that a command of the shell mentions.
pub(crate) fn variables_of(command: &str) -> Vec<&str> {
    let mut names: Vec<&str> = command
        .split('$')
        .skip(1)
        .map(|rest| rest.strip_prefix('{').unwrap_or(rest))
        .map(|rest| {
            let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
            &rest[..end]
        })
        // Those of libpq are set for it.
        .filter(|name| !name.is_empty() && !name.starts_with("PG"))
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// A path without `.` and `..`.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::CurDir => {}
            std::path::Component::ParentDir => drop(normal.pop()),
            part => normal.push(part),
        }
    }
    normal
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::{normal, variables_of};

    #[test]
    pub(crate) fn variables_of_a_command_are_found_but_for_those_of_libpq() {
        assert_eq!(variables_of("./b.sh -s ${SRID} -p $PGSERVICE $A_1/x $SRID $"), ["A_1", "SRID"]);
    }

    #[test]
    fn paths_are_made_normal() {
        assert_eq!(normal(Path::new("a/./b/../c")), PathBuf::from("a/c"));
    }
}
