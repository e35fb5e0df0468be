//! `pum.yaml`, and the older file of pum 0.x: found, read, checked. Keys that later commands use are checked for
//! their names here and read where they are needed. The files of ignore rules beside it are `ignores`.

mod hook;
pub mod ignores;
mod keys;
mod proof;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_yaml::Value as Yaml;

use crate::catalog::Element;
use crate::error::Excerpt;
use crate::git::Patterns;
use crate::source::{self, Project, Recipe};
use crate::sql::lint::Levels;
use crate::sql::{Origin, Value, Variables};
use crate::{Error, Result};
pub use hook::{Hook, OnTimeout, duration};
use keys::{KEYS, find_key, unknown_keys};
pub use proof::Start;

/// The file that is looked for from the working directory upwards.
pub const FILE_NAME: &str = "pum.yaml";

/// The keys that the file of pum 0.x had. A file that has only these, under another name than `pum.yaml`, is that
/// older file: its paths are relative to the working directory, and unknown keys in it are only warned about.
const OLDER_KEYS: [&str; 7] = [
    "upgrades_table",
    "delta_dir",
    "delta_dirs",
    "backup_file",
    "ignore_elements",
    "pg_dump_exe",
    "pg_restore_exe",
];

/// What to do about a delta that was edited after it was applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Edited {
    /// Say so and go on.
    #[default]
    Warn,
    /// Stop.
    Error,
}

/// One value, or a list of them.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl From<OneOrMany> for Vec<String> {
    fn from(value: OneOrMany) -> Vec<String> {
        match value {
            OneOrMany::One(one) => vec![one],
            OneOrMany::Many(many) => many,
        }
    }
}

/// How the model is built: one of the three.
#[derive(Debug, Default, Deserialize)]
struct ModelKeys {
    sql: Option<OneOrMany>,
    run: Option<String>,
    deltas: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
struct ShadowKeys {
    server: Option<String>,
    version: Option<u32>,
    extensions: Option<OneOrMany>,
    roles: Option<OneOrMany>,
}

#[derive(Debug, Default, Deserialize)]
struct TemplateKeys {
    delta: Option<PathBuf>,
}

#[derive(Debug, Default, Deserialize)]
struct Keys {
    upgrades_table: Option<String>,
    delta_dir: Option<OneOrMany>,
    delta_dirs: Option<OneOrMany>,
    database: Option<String>,
    protect: Option<OneOrMany>,
    backup_file: Option<PathBuf>,
    ignore_elements: Option<OneOrMany>,
    pg_dump_exe: Option<PathBuf>,
    pg_restore_exe: Option<PathBuf>,
    python_exe: Option<PathBuf>,
    variables: Option<BTreeMap<String, Value>>,
    edited: Option<Edited>,
    late: Option<OneOrMany>,
    value_lists: Option<OneOrMany>,
    model: Option<ModelKeys>,
    releases: Option<OneOrMany>,
    upstream: Option<String>,
    shadow: Option<ShadowKeys>,
    hook: Option<hook::HookKeys>,
    templates: Option<TemplateKeys>,
    verify: Option<proof::VerifyKeys>,
    lint: Option<BTreeMap<String, Yaml>>,
}

/// What the configuration file says; everything may be absent.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Config {
    /// The file, if there is one.
    pub file: Option<PathBuf>,
    /// The upgrades table.
    pub upgrades_table: Option<String>,
    /// Where the deltas lie.
    pub delta_dirs: Vec<PathBuf>,
    /// What `-p` would say.
    pub database: Option<String>,
    /// Databases for which the name must be typed.
    pub protect: Vec<String>,
    /// Where `upgrade --backup` and `dump` write to.
    pub backup_file: Option<PathBuf>,
    /// Elements that comparisons leave out.
    pub ignore_elements: Vec<Element>,
    /// The pg_dump to use.
    pub pg_dump_exe: Option<PathBuf>,
    /// The pg_restore to use.
    pub pg_restore_exe: Option<PathBuf>,
    /// The Python to use.
    pub python_exe: Option<PathBuf>,
    /// Variables for deltas.
    pub variables: BTreeMap<String, Value>,
    /// What to do about edited deltas.
    pub edited: Edited,
    /// Deltas that are known to be late.
    pub late: Vec<String>,
    /// Patterns of tables whose rows are part of the model, such as `app.vl_*`.
    pub value_lists: Vec<String>,
    /// How tags name releases.
    pub releases: Patterns,
    /// The branch that work is merged into, such as `origin/main`.
    pub upstream: Option<String>,
    /// How the model is built.
    pub model: Option<Recipe>,
    /// The server that throwaway databases are made on; `None`: a throwaway one, as `auto` says.
    pub shadow_server: Option<String>,
    /// The major version of a throwaway server, at least.
    pub shadow_version: Option<u32>,
    /// Extensions that a throwaway database has before the model is built.
    pub shadow_extensions: Vec<String>,
    /// Roles that a throwaway server has; on another server, those that may be made there.
    pub shadow_roles: Vec<String>,
    /// How long the git hook may take, and what then.
    pub hook: Hook,
    /// The project's own template for SQL deltas.
    pub delta_template: Option<PathBuf>,
    /// The states that deltas are to lead from; empty: the newest release.
    pub verify_from: Vec<Start>,
    /// How bad each hazard is.
    pub lint: Levels,
    /// What the user should know about the file.
    pub warnings: Vec<String>,
}

