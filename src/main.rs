//! The process: arguments in, exit code out; and the signals that ask it to stop.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::{Duration, Instant};

use pum::cli;
use pum::error::Kind;
use pum::progress::Cancel;
use pum::terminal::Terminal;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// How long the first signal has before a second one ends the process: two that come at once are one wish.
const GRACE: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    let cancel = Cancel::default();
    let signal = Arc::default();
    if let Err(cause) = catch_signals(&cancel, &signal) {
        eprintln!("warning: Ctrl-C will not be caught: {cause}");
    }
    let mut terminal = Terminal::new(&cancel);
    match cli::run(std::env::args_os().collect(), &mut terminal, &cancel) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            terminal.error(&error);
            let signal = signal.load(Ordering::SeqCst);
            ExitCode::from(match error.kind {
                Kind::Interrupted if signal > 0 => exit_code(signal),
                kind => kind.exit_code(),
            })
        }
    }
}

/// What shells call a process that a signal ended: 130 for Ctrl-C.
fn exit_code(signal: i32) -> u8 {
    u8::try_from(128 + signal).unwrap_or(Kind::Interrupted.exit_code())
}

/// The first signal asks the work to stop and to undo what is not finished; a second one ends the process.
/// `first` becomes the number of the first.
fn catch_signals(cancel: &Cancel, first: &Arc<AtomicI32>) -> std::io::Result<()> {
    let mut caught = vec![SIGINT, SIGTERM];
    // `nohup` has it ignored, and that must stay so.
    if !is_ignored(SIGHUP) {
        caught.push(SIGHUP);
    }
    let mut signals = Signals::new(caught)?;
    let (cancel, first) = (cancel.clone(), Arc::clone(first));
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        let mut since = None;
        for signal in signals.forever() {
            let Some(since) = since else {
                first.store(signal, Ordering::SeqCst);
                cancel.request();
                since = Some(Instant::now());
                continue;
            };
            std::thread::sleep(GRACE.saturating_sub(Instant::elapsed(&since)));
            pum::terminal::say("interrupted twice: ended at once; the server undoes what was not committed");
            signal_hook::low_level::exit(exit_code(signal).into());
        }
    })?;
    Ok(())
}

/// Whether the process was started with this signal ignored; where nobody tells, it was not.
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}
