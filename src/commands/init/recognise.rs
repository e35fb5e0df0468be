//! What a project probably is, from the names of its files and tags: known layouts, delta directories, the model's SQL
//! files, how tags name releases. Nothing is asked or written here.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::delta::{Verdict, Version, judge};
use crate::source::Recipe;

/// What there is in a repository.
#[derive(Debug, Clone, Default)]
pub struct Survey {
    /// The name of the directory.
    pub name: String,
    /// The files below the directory, relative to it.
    pub files: Vec<PathBuf>,
    /// The names of the tags.
    pub tags: Vec<String>,
    /// The remote's own branch, such as `origin/main`.
    pub upstream: Option<String>,
    /// The branch that work is merged into, as CI services name it.
    pub branch: String,
}

/// What pum.yaml will say.
#[derive(Debug, Clone, PartialEq)]
pub struct Project {
    /// The known layout that it has.
    pub layout: Option<&'static str>,
    /// The upgrades table.
    pub table: String,
    /// The delta directories.
    pub delta_dirs: Vec<String>,
    /// How the model is built.
    pub model: Recipe,
    /// How tags name releases.
    pub releases: Vec<String>,
    /// The branch that work is merged into, where it is named.
    pub upstream: Option<String>,
    /// Tables whose rows are part of the model.
    pub value_lists: Vec<String>,
    /// Extensions that throwaway databases have.
    pub extensions: Vec<String>,
    /// Roles that throwaway servers have.
    pub roles: Vec<String>,
}

/// What the project probably is.
pub fn recognise(survey: &Survey) -> Project {
    let deltas = delta_directories(&survey.files);
    let has = |name: &str| survey.files.iter().find(|file| file.ends_with(name));
    let script = |file: &Path| Recipe::Run(format!("./{} -p $PGSERVICE -s 2056", file.display()));
    let roles = |prefix: &str, names: &[&str]| names.iter().map(|name| format!("{prefix}_{name}")).collect();
    let mut project = Project {
        layout: None,
        table: format!("{}_sys.upgrades", word(&survey.name)),
        model: model(&survey.files, &deltas),
        delta_dirs: if deltas.is_empty() { vec!["delta".to_owned()] } else { deltas },
        releases: patterns(&survey.tags),
        upstream: survey.upstream.clone(),
        value_lists: Vec::new(),
        extensions: Vec::new(),
        roles: Vec::new(),
    };
    let first = |ending: &str| project.delta_dirs.iter().any(|directory| directory.ends_with(ending));
    if let (Some(setup), true) =
        (has("scripts/setup.sh").or_else(|| has("init_qwat.sh")), first("update/delta"))
    {
        project.layout = Some("QWAT");
        project.table = "qwat_sys.info".to_owned();
        project.value_lists = vec!["qwat_vl.*".to_owned()];
        project.roles = roles("qwat", &["viewer", "user", "manager", "sysadmin"]);
        project.delta_dirs.retain(|directory| directory.ends_with("update/delta"));
        project.model = script(setup);
    } else if let (Some(setup), true) =
        (has("scripts/db_setup.sh"), survey.files.iter().any(|file| file.to_string_lossy().contains("qgep")))
    {
        project.layout = Some("QGEP");
        project.table = "qgep_sys.pum_info".to_owned();
        project.value_lists = vec!["qgep_vl.*".to_owned()];
        project.roles = roles("qgep", &["viewer", "user", "manager", "sysadmin"]);
        project.model = script(setup);
    }
    project
}

/// The directories with deltas in them, the one with the most first.
fn delta_directories(files: &[PathBuf]) -> Vec<String> {
    let mut directories: BTreeMap<&Path, usize> = BTreeMap::new();
    for file in files {
        let name = file.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
        if let (Verdict::Delta(_), Some(directory)) = (judge(&name), file.parent()) {
            *directories.entry(directory).or_default() += 1;
        }
    }
    let mut directories: Vec<(&Path, usize)> = directories.into_iter().collect();
    directories.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let name = |directory: &Path| match directory.as_os_str().is_empty() {
        true => ".".to_owned(),
        false => directory.display().to_string(),
    };
    directories.into_iter().map(|(directory, _)| name(directory)).collect()
}

/// How the model is probably built: the SQL files that are no deltas; without any, the deltas; without those, SQL files
/// that are still to be written.
fn model(files: &[PathBuf], deltas: &[String]) -> Recipe {
    const PLACES: [&str; 7] = ["model", "datamodel", "schema", "sql", "ddl", "src", "database"];
    let is_sql = |file: &&PathBuf| {
        let is_delta = deltas.iter().any(|directory| file.parent() == Some(Path::new(directory)));
        file.extension().is_some_and(|ending| ending == "sql") && !is_delta
    };
    let sql: Vec<&PathBuf> = files.iter().filter(is_sql).collect();
    if let Some(place) = PLACES.into_iter().find(|place| sql.iter().any(|file| file.starts_with(place))) {
        return Recipe::Sql(vec![format!("{place}/**/*.sql")]);
    }
    let at_top: Vec<&&PathBuf> = sql.iter().filter(|file| file.components().count() == 1).collect();
    if !at_top.is_empty() {
        return Recipe::Sql(vec!["*.sql".to_owned()]);
    }
    if deltas.is_empty() { Recipe::Sql(vec!["model/**/*.sql".to_owned()]) } else { Recipe::Deltas }
}

