//! The bridge for Python deltas: runs a file that defines classes of `pum.core.deltapy.DeltaPy` in a Python of the
//! user's, with a small package of ours in the place of the Python pum. It knows nothing of plans and records, and opens
//! no connection: the delta does that by itself, through the service that it is given.

mod outcome;
mod process;

use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::path::{MAIN_SEPARATOR, Path, PathBuf};
use std::process::Command;

use serde::Serialize;
use tempfile::TempDir;

use crate::progress::{Cancel, Progress};
use crate::{Error, Result};

/// This version without what marks it as unfinished: `2.0.0-alpha.1` is no version to Python.
macro_rules! release {
    () => {
        concat!(
            env!("CARGO_PKG_VERSION_MAJOR"),
            ".",
            env!("CARGO_PKG_VERSION_MINOR"),
            ".",
            env!("CARGO_PKG_VERSION_PATCH")
        )
    };
}

/// The package that deltas import, and its metadata for those who ask whether pum is at least 0.10.
const FILES: [(&str, &str); 5] = [
    ("run.py", include_str!("shim/run.py")),
    ("shim/pum/__init__.py", include_str!("shim/pum/__init__.py")),
    ("shim/pum/core/__init__.py", include_str!("shim/pum/core/__init__.py")),
    ("shim/pum/core/deltapy.py", include_str!("shim/pum/core/deltapy.py")),
    (
        concat!("shim/pum-", release!(), ".dist-info/METADATA"),
        concat!("Metadata-Version: 2.1\nName: pum\nVersion: ", release!(), "\n"),
    ),
];

/// A Python delta and what it is told. Paths are told to it as they are given here.
#[derive(Debug, Clone)]
pub struct Invocation<'a> {
    /// The interpreter: a path, or a name to look up on the PATH.
    pub python: &'a Path,
    /// The delta file.
    pub file: &'a Path,
    /// The module's name: the delta's title, `pre-all` or `post-all`.
    pub module: &'a str,
    /// The version of the database before the upgrade, such as `1.2.8`.
    pub current_version: &'a str,
    /// The directory of the delta file; the delta gets it with a separator at its end.
    pub delta_dir: &'a Path,
    /// All delta directories of the upgrade.
    pub delta_dirs: &'a [PathBuf],
    /// The name of the service that leads to the database.
    pub service: &'a str,
    /// The text of a service file that holds `service`, when it is in none of the user's. It is written with mode 0600,
    /// named in PGSERVICEFILE, and goes when the delta ends or pum is killed.
    pub service_file: Option<&'a str>,
    /// Variables to add to the environment of the delta.
    pub environment: &'a [(OsString, OsString)],
    /// The upgrades table, as `schema.table`.
    pub upgrades_table: &'a str,
    /// The variables of the upgrade: numbers and strings.
    pub variables: &'a serde_json::Map<String, serde_json::Value>,
}

/// What the runner reads from its standard input.
#[derive(Serialize)]
struct Request<'a> {
    file: &'a str,
    module: &'a str,
    current_version: &'a str,
    delta_dir: String,
    delta_dirs: Vec<&'a str>,
    service: &'a str,
    upgrades_table: &'a str,
    variables: &'a serde_json::Map<String, serde_json::Value>,
}

/// Runs a Python delta to its end. Each line that it or its children print is told as it comes, as
/// [`Event::Output`](crate::progress::Event::Output) with the file's name. When `cancel` is requested, the delta and all
/// that it started are interrupted, and killed if they go on.
///
/// # Errors
///
/// [`Kind::Failed`](crate::error::Kind::Failed) when the delta raises, exits, is killed or is no Python, with the line in
/// the file if there is one, and when the interpreter is missing; [`Kind::Interrupted`](crate::error::Kind::Interrupted)
/// when it ended because of `cancel`; [`Kind::Usage`](crate::error::Kind::Usage) for a path that is not UTF-8.
pub fn run(invocation: &Invocation<'_>, progress: &dyn Progress, cancel: &Cancel) -> Result<()> {
    let request = request(invocation)?;
    let directory = write_shim(invocation).map_err(|cause| {
        Error::failed(format!(
            "cannot write what Python deltas need to {}: {cause}",
            std::env::temp_dir().display()
        ))
    })?;

    let mut command = Command::new(invocation.python);
    command.arg("-u").arg(directory.path().join("run.py"));
    command.env("PYTHONPATH", python_path(directory.path()));
    if invocation.service_file.is_some() {
        command.env("PGSERVICEFILE", directory.path().join(SERVICE_FILE));
    }
    command.envs(invocation.environment.iter().map(|(name, value)| (name, value)));

    let name = file_name(invocation.file);
    let status = process::supervise(command, &request, &name, progress, cancel)
        .map_err(|cause| outcome::no_interpreter(invocation.python, &cause))?;
    outcome::judge(invocation, &directory.path().join("report.json"), status, progress, cancel)
}

