//! A connection for programs that are run: a temporary service file and the variables that lead to it, so that nothing secret
//! stands in an argument list and nothing of the user's environment gets between.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::hosts;
use super::parameters::Parameters;
use super::text::is_space;
use super::{Environment, keywords};
use crate::{Error, Result};

/// The newest major version of libpq whose keywords may stand in the file: an older libpq refuses a whole file for one
/// keyword that it does not know, while it passes over an unknown variable.
const NEWEST_IN_FILE: u8 = 13;

/// libpq before 14 reads lines of 255 bytes.
const LONGEST_LINE: usize = 250;

/// A service file with one service, readable by its owner alone, that holds a whole connection; gone when dropped, on
/// Linux also when this process is killed.
pub struct ServiceFile {
    path: PathBuf,
    _kept: Kept,
    name: String,
    variables: Vec<(&'static str, String)>,
}

impl ServiceFile {
    /// Writes the file. The password is in it also if it came from the password file. The service keeps the name that the
    /// connection was given by, else it is `pum`.
    ///
    /// # Errors
    ///
    /// The file could not be written, or a value can be given neither in the file nor by a variable.
    pub fn create(parameters: &Parameters) -> Result<ServiceFile> {
        let known = parameters.service().filter(|name| is_plain(name));
        let name = known.unwrap_or("pum").to_owned();
        let mut variables = Vec::new();
        let mut section = format!("[{name}]\n");
        for (keyword, value) in whole(parameters)? {
            let line = format!("{keyword}={value}");
            let description = keywords::find(&keyword);
            let variable = description.and_then(|keyword| keyword.variable);
            let is_new = description.is_some_and(|keyword| keyword.since > NEWEST_IN_FILE);
            let fits = !value.contains('\n') && !value.as_bytes().last().is_some_and(|&byte| is_space(byte));
            match variable {
                Some(variable) if is_new || !fits || line.len() > LONGEST_LINE => {
                    variables.push((variable, value))
                }
                None if !fits => {
                    return Err(Error::usage(format!(
                        "the value of {keyword} ends with white space or has several lines, no service file can hold it"
                    )));
                }
                _ => section.extend([&line, "\n"]),
            }
        }
        let (kept, path) = Kept::write(&section).map_err(|error| {
            Error::failed(format!("cannot write a temporary service file: {error}")).caused_by(error)
        })?;
        Ok(ServiceFile { path, _kept: kept, name, variables })
    }

    /// The name of the service.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The path of the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The variables that a program needs to find the connection when it asks libpq for the service, or for nothing
    /// at all: PGSERVICEFILE, PGSERVICE, and those for values that the file cannot hold.
    pub fn environment(&self) -> Vec<(OsString, OsString)> {
        let mut variables: Vec<(OsString, OsString)> = vec![
            ("PGSERVICEFILE".into(), self.path().as_os_str().to_owned()),
            ("PGSERVICE".into(), OsString::from(&self.name)),
        ];
        variables.extend(self.variables.iter().map(|(name, value)| (name.into(), value.into())));
        variables
    }

    /// The parameters as a program that is given this file would resolve them in the environment of this process.
    ///
    /// # Errors
    ///
    /// As `Parameters::resolve`.
    pub fn resolve(&self) -> Result<Parameters> {
        let variables = self.environment();
        let environment = variables
            .into_iter()
            .fold(Environment::of_process(), |environment, (name, value)| environment.with(name, value));
        Parameters::resolve_with("", &environment)
    }
}

/// What keeps the file alive.
enum Kept {
    #[cfg(target_os = "linux")]
    /// A file without a name, reached through this process's open files: nothing is left when the process is killed.
    Nameless {
        _file: File,
    },
    Named {
        _file: NamedTempFile,
    },
}

impl Kept {
    fn write(contents: &str) -> io::Result<(Kept, PathBuf)> {
        #[cfg(target_os = "linux")]
        {
            use std::os::fd::AsRawFd;
            use std::os::unix::fs::PermissionsExt;
            let mut file = tempfile::tempfile()?;
            // The crate leaves this to the umask, since nobody but us and root reaches it.
            file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
            file.write_all(contents.as_bytes())?;
            let path = PathBuf::from(format!("/proc/{}/fd/{}", std::process::id(), file.as_raw_fd()));
            // Some sandboxes have no /proc.
            if File::open(&path).is_ok() {
                return Ok((Kept::Nameless { _file: file }, path));
            }
        }
        let mut file = tempfile::Builder::new().prefix("pum-service-").suffix(".conf").tempfile()?;
        file.write_all(contents.as_bytes())?;
        let path = file.path().to_owned();
        Ok((Kept::Named { _file: file }, path))
    }
}

fn is_plain(name: &str) -> bool {
    !name.is_empty() && !name.contains([']', '\n', '\r']) && name.len() < LONGEST_LINE
}

/// All that is known of the connection, defaults included where the program's own could be others.
fn whole(parameters: &Parameters) -> Result<Vec<(String, String)>> {
    let mut all = parameters.clone();
    let address_only = parameters.filled("hostaddr").is_some();
    let host = if address_only { String::new() } else { parameters.host() };
    for (keyword, value) in [("host", host), ("dbname", parameters.database()), ("user", parameters.user())] {
        if parameters.filled(keyword).is_none() {
            all = all.with(keyword, &value);
        }
    }
    if parameters.filled("port").is_none() {
        all = all.with("port", &hosts::DEFAULT_PORT.to_string());
    }
    if let Some(password) = common_password(parameters)? {
        all = all.with("password", &password);
    } else if let Some(path) = parameters.password_file().filter(|path| path.exists()) {
        all = all.with("passfile", &path.display().to_string());
    }
    let is_path = |keyword: &str| {
        matches!(keyword, "passfile" | "sslcert" | "sslrootcert" | "sslkey" | "sslcrl" | "sslcrldir")
    };
    Ok(all
        .values()
        // An empty host keeps PGHOST out.
        .filter(|(keyword, value)| !value.is_empty() || *keyword == "host")
        .map(|(keyword, value)| {
            // The program may run in another directory.
            let absolute = std::path::absolute(value).ok().filter(|_| is_path(keyword) && value != "system");
            let value = absolute.and_then(|path| path.to_str().map(str::to_owned));
            (keyword.to_owned(), value.unwrap_or_else(|| all.get(keyword).unwrap_or_default().to_owned()))
        })
        .collect())
}

/// The password that is the same for all hosts.
fn common_password(parameters: &Parameters) -> Result<Option<String>> {
    let passwords = hosts::all(parameters)?.iter().map(|host| parameters.password(host)).collect::<Vec<_>>();
    let first = passwords.first().and_then(Option::as_ref).map(|password| &password.bytes);
    let same = passwords.iter().all(|password| password.as_ref().map(|password| &password.bytes) == first);
    Ok(first.filter(|_| same).and_then(|bytes| String::from_utf8(bytes.clone()).ok()))
}
