//! `pum renumber`: one's own deltas go behind those of the branch that was merged, or that the work was rebased onto.

mod plan;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::commands::new::known;
use crate::config::FILE_NAME;
use crate::delta::{Name, Verdict, judge};
use crate::git::{Candidate, Commit, Looked, Patterns, Release, Renamed, Repository};
use crate::progress::Progress;
use crate::{Error, Result, source};
use plan::Placed;

/// What to renumber.
#[derive(Debug, Clone)]
pub struct Options {
    /// The delta directories.
    pub directories: Vec<PathBuf>,
    /// How tags name releases.
    pub releases: Patterns,
    /// The branch that work is merged into.
    pub upstream: Option<String>,
    /// The revision behind whose deltas the others go; none: the branch that work is merged into.
    pub onto: Option<String>,
    /// Only say what would be done.
    pub dry_run: bool,
}

/// A delta that got another name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// The file that it was.
    pub old: PathBuf,
    /// The file that it is.
    pub new: PathBuf,
}

/// One of one's own deltas.
struct Own {
    placed: Placed,
    path: PathBuf,
    /// From the top of the repository.
    inside: PathBuf,
}

/// Gives one's own deltas names behind those of another branch; all of them or none. What git tracks is renamed for git,
/// too.
///
/// # Errors
/// No branch to come after; a delta that is released, or in a conflict; a rebase that waits for its end; what the file
/// system refuses.
pub fn run(options: &Options, progress: &dyn Progress) -> Result<Vec<Move>> {
    let first = options.directories.first().map_or(Path::new("."), PathBuf::as_path);
    let repository = Repository::open(&super::new::existing(first))?;
    let onto = onto(&repository, options)?;
    let (own, theirs) = own_and_theirs(&repository, &onto, options)?;
    let released = repository.newest_release(&options.releases, &onto)?.map(|release| release.version);
    let placed: Vec<Placed> = own.iter().map(|own| own.placed.clone()).collect();
    let names = plan::plan(&placed, &theirs, released)
        .ok_or_else(|| Error::usage(format!("there is no version above those of {}", onto.name)))?;
    let moved: Vec<(&Own, &Name)> =
        own.iter().zip(&names).filter(|(own, name)| own.placed.name != **name).collect();
    if moved.is_empty() {
        progress.note(&match own.len() {
            0 => format!("there is no delta that {} has not", onto.name),
            1 => format!("the one delta of your own comes after those of {}", onto.name),
            number => format!("the {number} deltas of your own come after those of {}", onto.name),
        });
        return Ok(Vec::new());
    }
    refuse(&repository, &moved, options)?;
    let moves: Vec<Move> = moved
        .iter()
        .map(|(own, name)| Move { old: own.path.clone(), new: own.path.with_file_name(name.file_name()) })
        .collect();
    if options.dry_run {
        progress.note(&format!("this is what would be done to come after {}", onto.name));
        return Ok(moves);
    }
    let staged = apply(&repository, &moved)?;
    progress.note(&match staged {
        0 => format!("your own deltas come after those of {}; git tracks none of them yet", onto.name),
        _ => format!("your own deltas come after those of {}; the renames are staged", onto.name),
    });
    progress.note(
        "a development database that had one knows it by its old name: make it anew (pum create -p DATABASE --overwrite), or mend its record (pum repair forget OLD, pum repair mark-applied NEW)",
    );
    Ok(moves)
}

/// The commit to come after.
fn onto(repository: &Repository, options: &Options) -> Result<Commit> {
    if let Some(revision) = &options.onto {
        return repository.commit(revision);
    }
    let upstream = match repository.head()? {
        Some(head) => repository.upstream(
            &Candidate::usual(options.upstream.as_deref(), Path::new(FILE_NAME)),
            &head,
            true,
        )?,
        None => Looked::default(),
    };
    if let Some(missing) = upstream.missing.first() {
        return Err(Error::usage(format!("{missing}, upstream in pum.yaml, is not in this clone"))
            .note("state", "nothing was renamed")
            .hint("git fetch brings the branches of the remote; --onto names another one"));
    }
    upstream.upstream.map(|upstream| upstream.commit).ok_or_else(|| {
        Error::usage("there is no upstream branch to come after")
            .note("state", "nothing was renamed")
            .hint("name it: pum renumber --onto main, or upstream: origin/main in pum.yaml")
            .hint("git remote set-head origin --auto lets git know the branch of the remote")
    })
}

/// The deltas of the working tree that neither `onto` nor what both come from has, in their order, and those of `onto`.
fn own_and_theirs(
    repository: &Repository,
    onto: &Commit,
    options: &Options,
) -> Result<(Vec<Own>, Vec<Placed>)> {
    let base = match repository.head()? {
        Some(head) => repository.merge_base(&head, onto)?,
        None => None,
    };
    let (mut own, mut theirs) = (Vec::new(), Vec::new());
    for (directory, path) in options.directories.iter().enumerate() {
        let inside = source::below(repository.top(), path).ok_or_else(|| {
            Error::usage(format!(
                "the delta directory {} is not in {}",
                path.display(),
                repository.top().display()
            ))
        })?;
        let names = |commit: &Commit| -> Result<BTreeSet<String>> {
            let files = repository.files_in(commit, std::slice::from_ref(&inside))?.files;
            Ok(files.keys().filter_map(|path| Some(path.file_name()?.to_str()?.to_owned())).collect())
        };
        let of_onto = names(onto)?;
        let of_base = base.as_ref().map(names).transpose()?.unwrap_or_default();
        for file in &of_onto {
            if let Verdict::Delta(name) = judge(file) {
                theirs.push(Placed { directory, name });
            }
        }
        let mut files = known::files(path)?;
        files.sort();
        for file in files.into_iter().filter(|file| !of_onto.contains(file) && !of_base.contains(file)) {
            if let Verdict::Delta(name) = judge(&file) {
                let (path, inside) = (path.join(&file), inside.join(&file));
                own.push(Own { placed: Placed { directory, name }, path, inside });
            }
        }
    }
    own.sort_by(|a, b| (&a.placed.name, a.placed.directory).cmp(&(&b.placed.name, b.placed.directory)));
    Ok((own, theirs))
}

