//! A connection that is driven from ordinary, blocking code: statements in, rows or a fault out, with the server's
//! notices in their place among the results and a look at the clock while the server is silent.
//!
//! It speaks the simple protocol only: text in, text out, nothing prepared, so it works behind poolers too.

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt, TryStreamExt};
use tokio::runtime::Runtime;
use tokio_postgres::error::DbError;
use tokio_postgres::{AsyncMessage, Client, SimpleQueryMessage, SimpleQueryRow, SimpleQueryStream};

use super::{Canceller, Fault, Link, Messages, Parameters, establish};
use crate::progress::Cancel;
use crate::{Error, Result};

/// How many statements may be under way at once: enough to hide a slow line, few enough to fail soon.
const IN_FLIGHT: usize = 256;

/// After how long the server is asked once more to cancel what still runs.
const CANCEL_AGAIN: Duration = Duration::from_secs(1);

/// A row as text; NULL is `None`.
pub type Row = Vec<Option<String>>;

/// The rows of each statement of a message.
pub type Rows = Vec<Vec<Row>>;

/// What became of a message.
pub type Reply<T> = std::result::Result<T, Fault>;

/// What happens while statements run, told in the order in which the server did it.
pub trait Watch {
    /// The server sent a message of its own.
    fn notice(&mut self, notice: &DbError) {
        let _ = notice;
    }
    /// The statement with this index ended well, having affected or returned that many rows.
    fn done(&mut self, index: usize, rows: u64) {
        let _ = (index, rows);
    }
    /// Called every [`Cancel::INTERVAL`] or so.
    fn tick(&mut self) {}
}

/// Watches nothing.
#[derive(Debug, Default, Clone, Copy)]
pub struct Unwatched;

impl Watch for Unwatched {}

/// A connection with its own event loop. One thread at a time uses it; dropping it says goodbye to the server.
pub struct Session {
    runtime: Runtime,
    /// `None` only while it is being dropped.
    link: Option<Link>,
    cancel: Cancel,
    /// The request to stop was heeded: what runs now is to end in peace.
    cancel_ignored: bool,
    /// When the server may be asked to cancel once more; `None` before the first time.
    cancel_again: Option<Instant>,
}

