//! A child process with everything it starts: its output line by line, its end, and its being interrupted.

use std::io::{self, BufRead, BufReader, PipeReader, Write};
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::progress::{Cancel, Event, Progress};

/// How long the processes have to end after an interrupt, before they are killed.
const GRACE: Duration = Duration::from_secs(5);
/// How long processes may go on after the one that started them before it is said that they are waited for.
const PATIENCE: Duration = Duration::from_secs(1);

/// Runs a program in a process group of its own until it and all that holds its output ended. `request` is written to its
/// standard input, which stays open meanwhile; `name` is told as the source of each line of output.
///
/// # Errors
///
/// Those of the operating system, when the program can't be started.
pub(super) fn supervise(
    mut command: Command,
    request: &[u8],
    name: &str,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> io::Result<ExitStatus> {
    // One pipe for both keeps the order in which lines were written.
    let (output, input_of_child) = io::pipe()?;
    command.stdin(Stdio::piped()).stdout(input_of_child.try_clone()?).stderr(input_of_child).process_group(0);
    let mut child = command.spawn()?;
    drop(command);

    let mut stdin = child.stdin.take();
    if let Some(stdin) = &mut stdin {
        // One that ended already says why by its status.
        let _ = stdin.write_all(request);
    }
    let lines = read_lines(output);
    let mut group = Group { leader: Pid::from_child(&child), interrupted: None };
    let mut status = None;
    let mut open = true;
    let mut alone_since: Option<Instant> = None;
    let mut waiting = false;

    let status = loop {
        if open {
            match lines.recv_timeout(Cancel::INTERVAL) {
                Ok(line) => progress.event(&Event::Output { source: name, line: &line }),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => open = false,
            }
        } else {
            thread::sleep(Duration::from_millis(2));
        }
        if status.is_none() {
            status = child.try_wait()?;
        }
        if cancel.is_requested() {
            group.stop();
        }
        if let Some(status) = status {
            if group.interrupted.is_some() {
                group.signal(Signal::KILL);
                break status;
            }
            if !open {
                break status;
            }
            if alone_since.get_or_insert_with(Instant::now).elapsed() > PATIENCE && !waiting {
                waiting = true;
                let text = format!("programs that {name} started and that still run");
                progress.event(&Event::Waiting { text: &text });
            }
        }
    };
    if waiting {
        progress.event(&Event::Waited);
    }
    // Those that had no time to be told.
    for line in lines.try_iter() {
        progress.event(&Event::Output { source: name, line: &line });
    }
    Ok(status)
}

/// The process group of a child.
struct Group {
    leader: Pid,
    interrupted: Option<Instant>,
}

impl Group {
    /// Interrupts it the first time, kills it when the time to end is over.
    fn stop(&mut self) {
        match self.interrupted {
            None => {
                self.interrupted = Some(Instant::now());
                self.signal(Signal::INT);
            }
            Some(since) if since.elapsed() > GRACE => self.signal(Signal::KILL),
            Some(_) => {}
        }
    }

    fn signal(&self, signal: Signal) {
        // Nobody left to get it is what was wanted.
        let _ = kill_process_group(self.leader, signal);
    }
}

/// Reads lines in a thread, since a read can't be given up when it is time to look at something else.
fn read_lines(output: PipeReader) -> Receiver<String> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut output = BufReader::new(output);
        let mut line = Vec::new();
        while output.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
            let text = line.strip_suffix(b"\n").unwrap_or(&line);
            let text = text.strip_suffix(b"\r").unwrap_or(text);
            if sender.send(String::from_utf8_lossy(text).into_owned()).is_err() {
                return;
            }
            line.clear();
        }
    });
    receiver
}
