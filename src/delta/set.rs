//! The deltas of one or several directories, in the order in which they run.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use md5::{Digest, Md5};

use super::{Language, Name, Verdict, judge};
use crate::{Error, Result};

/// A delta file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delta {
    /// What its name says.
    pub name: Name,
    /// The directory as given, joined with the file's name.
    pub path: PathBuf,
    /// Where its content is read: the same, unless the files are those of a revision.
    pub place: PathBuf,
    /// The index of its directory in [`DeltaSet::directories`].
    pub directory: usize,
}

impl Delta {
    /// The file's name, as it is on disk.
    pub fn file_name(&self) -> String {
        file_name(&self.path)
    }
}

/// When a script without a version runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// Before the deltas of every upgrade.
    PreAll,
    /// After the deltas of every upgrade.
    PostAll,
}

/// A `pre-all` or `post-all` script: it runs at every upgrade and is not recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hook {
    /// Before or after the deltas.
    pub moment: Moment,
    /// What it is written in.
    pub language: Language,
    /// The directory as given, joined with the file's name.
    pub path: PathBuf,
    /// Where its content is read: the same, unless the files are those of a revision.
    pub place: PathBuf,
    /// The index of its directory in [`DeltaSet::directories`].
    pub directory: usize,
}

/// A file that looks like a delta and is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotDelta {
    /// The file.
    pub path: PathBuf,
    /// Why it is none.
    pub reason: String,
    /// What to call it instead.
    pub rename: Option<String>,
}

/// The deltas of one or several directories.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeltaSet {
    /// The directories as given, each once.
    pub directories: Vec<PathBuf>,
    /// Where each of them is.
    pub places: Vec<PathBuf>,
    /// Directory by directory, inside one in the order of [`Name`].
    pub deltas: Vec<Delta>,
    /// The last directory's first, Python before SQL.
    pub pre_all: Vec<Hook>,
    /// The first directory's first, Python before SQL.
    pub post_all: Vec<Hook>,
    /// Files that look like deltas and are not, by path.
    pub not_deltas: Vec<NotDelta>,
}

impl DeltaSet {
    /// Reads directories; their subdirectories are not looked into.
    ///
    /// # Errors
    /// A directory that cannot be read, and two files that are the same delta, both of which are named.
    pub fn read(directories: &[PathBuf]) -> Result<DeltaSet> {
        DeltaSet::read_at(directories.iter().map(|directory| (directory.as_path(), directory.as_path())))
    }

