//! For whom a statement waits: a second connection, made only when one takes long, asks the server who holds the
//! locks that it wants. It is only for telling: without it everything works the same.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::time::{Duration, Instant};

use crate::connection::{Parameters, Session};
use crate::progress::{Cancel, Event, Progress};

/// How long a statement may take at most before somebody looks why; sooner where its lock_timeout is short.
const PATIENCE: Duration = Duration::from_secs(1);

/// How often to look.
const INTERVAL: Duration = Duration::from_millis(250);

/// Looks who is in the way of one server process.
pub struct Blockers {
    parameters: Parameters,
    pid: i64,
    patience: Duration,
    since: Instant,
    messages: Option<Receiver<Option<String>>>,
    /// Whether a statement takes long now; while it does not, nobody asks the server.
    wanted: Arc<AtomicBool>,
    stop: Arc<AtomicBool>,
    /// The last that was seen, for the message between two tries.
    last: Option<String>,
    told: bool,
}

impl Blockers {
    /// Nobody looks yet. A `lock_timeout` of zero is none.
    pub fn new(parameters: &Parameters, pid: i64, lock_timeout: Duration) -> Blockers {
        let patience = if lock_timeout.is_zero() { PATIENCE } else { PATIENCE.min(lock_timeout / 3) };
        Blockers {
            parameters: parameters.clone(),
            pid,
            patience,
            since: Instant::now(),
            messages: None,
            wanted: Arc::default(),
            stop: Arc::default(),
            last: None,
            told: false,
        }
    }

    /// A statement begins or ended: the clock starts anew.
    pub fn restart(&mut self, progress: &dyn Progress) {
        self.since = Instant::now();
        self.wanted.store(false, Ordering::Relaxed);
        if std::mem::take(&mut self.told) {
            progress.event(&Event::Waited);
        }
    }

    /// Forgets whom an earlier delta waited for.
    pub fn forget(&mut self) {
        self.last = None;
    }

    /// Who was in the way when it was last looked.
    pub fn last(&self) -> Option<&str> {
        self.last.as_deref()
    }

    /// To be called now and then while a statement runs.
    pub fn tick(&mut self, progress: &dyn Progress) {
        if self.since.elapsed() < self.patience {
            return;
        }
        self.wanted.store(true, Ordering::Relaxed);
        let Some(messages) = &self.messages else {
            self.messages = Some(self.look());
            return;
        };
        match messages.try_recv() {
            Ok(Some(text)) => {
                self.told = true;
                progress.event(&Event::Waiting { text: &text });
                self.last = Some(text);
            }
            Ok(None) if std::mem::take(&mut self.told) => progress.event(&Event::Waited),
            // A look that could not be had is not tried again for every statement.
            Ok(None) | Err(TryRecvError::Empty | TryRecvError::Disconnected) => {}
        }
    }

    fn look(&self) -> Receiver<Option<String>> {
        let (sender, receiver) = channel();
        let (parameters, pid) = (self.parameters.clone(), self.pid);
        let (wanted, stop) = (Arc::clone(&self.wanted), Arc::clone(&self.stop));
        std::thread::spawn(move || {
            let Ok(mut session) =
                Session::open(&parameters, "pum (looking who is in the way)", &Cancel::default())
            else {
                return;
            };
            while !stop.load(Ordering::Relaxed) {
                if !wanted.load(Ordering::Relaxed) {
                    std::thread::sleep(Cancel::INTERVAL);
                    continue;
                }
                let Ok(rows) = session.query(&statement(pid)) else { return };
                let text = rows
                    .into_iter()
                    .filter_map(|row| row.into_iter().next().flatten())
                    .reduce(|a, b| format!("{a}; {b}"));
                if sender.send(text.map(|who| format!("waiting for {who}"))).is_err() {
                    return;
                }
                std::thread::sleep(INTERVAL);
            }
        });
        receiver
    }
}

impl Drop for Blockers {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// A row for each session that is in the way of `pid`.
fn statement(pid: i64) -> String {
    format!(
        "SELECT format('pid %s, user %s, application %s, %s since %s, its query: %s', pid, usename,
                       quote_literal(coalesce(application_name, '')), coalesce(state, 'state hidden'),
                       to_char(coalesce(xact_start, state_change, backend_start), 'HH24:MI:SS'),
                       left(regexp_replace(query, '\\s+', ' ', 'g'), 100))
         FROM pg_stat_activity WHERE pid = ANY (pg_blocking_pids({pid})) ORDER BY xact_start LIMIT 3"
    )
}
