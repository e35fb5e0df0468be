//! A program with everything that it starts, as one: it ends with us, however we end, and so do its children.

use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

use super::child::{self, DiesWith};

/// Ends the group `$1` when its owner is gone: the end of the input, without a line before it.
const SCRIPT: &str = "trap '' HUP INT TERM QUIT; cd /; read -r line || kill -KILL \"-$1\"";

/// A program in a process group of its own. Dropping it ends the group.
#[derive(Debug)]
pub struct Group {
    child: Child,
    guard: Child,
    has_ended: bool,
}

impl Group {
    /// Starts a program. Signals to our own group do not reach it: whoever is asked to stop kills it.
    ///
    /// # Errors
    /// A program that does not start.
    pub fn spawn(command: &mut Command) -> io::Result<Group> {
        let mut child = command.process_group(0).spawn()?;
        let mut guard = Command::new("sh");
        guard.args(["-c", SCRIPT, "pum-guard"]).arg(child.id().to_string());
        guard.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        child::detach(&mut guard, DiesWith::Nobody);
        match guard.spawn() {
            Ok(guard) => Ok(Group { child, guard, has_ended: false }),
            Err(cause) => {
                let _ = child.kill().and_then(|()| child.wait());
                Err(cause)
            }
        }
    }

    /// How the program ended, if it has. What it left running in the background goes with it.
    ///
    /// # Errors
    /// A process that cannot be waited for.
    pub fn try_wait(&mut self) -> io::Result<Option<ExitStatus>> {
        if !self.has_ended {
            // Looked at only: as long as nobody has waited for it, its number is no other group's.
            let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
            if waitid(WaitId::Pid(Pid::from_child(&self.child)), options)?.is_none() {
                return Ok(None);
            }
            self.kill();
            self.has_ended = true;
        }
        self.child.try_wait()
    }

    /// Ends every process of the group.
    fn kill(&self) {
        let _ = kill_process_group(Pid::from_child(&self.child), Signal::KILL);
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if !self.has_ended {
            self.kill();
            let _ = self.child.wait();
        }
        if let Some(mut input) = self.guard.stdin.take() {
            let _ = input.write_all(b"done\n");
        }
        let _ = self.guard.wait();
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    fn is_running(pid: &str) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
        stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
    }

    /// Starts a shell that starts a program in the background, and gives the number of that.
    fn start(then: &str) -> (Group, String) {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut command = Command::new("sh");
        let script = format!("sleep 600 & echo $! >\"$1\"; {then}");
        let group = Group::spawn(command.args(["-c", &script, "sh"]).arg(file.path())).unwrap();
        let began = Instant::now();
        loop {
            let pid = std::fs::read_to_string(file.path()).unwrap();
            if pid.ends_with('\n') {
                return (group, pid);
            }
            assert!(began.elapsed() < Duration::from_secs(20));
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    fn assert_ends(pid: &str) {
        let began = Instant::now();
        while is_running(pid) {
            assert!(began.elapsed() < Duration::from_secs(20), "{pid} runs on");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    #[test]
    fn a_program_ends_with_what_it_started() {
        let (group, pid) = start("wait");
        assert!(is_running(&pid));
        drop(group);
        assert_ends(&pid);
        let (mut group, pid) = start("exit 7");
        let status = loop {
            if let Some(status) = group.try_wait().unwrap() {
                break status;
            }
        };
        assert_eq!(status.code(), Some(7));
        assert_ends(&pid);
    }

    #[test]
    fn when_the_owner_is_gone_the_guard_ends_the_group() {
        let (mut group, pid) = start("wait");
        // As the end of the owner's process closes it.
        drop(group.guard.stdin.take());
        assert_ends(&pid);
        assert!(group.child.wait().is_ok());
    }
}