/// How tags name releases: what stands before and behind the versions in them, the most usual first. Candidates for
/// releases, such as `1.3.0-rc1`, are none.
fn patterns(tags: &[String]) -> Vec<String> {
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for tag in tags {
        let starts = tag.char_indices().filter(|(start, c)| {
            c.is_ascii_digit() && !tag[..*start].ends_with(|c: char| c.is_ascii_digit() || c == '.')
        });
        for (start, _) in starts {
            let length =
                tag[start..].find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(tag.len() - start);
            let (before, behind) = (&tag[..start], &tag[start + length..]);
            if tag[start..start + length].parse::<Version>().is_ok()
                && !behind.contains(|c: char| c.is_ascii_digit())
                && !before.contains(['{', '}'])
            {
                *counts.entry((before, behind)).or_default() += 1;
                break;
            }
        }
    }
    let mut found: Vec<((&str, &str), usize)> = counts.into_iter().collect();
    // What stands behind a version is seldom part of a release's name, where others have nothing there.
    if found.iter().any(|((_, behind), _)| behind.is_empty()) {
        found.retain(|((_, behind), _)| behind.is_empty());
    }
    found.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    if found.is_empty() {
        return vec!["v{version}".to_owned(), "{version}".to_owned()];
    }
    found.into_iter().take(3).map(|((before, behind), _)| format!("{before}{{version}}{behind}")).collect()
}

/// A name that PostgreSQL needs no quotes for.
fn word(name: &str) -> String {
    let lower = name.to_lowercase();
    let mapped: String = lower.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let trimmed = mapped.trim_matches('_');
    if trimmed.starts_with(|c: char| c.is_ascii_alphabetic()) { trimmed.to_owned() } else { "app".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(name: &str, files: &[&str], tags: &[&str]) -> Project {
        recognise(&Survey {
            name: name.to_owned(),
            files: files.iter().map(PathBuf::from).collect(),
            tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
            upstream: None,
            branch: "main".to_owned(),
        })
    }

    #[test]
    fn the_layout_of_qwat_is_recognised() {
        let qwat = project(
            "qwat-data-model",
            &[
                "datamodel/scripts/setup.sh",
                "datamodel/update/delta/delta_1.0.1_x.sql",
                "datamodel/update/delta/delta_1.0.2_x.sql",
                "customizations/delta/delta_1.0.0_y.sql",
                "datamodel/ordinary_data/od_pipe.sql",
            ],
            &["1.2.0", "1.3.1", "v0.1"],
        );
        assert_eq!((qwat.layout, qwat.table.as_str()), (Some("QWAT"), "qwat_sys.info"));
        assert_eq!(qwat.delta_dirs, ["datamodel/update/delta"]);
        assert_eq!(qwat.model, Recipe::Run("./datamodel/scripts/setup.sh -p $PGSERVICE -s 2056".to_owned()));
        assert_eq!(qwat.releases, ["{version}"]);
    }

    #[test]
    fn the_layout_of_qgep_is_recognised() {
        let qgep = project(
            "datamodel",
            &["scripts/db_setup.sh", "00_qgep_schema.sql", "delta/delta_1.5.9_x.sql"],
            &["1.5.7"],
        );
        assert_eq!((qgep.layout, qgep.table.as_str()), (Some("QGEP"), "qgep_sys.pum_info"));
        assert_eq!(qgep.delta_dirs, ["delta"]);
        assert_eq!(qgep.model, Recipe::Run("./scripts/db_setup.sh -p $PGSERVICE -s 2056".to_owned()));
    }

    #[test]
    fn other_projects_are_guessed_from_their_files() {
        let model = |files: &[&str]| project("x", files, &[]).model;
        assert_eq!(model(&["schema/a.sql", "tests/t.sql"]), Recipe::Sql(vec!["schema/**/*.sql".into()]));
        assert_eq!(model(&["a.sql", "tests/t.sql"]), Recipe::Sql(vec!["*.sql".into()]));
        assert_eq!(model(&["delta/delta_1.0.0.sql"]), Recipe::Deltas);
        assert_eq!(model(&[]), Recipe::Sql(vec!["model/**/*.sql".into()]));
        let empty = project("Water Works!", &[], &[]);
        assert_eq!(
            (empty.table.as_str(), empty.delta_dirs),
            ("water_works_sys.upgrades", vec!["delta".to_owned()])
        );
        assert_eq!(project("2024", &[], &[]).table, "app_sys.upgrades");
    }

    #[test]
    fn tags_show_how_releases_are_named() {
        let releases = |tags: &[&str]| project("x", &[], tags).releases;
        assert_eq!(releases(&[]), ["v{version}", "{version}"]);
        assert_eq!(
            releases(&["v1.0.0", "v1.1.0", "1.2.0", "v1.2.0-rc1", "nightly-2024.01"]),
            ["v{version}", "{version}"]
        );
        assert_eq!(releases(&["release-1.0.0", "db/2024"]), ["release-{version}"]);
        assert_eq!(releases(&["1.0.0-final", "1.1.0-final"]), ["{version}-final"]);
    }
}
