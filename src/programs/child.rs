//! How long a child process lives, and which signals reach it: the one place with code between fork and exec.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

use rustix::process::{Pid, Signal};

/// Whose end is the end of a child, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiesWith {
    /// Nobody's.
    Nobody,
    /// The thread's that started it, also when the whole process is killed: the child gets this signal. Only Linux
    /// has this; elsewhere the child lives on.
    SpawningThread(Signal),
}

/// Gives the child a session of its own, so that Ctrl-C and signals to our process group do not reach it.
pub fn detach(command: &mut Command, dies: DiesWith) {
    before_exec(command, true, dies);
}

/// Leaves the child in our session and process group.
pub fn attach(command: &mut Command, dies: DiesWith) {
    before_exec(command, false, dies);
}

#[expect(unsafe_code, reason = "between fork and exec only async-signal-safe system calls are made")]
fn before_exec(command: &mut Command, own_session: bool, dies: DiesWith) {
    let parent = Pid::from_raw(std::process::id().cast_signed());
    let prepare = move || {
        if own_session {
            rustix::process::setsid()?;
        }
        #[cfg(target_os = "linux")]
        if let DiesWith::SpawningThread(signal) = dies {
            rustix::process::set_parent_process_death_signal(Some(signal))?;
            // It may have died before that.
            if rustix::process::getppid() != parent {
                return Err(io::Error::from(rustix::io::Errno::SRCH));
            }
        }
        #[cfg(not(target_os = "linux"))]
        let _ = (parent, dies);
        Ok(())
    };
    // SAFETY: `prepare` allocates nothing, takes no lock and only makes system calls.
    unsafe { command.pre_exec(prepare) };
}
