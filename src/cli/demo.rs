use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::mpsc::{RecvTimeoutError, channel};

use clap::Args;

use super::Context;
use crate::Result;
use crate::commands::demo;
use crate::progress::{Cancel, Progress};

/// Show an upgrade from nothing: a sample project, a throwaway server, every step with its command
///
/// Needs PostgreSQL's server programs, but no server that runs and no configuration.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  pum demo")]
pub struct Arguments {
    /// Where to put it: an empty directory, or one that does not exist [default: a new temporary one]
    directory: Option<PathBuf>,
}

impl Arguments {
    pub fn run(self, context: &Context<'_>) -> Result<u8> {
        let temporary = self.directory.is_none();
        let options = demo::Options { directory: self.directory };
        let show = |info: &_, options: &_| context.terminal.info(info, options);
        let demo = demo::run(&options, &show, context.terminal, context.cancel)?;
        if std::io::stdin().is_terminal() {
            context.terminal.note("the server runs until you press Enter; until then, the commands above work in another terminal, and so does psql");
            wait_for_enter(context.cancel);
        }
        drop(demo);
        if temporary {
            context.terminal.note("server and project are gone now; `pum demo DIR` keeps them in DIR");
        }
        Ok(0)
    }
}

/// Waits for Enter, the end of the input, or Ctrl-C.
fn wait_for_enter(cancel: &Cancel) {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let _ = std::io::stdin().read_line(&mut String::new());
        let _ = sender.send(());
    });
    while !cancel.is_requested() && receiver.recv_timeout(Cancel::INTERVAL) == Err(RecvTimeoutError::Timeout)
    {
    }
}