/// Refuses what would go wrong, or would be wrong, before anything is done.
fn refuse(repository: &Repository, moved: &[(&Own, &Name)], options: &Options) -> Result<()> {
    let untouched = |error: Error| Err(error.note("state", "nothing was renamed"));
    if let Some(what) = repository.unfinished() {
        return untouched(Error::usage(format!("a {what} is not finished")).hint(
            "finish it first: pum renumber comes after it, and its renames into a commit of their own",
        ));
    }
    let conflicts = repository.conflicts()?;
    if let Some((own, _)) = moved.iter().find(|(own, _)| conflicts.contains(&own.inside)) {
        return untouched(
            Error::usage(format!("{} has a conflict that is not resolved", own.path.display()))
                .hint(format!("resolve it, then: git add {}", own.path.display())),
        );
    }
    let releases = repository.releases(&options.releases)?;
    for (own, _) in moved {
        if let Some(release) = releasing(repository, &releases, &own.inside)? {
            return untouched(
                Error::usage(format!("{} is released, in {}", own.path.display(), release.commit.name))
                    .note("reason", "databases have it under that name, and would run it again under another one")
                    .hint("the deltas of the other branch, if they are not released, are those to renumber: on that branch, pum renumber --onto this one"),
            );
        }
    }
    let leaving: BTreeSet<&PathBuf> = moved.iter().map(|(own, _)| &own.path).collect();
    for (own, name) in moved {
        let new = own.path.with_file_name(name.file_name());
        if new.symlink_metadata().is_ok() && !leaving.contains(&new) {
            return untouched(Error::usage(format!("{} is there already", new.display())));
        }
    }
    Ok(())
}

/// The first release that has a file.
fn releasing<'r>(
    repository: &Repository,
    releases: &'r [Release],
    file: &Path,
) -> Result<Option<&'r Release>> {
    for release in releases {
        if repository.entry(&release.commit, file)?.is_some() {
            return Ok(Some(release));
        }
    }
    Ok(None)
}

/// What was done to a file, to be undone.
struct Done {
    old: PathBuf,
    new: PathBuf,
    /// What it held, if that was changed.
    content: Option<Vec<u8>>,
}

/// Renames, and gives how many renames are staged. What fails undoes everything.
fn apply(repository: &Repository, moved: &[(&Own, &Name)]) -> Result<usize> {
    let mut renames = Vec::new();
    for (own, name) in moved {
        if repository.index_entry(&own.inside)?.is_some() {
            let (old, new) = (own.inside.clone(), own.inside.with_file_name(name.file_name()));
            renames.push(Renamed { whole: repository.is_staged(&old)?, old, new });
        }
    }
    let mut done = Vec::new();
    // The last one first: where it goes, nobody is any more.
    let outcome = moved
        .iter()
        .rev()
        .try_for_each(|(own, name)| rename(&own.path, name, &mut done))
        .and_then(|()| repository.stage(&renames));
    let Err(error) = outcome else { return Ok(renames.len()) };
    let mut left = Vec::new();
    for Done { old, new, content } in done.into_iter().rev() {
        let undone = content
            .map_or(Ok(()), |content| std::fs::write(&new, content))
            .and_then(|()| std::fs::rename(&new, &old));
        if let Err(cause) = undone {
            left.push(format!("{} is still {}: {cause}", old.display(), new.display()));
        }
    }
    Err(match left.is_empty() {
        true => error.note("state", "nothing was renamed"),
        false => error.note("state", left.join("; ")),
    })
}

/// Renames a file, and corrects its first line where that names it.
fn rename(path: &Path, name: &Name, done: &mut Vec<Done>) -> Result<()> {
    let new = path.with_file_name(name.file_name());
    let failed = |cause: std::io::Error| {
        Error::failed(format!("{} cannot become {}: {cause}", path.display(), new.display())).caused_by(cause)
    };
    let old_name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let content = std::fs::read(path).map_err(failed)?;
    std::fs::rename(path, &new).map_err(failed)?;
    let corrected = corrected(&content, &old_name, &name.file_name());
    let before = corrected.as_ref().map(|_| content);
    done.push(Done { old: path.to_owned(), new: new.clone(), content: before });
    match corrected {
        Some(corrected) => std::fs::write(&new, corrected).map_err(failed),
        None => Ok(()),
    }
}

/// The content of a file whose first line, a comment, names it, with its new name there; `None` where it does not.
fn corrected(content: &[u8], old: &str, new: &str) -> Option<Vec<u8>> {
    let end = content.iter().position(|byte| *byte == b'\n').unwrap_or(content.len());
    let first = std::str::from_utf8(&content[..end]).ok()?;
    let is_comment = first.starts_with("--") || first.starts_with('#');
    (is_comment && first.contains(old))
        .then(|| [first.replace(old, new).as_bytes(), &content[end..]].concat())
}