    /// Reads directories that are somewhere else than they are called: each with its name, and where it is.
    ///
    /// # Errors
    /// As [`DeltaSet::read`].
    pub fn read_at<'d>(directories: impl IntoIterator<Item = (&'d Path, &'d Path)>) -> Result<DeltaSet> {
        let mut set = DeltaSet::default();
        let mut seen = Vec::new();
        for (directory, place) in directories {
            let real = fs::canonicalize(place).map_err(|cause| unreadable(directory, &cause))?;
            if !seen.contains(&real) {
                seen.push(real);
                set.read_directory(directory, place)?;
                set.directories.push(directory.to_owned());
                set.places.push(place.to_owned());
            }
        }
        set.sort();
        set.refuse_twins()?;
        Ok(set)
    }

    /// The deltas among files that are known by their paths, such as those of a git tree. Twins are not refused: see
    /// [`DeltaSet::twins`].
    pub fn of_files<'f>(directories: &[PathBuf], files: impl IntoIterator<Item = &'f Path>) -> DeltaSet {
        let mut set = DeltaSet::default();
        for directory in directories {
            if !set.directories.contains(directory) {
                set.directories.push(directory.clone());
            }
        }
        let numbers: HashMap<PathBuf, usize> = set
            .directories
            .iter()
            .enumerate()
            .map(|(number, directory)| (directory.clone(), number))
            .collect();
        for path in files {
            let Some(number) = path.parent().and_then(|parent| numbers.get(parent)) else { continue };
            if let Some(file_name) = path.file_name().and_then(|name| name.to_str()) {
                set.add(file_name, path.to_owned(), path.to_owned(), *number, || true);
            }
        }
        set.sort();
        set
    }

    /// Files that are the same delta, two by two: the one that comes first, and another.
    pub fn twins(&self) -> Vec<(&Delta, &Delta)> {
        let mut seen: HashMap<&Name, &Delta> = HashMap::new();
        let mut twins = Vec::new();
        for delta in &self.deltas {
            match seen.get(&delta.name) {
                Some(first) => twins.push((*first, delta)),
                None => drop(seen.insert(&delta.name, delta)),
            }
        }
        twins
    }

    fn sort(&mut self) {
        self.deltas.sort_by(|a, b| a.directory.cmp(&b.directory).then_with(|| a.name.cmp(&b.name)));
        self.pre_all.sort_by_key(|hook| (usize::MAX - hook.directory, hook.language));
        self.post_all.sort_by_key(|hook| (hook.directory, hook.language));
        self.not_deltas.sort_by(|a, b| a.path.cmp(&b.path));
    }

    fn read_directory(&mut self, directory: &Path, place: &Path) -> Result<()> {
        let number = self.directories.len();
        for entry in fs::read_dir(place).map_err(|cause| unreadable(directory, &cause))? {
            let entry = entry.map_err(|cause| unreadable(directory, &cause))?;
            let path = directory.join(entry.file_name());
            let Some(file_name) = entry.file_name().to_str().map(str::to_owned) else {
                if path.to_string_lossy().contains("delta") {
                    let reason = "the name is not valid UTF-8".to_owned();
                    self.not_deltas.push(NotDelta { path, reason, rename: None });
                }
                continue;
            };
            let place = place.join(&file_name);
            self.add(&file_name, path, place.clone(), number, || {
                // `file_type` costs nothing; only a link needs a look at what it points to.
                match entry.file_type() {
                    // One that points to nothing shall be missed when it is read, not passed over.
                    Ok(kind) if kind.is_symlink() => place.metadata().map_or(true, |target| target.is_file()),
                    Ok(kind) => kind.is_file(),
                    Err(_) => false,
                }
            });
        }
        Ok(())
    }

    /// Takes up an entry of a directory, if its name makes it one of the set.
    fn add(
        &mut self,
        file_name: &str,
        path: PathBuf,
        place: PathBuf,
        directory: usize,
        is_file: impl FnOnce() -> bool,
    ) {
        let verdict = judge(file_name);
        if verdict == Verdict::Other && !is_hook(file_name) {
            return;
        }
        if !is_file() {
            let reason = "it is not a file".to_owned();
            self.not_deltas.push(NotDelta { path, reason, rename: None });
            return;
        }
        match verdict {
            Verdict::Delta(name) => self.deltas.push(Delta { name, path, place, directory }),
            Verdict::LooksLike { reason, rename } => self.not_deltas.push(NotDelta { path, reason, rename }),
            Verdict::Other => self.add_hook(file_name, path, place, directory),
        }
    }

    fn add_hook(&mut self, file_name: &str, path: PathBuf, place: PathBuf, directory: usize) {
        let language = if file_name.ends_with(".py") { Language::Python } else { Language::Sql };
        if file_name.starts_with("pre-all") {
            self.pre_all.push(Hook { moment: Moment::PreAll, language, path, place, directory });
        } else {
            self.post_all.push(Hook { moment: Moment::PostAll, language, path, place, directory });
        }
    }

    fn refuse_twins(&self) -> Result<()> {
        match self.twins().first() {
            None => Ok(()),
            Some((twin, delta)) => Err(Error::usage(format!(
                "{} and {} are the same delta: version {}, title {:?}, kind {}",
                twin.path.display(),
                delta.path.display(),
                delta.name.version,
                delta.name.title,
                delta.name.kind,
            ))
            .hint("give one of them another title; a delta is known by version, title and kind")),
        }
    }
}