impl Config {
    /// Reads the file that is named, or else the `pum.yaml` that is found from the working directory upwards to the
    /// top of the git repository; without one, everything is absent.
    ///
    /// # Errors
    /// A named file that cannot be read; a file that is not YAML, or says something that is not understood: with the
    /// place, and the nearest known key.
    pub fn load(named: Option<&Path>) -> Result<Config> {
        let found = match named {
            Some(file) => Some(file.to_owned()),
            None => find(FILE_NAME)?,
        };
        let Some(file) = found else { return Ok(Config::default()) };
        let text = std::fs::read_to_string(&file).map_err(|cause| {
            Error::usage(format!("the configuration file {} cannot be read: {cause}", file.display()))
        })?;
        Config::parse(&file, &text)
    }

    /// Reads the text of a configuration file.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn parse(file: &Path, text: &str) -> Result<Config> {
        let malformed = |cause: serde_yaml::Error| {
            let start = cause.location().map_or(0, |place| place.index().min(text.len()));
            Error::usage(format!("{} is not understood", file.display())).at(Excerpt {
                path: file.to_owned(),
                text: text.to_owned(),
                range: start..start,
                label: cause.to_string(),
            })
        };
        let yaml: Yaml = serde_yaml::from_str(text).map_err(malformed)?;
        let mapping = match &yaml {
            Yaml::Null => return Ok(Config { file: Some(file.to_owned()), ..Config::default() }),
            Yaml::Mapping(mapping) => mapping,
            _ => return Err(Error::usage(format!("{}: keys with values are expected", file.display()))),
        };
        let is_new_name = file.file_name().is_some_and(|name| name == FILE_NAME || name == "pum.yml");
        let names: Vec<&str> = mapping.keys().filter_map(Yaml::as_str).collect();
        let is_newer_key =
            |name: &&str| KEYS.iter().any(|(key, _)| key == name) && !OLDER_KEYS.contains(name);
        let older = !is_new_name && !names.iter().any(is_newer_key);
        let mut warnings = Vec::new();
        for (key, value) in mapping {
            for error in unknown_keys(file, text, key, value) {
                if !older {
                    return Err(error);
                }
                warnings.push(format!("{}: {error}; it is passed over", file.display()));
            }
        }
        let keys: Keys = serde_yaml::from_str(text).map_err(malformed)?;
        let mut ignore_elements = Vec::new();
        for name in Vec::from(keys.ignore_elements.unwrap_or(OneOrMany::Many(Vec::new()))) {
            match name.parse() {
                Ok(element) => ignore_elements.push(element),
                Err(why) => {
                    let key = find_key(text, "ignore_elements", None).unwrap_or(0);
                    let start = text[key..].find(&name).map_or(key, |offset| key + offset);
                    return Err(Error::usage(format!("{} is not understood", file.display())).at(Excerpt {
                        path: file.to_owned(),
                        text: text.to_owned(),
                        range: start..(start + name.len()).min(text.len()),
                        label: why,
                    }));
                }
            }
        }
        let releases = match keys.releases.map(Vec::from) {
            None => Patterns::default(),
            Some(patterns) => Patterns::parse(&patterns).map_err(|error| {
                let start = find_key(text, "releases", None).unwrap_or(0);
                error.at(Excerpt {
                    path: file.to_owned(),
                    text: text.to_owned(),
                    range: start..start + "releases".len(),
                    label: "each with {version} in it".to_owned(),
                })
            })?,
        };
        let shadow = keys.shadow.unwrap_or_default();
        let base = match file.parent() {
            Some(parent) if !older => parent.to_owned(),
            _ => PathBuf::new(),
        };
        let verify_from = proof::starts(keys.verify, &base, file, text)?;
        let directories: Vec<String> = keys.delta_dirs.or(keys.delta_dir).map(Into::into).unwrap_or_default();
        // A bare word is a program on PATH, as it always was.
        let program = |path: PathBuf| if path.components().count() > 1 { base.join(path) } else { path };
        Ok(Config {
            file: Some(file.to_owned()),
            upgrades_table: keys.upgrades_table,
            delta_dirs: directories.into_iter().map(|directory| base.join(directory)).collect(),
            database: keys.database,
            protect: keys.protect.map(Into::into).unwrap_or_default(),
            backup_file: keys.backup_file.map(|path| base.join(path)),
            ignore_elements,
            pg_dump_exe: keys.pg_dump_exe.map(program),
            pg_restore_exe: keys.pg_restore_exe.map(program),
            python_exe: keys.python_exe.map(program),
            variables: keys.variables.unwrap_or_default(),
            edited: keys.edited.unwrap_or_default(),
            late: keys.late.map(Into::into).unwrap_or_default(),
            value_lists: keys.value_lists.map(Into::into).unwrap_or_default(),
            releases,
            upstream: keys.upstream,
            model: keys.model.map(|model| model.recipe(file, text)).transpose()?,
            shadow_server: shadow.server.filter(|server| server != "auto"),
            shadow_version: shadow.version,
            shadow_extensions: shadow.extensions.map(Into::into).unwrap_or_default(),
            shadow_roles: shadow.roles.map(Into::into).unwrap_or_default(),
            hook: keys.hook.unwrap_or_default().hook(file, text)?,
            delta_template: keys.templates.and_then(|templates| templates.delta).map(|path| base.join(path)),
            verify_from,
            lint: proof::levels(keys.lint, file, text)?,
            warnings,
        })
    }

    /// What the configuration says of the model; the delta directories are made relative to `directory`.
    ///
    /// # Errors
    /// A name of the upgrades table that is none.
    pub fn project(&self, directory: PathBuf) -> Result<Project> {
        let relative = |path: &PathBuf| source::below(&directory, path).unwrap_or_else(|| path.clone());
        let mut variables = Variables::default();
        for (name, value) in &self.variables {
            variables.insert(name, value.clone(), Origin::Configuration);
        }
        Ok(Project {
            recipe: self.model.clone(),
            table: self.upgrades_table.as_deref().map(str::parse).transpose()?,
            delta_dirs: self.delta_dirs.iter().map(relative).collect(),
            variables,
            extensions: self.shadow_extensions.clone(),
            roles: self.shadow_roles.clone(),
            python: self.python_exe.clone(),
            directory,
        })
    }
}

