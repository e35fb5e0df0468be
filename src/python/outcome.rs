//! How a Python delta ended, told as a person needs it: what was raised, the line in the file, what to install.

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::ExitStatus;

use serde::Deserialize;

use super::{Invocation, file_name};
use crate::error::Excerpt;
use crate::progress::{Cancel, Progress};
use crate::{Error, Result};

/// What the runner wrote.
#[derive(Deserialize)]
#[serde(tag = "outcome", rename_all = "lowercase")]
enum Report {
    /// All classes ran.
    Done { classes: usize },
    /// `sys.exit` was called.
    Exited(Raised),
    /// Anything else was raised.
    Raised(Raised),
}

/// An exception.
#[derive(Deserialize)]
struct Raised {
    r#type: String,
    message: String,
    /// The line in the delta file that led to it, from 1.
    line: Option<usize>,
    /// The module that could not be imported.
    missing: Option<String>,
    /// What a failed program had printed to the delta.
    output: String,
    sqlstate: Option<String>,
    traceback: String,
}

/// Judges an ended delta by its report, and by its exit status where there is none.
pub(super) fn judge(
    invocation: &Invocation<'_>,
    report: &Path,
    status: ExitStatus,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<()> {
    let name = file_name(invocation.file);
    let report = std::fs::read(report).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
    if let Some(Report::Done { classes }) = report {
        if classes == 0 {
            progress.warning(&format!("{name} defines no class of DeltaPy: nothing ran"));
        }
        return Ok(());
    }
    let error = match report {
        Some(Report::Exited(raised)) => exited(&name, invocation, &raised),
        Some(Report::Raised(raised)) => failed(&name, invocation, &raised),
        _ => unreported(&name, invocation, status),
    };
    if !cancel.is_requested() {
        return Err(error);
    }
    let interrupted = Error::interrupted(format!("{name} was interrupted"));
    Err(Error { excerpt: error.excerpt, notes: error.notes, ..interrupted })
}

/// `sys.exit` would have ended the Python pum, before it recorded the delta.
fn exited(name: &str, invocation: &Invocation<'_>, raised: &Raised) -> Error {
    let argument = if raised.message.is_empty() { "" } else { &raised.message };
    locate(Error::failed(format!("{name} called sys.exit({argument})")), invocation, raised)
        .note("traceback", raised.traceback.trim_end())
        .hint("a delta that is done returns from run(); one that failed raises an exception")
}

fn failed(name: &str, invocation: &Invocation<'_>, raised: &Raised) -> Error {
    let message = raised.message.trim();
    let what = match message.lines().next() {
        Some(first) => format!("{name}: {}: {first}", raised.r#type),
        None => format!("{name}: {}", raised.r#type),
    };
    let mut error = locate(Error::failed(what), invocation, raised);
    if let Some(sqlstate) = &raised.sqlstate {
        error = error.note("sqlstate", sqlstate);
    }
    if !raised.output.trim().is_empty() {
        error = error.note("output", raised.output.trim_end());
    }
    error = error.note("traceback", raised.traceback.trim_end());
    match &raised.missing {
        Some(module) => error.hint(missing_module(module, invocation.python)),
        None => error,
    }
}

/// The end of a delta that could not say how it ended.
fn unreported(name: &str, invocation: &Invocation<'_>, status: ExitStatus) -> Error {
    match status.signal() {
        Some(signal) => Error::failed(format!("{name} was killed by signal {signal}")),
        None => {
            let code = status.code().unwrap_or_default();
            let python = invocation.python.display();
            Error::failed(format!("{python} ended with code {code} before {name} was done")).hint(
                "Python deltas need Python 3.8 or newer: name it by python_exe in pum.yaml or by --python",
            )
        }
    }
}

/// Adds the line of the delta file, if it has a part in it.
fn locate(error: Error, invocation: &Invocation<'_>, raised: &Raised) -> Error {
    let Some(number) = raised.line.filter(|number| *number > 0) else { return error };
    let Ok(bytes) = std::fs::read(invocation.file) else { return error };
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let Some(line) = text.split_inclusive('\n').nth(number - 1) else { return error };
    let code = line.trim();
    let before: usize = text.split_inclusive('\n').take(number - 1).map(str::len).sum();
    let start = before + (line.len() - line.trim_start().len());
    let range = if code.is_empty() { before..before } else { start..start + code.len() };
    error.at(Excerpt { path: invocation.file.to_path_buf(), text, range, label: raised.r#type.clone() })
}

/// What to install for a module, whose package may have another name.
fn missing_module(module: &str, python: &Path) -> String {
    let python = python.display();
    let package = match module.split('.').next().unwrap_or(module) {
        // Python deltas find only `pum.core.deltapy` here, the rest is in the Python pum.
        "pum" => "'pum<1'",
        "pkg_resources" => "'setuptools<81'",
        "psycopg2" => "psycopg2-binary",
        "yaml" => "pyyaml",
        name => name,
    };
    format!(
        "{python} has no module {module}: {python} -m pip install {package}, or name a Python that has it by \
         python_exe in pum.yaml or by --python"
    )
}

/// The error of an interpreter that could not be started.
pub(super) fn no_interpreter(python: &Path, cause: &io::Error) -> Error {
    let python = python.display();
    let message = match cause.kind() {
        io::ErrorKind::NotFound => format!("Python deltas need Python, and there is no {python}"),
        _ => format!("Python deltas need Python, and {python} can't be run: {cause}"),
    };
    Error::failed(message).hint(
        "install Python 3 (on Debian and Ubuntu: apt-get install python3), or name it by python_exe in pum.yaml or \
         by --python",
    )
}
