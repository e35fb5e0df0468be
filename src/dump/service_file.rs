//! A service file for one child process.

use std::ffi::OsString;
use std::io::Write;

use tempfile::NamedTempFile;

use crate::connection::Parameters;
use crate::{Error, Result};

/// A temporary service file with one service, removed when it is dropped.
pub(super) struct ServiceFile(NamedTempFile);

impl ServiceFile {
    pub(super) fn create(parameters: &Parameters) -> Result<ServiceFile> {
        let io =
            |error: std::io::Error| Error::failed("a service file could not be written").caused_by(error);
        let mut file = NamedTempFile::new().map_err(io)?;
        writeln!(file, "[pum]").map_err(io)?;
        for keyword in ["host", "port", "dbname", "user", "password", "sslmode"] {
            if let Some(value) = parameters.get(keyword) {
                writeln!(file, "{keyword}={value}").map_err(io)?;
            }
        }
        Ok(ServiceFile(file))
    }

    pub(super) fn environment(&self) -> Vec<(OsString, OsString)> {
        vec![("PGSERVICEFILE".into(), self.0.path().into()), ("PGSERVICE".into(), "pum".into())]
    }
}
