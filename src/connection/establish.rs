//! Connecting: hosts, their addresses and the encryptions that the mode allows, tried in libpq's order.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use futures_util::stream::{self, Stream};
use tokio_postgres::config::SslMode as Encryption;
use tokio_postgres::{AsyncMessage, CancelToken, Client, SimpleQueryMessage};

use super::failure::{Failure, Next, place, server_error};
use super::hosts::{self, Host};
use super::parameters::Parameters;
use super::settings::{Session, Settings};
use super::socket::{self, Address, Socket, SocketOptions};
use super::tls::{Handshake, SslMode, Tls};
use crate::{Error, Result};

/// Notices and notifications from the server, until the connection ends.
pub type Messages = Pin<Box<dyn Stream<Item = std::result::Result<AsyncMessage, tokio_postgres::Error>>>>;

type Connection = tokio_postgres::Connection<Socket, postgres_openssl::TlsStream<Socket>>;

const IN_RECOVERY: &str = "SELECT pg_catalog.pg_is_in_recovery()";

/// How long a cancel request may take.
const CANCEL_TIMEOUT: Duration = Duration::from_secs(10);

/// A connection that stands.
pub struct Link {
    /// Sends queries; they go on only while `messages` is polled.
    pub client: Client,
    /// What the server says beside the answers. Must be polled: it drives the connection.
    pub messages: Messages,
    /// Cancels what the server is doing for this connection.
    pub canceller: Canceller,
    /// The host that was reached: name, address or socket directory.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Whether the connection is encrypted.
    pub encrypted: bool,
    /// The server's version as it says it, such as `15.18 (Debian 15.18-0+deb12u1)`; empty if it does not.
    pub server_version: String,
}

/// Asks the server to stop what it does for one connection, over a connection of its own with the same encryption.
#[derive(Clone)]
pub struct Canceller {
    token: CancelToken,
    host: Host,
    port: u16,
    address: Address,
    options: SocketOptions,
    tls: Option<Tls>,
}

impl Canceller {
    /// Sends the request. That it was sent does not mean that there was anything to cancel.
    ///
    /// # Errors
    ///
    /// The server could not be reached, within ten seconds.
    pub async fn cancel(&self) -> Result<()> {
        let failed = |reason: String| {
            Error::failed(format!("the cancel request to {} failed: {reason}", place(&self.host, self.port)))
        };
        let request = async {
            let socket = socket::open(&self.address, &self.options)
                .await
                .map_err(|error| failed(error.to_string()))?;
            let handshake = handshake(self.tls.as_ref(), &self.host)?;
            let sent = self.token.cancel_query_raw(socket, handshake).await;
            sent.map_err(|error| failed(server_error(&error).message))
        };
        tokio::time::timeout(CANCEL_TIMEOUT, request)
            .await
            .unwrap_or_else(|_| Err(failed("no answer".into())))
    }
}

/// Connects as libpq would with these parameters. `application_name` is what the server is told unless the parameters
/// name another. The encoding is always UTF-8. Needs a tokio runtime with I/O and time, current-thread is enough.
///
/// # Errors
///
/// Parameters that are wrong or that pum does not support (`Kind::Usage`), or no server that lets us in
/// (`Kind::Failed`): each attempt with host, port and reason, and what to do. No error holds a password.
pub async fn establish(parameters: &Parameters, application_name: &str) -> Result<Link> {
    let hosts = hosts::all(parameters)?;
    let settings = Settings::of(parameters, &hosts, application_name)?;
    let sessions: &[Session] = match settings.session {
        Session::PreferStandby => &[Session::Standby, Session::Any],
        ref other => std::slice::from_ref(other),
    };
    let mut failures = Vec::new();
    for &session in sessions {
        for host in &hosts {
            let attempt = Attempt { parameters, settings: &settings, host, port: host.port()?, session };
            match attempt.host(&mut failures).await {
                Some(link) => return Ok(link),
                None if failures.last().is_some_and(|last| last.next == Next::Stop) => {
                    return Err(Failure::into_error(failures, &parameters.database()));
                }
                None => {}
            }
        }
    }
    Err(Failure::into_error(failures, &parameters.database()))
}

fn handshake(tls: Option<&Tls>, host: &Host) -> Result<Handshake> {
    tls.map_or_else(|| Ok(Handshake::none()), |tls| tls.handshake(host))
}

/// The answer to a query that says `on`, `off`, `t` or `f`.
async fn ask(
    client: &Client,
    connection: &mut Connection,
    query: &str,
) -> std::result::Result<bool, tokio_postgres::Error> {
    let mut answer = pin!(client.simple_query(query));
    let rows = poll_fn(|context| {
        if let Poll::Ready(answer) = answer.as_mut().poll(context) {
            return Poll::Ready(answer);
        }
        while let Poll::Ready(message) = connection.poll_message(context) {
            match message {
                Some(Err(error)) => return Poll::Ready(Err(error)),
                Some(Ok(_)) => {}
                None => break,
            }
        }
        answer.as_mut().poll(context)
    })
    .await?;
    Ok(rows.iter().any(|row| match row {
        SimpleQueryMessage::Row(row) => matches!(row.get(0), Some("on" | "t")),
        _ => false,
    }))
}

/// Attempts at one host.
struct Attempt<'a> {
    parameters: &'a Parameters,
    settings: &'a Settings,
    host: &'a Host,
    port: u16,
    session: Session,
}

