//! A model that is the deltas themselves, from the first one on.

use std::path::{Path, PathBuf};

use postgres_protocol::escape::escape_identifier;

use super::model::Project;
use crate::connection::{Parameters, Session};
use crate::delta::{DeltaSet, Version};
use crate::progress::{Cancel, Progress};
use crate::upgrade::apply::{Manner, PythonManner, Run};
use crate::upgrade::lock::Key;
use crate::upgrade::plan::{Choice, Plan};
use crate::upgrade::table::{Look, Table};
use crate::upgrade::unit;
use crate::{Error, Result, programs};

/// Applies all deltas to an empty database, as an upgrade from version 0.0.0 would.
pub(super) fn apply(
    database: &Parameters,
    directory: &Path,
    project: &Project,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<()> {
    let name = project.table.clone().ok_or_else(|| {
        Error::usage("no upgrades table is named").hint("name it as upgrades_table in pum.yaml")
    })?;
    // In the checkout they are somewhere else than they are called.
    let named: Vec<PathBuf> = project.delta_dirs.iter().map(|path| project.directory.join(path)).collect();
    let places: Vec<PathBuf> = project.delta_dirs.iter().map(|path| directory.join(path)).collect();
    let set = DeltaSet::read_at(named.iter().map(PathBuf::as_path).zip(places.iter().map(PathBuf::as_path)))?;
    let mut session = Session::open(database, "pum", cancel)?;
    let schema = name.schema.as_deref().map(escape_identifier);
    let schema = schema.map_or_else(String::new, |schema| format!("CREATE SCHEMA IF NOT EXISTS {schema};"));
    session.execute(&format!("{schema} {}", Table::create_statement(&name)))?;
    let look = Look::at(&mut session, &name, None)?;
    let table =
        look.table.clone().ok_or_else(|| Error::failed(format!("the upgrades table {name} is not found")))?;
    let baseline = table.baseline_statement(Version { major: 0, minor: 0, patch: 0 });
    session.execute(&format!("{baseline}; {}", Key::of(&table.name).try_statement()))?;
    let record = table.read(&mut session)?;
    let plan = Plan::new(&set, &record, &Choice::default());
    let units = unit::planned(&set, &plan, usize::MAX, &project.variables)?;
    let program = match units.iter().any(|unit| unit.script().is_none()) {
        true => Some(programs::find_python(project.python.as_deref())?),
        false => None,
    };
    let variables = project
        .variables
        .iter()
        .map(|(name, value, _)| (name.to_owned(), serde_json::json!(value)))
        .collect();
    let python = PythonManner { program, directories: set.places.clone(), variables };
    let manner = Manner::default();
    Run::new(session, database, look.server, table, &record, &manner, &python, progress, cancel).all(&units)
}
