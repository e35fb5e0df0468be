//! The keys of `pum.yaml`, where they stand in its text, and those that are not known.

use std::path::Path;

use serde_yaml::Value as Yaml;

use crate::Error;
use crate::error::{Excerpt, nearest};

/// All keys, and those below them.
pub(super) const KEYS: [(&str, &[&str]); 24] = [
    ("upgrades_table", &[]),
    ("delta_dir", &[]),
    ("delta_dirs", &[]),
    ("database", &[]),
    ("protect", &[]),
    ("backup_file", &[]),
    ("ignore_elements", &[]),
    ("pg_dump_exe", &[]),
    ("pg_restore_exe", &[]),
    ("python_exe", &[]),
    ("variables", &[]),
    ("edited", &[]),
    ("late", &[]),
    ("model", &["sql", "run", "deltas"]),
    ("releases", &[]),
    ("upstream", &[]),
    ("value_lists", &[]),
    ("shadow", &["server", "version", "extensions", "roles"]),
    ("verify", &["from"]),
    ("lint", &[]),
    ("hook", &["timeout", "on_timeout"]),
    ("templates", &["delta"]),
    ("keep_dependents", &[]),
    ("suspend", &[]),
];

/// The errors for a key that is not known, or the keys below it.
pub(super) fn unknown_keys(file: &Path, text: &str, key: &Yaml, value: &Yaml) -> Vec<Error> {
    let unknown = |name: &str, known: &mut dyn Iterator<Item = &'static str>, within: Option<&str>| {
        let nearest = nearest(name, known);
        let below = within.map_or_else(String::new, |within| format!(" below {within:?}"));
        let start = find_key(text, name, within).unwrap_or(0);
        Error::usage(format!("unknown key {name:?}{below} in {}", file.display())).at(Excerpt {
            path: file.to_owned(),
            text: text.to_owned(),
            range: start..start + name.len(),
            label: nearest.map_or_else(String::new, |known| format!("did you mean {known:?}?")),
        })
    };
    let Some(name) = key.as_str() else {
        return vec![Error::usage(format!("{}: a key is not a text: {key:?}", file.display()))];
    };
    let Some((_, below)) = KEYS.iter().find(|(known, _)| *known == name) else {
        return vec![unknown(name, &mut KEYS.iter().map(|(known, _)| *known), None)];
    };
    match value {
        Yaml::Mapping(mapping) if !below.is_empty() => mapping
            .keys()
            .filter_map(Yaml::as_str)
            .filter(|inner| !below.contains(inner))
            .map(|inner| unknown(inner, &mut below.iter().copied(), Some(name)))
            .collect(),
        _ => Vec::new(),
    }
}

/// Where a key stands in the text: behind the key that it is below, if any.
pub(super) fn find_key(text: &str, name: &str, within: Option<&str>) -> Option<usize> {
    let from =
        within.map_or(Some(0), |outer| find_key(text, outer, None).map(|start| start + outer.len()))?;
    text[from..].match_indices(name).map(|(offset, _)| from + offset).find(|&start| {
        let before = text[..start].trim_end_matches(['"', '\'', ' ']);
        let behind = text[start + name.len()..].trim_start_matches(['"', '\'', ' ']);
        behind.starts_with(':') && (before.is_empty() || before.ends_with(['\n', '{', ',']))
    })
}
