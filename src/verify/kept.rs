//! Verdicts that were found before: kept by the hash of everything that a verdict depends on, so that a push of what CI
//! or somebody has verified here already costs nothing.

use std::fs;
use std::path::{Path, PathBuf};

use crate::config::Start;
use crate::config::ignores::PROJECT_FILE;
use crate::connection::Session;
use crate::programs;
use crate::progress::Cancel;
use crate::shadow::cache::{Cache, Ingredients, Key, Kind};
use crate::source::{Recipe, variables_of};
use crate::{Error, Result};

use super::proof::Means;
use super::scope::Judged;
use super::start::dump_path;
use super::subject::Target;
use super::{Files, Stage, Subject, Verdict, Verification};

/// Grows when what is kept changes its form, or a stage judges otherwise.
const FORMAT: u32 = 1;

/// The file of an entry.
const FILE: &str = "verification.json";

/// By what the verdict is kept; `None` where not everything is known that it depends on, such as a server that cannot be
/// reached.
///
/// # Errors
/// A broken object.
pub fn key(subject: &Subject<'_>, skip: &[Stage], means: &Means, cancel: &Cancel) -> Result<Option<Key>> {
    let mut key = Ingredients::new("verdict", FORMAT);
    key.add_this_build();
    // What findings say: names as they were typed, and paths from where the user is.
    key.add("subject", subject.target.label());
    key.add("place", path_bytes(&subject.place));
    Stage::ALL.iter().filter(|stage| skip.contains(stage)).for_each(|stage| key.add("skip", stage.name()));
    key.add("config", path_bytes(&subject.config_path));
    key.add("text", &subject.config_text);
    for (path, file) in Judged::of(subject).files()? {
        key.add("file", path_bytes(&path));
        key.add("content", format!("{:o} {}", file.mode, file.id));
    }
    if let Some(Recipe::Run(command)) = &subject.project.recipe {
        for name in variables_of(command) {
            key.add(name, std::env::var_os(name).unwrap_or_default().as_encoded_bytes());
        }
    }
    for start in &subject.config.verify_from {
        if let Start::Dump { file, .. } = start {
            let id = if file.is_absolute() { None } else { subject.entry(file)? };
            key.add("dump", id.map(|id| id.to_string()).unwrap_or_default());
            // One that is not in git is told by what the file system says of it.
            key.add_program(&dump_path(subject, file));
        }
    }
    others(subject, &mut key)?;
    // Ignore rules may have a date at which they end.
    if subject.entry(&subject.home.join(PROJECT_FILE))?.is_some() {
        key.add("today", jiff::ZonedDateTime::now().date().to_string());
    }
    let is_index = matches!(subject.target, Target::Index(_));
    let needs_server =
        !is_index && Stage::ALL.iter().any(|stage| stage.needs_database() && !skip.contains(stage));
    if needs_server && server(subject, means, &mut key, cancel).is_err() {
        return Ok(None);
    }
    Ok(Some(key.key()))
}

/// What others have: base, upstream branch and releases, and what is tagged here.
fn others(subject: &Subject<'_>, key: &mut Ingredients) -> Result<()> {
    key.add("base", subject.base.commit.as_ref().map_or("", |commit| &commit.name));
    files(subject.base_files()?, key);
    if let Some(upstream) = &subject.upstream {
        key.add("upstream", &upstream.commit.name);
        files(subject.upstream_files()?, key);
        if let Some(common) = subject.common()? {
            files(&subject.files_of(Some(&common))?, key);
        }
    }
    key.add("given", [u8::from(subject.is_base_given)]);
    for release in subject.releases_before()? {
        key.add("release", format!("{} {}", release.commit.name, release.commit.id));
    }
    if let Target::Commit(commit) = &subject.target {
        for release in subject.repository.releases(&subject.config.releases)? {
            if release.commit.id == commit.id {
                key.add("tag", format!("{} {}", release.commit.name, commit.id));
            }
        }
    }
    Ok(())
}

fn files(files: &Files<'_>, key: &mut Ingredients) {
    key.add("files", files.tree.files.len().to_string());
    for (path, file) in &files.tree.files {
        key.add("file", path_bytes(path));
        key.add("content", format!("{:o} {}", file.mode, file.id));
    }
}

/// The server that databases are made on, and what it can make extensions of.
fn server(subject: &Subject<'_>, means: &Means, key: &mut Ingredients, cancel: &Cancel) -> Result<()> {
    let shadow = &means.loading.shadow;
    if let Some(server) = &shadow.server {
        let mut session = Session::open(server, "pum", cancel)?;
        let rows = session.query(
            "SELECT version(), current_user, (SELECT string_agg(name || ' ' || coalesce(default_version, ''), ',' ORDER BY name)
                 FROM pg_catalog.pg_available_extensions)",
        )?;
        rows.iter().flatten().for_each(|value| key.add("server", value.as_deref().unwrap_or_default()));
        shadow.roles.iter().for_each(|role| key.add("role", role));
        return Ok(());
    }
    let found = programs::find_server(shadow.version.or(subject.config.shadow_version))?;
    key.add("server", &found.version);
    key.add_program(&found.path);
    let above = found.path.parent().and_then(Path::parent).map(Path::to_owned).unwrap_or_default();
    let packaged = PathBuf::from(format!("/usr/share/postgresql/{}", found.major));
    for place in [above.join("share"), above.join("share/postgresql"), packaged] {
        // A package that is installed or replaced changes the directory.
        key.add_program(&place.join("extension"));
    }
    Ok(())
}

fn path_bytes(path: &Path) -> &[u8] {
    path.as_os_str().as_encoded_bytes()
}

/// The verification that is kept, if there is one.
pub fn find(cache: &Cache, key: &Key) -> Option<Verification> {
    let entry = cache.find(Kind::Verdict, key)?;
    let text = fs::read(entry.path().join(FILE)).ok();
    let found = text.and_then(|text| serde_json::from_slice(&text).ok());
    if found.is_none() {
        entry.discard();
    }
    found
}

/// Keeps a verification, if it is an answer.
///
/// # Errors
/// What the file system refuses.
pub fn keep(cache: &Cache, key: &Key, verification: &Verification) -> Result<()> {
    if matches!(verification.verdict, Verdict::Unverified(_)) {
        return Ok(());
    }
    let text = serde_json::to_vec(verification)
        .map_err(|cause| Error::failed("the verdict cannot be written as JSON").caused_by(cause))?;
    cache.keep(Kind::Verdict, key, |directory| {
        fs::write(directory.join(FILE), &text).map_err(|cause| {
            Error::failed(format!("{} cannot be written: {cause}", directory.join(FILE).display()))
                .caused_by(cause)
        })
    })
}
