//! What a program costs: wall time, CPU time of user and kernel, the most memory it had.

use std::borrow::BorrowMut;
use std::io::{Read, Seek};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// What a program cost.
pub struct Cost {
    wall: Duration,
    cpu: Duration,
    kilobytes: i64,
}

impl Cost {
    /// Wall time in seconds.
    pub fn wall(&self) -> f64 {
        self.wall.as_secs_f64()
    }

    /// CPU time in seconds.
    pub fn cpu(&self) -> f64 {
        self.cpu.as_secs_f64()
    }

    /// The most memory that was resident, in MB. Never less than this process had when it started the program: the
    /// kernel counts from there.
    pub fn megabytes(&self) -> f64 {
        self.kilobytes as f64 / 1024.0
    }
}

/// Runs a program to its end. What it prints is thrown away; if it fails, everything ends.
pub fn run(command: impl BorrowMut<Command>) -> Cost {
    run_to(&[0], command)
}

/// As [`run`], of a program that ends well with one of these exit codes.
#[expect(clippy::zombie_processes, reason = "wait4 waits for it")]
pub fn run_to(codes: &[i32], mut command: impl BorrowMut<Command>) -> Cost {
    let command = command.borrow_mut();
    let mut errors = tempfile::tempfile().expect("temporary file");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(errors.try_clone().expect("file"));
    let began = Instant::now();
    let child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let (status, usage) = wait(child.id());
    let wall = began.elapsed();
    if !status.code().is_some_and(|code| codes.contains(&code)) {
        let mut text = String::new();
        let _ = errors.rewind().and_then(|()| errors.read_to_string(&mut text));
        panic!("{command:?}: {status}\n{text}");
    }
    Cost { wall, cpu: time(usage.ru_utime) + time(usage.ru_stime), kilobytes: usage.ru_maxrss }
}

/// Waits for a child and gives what it used; the standard library gives its status only.
#[expect(unsafe_code, reason = "wait4 has no safe form")]
fn wait(pid: u32) -> (ExitStatus, libc::rusage) {
    let mut status = 0;
    let mut usage = std::mem::MaybeUninit::<libc::rusage>::zeroed();
    let pid = libc::pid_t::try_from(pid).expect("process number");
    // SAFETY: both places are ours and large enough; a zeroed rusage is a valid one.
    let (waited, usage) =
        unsafe { (libc::wait4(pid, &mut status, 0, usage.as_mut_ptr()), usage.assume_init()) };
    assert_eq!(waited, pid, "wait4: {}", std::io::Error::last_os_error());
    (ExitStatus::from_raw(status), usage)
}

fn time(time: libc::timeval) -> Duration {
    Duration::from_secs(time.tv_sec.unsigned_abs()) + Duration::from_micros(time.tv_usec.unsigned_abs())
}

/// The middle one.
pub fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