/// The name of the service file in the temporary directory.
const SERVICE_FILE: &str = "pg_service.conf";

/// The request as one line.
fn request(invocation: &Invocation<'_>) -> Result<Vec<u8>> {
    let mut delta_dir = text(invocation.delta_dir)?.to_owned();
    if !delta_dir.ends_with(MAIN_SEPARATOR) {
        // An empty path is the working directory.
        delta_dir.push_str(if delta_dir.is_empty() { "./" } else { std::path::MAIN_SEPARATOR_STR });
    }
    let request = Request {
        file: text(invocation.file)?,
        module: if invocation.module.is_empty() { "delta" } else { invocation.module },
        current_version: invocation.current_version,
        delta_dir,
        delta_dirs: invocation.delta_dirs.iter().map(|path| text(path)).collect::<Result<_>>()?,
        service: invocation.service,
        upgrades_table: invocation.upgrades_table,
        variables: invocation.variables,
    };
    let mut line = serde_json::to_vec(&request)
        .map_err(|cause| Error::failed("cannot write the request for a Python delta").caused_by(cause))?;
    line.push(b'\n');
    Ok(line)
}

fn text(path: &Path) -> Result<&str> {
    path.to_str().ok_or_else(|| {
        Error::usage(format!("the path {} is not UTF-8, which Python deltas need", path.display()))
    })
}

/// The name to show of a delta file.
fn file_name(file: &Path) -> String {
    file.file_name().unwrap_or(file.as_os_str()).to_string_lossy().into_owned()
}

/// A temporary directory, for this user only, with the shim and the service file.
fn write_shim(invocation: &Invocation<'_>) -> io::Result<TempDir> {
    let directory = tempfile::Builder::new().prefix("pum-python-").tempdir()?;
    for (name, text) in FILES {
        let path = directory.path().join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(path, text)?;
    }
    if let Some(text) = invocation.service_file {
        let mut options = fs::File::options();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(directory.path().join(SERVICE_FILE))?.write_all(text.as_bytes())?;
    }
    Ok(directory)
}

/// PYTHONPATH with the shim first, so that it wins over an installed Python pum, also in programs that the delta starts.
fn python_path(directory: &Path) -> OsString {
    let mut path = directory.join("shim").into_os_string();
    if let Some(rest) = std::env::var_os("PYTHONPATH").filter(|rest| !rest.is_empty()) {
        path.push(if cfg!(windows) { ";" } else { ":" });
        path.push(rest);
    }
    path
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader};
    use std::os::unix::process::ExitStatusExt;
    use std::process::Stdio;

    use super::*;

    /// When pum is killed, the kernel closes what the runner reads; so does this.
    #[test]
    fn a_delta_dies_with_pum_and_leaves_nothing() {
        let deltas = tempfile::tempdir().unwrap();
        let file = deltas.path().join("delta_1.0.0.py");
        fs::write(&file, "import time\nprint('begun')\ntime.sleep(60)\n").unwrap();
        let invocation = Invocation {
            python: Path::new("python3"),
            file: &file,
            module: "",
            current_version: "1.0.0",
            delta_dir: deltas.path(),
            delta_dirs: &[],
            service: "pg",
            service_file: Some("[pg]\npassword=secret\n"),
            environment: &[],
            upgrades_table: "t",
            variables: &serde_json::Map::new(),
        };
        let directory = write_shim(&invocation).unwrap().keep();
        let mut command = Command::new(invocation.python);
        command.arg("-u").arg(directory.join("run.py")).stdin(Stdio::piped()).stdout(Stdio::piped());
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(&request(&invocation).unwrap()).unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "begun\n");
        drop(stdin);
        assert_eq!(child.wait().unwrap().signal(), Some(9));
        assert!(!directory.exists());
    }
}
