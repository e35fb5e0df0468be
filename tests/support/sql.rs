//! SQL of the tests, by another client than the one that is tested.

use tokio::runtime::Runtime;
use tokio::task::JoinHandle;
use tokio_postgres::{NoTls, SimpleQueryMessage};

/// A connection that stays.
pub struct Client {
    runtime: Runtime,
    /// `None` only while it is being dropped.
    link: Option<(tokio_postgres::Client, JoinHandle<Result<(), tokio_postgres::Error>>)>,
}

impl Client {
    /// Connects; the error is as psql would print it.
    pub fn connect(uri: &str) -> Result<Client, String> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
        let (client, connection) =
            runtime.block_on(tokio_postgres::connect(uri, NoTls)).map_err(|error| shown(&error))?;
        let connection = runtime.spawn(connection);
        Ok(Client { runtime, link: Some((client, connection)) })
    }

    /// Runs statements and gives the rows of the last one, NULL as an empty text.
    pub fn query(&self, sql: &str) -> Result<Vec<Vec<String>>, String> {
        let (client, _) = self.link.as_ref().expect("a link");
        let messages = self.runtime.block_on(client.simple_query(sql)).map_err(|error| shown(&error))?;
        let mut rows = Vec::new();
        for message in messages {
            match message {
                SimpleQueryMessage::RowDescription(_) => rows.clear(),
                SimpleQueryMessage::Row(row) => {
                    rows.push((0..row.len()).map(|i| row.get(i).unwrap_or_default().to_owned()).collect());
                }
                _ => (),
            }
        }
        Ok(rows)
    }

    /// Whether the server has ended it.
    pub fn is_closed(&self) -> bool {
        self.link.as_ref().is_none_or(|(client, _)| client.is_closed())
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let Some((client, connection)) = self.link.take() else { return };
        drop(client);
        // Only after this has the session ended, or a database could not be dropped at once.
        let _ = self.runtime.block_on(connection);
    }
}

/// Runs statements; the error is as psql would print it.
pub fn try_sql(uri: &str, sql: &str) -> Result<(), String> {
    try_query(uri, sql).map(drop)
}

/// Runs statements and gives the rows of the last one, NULL as an empty text.
pub fn try_query(uri: &str, sql: &str) -> Result<Vec<Vec<String>>, String> {
    Client::connect(uri)?.query(sql)
}

pub fn run(uri: &str, sql: &str) {
    try_sql(uri, sql).unwrap_or_else(|error| panic!("{error}\nin: {sql}"));
}

fn shown(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(error) => format!("{}: {} ({})", error.severity(), error.message(), error.code().code()),
        None => format!("{error:?}"),
    }
}
