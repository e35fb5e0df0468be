//! The parameters as settings of a connection: read and checked before anything is tried, so that nothing that matters for
//! security is passed over in silence.

use std::time::Duration;

use tokio_postgres::config::{ChannelBinding, Config, SslNegotiation};

use super::hosts::Host;
use super::parameters::{Parameters, Password};
use super::socket::{SocketOptions, integer};
use super::tls::{SslMode, Tls};
use crate::{Error, Result};

/// What sort of session is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Session {
    Any,
    ReadWrite,
    ReadOnly,
    Primary,
    Standby,
    PreferStandby,
}

/// Everything that the attempts to connect share.
pub(super) struct Settings {
    pub ssl_mode: SslMode,
    /// `None` where no attempt uses TLS.
    pub tls: Option<Tls>,
    pub session: Session,
    pub timeout: Option<Duration>,
    pub socket: SocketOptions,
    pub random_order: bool,
    config: Config,
}

impl Settings {
    /// Reads and checks the parameters.
    pub fn of(parameters: &Parameters, hosts: &[Host], application_name: &str) -> Result<Settings> {
        refuse_unsupported(parameters, hosts)?;
        let ssl_mode = SslMode::of(parameters)?;
        let uses_tls = ssl_mode != SslMode::Disable && !hosts.iter().all(Host::is_socket);
        Ok(Settings {
            ssl_mode,
            tls: if uses_tls { Some(Tls::of(parameters, ssl_mode)?) } else { None },
            session: session(parameters)?,
            timeout: timeout(parameters)?,
            socket: SocketOptions::of(parameters)?,
            random_order: parameters.filled("load_balance_hosts") == Some("random"),
            config: config(parameters, ssl_mode, application_name)?,
        })
    }

    /// What is said to a server in the beginning.
    pub fn config(&self, password: Option<&Password>, mode: tokio_postgres::config::SslMode) -> Config {
        let mut config = self.config.clone();
        config.ssl_mode(mode);
        if mode == tokio_postgres::config::SslMode::Disable {
            config.ssl_negotiation(SslNegotiation::Postgres);
        }
        if let Some(password) = password {
            config.password(&password.bytes);
        }
        config
    }
}

fn invalid(keyword: &str, value: &str, allowed: &str) -> Error {
    Error::usage(format!("invalid {keyword} value \"{value}\"")).hint(format!("it is {allowed}"))
}

/// What libpq would act on and we cannot.
fn refuse_unsupported(parameters: &Parameters, hosts: &[Host]) -> Result<()> {
    let refuse = |keyword: &str, hint: &str| {
        Err(Error::usage(format!("the connection keyword {keyword} asks for what pum does not support"))
            .hint(hint))
    };
    for keyword in ["require_auth", "scram_client_key", "scram_server_key", "oauth_issuer", "sslkeylogfile"] {
        if parameters.filled(keyword).is_some() {
            return refuse(
                keyword,
                &format!(
                    "leave {keyword} out; channel_binding=require and sslmode=verify-full are supported"
                ),
            );
        }
    }
    match parameters.filled("gssencmode").unwrap_or("disable") {
        "disable" | "prefer" => {}
        "require" => return refuse("gssencmode", "use TLS (sslmode) instead of GSSAPI encryption"),
        other => return Err(invalid("gssencmode", other, "disable or prefer")),
    }
    if parameters.filled("requirepeer").is_some() && hosts.iter().any(Host::is_socket) {
        return refuse("requirepeer", "leave it out, or connect by TCP with sslmode=verify-full");
    }
    if parameters.filled("min_protocol_version").is_some_and(|version| version != "3.0") {
        return refuse("min_protocol_version", "pum speaks protocol 3.0");
    }
    match parameters.filled("replication").unwrap_or("false") {
        "false" | "off" | "no" | "0" => Ok(()),
        _ => refuse("replication", "pum needs an ordinary connection"),
    }
}

fn session(parameters: &Parameters) -> Result<Session> {
    Ok(match parameters.filled("target_session_attrs").unwrap_or("any") {
        "any" => Session::Any,
        "read-write" => Session::ReadWrite,
        "read-only" => Session::ReadOnly,
        "primary" => Session::Primary,
        "standby" => Session::Standby,
        "prefer-standby" => Session::PreferStandby,
        other => {
            let allowed = "any, read-write, read-only, primary, standby or prefer-standby";
            return Err(invalid("target_session_attrs", other, allowed));
        }
    })
}

/// For each attempt; 0 and less mean none, and libpq makes 2 seconds of 1.
fn timeout(parameters: &Parameters) -> Result<Option<Duration>> {
    let seconds = integer(parameters, "connect_timeout")?.unwrap_or(0);
    Ok(u64::try_from(seconds)
        .ok()
        .filter(|&seconds| seconds > 0)
        .map(|seconds| Duration::from_secs(seconds.max(2))))
}

fn config(parameters: &Parameters, ssl_mode: SslMode, application_name: &str) -> Result<Config> {
    let mut config = Config::new();
    let user = parameters.user();
    if user.is_empty() {
        return Err(Error::usage("no user to connect as: the user that pum runs as has no passwd entry")
            .hint("give one: user=… in the connection string or PGUSER"));
    }
    config.user(user).dbname(parameters.database());
    config.application_name(parameters.filled("application_name").unwrap_or(application_name));
    let options = options(parameters)?;
    if !options.is_empty() {
        config.options(options);
    }
    config.channel_binding(match parameters.filled("channel_binding").unwrap_or("prefer") {
        "disable" => ChannelBinding::Disable,
        "prefer" => ChannelBinding::Prefer,
        "require" => ChannelBinding::Require,
        other => return Err(invalid("channel_binding", other, "disable, prefer or require")),
    });
    match parameters.filled("sslnegotiation").unwrap_or("postgres") {
        "postgres" => {}
        "direct" if ssl_mode >= SslMode::Require => {
            config.ssl_negotiation(SslNegotiation::Direct);
        }
        "direct" => {
            return Err(Error::usage("sslnegotiation=direct needs sslmode=require or stronger"));
        }
        other => return Err(invalid("sslnegotiation", other, "postgres or direct")),
    }
    Ok(config)
}

/// The server's command-line options, with the settings that libpq takes from variables of their own.
fn options(parameters: &Parameters) -> Result<String> {
    let mut options = parameters.get("options").unwrap_or_default().to_owned();
    for (variable, setting) in [("PGDATESTYLE", "DateStyle"), ("PGTZ", "TimeZone"), ("PGGEQO", "geqo")] {
        let value = parameters.environment().text(variable)?;
        if let Some(value) = value.filter(|value| !value.eq_ignore_ascii_case("default")) {
            let value = value.replace('\\', "\\\\").replace(' ', "\\ ");
            options.push_str(&format!(" -c {setting}={value}"));
        }
    }
    Ok(options)
}
