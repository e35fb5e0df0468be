//! A program that runs beside the test, to be watched, signalled and killed.

use std::fmt;
use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{JoinHandle, sleep, spawn};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// A running program. Dropping it kills it.
pub struct Running {
    child: Child,
    text: Arc<Mutex<String>>,
    readers: Vec<JoinHandle<()>>,
}

/// How a program ended, and what it wrote to both of its outputs.
#[derive(Debug)]
pub struct Ended {
    /// Exit code or signal.
    pub status: ExitStatus,
    /// Both outputs.
    pub text: String,
}

impl Ended {
    /// The exit code; `None` if a signal ended it.
    pub fn code(&self) -> Option<i32> {
        self.status.code()
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.status.signal() {
            Some(signal) => write!(formatter, "signal {signal}\n{}", self.text),
            None => write!(formatter, "exit code {}\n{}", self.status.code().unwrap_or(-1), self.text),
        }
    }
}

impl Running {
    /// Starts it.
    pub fn start(command: &mut Command) -> Running {
        Running::spawn(command.stdin(Stdio::null()))
    }

    fn spawn(command: &mut Command) -> Running {
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
        let text = Arc::default();
        let readers = vec![
            read(child.stdout.take().expect("stdout"), &text),
            read(child.stderr.take().expect("stderr"), &text),
        ];
        Running { child, text, readers }
    }

    /// Starts it with an input that can be written to.
    pub fn start_with_input(command: &mut Command) -> (Running, ChildStdin) {
        let mut running = Running::spawn(command.stdin(Stdio::piped()));
        let input = running.child.stdin.take().expect("stdin");
        (running, input)
    }

    /// Its process number.
    pub fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        let _ = kill_process(self.pid(), signal);
    }

    /// Whether it has ended.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("status").is_some()
    }

    /// Waits until it has written this.
    pub fn wait_for(&self, words: &str) {
        let began = Instant::now();
        loop {
            let text = self.text.lock().expect("text").clone();
            if text.contains(words) {
                return;
            }
            assert!(began.elapsed() < Duration::from_secs(30), "no {words:?} in:\n{text}");
            sleep(Duration::from_millis(10));
        }
    }

    /// Waits for its end; panics if that takes longer than `patience`.
    pub fn wait(mut self, patience: Duration) -> Ended {
        let began = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("status") {
                break status;
            }
            assert!(
                began.elapsed() < patience,
                "it still runs after {patience:?}:\n{}",
                self.text.lock().expect("text")
            );
            sleep(Duration::from_millis(2));
        };
        for reader in self.readers.drain(..) {
            reader.join().expect("reader");
        }
        let text = std::mem::take(&mut *self.text.lock().expect("text"));
        Ended { status, text }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read(mut output: impl Read + Send + 'static, text: &Arc<Mutex<String>>) -> JoinHandle<()> {
    let text = Arc::clone(text);
    spawn(move || {
        let mut piece = [0; 4096];
        while let Ok(length @ 1..) = output.read(&mut piece) {
            text.lock().expect("text").push_str(&String::from_utf8_lossy(&piece[..length]));
        }
    })
}