impl ModelKeys {
    fn recipe(self, file: &Path, text: &str) -> Result<Recipe> {
        match (self.sql, self.run, self.deltas) {
            (Some(sql), None, None) => Ok(Recipe::Sql(sql.into())),
            (None, Some(run), None) => Ok(Recipe::Run(run)),
            (None, None, Some(true)) => Ok(Recipe::Deltas),
            _ => {
                let start = find_key(text, "model", None).unwrap_or(0);
                Err(Error::usage(format!("{} does not say one way to build the model", file.display())).at(
                    Excerpt {
                        path: file.to_owned(),
                        text: text.to_owned(),
                        range: start..start + "model".len(),
                        label: "one of sql: [PATTERN, …], run: COMMAND, deltas: true".to_owned(),
                    },
                ))
            }
        }
    }
}

/// Looks for a file from the working directory upwards, not past the top of a git repository. The path is relative
/// where that is short, for it is shown.
fn find(name: &str) -> Result<Option<PathBuf>> {
    let here = std::env::current_dir()
        .map_err(|cause| Error::usage(format!("the working directory cannot be read: {cause}")))?;
    for directory in here.ancestors() {
        let file = directory.join(name);
        if file.is_file() {
            return Ok(Some(file.strip_prefix(&here).map(Path::to_owned).unwrap_or(file)));
        }
        if directory.join(".git").exists() {
            break;
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests;
