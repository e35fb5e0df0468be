//! How the processes of a cluster are started: as a user that PostgreSQL accepts, from a thread that
//! lives as long as they shall.

use std::fs;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command};
use std::sync::mpsc::{Sender, channel};
use std::thread;

use rustix::process::{Pid, Signal};

use crate::programs::child::{self, DiesWith};
use crate::{Error, Result};

/// Sends a signal to a child that was not waited for yet, so its number is still its own.
pub(super) fn signal(child: &Child, signal: Signal) {
    if let Some(pid) = Pid::from_raw(child.id().cast_signed()) {
        // It may have ended already, which is as well.
        let _ = rustix::process::kill_process(pid, signal);
    }
}

/// A thread that starts servers and lives as long as they shall: the death signal of a child follows the thread that
/// started it, and the caller's may end before.
#[derive(Debug)]
pub(super) struct Keeper(Sender<Order>);

/// What to start, and where to send it.
type Order = (Command, Sender<io::Result<Child>>);

impl Keeper {
    pub(super) fn start() -> Result<Keeper> {
        let (sender, orders) = channel::<Order>();
        thread::Builder::new()
            .name("pum-shadow".to_owned())
            .spawn(move || {
                for (mut command, reply) in orders {
                    child::detach(&mut command, DiesWith::SpawningThread(Signal::QUIT));
                    // Whoever ordered waits for it.
                    let _ = reply.send(command.spawn());
                }
            })
            .map_err(|error| Error::failed("no thread for the throwaway server").caused_by(error))?;
        Ok(Keeper(sender))
    }

    pub(super) fn spawn(&self, command: Command) -> io::Result<Child> {
        let gone = || io::Error::other("the thread that starts servers is gone");
        let (reply, child) = channel();
        self.0.send((command, reply)).map_err(|_| gone())?;
        child.recv().map_err(|_| gone())?
    }
}

/// Who the server runs as: the caller, or somebody harmless if the caller is root, whom PostgreSQL refuses.
#[derive(Debug, Clone, Copy)]
pub(super) struct ServerUser {
    /// User and group to change to.
    change: Option<(u32, u32)>,
}

impl ServerUser {
    pub(super) fn choose() -> Result<ServerUser> {
        if !rustix::process::geteuid().is_root() {
            return Ok(ServerUser { change: None });
        }
        let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
        let change =
            ["postgres", "nobody"].into_iter().find_map(|name| ids(&passwd, name)).ok_or_else(|| {
                Error::failed(
                    "PostgreSQL does not run as root, and there is neither a user postgres nor nobody",
                )
                .hint("run pum as an ordinary user")
            })?;
        Ok(ServerUser { change: Some(change) })
    }

    /// User and group to change to, if the caller is root.
    pub(super) fn change(&self) -> Option<(u32, u32)> {
        self.change
    }

    /// Makes the command run as this user, in a directory it can enter, untouched by the caller's libpq settings.
    pub(super) fn prepare(&self, command: &mut Command, directory: &Path) {
        if let Some((uid, gid)) = self.change {
            command.uid(uid).gid(gid);
        }
        command.current_dir(directory).env("LC_ALL", "C");
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PG")) {
            command.env_remove(name);
        }
    }
}

fn ids(passwd: &str, name: &str) -> Option<(u32, u32)> {
    let mut fields =
        passwd.lines().map(|line| line.split(':')).find(|fields| fields.clone().next() == Some(name))?;
    Some((fields.nth(2)?.parse().ok()?, fields.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    #[test]
    fn user_and_group_are_read_from_passwd() {
        let passwd = "root:x:0:0:root:/root:/bin/sh\npostgres:x:101:104:,,,:/var/lib/postgresql:/bin/bash\n";
        assert_eq!(super::ids(passwd, "postgres"), Some((101, 104)));
        assert_eq!(super::ids(passwd, "nobody"), None);
    }
}
