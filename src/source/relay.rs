//! Two sources that are opened at the same time tell one observer, which lives in one thread.

use std::sync::mpsc::{Sender, channel};
use std::thread;

use crate::progress::{Event, Progress};
use crate::{Error, Result};

/// Something that is told, on its way to another thread.
enum Told {
    Note(String),
    Warning(String),
    Notice(String, String),
    Item(String),
}

/// Tells an observer of another thread. What two works tell goes by as one stage.
#[derive(Clone)]
pub(super) struct Relay(Sender<Told>);

impl Relay {
    /// Does the work in a thread of its own, and tells the observer in this one what it tells the relay.
    pub(super) fn watch<T: Send>(
        progress: &dyn Progress,
        work: impl FnOnce(&Relay) -> Result<T> + Send,
    ) -> Result<T> {
        const STAGE: &str = "restore";
        let (sender, told) = channel();
        let began = std::time::Instant::now();
        thread::scope(|scope| {
            let worker = scope.spawn(move || work(&Relay(sender)));
            progress.event(&Event::StageStarted { name: STAGE, items: None });
            for told in told {
                match told {
                    Told::Note(text) => progress.note(&text),
                    Told::Warning(text) => progress.warning(&text),
                    Told::Notice(severity, text) => {
                        progress.event(&Event::Notice { severity: &severity, text: &text });
                    }
                    Told::Item(name) => progress.event(&Event::StageItem { name: &name }),
                }
            }
            let outcome = worker.join().map_err(|_| Error::failed("the work broke off"))??;
            let milliseconds = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
            progress.event(&Event::StageDone { name: STAGE, milliseconds });
            Ok(outcome)
        })
    }
}

impl Progress for Relay {
    fn event(&self, event: &Event<'_>) {
        let told = match event {
            Event::Note { text } => Told::Note((*text).to_owned()),
            Event::Warning { text } => Told::Warning((*text).to_owned()),
            Event::Notice { severity, text } => Told::Notice((*severity).to_owned(), (*text).to_owned()),
            Event::StageItem { name } => Told::Item((*name).to_owned()),
            // The stage of both is told by the one who watches.
            _ => return,
        };
        // Whoever watches waits for all.
        let _ = self.0.send(told);
    }
}
