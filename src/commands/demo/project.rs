//! The sample project: its files, release by release, and its git repository, made without the git program.

use std::fs;
use std::path::Path;

use git2::{Repository, RepositoryInitOptions, Signature};

use super::unusable;
use crate::{Error, Result};

/// Files with their texts, from `templates/demo/<release>/`.
macro_rules! files {
    ($release:literal: $($path:literal),+ $(,)?) => {
        &[$(($path, include_str!(concat!("../../../templates/demo/", $release, "/", $path)))),+]
    };
}

/// A release: the files that are new or changed in it.
struct Release {
    version: &'static str,
    message: &'static str,
    files: &'static [(&'static str, &'static str)],
}

const RELEASES: [Release; 3] = [
    Release {
        version: "1.0.0",
        message: "Pipes, nodes and hydrants",
        files: files!("1.0.0":
            ".gitignore",
            "README.md",
            "pum.yaml",
            "model/10_value_lists.sql",
            "model/20_network.sql",
            "model/30_functions.sql",
            "model/40_views.sql",
            "sample_data.sql",
        ),
    },
    Release {
        version: "1.1.0",
        message: "Diameters, materials of today and pressure zones",
        files: files!("1.1.0":
            "model/10_value_lists.sql",
            "model/20_network.sql",
            "model/40_views.sql",
            "delta/delta_1.1.0_drop_views.pre.sql",
            "delta/delta_1.1.0_materials.sql",
            "delta/delta_1.1.0_pipe_diameter.sql",
            "delta/delta_1.1.0_pressure_zone.sql",
            "delta/delta_1.1.0_views.post.sql",
        ),
    },
    Release {
        version: "1.2.0",
        message: "Valves, hydrant flow and moved nodes",
        files: files!("1.2.0":
            "model/20_network.sql",
            "model/30_functions.sql",
            "model/40_views.sql",
            "delta/delta_1.2.0_hydrant_flow.sql",
            "delta/delta_1.2.0_moved_nodes.sql",
            "delta/delta_1.2.0_network.post.sql",
            "delta/delta_1.2.0_pipe_laid_in_index.sql",
            "delta/delta_1.2.0_valves.sql",
        ),
    },
];

/// Writes the sample project: the files of its newest release, and a git repository with a commit and a tag for each of
/// the three. The directory is made if it is missing; what else lies in it stays out of the repository.
///
/// # Errors
/// What the file system or git refuses.
pub fn write_project(directory: &Path) -> Result<()> {
    fs::create_dir_all(directory).map_err(|cause| unusable(directory, "made", cause))?;
    // Nothing from outside: neither the user's templates, with their hooks, nor the name in the user's configuration.
    let mut options = RepositoryInitOptions::new();
    options.external_template(false).initial_head("main").no_reinit(true);
    let git = |cause: git2::Error| {
        Error::failed(format!("git in {}: {}", directory.display(), cause.message())).caused_by(cause)
    };
    let repository = Repository::init_opts(directory, &options).map_err(git)?;
    for release in &RELEASES {
        for (name, text) in release.files {
            let path = directory.join(name);
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent).map_err(|cause| unusable(parent, "made", cause))?;
            }
            fs::write(&path, text).map_err(|cause| unusable(&path, "written", cause))?;
        }
        commit(&repository, release).map_err(git)?;
    }
    Ok(())
}

/// Commits a release and tags it with its version.
fn commit(repository: &Repository, release: &Release) -> std::result::Result<(), git2::Error> {
    let mut index = repository.index()?;
    for (name, _) in release.files {
        index.add_path(Path::new(name))?;
    }
    index.write()?;
    let tree = repository.find_tree(index.write_tree()?)?;
    let author = Signature::now("pum demo", "demo@localhost")?;
    let parent = repository.head().ok().and_then(|head| head.peel_to_commit().ok());
    let parents: Vec<_> = parent.iter().collect();
    let commit = repository.commit(Some("HEAD"), &author, &author, release.message, &tree, &parents)?;
    let message = format!("Release {}", release.version);
    repository.tag(release.version, repository.find_commit(commit)?.as_object(), &author, &message, false)?;
    Ok(())
}

/// What makes a database of the first release, with the sample data, in order.
pub(super) fn first_release() -> impl Iterator<Item = &'static str> {
    RELEASES[0].files.iter().filter(|(name, _)| name.ends_with(".sql")).map(|(_, text)| *text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_project_has_its_releases_and_nothing_to_commit() {
        let place = tempfile::tempdir().unwrap();
        let directory = place.path().join("new/water");
        write_project(&directory).unwrap();
        let repository = Repository::open(&directory).unwrap();
        assert_eq!(
            repository.tag_names(None).unwrap().iter().flatten().flatten().collect::<Vec<_>>(),
            ["1.0.0", "1.1.0", "1.2.0"]
        );
        assert_eq!(repository.head().unwrap().name().unwrap(), "refs/heads/main");
        assert!(repository.statuses(None).unwrap().is_empty());
        let first = repository.revparse_single("1.0.0^{tree}").unwrap().peel_to_tree().unwrap();
        assert!(first.get_name("delta").is_none());
        let tip = repository.head().unwrap().peel_to_commit().unwrap();
        assert_eq!((tip.parent_count(), tip.author().name().unwrap()), (1, "pum demo"));
    }

    #[test]
    fn every_file_of_the_delta_directory_is_a_delta() {
        let place = tempfile::tempdir().unwrap();
        write_project(place.path()).unwrap();
        let set = crate::delta::DeltaSet::read(&[place.path().join("delta")]).unwrap();
        assert_eq!((set.deltas.len(), set.not_deltas.len()), (10, 0));
    }
}
