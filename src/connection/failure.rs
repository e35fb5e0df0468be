//! Why a connection could not be made: each attempt with its reason, then what to do.

use std::io;

use tokio_postgres::error::{DbError, SqlState};

use super::hosts::Host;
use super::parameters::{Parameters, Password};
use super::tls::HandshakeState;
use crate::Error;

/// How libpq goes on after an attempt that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// With the next address of the same host.
    Address,
    /// With the next host.
    Host,
    /// The server rejected the login: once more with or without TLS if the mode allows that, else not at all.
    OtherEncryption,
    /// Not at all.
    Stop,
}

/// An attempt that failed.
#[derive(Debug)]
pub(super) struct Failure {
    pub next: Next,
    /// Host and port, or the path of the socket.
    pub place: String,
    pub reason: String,
    pub hints: Vec<String>,
    pub sqlstate: Option<String>,
}

impl Failure {
    /// The socket could not be opened, or the time was up.
    pub fn of_socket(host: &Host, port: u16, error: &io::Error) -> Failure {
        let hint = match error.kind() {
            io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound if host.is_socket() => {
                "is the server running on this machine, with its socket in that directory?"
            }
            io::ErrorKind::ConnectionRefused => {
                "is the server running there, and listening on that address and port?"
            }
            io::ErrorKind::TimedOut => {
                "is the host up and the port open in the firewall? connect_timeout sets how long to wait"
            }
            _ => "",
        };
        let reason = error.to_string();
        // The standard library adds the number of the error.
        let reason = reason.split(" (os error").next().unwrap_or_default().to_lowercase();
        Failure::new(Next::Address, host, port, reason).with_hint(hint)
    }

    /// A failure with this reason.
    pub fn new(next: Next, host: &Host, port: u16, reason: impl Into<String>) -> Failure {
        Failure { next, place: place(host, port), reason: reason.into(), hints: Vec::new(), sqlstate: None }
    }

    fn with_hint(mut self, hint: impl Into<String>) -> Failure {
        let hint = hint.into();
        if !hint.is_empty() {
            self.hints.push(hint);
        }
        self
    }

    /// The server, TLS or the exchange with it failed.
    pub fn of_login(
        host: &Host,
        port: u16,
        parameters: &Parameters,
        password: Option<&Password>,
        handshake: &HandshakeState,
        error: &tokio_postgres::Error,
    ) -> Failure {
        if let Some(rejection) = error.as_db_error() {
            return of_rejection(host, port, parameters, password, rejection);
        }
        if handshake.failed() {
            let failure = of_handshake(host, port, handshake.found_wrong_name(), error);
            let direct = parameters.filled("sslnegotiation") == Some("direct");
            let refused = direct && !handshake.found_wrong_name() && failure.hints.is_empty();
            return failure.with_hint(if refused {
                "sslnegotiation=direct needs a server of PostgreSQL 17 or later; leave it out for an older one"
            } else {
                ""
            });
        }
        let reason = chain(error);
        if reason.contains("password missing") {
            let hint = match parameters.warnings() {
                [] => {
                    "put it into ~/.pgpass (host:port:database:user:password, mode 0600), the service file or PGPASSWORD"
                }
                [first, ..] => first,
            };
            return Failure::new(Next::Stop, host, port, "the server asks for a password, and there is none")
                .with_hint(hint);
        }
        if reason.contains("does not support TLS") {
            return Failure::new(
                Next::Stop,
                host,
                port,
                "the server does not support TLS, and sslmode requires it",
            )
            .with_hint("switch ssl on in the server, or use sslmode=prefer if the network can be trusted");
        }
        if reason.contains("channel binding") {
            return Failure::new(
                Next::Stop,
                host,
                port,
                "the server did not use channel binding, and channel_binding=require asks for it",
            );
        }
        Failure::new(Next::Stop, host, port, reason)
    }

    /// The error for a person, of all attempts.
    pub fn into_error(mut attempts: Vec<Failure>, database: &str) -> Error {
        attempts.dedup_by(|later, earlier| later.place == earlier.place && later.reason == earlier.reason);
        let mut error = match attempts.as_slice() {
            [one] => Error::failed(format!("cannot connect to {}: {}", one.place, one.reason)),
            several => several.iter().fold(
                Error::failed(format!("cannot connect to database \"{database}\": every attempt failed")),
                |error, attempt| error.note(attempt.place.clone(), attempt.reason.clone()),
            ),
        };
        for attempt in attempts {
            error.sqlstate = attempt.sqlstate.or(error.sqlstate);
            for hint in attempt.hints {
                if !error.hints.contains(&hint) {
                    error.hints.push(hint);
                }
            }
        }
        error
    }
}

fn of_rejection(
    host: &Host,
    port: u16,
    parameters: &Parameters,
    password: Option<&Password>,
    rejection: &DbError,
) -> Failure {
    let code = rejection.code();
    let next = match code.code() {
        "57P03" => Next::Host,
        code if code.starts_with("28") => Next::OtherEncryption,
        _ => Next::Stop,
    };
    let hint = if *code == SqlState::INVALID_PASSWORD {
        match password.and_then(|password| password.file.as_ref()) {
            Some(path) => format!("the password came from {}", path.display()),
            None => "check the password in the connection string, the service file or PGPASSWORD".to_owned(),
        }
    } else if *code == SqlState::INVALID_CATALOG_NAME {
        if parameters.names_database() {
            format!("create it (createdb {}), or name another with dbname", parameters.database())
        } else {
            "no database was named, so the user's name was taken; name one with dbname or PGDATABASE"
                .to_owned()
        }
    } else {
        rejection.hint().unwrap_or_default().to_owned()
    };
    let reason = match rejection.detail() {
        Some(detail) => format!("{} ({detail})", rejection.message()),
        None => rejection.message().to_owned(),
    };
    let mut failure = Failure::new(next, host, port, reason).with_hint(hint);
    failure.sqlstate = Some(code.code().to_owned());
    failure
}

fn of_handshake(host: &Host, port: u16, wrong_name: bool, error: &tokio_postgres::Error) -> Failure {
    if wrong_name {
        return Failure::new(
            Next::OtherEncryption,
            host,
            port,
            format!("the server's certificate is not for \"{}\"", host.name),
        )
        .with_hint("connect by the name in the certificate; sslmode=verify-ca accepts any name");
    }
    let reason = format!("TLS failed: {}", chain(error));
    let hint = if reason.contains("certificate") {
        "sslrootcert names the root certificate to trust (default ~/.postgresql/root.crt), sslcert and sslkey the client's own"
    } else {
        ""
    };
    Failure::new(Next::OtherEncryption, host, port, reason).with_hint(hint)
}

/// How a person knows the server.
pub(super) fn place(host: &Host, port: u16) -> String {
    if host.is_socket() {
        return format!("{}/.s.PGSQL.{port}", host.name);
    }
    let bracketed = |name: &str| if name.contains(':') { format!("[{name}]") } else { name.to_owned() };
    let shown = format!("{}:{port}", bracketed(host.shown()));
    if host.name.is_empty() || host.address.is_empty() {
        shown
    } else {
        format!("{shown} ({})", host.address)
    }
}

/// The messages of an error and its causes, each once.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let message = error.to_string();
        if !text.contains(&message) {
            text = format!("{text}: {message}");
        }
        cause = error.source();
    }
    text
}

/// What the server said, or else what happened to the connection; tokio-postgres says "db error".
pub(super) fn reason(error: &tokio_postgres::Error) -> String {
    error.as_db_error().map_or_else(|| chain(error), |rejection| rejection.message().to_owned())
}
