//! What a database that was just built says of itself: its baseline, and the deltas that its model contains.

use std::path::PathBuf;

use postgres_protocol::escape::escape_identifier;

use super::here;
use crate::connection::{Parameters, Session};
use crate::delta::{DeltaSet, Name, Version, checksum};
use crate::git::{Patterns, Repository};
use crate::progress::{Cancel, Progress};
use crate::source::{Revision, below};
use crate::upgrade::table::{Look, NewRow, Table};
use crate::{Error, Result};

/// A delta of the model's revision.
struct Contained {
    name: Name,
    /// As `upgrade` records it.
    script: PathBuf,
    checksum: String,
}

/// Writes the baseline, unless the model wrote one, and records the deltas that are not. Gives the version that the
/// database is at and how many deltas are recorded now; no version where no upgrades table is named.
pub(super) fn write(
    database: &Parameters,
    model: &Revision,
    releases: &Patterns,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<(Option<Version>, usize)> {
    let Some(name) = &model.project.table else { return Ok((None, 0)) };
    let (contained, release) = contained(model, releases)?;
    let mut session = Session::open(database, "pum", cancel)?;
    let look = Look::at(&mut session, name, None)?;
    session.execute("BEGIN")?;
    let table = match look.table {
        Some(table) => table,
        None => {
            let schema = look.schema.as_deref().map_or_else(String::new, |schema| {
                format!("CREATE SCHEMA IF NOT EXISTS {};", escape_identifier(schema))
            });
            session.execute(&format!("{schema} {}", Table::create_statement(name)))?;
            let look = Look::at(&mut session, name, None)?;
            look.table.ok_or_else(|| Error::failed(format!("the upgrades table {name} is not found")))?
        }
    };
    let record = table.read(&mut session)?;
    let mut statements = Vec::new();
    if let Some(version) = record.current_version() {
        let what = match record.baseline() {
            Some(baseline) => format!("baseline {baseline}"),
            None => format!("version {version}"),
        };
        progress.note(&format!("the model itself recorded {what}, which stays"));
    } else {
        // Not the highest delta: one that comes later with a lower version would count as contained in it.
        let version = release.unwrap_or(Version { major: 0, minor: 0, patch: 0 });
        statements.push(table.baseline_statement(version));
    }
    for delta in &contained {
        if record.row(&delta.name).is_none() {
            statements.push(table.insert_statement(&NewRow {
                version: delta.name.version,
                title: &delta.name.title,
                code: delta.name.kind.code(),
                script: &delta.script.to_string_lossy(),
                checksum: &delta.checksum,
                milliseconds: 0,
                success: true,
                statements_done: None,
            }));
        }
    }
    statements.push("COMMIT".to_owned());
    session.execute(&statements.join(";\n")).map_err(|fault| table.explain(fault))?;
    let record = table.read(&mut session)?;
    Ok((record.current_version(), record.deltas().filter(|(row, _)| row.success).count()))
}

/// The deltas of the model's revision, and the newest release that it contains.
fn contained(model: &Revision, releases: &Patterns) -> Result<(Vec<Contained>, Option<Version>)> {
    let project = &model.project;
    let repository = Repository::open(here(model))?;
    let commit = match &model.revision {
        Some(revision) => Some(repository.commit(revision)?),
        None => repository.head()?,
    };
    let release = match &commit {
        Some(commit) => repository.newest_release(releases, commit)?.map(|release| release.version),
        None => None,
    };
    let directories: Vec<PathBuf> =
        project.delta_dirs.iter().map(|directory| project.directory.join(directory)).collect();
    let mut contained = Vec::new();
    match (&model.revision, &commit) {
        (Some(_), Some(commit)) => {
            let inside = below(repository.top(), here(model)).unwrap_or_default();
            for (directory, shown) in project.delta_dirs.iter().zip(&directories) {
                let tree = repository.files_in(commit, &[inside.join(directory)])?;
                let set =
                    DeltaSet::of_files(&[inside.join(directory)], tree.files.keys().map(PathBuf::as_path));
                for delta in set.deltas {
                    contained.push(Contained {
                        checksum: checksum(&tree.read(&delta.path)?),
                        script: shown.join(delta.file_name()),
                        name: delta.name,
                    });
                }
            }
        }
        _ => {
            let there: Vec<PathBuf> =
                directories.into_iter().filter(|directory| directory.is_dir()).collect();
            for delta in DeltaSet::read(&there)?.deltas {
                let bytes = std::fs::read(&delta.place).map_err(|cause| {
                    Error::usage(format!("{} cannot be read: {cause}", delta.path.display()))
                })?;
                contained.push(Contained {
                    checksum: checksum(&bytes),
                    script: delta.path,
                    name: delta.name,
                });
            }
        }
    }
    Ok((contained, release))
}
