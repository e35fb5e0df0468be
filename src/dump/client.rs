//! Running a client program of PostgreSQL: it finds its connection in the environment, so no secret is ever in an
//! argument list; its messages come line by line; and it stops when it is asked to.

use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::service_file::ServiceFile;
use crate::connection::Parameters;
use crate::progress::Cancel;
use crate::{Error, Result};

/// How long a program that was asked to stop may take to tell the server.
const GRACE: Duration = Duration::from_secs(2);

/// A client program that is going to run.
pub(super) struct Client {
    command: Command,
    name: String,
    service: Option<OsString>,
    /// Removed when the program has ended.
    _service_file: Option<ServiceFile>,
}

impl Client {
    /// A program that connects to this database, or to none.
    pub(super) fn new(program: &Path, database: Option<&Parameters>) -> Result<Client> {
        let name = program.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut command = Command::new(program);
        // Its messages are read, so they must be the original ones.
        command.env("LC_ALL", "C").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let service_file = database.map(ServiceFile::create).transpose()?;
        let mut service = None;
        if let Some(file) = &service_file {
            // Never ask: nobody can answer.
            command.arg("--no-password");
            for (name, value) in file.environment() {
                if name == "PGSERVICE" {
                    service = Some(value.clone());
                }
                command.env(name, value);
            }
        }
        Ok(Client { command, name, service, _service_file: service_file })
    }

    /// The command, for its arguments.
    pub(super) fn command(&mut self) -> &mut Command {
        &mut self.command
    }

    /// Adds `--dbname`, for the one program (pg_restore) that connects only when it is told to.
    pub(super) fn name_database(&mut self) {
        let mut argument = OsString::from("--dbname=service=");
        argument.push(self.service.as_deref().unwrap_or_default());
        self.command.arg(argument);
    }

    /// Runs it and gives every line of its standard error to `line`. A cancellation kills it.
    pub(super) fn run(mut self, cancel: &Cancel, line: &mut dyn FnMut(&str)) -> Result<ExitStatus> {
        let name = self.name;
        let failed = |error: std::io::Error| {
            Error::failed(format!("{name} could not be run: {error}")).caused_by(error)
        };
        let mut child = self.command.spawn().map_err(failed)?;
        let (sender, lines) = channel();
        let reader = child.stderr.take().map(|stderr| {
            thread::spawn(move || {
                for text in BufReader::new(stderr).split(b'\n').map_while(std::io::Result::ok) {
                    if sender.send(String::from_utf8_lossy(&text).into_owned()).is_err() {
                        break;
                    }
                }
            })
        });
        let mut asked = false;
        loop {
            match lines.recv_timeout(Cancel::INTERVAL) {
                // Ctrl-C reaches the program as well, and it may be the faster one to see it.
                Ok(text) if text.ends_with("terminated by user") => asked = true,
                Ok(text) => line(text.trim_end_matches('\r')),
                Err(RecvTimeoutError::Timeout) => (),
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if cancel.is_requested() {
                asked = true;
                end(&mut child);
                break;
            }
        }
        let status = child.wait().map_err(failed)?;
        if let Some(reader) = reader
            && !asked
        {
            // It has ended, or the loop above would not have.
            let _ = reader.join();
        }
        if asked || cancel.is_requested() {
            return Err(Error::interrupted(format!("{name} was interrupted")));
        }
        Ok(status)
    }
}

/// Asks the program to cancel what it runs on the server and to end; kills it if it does not.
fn end(child: &mut Child) {
    if let Some(pid) = Pid::from_raw(child.id().cast_signed()) {
        let _ = kill_process(pid, Signal::INT);
    }
    let begin = Instant::now();
    while begin.elapsed() < GRACE {
        if !matches!(child.try_wait(), Ok(None)) {
            return;
        }
        thread::sleep(Duration::from_millis(5));
    }
    let _ = child.kill();
}