impl Session {
    /// Connects. `application` is what the server shows as `application_name`, unless the user chose one.
    ///
    /// # Errors
    /// What [`establish`] gives: which server was tried, and why it did not work.
    pub fn open(parameters: &Parameters, application: &str, cancel: &Cancel) -> Result<Session> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|cause| Error::failed("no event loop could be made").caused_by(cause))?;
        let stop = cancel.clone();
        let link = runtime.block_on(async {
            let mut attempt = pin!(establish(parameters, application));
            loop {
                match tokio::time::timeout(Cancel::INTERVAL, &mut attempt).await {
                    Ok(outcome) => return outcome,
                    Err(_) if stop.is_requested() => {
                        return Err(Error::interrupted("interrupted while connecting"));
                    }
                    Err(_) => {}
                }
            }
        })?;
        Ok(Session {
            runtime,
            link: Some(link),
            cancel: cancel.clone(),
            cancel_ignored: false,
            cancel_again: None,
        })
    }

    /// The host name, address or socket directory that answered.
    pub fn host(&self) -> &str {
        self.link.as_ref().map_or("", |link| link.host.as_str())
    }

    /// The port that answered.
    pub fn port(&self) -> u16 {
        self.link.as_ref().map_or(0, |link| link.port)
    }

    /// Runs one or several statements in one message and gives the rows of the last one that returned any.
    ///
    /// # Errors
    /// The server's error, or that the connection was lost.
    pub fn query(&mut self, sql: &str) -> Reply<Vec<Row>> {
        Ok(self.query_each(sql)?.into_iter().rfind(|rows| !rows.is_empty()).unwrap_or_default())
    }

    /// Runs one or several statements in one message (one round trip) and gives the rows of each.
    ///
    /// # Errors
    /// As [`Session::query`].
    pub fn query_each(&mut self, sql: &str) -> Reply<Rows> {
        self.query_watched(sql, &mut Unwatched)
    }

    /// As [`Session::query_each`], with somebody who watches.
    ///
    /// # Errors
    /// As [`Session::query`].
    pub fn query_watched(&mut self, sql: &str, watch: &mut dyn Watch) -> Reply<Rows> {
        let mut results = Vec::new();
        self.query_into(&mut results, sql, watch)?;
        Ok(results)
    }

    /// Runs one or several statements in one message and hands over each row as it comes, with the index of its
    /// statement, so that a large result is never held whole.
    ///
    /// # Errors
    /// As [`Session::query`]; rows may have been handed over before.
    pub fn query_rows(&mut self, sql: &str, on_row: &mut dyn FnMut(usize, &SimpleQueryRow)) -> Reply<()> {
        let (runtime, client, messages, pulse) = self.parts()?;
        let work = async {
            let mut stream = pin!(client.simple_query_raw(sql).await?);
            let mut statement = 0;
            while let Some(message) = stream.try_next().await? {
                match message {
                    SimpleQueryMessage::Row(row) => on_row(statement, &row),
                    SimpleQueryMessage::CommandComplete(_) => statement += 1,
                    _ => {}
                }
            }
            Ok(())
        };
        runtime.block_on(drive(messages, pulse, &mut Unwatched, |_| {}, work))
    }

    /// As [`Session::query_watched`], but gives the rows of those statements that ended well also when one did not:
    /// as many as there are in `results` then, each with its COMMIT if it was one.
    ///
    /// # Errors
    /// As [`Session::query`].
    pub fn query_into(&mut self, results: &mut Rows, sql: &str, watch: &mut dyn Watch) -> Reply<()> {
        let (runtime, client, messages, pulse) = self.parts()?;
        let work = async { collect(client.simple_query_raw(sql).await?, results).await };
        runtime.block_on(drive(messages, pulse, watch, |_| {}, work))
    }

    /// Runs one or several statements in one message.
    ///
    /// # Errors
    /// As [`Session::query`].
    pub fn execute(&mut self, sql: &str) -> Reply<()> {
        self.query_each(sql).map(drop)
    }

    /// The server's version as a number: 150018 is 15.18.
    ///
    /// # Errors
    /// As [`Session::query`].
    pub fn server_version_num(&mut self) -> Reply<u32> {
        let rows = self.query("SHOW server_version_num")?;
        let text = rows.first().and_then(|row| row.first().cloned().flatten()).unwrap_or_default();
        text.parse().map_err(|_| Fault::Lost(format!("the server's version is not a number: {text:?}")))
    }

    /// Runs statements, each as a message of its own, without waiting for one before the next is sent. Only for use
    /// inside an open transaction: when one fails, the server refuses those behind it.
    ///
    /// # Errors
    /// The index of the first statement that failed, with its fault.
    pub fn run(
        &mut self,
        statements: &[&str],
        watch: &mut dyn Watch,
    ) -> std::result::Result<(), (usize, Fault)> {
        let (runtime, client, messages, pulse) = self.parts().map_err(|fault| (0, fault))?;
        let failed_at = std::cell::Cell::new(0);
        let completed = std::cell::RefCell::new(VecDeque::new());
        let work = async {
            let mut in_flight: VecDeque<Pin<Box<SimpleQueryStream>>> = VecDeque::new();
            let mut unsent = statements.iter();
            for index in 0..statements.len() {
                failed_at.set(index);
                while in_flight.len() < IN_FLIGHT {
                    let Some(statement) = unsent.next() else { break };
                    in_flight.push_back(Box::pin(client.simple_query_raw(statement).await?));
                }
                let Some(mut stream) = in_flight.pop_front() else { break };
                let mut rows = 0;
                while let Some(message) = stream.try_next().await? {
                    if let SimpleQueryMessage::CommandComplete(count) = message {
                        rows += count;
                    }
                }
                completed.borrow_mut().push_back((index, rows));
            }
            Ok::<_, tokio_postgres::Error>(())
        };
        let report = |watch: &mut dyn Watch| {
            while let Some((index, rows)) = completed.borrow_mut().pop_front() {
                watch.done(index, rows);
            }
        };
        runtime
            .block_on(drive(messages, pulse, watch, report, work))
            .map_err(|fault| (failed_at.get(), fault))
    }

    /// Runs a `COPY … FROM stdin` with its data, and gives the number of rows.
    ///
    /// # Errors
    /// As [`Session::query`].
    pub fn copy_in(&mut self, statement: &str, data: &str, watch: &mut dyn Watch) -> Reply<u64> {
        let (runtime, client, messages, pulse) = self.parts()?;
        let work = async {
            let mut sink = pin!(client.copy_in::<_, bytes::Bytes>(statement).await?);
            for piece in data.as_bytes().chunks(1 << 16) {
                sink.send(bytes::Bytes::copy_from_slice(piece)).await?;
            }
            sink.finish().await
        };
        runtime.block_on(drive(messages, pulse, watch, |_| {}, work))
    }

    fn parts(&mut self) -> std::result::Result<(&Runtime, &Client, &mut Messages, Pulse<'_>), Fault> {
        let link = self.link.as_mut().ok_or_else(closed)?;
        let pulse = Pulse {
            cancel: &self.cancel,
            is_ignored: self.cancel_ignored,
            again: &mut self.cancel_again,
            canceller: &link.canceller,
            request: None,
        };
        Ok((&self.runtime, &link.client, &mut link.messages, pulse))
    }

    /// Forgets an earlier request to stop, so that what must still be done (a ROLLBACK) is not interrupted in turn.
    pub fn ignore_cancel(&mut self) {
        self.cancel_ignored |= self.cancel.is_requested();
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Some(Link { client, mut messages, .. }) = self.link.take() {
            drop(client);
            self.runtime.block_on(async {
                let goodbye = async { while let Some(Ok(_)) = messages.next().await {} };
                let _ = tokio::time::timeout(Duration::from_millis(500), goodbye).await;
            });
        }
    }
}

