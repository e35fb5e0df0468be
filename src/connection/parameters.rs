//! The resolved connection: a service, a URI or a key/value string, completed by the service file and the environment in
//! libpq's order. Passwords of the password file are looked up when they are needed, for each host.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::environment::Environment;
use super::hosts::{self, DEFAULT_PORT, Host};
use super::text::{self, Pairs};
use super::{keywords, passfile, service};
use crate::{Error, Result};

/// A resolved connection: libpq keywords (`host`, `port`, `dbname`, `user`, `password`, `sslmode`, …) with the values
/// that libpq would use. What is shown of it (`Debug`, `redacted`) never holds a password.
#[derive(Clone)]
pub struct Parameters {
    values: BTreeMap<String, String>,
    service: Option<String>,
    /// Whether nothing but the service was named.
    service_alone: bool,
    environment: Arc<Environment>,
    warnings: Vec<String>,
}

/// A password and where it was found.
pub(super) struct Password {
    pub bytes: Vec<u8>,
    pub file: Option<PathBuf>,
}

impl Parameters {
    /// Resolves a service name, a URI (`postgresql://…`, `postgres://…`) or a key/value string (anything with a `=`),
    /// completed by the service entry and then the environment of the process, as libpq does. An empty text is what
    /// the environment says alone.
    ///
    /// # Errors
    ///
    /// What libpq refuses: a string that can't be read, an unknown keyword, a service that is not defined, a line of
    /// its section that can't be read.
    pub fn resolve(text: &str) -> Result<Parameters> {
        Parameters::resolve_with(text, &Environment::of_process())
    }

    /// The same with an environment of one's own.
    ///
    /// # Errors
    ///
    /// As `resolve`.
    pub fn resolve_with(text: &str, environment: &Environment) -> Result<Parameters> {
        let pairs = read_text(text)?;
        let mut parameters = Parameters {
            service_alone: pairs.iter().all(|(keyword, _)| keyword == "service"),
            values: pairs.into_iter().collect(),
            service: None,
            environment: Arc::new(environment.clone()),
            warnings: Vec::new(),
        };
        let service = match parameters.values.remove("service") {
            Some(name) => Some(name),
            None => environment.text("PGSERVICE")?.map(str::to_owned),
        };
        if let Some(name) = service {
            parameters.complete(find_service(&name, environment)?);
            parameters.service = Some(name);
        }
        for keyword in keywords::KEYWORDS {
            if let Some(value) = keyword.variable.map_or(Ok(None), |variable| environment.text(variable))? {
                parameters.values.entry(keyword.name.into()).or_insert_with(|| value.into());
            }
        }
        if environment.text("PGREQUIRESSL")?.is_some_and(|value| value.starts_with('1')) {
            parameters.complete(vec![("sslmode".into(), "require".into())]);
        }
        if parameters.filled("sslrootcert") == Some("system") {
            parameters.complete(vec![("sslmode".into(), "verify-full".into())]);
        }
        parameters.check_password_file();
        Ok(parameters)
    }

    /// Adds what is not there yet.
    fn complete(&mut self, pairs: Pairs) {
        for (name, value) in pairs {
            self.values.entry(name).or_insert(value);
        }
    }

    /// The value of a libpq keyword, if the connection string, the service, or the environment gave one. A password
    /// of the password file is not among them: it belongs to a host and is looked up when connecting.
    pub fn get(&self, keyword: &str) -> Option<&str> {
        self.values.get(keyword).map(String::as_str)
    }

    /// The same, but an empty value counts as none.
    pub(super) fn filled(&self, keyword: &str) -> Option<&str> {
        self.get(keyword).filter(|value| !value.is_empty())
    }

    /// The same connection with another value for one keyword.
    #[must_use]
    pub fn with(&self, keyword: &str, value: &str) -> Parameters {
        let mut other = self.clone();
        other.values.insert(keyword.to_owned(), value.to_owned());
        other.service_alone = false;
        other
    }

    /// All keywords that have a value, secrets included.
    pub(super) fn values(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values.iter().map(|(keyword, value)| (keyword.as_str(), value.as_str()))
    }

    /// What surrounds the connection.
    pub(super) fn environment(&self) -> &Environment {
        &self.environment
    }

    /// The host to show: name, address or socket directory; several are joined by commas.
    pub fn host(&self) -> String {
        hosts::shown_hosts(self)
    }

    /// The port to show: of the first host.
    pub fn port(&self) -> u16 {
        let first = self.filled("port").and_then(|ports| ports.split(',').next());
        first.and_then(|port| port.trim().parse().ok()).unwrap_or(DEFAULT_PORT)
    }

    /// The database's name; libpq's last default is the name of the user.
    pub fn database(&self) -> String {
        self.filled("dbname").map_or_else(|| self.user(), str::to_owned)
    }

    /// The role to log in as; by default named like the user that the process runs as, and empty if that one has no
    /// name.
    pub fn user(&self) -> String {
        self.filled("user").or(self.environment.user()).unwrap_or_default().to_owned()
    }

    /// Whether somebody named the database: the connection string, the service or PGDATABASE. If not, it is libpq's last
    /// default, a database named like the user, and nothing should be written there.
    pub fn names_database(&self) -> bool {
        self.filled("dbname").is_some()
    }

    /// The service that the connection was given by.
    pub fn service(&self) -> Option<&str> {
        self.service.as_deref()
    }

    /// What to call it: the service, if nothing else was named with it, else the database.
    pub fn name(&self) -> String {
        self.whole_service().map_or_else(|| self.database(), str::to_owned)
    }

