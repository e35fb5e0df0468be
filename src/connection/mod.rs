//! libpq's rules: which server, which database, as whom, with which password and which TLS.

mod session;

use std::collections::BTreeMap;
use std::pin::Pin;

use futures_util::Stream;

pub use session::{Fault, Reply, Row, Session, Unwatched, Watch};

use crate::{Error, Result};

/// A resolved connection: libpq keywords (`host`, `port`, `dbname`, `user`, `password`, `sslmode`, …) with the values
/// that libpq would use.
#[derive(Clone, PartialEq, Eq)]
pub struct Parameters {
    values: BTreeMap<String, String>,
}

impl Parameters {
    /// Resolves a service name, a URI or a key/value string, with the environment, as libpq does.
    pub fn resolve(text: &str) -> Result<Parameters> {
        let mut values = BTreeMap::new();
        for pair in text.split_whitespace() {
            let (key, value) =
                pair.split_once('=').ok_or_else(|| Error::usage(format!("not a connection: {text}")))?;
            values.insert(key.to_owned(), value.to_owned());
        }
        Ok(Parameters { values })
    }

    /// The value of a libpq keyword.
    pub fn get(&self, keyword: &str) -> Option<&str> {
        self.values.get(keyword).map(String::as_str)
    }

    /// The same connection with another value for one keyword.
    #[must_use]
    pub fn with(&self, keyword: &str, value: &str) -> Parameters {
        let mut values = self.values.clone();
        values.insert(keyword.to_owned(), value.to_owned());
        Parameters { values }
    }
}

/// The stream that drives a connection and yields the server's own messages.
pub type Messages = Pin<
    Box<dyn Stream<Item = std::result::Result<tokio_postgres::AsyncMessage, tokio_postgres::Error>> + Send>,
>;

/// A connection that was made.
pub struct Link {
    /// Sends statements.
    pub client: tokio_postgres::Client,
    /// Must be polled for anything to happen.
    pub messages: Messages,
    /// Asks the server to stop what this connection runs.
    pub canceller: Canceller,
    /// Host name, address or socket directory that answered.
    pub host: String,
    /// Its port.
    pub port: u16,
}

/// Asks the server, over a connection of its own, to stop what runs.
#[derive(Clone)]
pub struct Canceller {
    token: tokio_postgres::CancelToken,
}

impl Canceller {
    /// Sends the request; the server does not say whether it did anything.
    pub async fn cancel(&self) -> Result<()> {
        self.token
            .cancel_query(tokio_postgres::NoTls)
            .await
            .map_err(|cause| Error::failed("the cancel request could not be sent").caused_by(cause))
    }
}

/// Connects.
pub async fn establish(parameters: &Parameters, application_name: &str) -> Result<Link> {
    let mut config = tokio_postgres::Config::new();
    config.application_name(application_name);
    let host = parameters.get("host").unwrap_or("/var/run/postgresql");
    let port = parameters.get("port").and_then(|port| port.parse().ok()).unwrap_or(5432);
    config.host(host).port(port).user(parameters.get("user").unwrap_or("postgres"));
    config.dbname(parameters.get("dbname").unwrap_or("postgres"));
    let (client, mut connection) = config
        .connect(tokio_postgres::NoTls)
        .await
        .map_err(|cause| Error::failed("could not connect").caused_by(cause))?;
    let messages = Box::pin(futures_util::stream::poll_fn(move |context| connection.poll_message(context)));
    let canceller = Canceller { token: client.cancel_token() };
    Ok(Link { client, messages, canceller, host: host.to_owned(), port })
}