fn closed() -> Fault {
    Fault::Lost("the session is closed".to_owned())
}

/// Adds the rows of each statement of a message.
async fn collect(
    stream: SimpleQueryStream,
    results: &mut Rows,
) -> std::result::Result<(), tokio_postgres::Error> {
    let mut stream = pin!(stream);
    let mut rows = Vec::new();
    while let Some(message) = stream.try_next().await? {
        match message {
            SimpleQueryMessage::Row(row) => {
                rows.push((0..row.len()).map(|column| row.get(column).map(str::to_owned)).collect());
            }
            SimpleQueryMessage::CommandComplete(_) => results.push(std::mem::take(&mut rows)),
            _ => {}
        }
    }
    Ok(())
}

/// What is looked at while the server is silent.
struct Pulse<'a> {
    cancel: &'a Cancel,
    is_ignored: bool,
    again: &'a mut Option<Instant>,
    canceller: &'a Canceller,
    request: Option<Pin<Box<dyn Future<Output = Result<()>> + 'a>>>,
}

/// Drives a connection until `work` is done. Notices reach the watcher after everything that the server did before.
async fn drive<T>(
    messages: &mut Messages,
    mut pulse: Pulse<'_>,
    watch: &mut dyn Watch,
    report: impl Fn(&mut dyn Watch),
    work: impl Future<Output = std::result::Result<T, tokio_postgres::Error>>,
) -> Reply<T> {
    let mut work = pin!(work);
    let mut clock =
        tokio::time::interval_at(tokio::time::Instant::now() + Cancel::INTERVAL, Cancel::INTERVAL);
    poll_fn(|context| {
        if clock.poll_tick(context).is_ready() {
            while clock.poll_tick(context).is_ready() {}
            watch.tick();
        }
        request_cancel(&mut pulse, context);
        loop {
            let message = messages.as_mut().poll_next(context);
            let outcome = work.as_mut().poll(context);
            report(watch);
            match (outcome, message) {
                (Poll::Ready(outcome), message) => {
                    let mut reason = None;
                    match message {
                        Poll::Ready(Some(Ok(AsyncMessage::Notice(notice)))) => watch.notice(&notice),
                        Poll::Ready(Some(Err(error))) => reason = Some(error),
                        _ => {}
                    }
                    return Poll::Ready(outcome.map_err(|error| {
                        let told = error.as_db_error().is_some();
                        Fault::new(reason.filter(|_| !told).unwrap_or(error))
                    }));
                }
                (Poll::Pending, Poll::Ready(Some(Ok(AsyncMessage::Notice(notice))))) => watch.notice(&notice),
                (Poll::Pending, Poll::Ready(Some(Ok(_)))) => {}
                // It would give the same error for ever, and the work would wait for ever.
                (Poll::Pending, Poll::Ready(Some(Err(error)))) => return Poll::Ready(Err(Fault::new(error))),
                (Poll::Pending, Poll::Ready(None)) => {
                    return Poll::Ready(Err(Fault::Lost("the server closed it".to_owned())));
                }
                (Poll::Pending, Poll::Pending) => return Poll::Pending,
            }
        }
    })
    .await
}

/// Asks the server to cancel what runs. A request may come to nothing (a crowded socket, a statement that catches it), so
/// it is repeated as long as the work goes on.
fn request_cancel(pulse: &mut Pulse<'_>, context: &mut Context<'_>) {
    let is_early = pulse.again.is_some_and(|again| Instant::now() < again);
    if pulse.is_ignored || is_early || !pulse.cancel.is_requested() {
        return;
    }
    let canceller = pulse.canceller;
    let request = pulse.request.get_or_insert_with(|| Box::pin(canceller.cancel()));
    if let Poll::Ready(outcome) = request.as_mut().poll(context) {
        pulse.request = None;
        *pulse.again = Some(Instant::now() + if outcome.is_ok() { CANCEL_AGAIN } else { Cancel::INTERVAL });
    }
}