    /// The service, if nothing else was named with it.
    pub fn whole_service(&self) -> Option<&str> {
        self.service().filter(|_| self.service_alone)
    }

    /// What the user should know of the files that were read, such as a password file that was ignored.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// A connection string of one line, without secrets, for messages.
    pub fn redacted(&self) -> String {
        let shown = |(name, value): (&str, &str)| {
            if keywords::find(name).is_some_and(|keyword| keyword.secret) {
                return None;
            }
            let plain = |character: char| character.is_alphanumeric() || "-_./:,@+%".contains(character);
            let value = if !value.is_empty() && value.chars().all(plain) {
                value.to_owned()
            } else {
                format!("'{}'", value.replace('\\', "\\\\").replace('\'', "\\'").replace('\n', " "))
            };
            Some(format!("{name}={value}"))
        };
        self.values().filter_map(shown).collect::<Vec<_>>().join(" ")
    }

    /// The password for a host: the one that was given, else that of the password file. An empty one counts as none.
    pub(super) fn password(&self, host: &Host) -> Option<Password> {
        if let Some(password) = self.filled("password") {
            return Some(Password { bytes: password.into(), file: None });
        }
        let path = self.password_file()?;
        if password_file_fault(&path).is_some() {
            return None;
        }
        let contents = std::fs::read(&path).ok()?;
        let bytes =
            passfile::find(&contents, host.password_key(), &host.port, &self.database(), &self.user())?;
        (!bytes.is_empty()).then_some(Password { bytes, file: Some(path) })
    }

    /// The password file that counts, whether it exists or not.
    pub(super) fn password_file(&self) -> Option<PathBuf> {
        let name = if cfg!(windows) { "AppData/Roaming/postgresql/pgpass.conf" } else { ".pgpass" };
        self.filled("passfile").map(PathBuf::from).or_else(|| self.environment.home_file(name))
    }

    fn check_password_file(&mut self) {
        if self.filled("password").is_none()
            && let Some(path) = self.password_file()
            && let Some(fault) = password_file_fault(&path)
        {
            self.warnings.push(fault);
        }
    }
}

impl fmt::Debug for Parameters {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Parameters({})", self.redacted())
    }
}

impl PartialEq for Parameters {
    fn eq(&self, other: &Self) -> bool {
        self.values == other.values
    }
}

impl Eq for Parameters {}

fn read_text(text: &str) -> Result<Pairs> {
    if text.is_empty() {
        return Ok(Pairs::new());
    }
    if text::uri_rest(text).is_some() {
        return text::parse(text);
    }
    // Not repeated: there may be a password in it.
    let before_value = text.split('=').next().unwrap_or(text);
    if before_value.contains("://") {
        return Err(Error::usage("the connection URI has an unknown scheme")
            .hint("a connection URI begins with postgresql:// or postgres://"));
    }
    if text.contains('=') { text::parse(text) } else { Ok(vec![("service".into(), text.into())]) }
}

/// Reads a service from the user's file, else from the system's.
fn find_service(name: &str, environment: &Environment) -> Result<Pairs> {
    let named = environment.path("PGSERVICEFILE").map(Path::to_owned);
    let user_file = named.clone().or_else(|| environment.home_file(".pg_service.conf"));
    let system_files = environment.system_directories().into_iter().map(|path| path.join("pg_service.conf"));
    let mut looked_in = Vec::new();
    for path in user_file.into_iter().chain(system_files) {
        if named.as_ref() != Some(&path) && !path.exists() {
            continue;
        }
        let contents = std::fs::read(&path).map_err(|error| {
            let hint = if named.is_some() { "PGSERVICEFILE names it" } else { "check its permissions" };
            Error::usage(format!("cannot read service file {}: {error}", path.display()))
                .hint(hint)
                .caused_by(error)
        })?;
        let section = service::read(&contents, name).map_err(|fault| {
            let place = format!("{}:{}", path.display(), fault.line);
            let error =
                Error::usage(format!("{place}: {} in section [{name}] of the service file", fault.what));
            if fault.hint.is_empty() { error } else { error.hint(fault.hint) }
        })?;
        match section {
            Some(pairs) => return Ok(pairs),
            None => looked_in.push(path.display().to_string()),
        }
    }
    if name.contains(':') && name.contains('@') {
        // Not repeated: a URI gone wrong, perhaps with a password.
        return Err(Error::usage("the connection is no service, no URI and no key/value string")
            .hint("a connection URI begins with postgresql:// or postgres://"));
    }
    let error = Error::usage(format!("service \"{name}\" is not defined"));
    Err(match looked_in.as_slice() {
        [] => {
            error.hint(format!("there is no service file; write a section [{name}] into ~/.pg_service.conf"))
        }
        files => error.note("looked in", files.join(", ")).hint(format!("add a section [{name}]")),
    }
    .hint("a connection string is a URI (postgresql://…) or keyword=value …"))
}

/// Why libpq ignores a password file that exists.
fn password_file_fault(path: &Path) -> Option<String> {
    let metadata = std::fs::metadata(path).ok()?;
    if !metadata.is_file() {
        return Some(format!("password file {} is not a plain file, it is ignored", path.display()));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        if metadata.permissions().mode() & 0o077 != 0 {
            let path = path.display();
            return Some(format!(
                "password file {path} can be read by others, it is ignored; run: chmod 600 {path}"
            ));
        }
    }
    None
}
