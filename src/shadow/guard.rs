//! The guard: a tiny process that waits for its owner's death, then stops the server that the owner may have left
//! and removes the temporary directory. It learns of the death by the end of a pipe whose other end only the owner
//! has, so no signal escapes it; being in a session of its own, no signal to the owner's group reaches it.

use std::ffi::OsStr;
use std::process::{Child, Command, Stdio};

use super::place::Place;
use crate::programs::child::{self, DiesWith};
use crate::{Error, Result};

/// `$1` is the data directory, `$2` the directory to remove, or empty. The number in `postmaster.pid` is only
/// believed while that process works in the data directory, where the system can tell. A negative one is that of the
/// server that initdb runs: it ends with its input, and without its files it would leave its shared memory.
const SCRIPT: &str = r#"
trap '' HUP INT TERM QUIT
cd /
while read -r line; do :; done
works() { kill -0 "$1" && { [ ! -e /proc/self ] || [ "/proc/$1/cwd" -ef "$2" ]; }; }
tries=0
if read -r pid <"$1/postmaster.pid" && [ "$pid" -lt 0 ]; then
    while [ "$tries" -lt 100 ] && works "${pid#-}" "$1"; do
        sleep 0.05
        tries=$((tries + 1))
    done
fi
tries=0
while [ "$tries" -lt 100 ] && read -r pid <"$1/postmaster.pid"; do
    works "$pid" "$1" || break
    kill -QUIT "$pid" || break
    sleep 0.05
    tries=$((tries + 1))
done
[ "$tries" -lt 100 ] || kill -KILL "$pid"
tries=0
while [ -n "$2" ] && [ "$tries" -lt 20 ] && ! rm -rf -- "$2"; do
    sleep 0.1
    tries=$((tries + 1))
done
"#;

/// The guard of a place. Dropping it lets it do its work and waits until it is done.
#[derive(Debug)]
pub(super) struct Guard(Child);

impl Guard {
    pub(super) fn start(place: &Place) -> Result<Guard> {
        let mut command = Command::new("sh");
        command.args(["-c", SCRIPT, "pum-guard"]).arg(place.data());
        command.arg(place.temporary().map_or(OsStr::new(""), |path| path.as_os_str()));
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        child::detach(&mut command, DiesWith::Nobody);
        let child = command.spawn().map_err(|error| Error::failed("sh could not be run").caused_by(error))?;
        Ok(Guard(child))
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        // `wait` closes the pipe first.
        let _ = self.0.wait();
    }
}
