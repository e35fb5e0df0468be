//! SQL of the tests, by another client than the one that is tested.

use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

/// Runs statements; the error is as psql would print it.
pub fn try_sql(uri: &str, sql: &str) -> Result<(), String> {
    try_query(uri, sql).map(drop)
}

/// Runs statements and gives the rows of the last one, NULL as an empty text.
pub fn try_query(uri: &str, sql: &str) -> Result<Vec<Vec<String>>, String> {
    with_client(uri, async |client| {
        let messages = client.simple_query(sql).await?;
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
    })
}

pub fn run(uri: &str, sql: &str) {
    try_sql(uri, sql).unwrap_or_else(|error| panic!("{error}\nin: {sql}"));
}

fn with_client<T>(
    uri: &str,
    work: impl AsyncFnOnce(&Client) -> Result<T, tokio_postgres::Error>,
) -> Result<T, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
    runtime
        .block_on(async {
            let (client, connection) = tokio_postgres::connect(uri, NoTls).await?;
            let connection = runtime.spawn(connection);
            let result = work(&client).await;
            drop(client);
            // Only after this has the session ended, or a database could not be dropped at once.
            let _ = connection.await;
            result
        })
        .map_err(|error| match error.as_db_error() {
            Some(error) => format!("{}: {} ({})", error.severity(), error.message(), error.code().code()),
            None => format!("{error:?}"),
        })
}