impl Attempt<'_> {
    /// Tries the addresses of the host. The last failure says how to go on.
    async fn host(&self, failures: &mut Vec<Failure>) -> Option<Link> {
        let addresses = match socket::addresses(self.host, self.port, self.settings.random_order).await {
            Ok(addresses) => addresses,
            Err(error) => {
                failures.push(self.failure(Next::Host, format!("cannot find the host: {error}")));
                return None;
            }
        };
        for address in addresses {
            if let Some(link) = self.address(&address, failures).await {
                return Some(link);
            }
            if failures.last().is_some_and(|last| last.next != Next::Address) {
                break;
            }
        }
        None
    }

    /// Tries the encryptions that the mode allows.
    async fn address(&self, address: &Address, failures: &mut Vec<Failure>) -> Option<Link> {
        let encryptions: &[Encryption] = match self.settings.ssl_mode {
            _ if self.host.is_socket() => &[Encryption::Disable],
            SslMode::Disable => &[Encryption::Disable],
            SslMode::Allow => &[Encryption::Disable, Encryption::Prefer],
            SslMode::Prefer => &[Encryption::Prefer, Encryption::Disable],
            SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull => &[Encryption::Require],
        };
        for (index, &encryption) in encryptions.iter().enumerate() {
            let attempt = self.encryption(address, encryption);
            let result = match self.settings.timeout {
                Some(limit) => tokio::time::timeout(limit, attempt).await.unwrap_or_else(|_| {
                    let error = io::Error::new(io::ErrorKind::TimedOut, "timeout expired");
                    Err(Failure::of_socket(self.host, self.port, &error))
                }),
                None => attempt.await,
            };
            let mut failure = match result {
                Ok(link) => return Some(link),
                Err(failure) => failure,
            };
            let goes_on = failure.next == Next::OtherEncryption && index + 1 < encryptions.len();
            if failure.next == Next::OtherEncryption && !goes_on {
                failure.next = Next::Stop;
            }
            failures.push(failure);
            if !goes_on {
                break;
            }
        }
        None
    }

    /// One attempt.
    async fn encryption(
        &self,
        address: &Address,
        encryption: Encryption,
    ) -> std::result::Result<Link, Failure> {
        let stop = |error: Error| {
            let mut failure = self.failure(Next::Stop, error.message);
            failure.hints = error.hints;
            failure
        };
        let socket = socket::open(address, &self.settings.socket)
            .await
            .map_err(|error| Failure::of_socket(self.host, self.port, &error))?;
        let password = self.parameters.password(self.host);
        let config = self.settings.config(password.as_ref(), encryption);
        let tls = self.settings.tls.as_ref().filter(|_| encryption != Encryption::Disable);
        let handshake = handshake(tls, self.host).map_err(stop)?;
        let state = handshake.state.clone();
        let connected = config.connect_raw(socket, handshake).await;
        let (client, mut connection) = connected.map_err(|error| {
            let mut failure =
                Failure::of_login(self.host, self.port, self.parameters, password.as_ref(), &state, &error);
            // Where the server does not speak TLS, the attempt that prefers it was the plain one.
            let was_plain = !state.encrypted() && !state.failed();
            if failure.next == Next::OtherEncryption && encryption == Encryption::Prefer && was_plain {
                failure.next = Next::Stop;
            }
            failure
        })?;
        self.check_session(&client, &mut connection).await?;
        Ok(Link {
            canceller: Canceller {
                token: client.cancel_token(),
                host: self.host.clone(),
                port: self.port,
                address: address.clone(),
                options: self.settings.socket.clone(),
                tls: tls.cloned(),
            },
            host: self.host.shown().to_owned(),
            port: self.port,
            encrypted: state.encrypted(),
            server_version: connection.parameter("server_version").unwrap_or_default().to_owned(),
            client,
            messages: Box::pin(stream::poll_fn(move |context| connection.poll_message(context))),
        })
    }

    /// Whether the session is of the sort that is wanted; if not, the next host may have one.
    async fn check_session(
        &self,
        client: &Client,
        connection: &mut Connection,
    ) -> std::result::Result<(), Failure> {
        let told = |connection: &Connection, name| connection.parameter(name).map(|value| value == "on");
        let standby = told(connection, "in_hot_standby");
        let read_only =
            told(connection, "default_transaction_read_only").zip(standby).map(|(one, other)| one || other);
        let (query, known, wanted, wrong) = match self.session {
            Session::Any | Session::PreferStandby => return Ok(()),
            Session::ReadWrite => {
                ("SHOW transaction_read_only", read_only, false, "the session is read-only")
            }
            Session::ReadOnly => {
                ("SHOW transaction_read_only", read_only, true, "the session is not read-only")
            }
            Session::Primary => (IN_RECOVERY, standby, false, "the server is a standby"),
            Session::Standby => (IN_RECOVERY, standby, true, "the server is not a standby"),
        };
        let is = match known {
            Some(is) => is,
            // Servers before 14 do not tell by themselves.
            None => ask(client, connection, query)
                .await
                .map_err(|error| self.failure(Next::Host, server_error(&error).message))?,
        };
        if is == wanted {
            return Ok(());
        }
        let mut failure = self.failure(Next::Host, wrong);
        failure.hints.push("target_session_attrs says which sort of server is wanted".into());
        Err(failure)
    }

    fn failure(&self, next: Next, reason: impl Into<String>) -> Failure {
        Failure::new(next, self.host, self.port, reason)
    }
}
