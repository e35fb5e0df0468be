//! The keys of `pum.yaml` that say what is proven and how strictly: `verify` and `lint`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_yaml::Value as Yaml;

use super::keys::find_key;
use crate::delta::Version;
use crate::error::Excerpt;
use crate::sql::lint::{Level, Levels};
use crate::{Error, Result};

/// A state that deltas are to lead from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// The newest release.
    Newest,
    /// Every release.
    All,
    /// A release by its tag or its version.
    Release(String),
    /// A dump of a database.
    Dump {
        /// The dump.
        file: PathBuf,
        /// The version that it is at; deltas of that version itself run, as after `pum baseline`.
        baseline: Version,
    },
}

#[derive(Debug, Deserialize)]
pub(super) struct VerifyKeys {
    from: Option<StartsKey>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum StartsKey {
    // First, for a list would be read as the fields of one dump, too.
    Many(Vec<StartKey>),
    One(StartKey),
}

#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "one of newest, all, a release, {file: DUMP, baseline: VERSION}")]
enum StartKey {
    Name(String),
    Dump(DumpKey),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DumpKey {
    file: PathBuf,
    baseline: String,
}

/// What `verify.from` says; empty if it is not said. Paths are relative to `base`.
pub(super) fn starts(keys: Option<VerifyKeys>, base: &Path, file: &Path, text: &str) -> Result<Vec<Start>> {
    let starts = match keys.and_then(|keys| keys.from) {
        None => return Ok(Vec::new()),
        Some(StartsKey::One(one)) => vec![one],
        Some(StartsKey::Many(many)) => many,
    };
    let start = |key: StartKey| {
        Ok(match key {
            StartKey::Name(name) if name == "newest" => Start::Newest,
            StartKey::Name(name) if name == "all" => Start::All,
            StartKey::Name(name) => Start::Release(name),
            StartKey::Dump(dump) => {
                let baseline = dump.baseline.parse().map_err(|_| {
                    let place = find_key(text, "baseline", Some("verify")).unwrap_or(0);
                    wrong(file, text, place..place + "baseline".len(), "a version, such as 1.0.0")
                })?;
                Start::Dump { file: base.join(dump.file), baseline }
            }
        })
    };
    starts.into_iter().map(start).collect()
}

/// What `lint` says.
pub(super) fn levels(keys: Option<BTreeMap<String, Yaml>>, file: &Path, text: &str) -> Result<Levels> {
    let mut levels = Levels::default();
    for (rule, value) in keys.unwrap_or_default() {
        let level: std::result::Result<Level, String> = match &value {
            Yaml::Bool(false) => Ok(Level::Off),
            Yaml::String(word) => word.parse(),
            other => Err(format!("{other:?} is none of off, warn and error")),
        };
        level.and_then(|level| levels.set(&rule, level)).map_err(|why| {
            let start = find_key(text, &rule, Some("lint")).unwrap_or(0);
            wrong(file, text, start..start + rule.len(), &why)
        })?;
    }
    Ok(levels)
}

fn wrong(file: &Path, text: &str, range: std::ops::Range<usize>, label: &str) -> Error {
    Error::usage(format!("{} is not understood", file.display())).at(Excerpt {
        path: file.to_owned(),
        text: text.to_owned(),
        range,
        label: label.to_owned(),
    })
}
