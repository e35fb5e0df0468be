//! Python deltas and scripts: they run with connections of their own, so nothing of ours is open meanwhile but the
//! session that holds the lock. That one began is recorded before, that it ended after.

use std::path::Path;
use std::time::Instant;

use super::apply::{Run, milliseconds};
use super::record::Row;
use super::table::Table;
use super::unit::Unit;
use crate::connection::ServiceFile;
use crate::python::{self, Invocation};
use crate::{Error, Result, programs};

impl Run<'_> {
    /// Runs a Python delta or script.
    pub(super) fn python(&mut self, unit: &Unit, index: usize) -> Result<()> {
        self.started(unit, index);
        let began = Instant::now();
        let reset = self.reset_statements();
        self.session.execute(&reset)?;
        let row = self.begin_row(unit, began)?;
        let ran = self.run_python(unit);
        if let Err(error) = ran {
            let recorded =
                if row.is_some() { "; it is recorded as begun and not ended, and runs again" } else { "" };
            return Err(error.note("state", format!("what it committed itself stays{recorded}")));
        }
        if let Some(id) = row {
            self.session.ignore_cancel();
            let finish = self.end_row_statement(unit, id, began, "");
            self.session.execute(&finish).map_err(|fault| {
                self.table
                    .explain(fault)
                    .note("state", format!("{} ran to its end, but that could not be recorded", unit.label))
                    .hint(format!("record it: {}", self.repair_command("mark-applied", unit, "")))
            })?;
        }
        self.committed(unit);
        self.ended(unit, index, began);
        Ok(())
    }

    /// Writes that the delta of a row ended well; `more` sets further columns.
    pub(super) fn end_row_statement(&self, unit: &Unit, id: i64, began: Instant, more: &str) -> String {
        let columns = format!(
            "success = true, checksum = '{}', installed_on = clock_timestamp(), execution_time = {}{more}",
            unit.checksum,
            milliseconds(began).min(i32::MAX as u64),
        );
        format!("{}; {}", self.own_role_statements().join("; "), self.table.update_statement(&columns, id))
    }

    /// The id of the row that says that a delta began: that of an earlier run, or a new one.
    pub(super) fn begin_row(&mut self, unit: &Unit, began: Instant) -> Result<Option<i64>> {
        if let Some(Row { id, .. }) = unit.begun {
            return Ok(Some(id));
        }
        let script = unit.path.to_string_lossy();
        let Some(row) = self.new_row(unit, &script, began, false) else { return Ok(None) };
        let insert = self.table.insert_statement(&row);
        let rows = self.session.query(&insert).map_err(|fault| self.table.explain(fault))?;
        let id = Table::written_id(&rows)
            .ok_or_else(|| Error::failed(format!("the upgrades table {} gave no id", self.table.name)))?;
        self.wrote_row(id);
        Ok(Some(id))
    }

    fn run_python(&mut self, unit: &Unit) -> Result<()> {
        let program = programs::find_python(self.python.program.as_deref())?;
        // A service that the user named is passed on as it is; any other connection, also one that only begins with a
        // service, through a file of its own.
        let file = ServiceFile::create(self.parameters)?;
        let text;
        let (service, service_file) = match self.parameters.whole_service() {
            Some(service) => (service, None),
            None => {
                text = std::fs::read_to_string(file.path())
                    .map_err(|cause| Error::failed("the temporary service file is gone").caused_by(cause))?;
                (file.name(), Some(text.as_str()))
            }
        };
        let environment = file.environment();
        let environment: Vec<_> = environment
            .into_iter()
            .filter(|(name, _)| self.parameters.whole_service().is_none() && name != "PGSERVICEFILE")
            .collect();
        let title = unit.name.as_ref().map(|name| name.title.as_str());
        let module = title.unwrap_or_else(|| unit.label.strip_suffix(".py").unwrap_or(&unit.label));
        let version = self.version.map(|version| version.to_string()).unwrap_or_default();
        let invocation = Invocation {
            python: &program,
            file: &unit.place,
            module,
            current_version: &version,
            delta_dir: unit.place.parent().unwrap_or(Path::new("")),
            delta_dirs: &self.python.directories,
            service,
            service_file,
            environment: &environment,
            upgrades_table: &self.table.name.to_string(),
            variables: &self.python.variables,
        };
        python::run(&invocation, self.progress, self.cancel)
    }
}