/// Whether it is the name of a script that runs at every upgrade.
pub(super) fn is_hook(file_name: &str) -> bool {
    matches!(file_name, "pre-all.py" | "pre-all.sql" | "post-all.py" | "post-all.sql")
}

fn unreadable(directory: &Path, cause: &std::io::Error) -> Error {
    Error::usage(format!("the delta directory {} cannot be read: {cause}", directory.display()))
        .hint("name it with -d DIR, or as delta_dirs in pum.yaml")
}

fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

/// The checksum that the upgrades table holds: MD5 of the bytes, in hexadecimal.
pub fn checksum(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from(b"0123456789abcdef"[usize::from(nibble)]);
    Md5::digest(bytes).iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Whether a recorded checksum is that of these bytes, as they are or with the line ends of another system.
pub fn checksum_matches(recorded: &str, bytes: &[u8]) -> bool {
    if recorded == checksum(bytes) {
        return true;
    }
    let mut unix = Vec::with_capacity(bytes.len());
    for (index, &byte) in bytes.iter().enumerate() {
        if !(byte == b'\r' && bytes.get(index + 1) == Some(&b'\n')) {
            unix.push(byte);
        }
    }
    if recorded == checksum(&unix) {
        return true;
    }
    let mut windows = Vec::with_capacity(unix.len() + unix.len() / 16);
    for &byte in &unix {
        if byte == b'\n' {
            windows.push(b'\r');
        }
        windows.push(byte);
    }
    recorded == checksum(&windows)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::{DeltaSet, checksum, checksum_matches};

    fn directory(files: &[&str]) -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        for file in files {
            std::fs::write(directory.path().join(file), "SELECT 1;").unwrap();
        }
        directory
    }

    #[test]
    fn directories_run_in_the_order_given_and_pre_all_backwards() {
        let first = directory(&[
            "delta_1.1.0_b.sql",
            "delta_1.0.0_a.sql",
            "pre-all.sql",
            "pre-all.py",
            "post-all.sql",
        ]);
        let second = directory(&["delta_1.0.0_c.sql", "pre-all.sql", "post-all.sql", "delta_1.0_x.sql"]);
        let set =
            DeltaSet::read(&[first.path().into(), second.path().into(), first.path().join(".")]).unwrap();
        let names: Vec<String> = set.deltas.iter().map(super::Delta::file_name).collect();
        assert_eq!(names, ["delta_1.0.0_a.sql", "delta_1.1.0_b.sql", "delta_1.0.0_c.sql"]);
        let hooks: Vec<&PathBuf> = set.pre_all.iter().chain(&set.post_all).map(|hook| &hook.path).collect();
        assert_eq!(
            hooks,
            [
                &second.path().join("pre-all.sql"),
                &first.path().join("pre-all.py"),
                &first.path().join("pre-all.sql"),
                &first.path().join("post-all.sql"),
                &second.path().join("post-all.sql"),
            ]
        );
        assert_eq!(set.not_deltas.len(), 1);
    }

    #[test]
    fn the_same_delta_twice_is_refused_and_both_files_are_named() {
        let first = directory(&["delta_1.1.0_b.sql"]);
        let second = directory(&["delta_1.01.0__b.sql"]);
        let error = DeltaSet::read(&[first.path().into(), second.path().into()]).unwrap_err().to_string();
        assert!(error.contains("delta_1.1.0_b.sql") && error.contains("delta_1.01.0__b.sql"), "{error}");
    }

    #[test]
    fn a_checksum_holds_across_line_ends() {
        let recorded = checksum(b"a;\nb;\n");
        assert_eq!(recorded.len(), 32);
        assert!(checksum_matches(&recorded, b"a;\r\nb;\r\n"));
        assert!(checksum_matches(&checksum(b"a;\r\nb;\r\n"), b"a;\nb;\n"));
        assert!(!checksum_matches(&recorded, b"a;\nb; \n"));
    }
}
