//! Behind pgbouncer: a pool of transactions is found out and refused, a pool of sessions works.

use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use pum::programs::child::{DiesWith, attach};
use rustix::process::Signal;

use super::world::{Ground, PATIENCE, TITLES, assert_consistent, project, run_upgrade, upgrade};
use crate::support::{Running, cluster, try_query};

/// A pgbouncer in front of the shared cluster, its files beside the cluster's socket.
pub struct Bouncer {
    process: Child,
    port: u16,
}

impl Bouncer {
    pub fn start(settings: &str) -> Bouncer {
        static PORT: AtomicU16 = AtomicU16::new(6400);
        let program = std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())
            .chain(["/usr/sbin".into(), "/sbin".into()])
            .map(|directory| directory.join("pgbouncer"))
            .find(|program| program.exists())
            .expect("pgbouncer is missing: run sh .ci/setup");
        let port = PORT.fetch_add(1, Ordering::Relaxed);
        let directory = cluster().socket_dir();
        let (shown, file) = (directory.display(), directory.join(format!("pgbouncer-{port}.ini")));
        let ini = format!(
            "[databases]\n* = host={shown} port={} user=postgres\n[pgbouncer]\nlisten_addr =\nlisten_port = {port}\n\
             unix_socket_dir = {shown}\nauth_type = any\nlogfile = {shown}/pgbouncer-{port}.log\n{settings}\n",
            cluster().port()
        );
        std::fs::write(&file, ini).unwrap();
        let owner = std::fs::metadata(directory).unwrap();
        let (user, group) =
            (std::os::unix::fs::MetadataExt::uid(&owner), std::os::unix::fs::MetadataExt::gid(&owner));
        chown(&file, Some(user), Some(group)).unwrap();
        let mut command = Command::new(program);
        // It refuses to run as root.
        command.arg("-q").arg(&file).uid(user).gid(group).current_dir("/").stdin(Stdio::null());
        command.stdout(Stdio::null()).stderr(Stdio::null());
        attach(&mut command, DiesWith::SpawningThread(Signal::KILL));
        let process = command.spawn().unwrap();
        let began = Instant::now();
        while !directory.join(format!(".s.PGSQL.{port}")).exists() {
            let log = || std::fs::read_to_string(directory.join(format!("pgbouncer-{port}.log")));
            assert!(began.elapsed() < Duration::from_secs(10), "{:?}", log());
            sleep(Duration::from_millis(10));
        }
        Bouncer { process, port }
    }

    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    fn uri(&self, ground: &Ground) -> String {
        let (directory, name): (&Path, _) = (cluster().socket_dir(), ground.database().name());
        format!("postgresql:///{name}?host={}&port={}&user=postgres", directory.display(), self.port)
    }
}

impl Drop for Bouncer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Makes the pool open this many connections to the server, all idle in the end.
fn fill(uri: &str, count: usize) {
    std::thread::scope(|scope| {
        for _ in 0..count {
            scope.spawn(|| try_query(uri, "select pg_sleep(0.3)").expect("a connection"));
        }
    });
}

#[test]
fn a_pool_of_transactions_is_found_out_and_nothing_is_applied() {
    let (project, template) = (project(), Ground::new());
    for (settings, connections) in
        [("", 0), ("", 4), ("server_round_robin = 1", 2), ("server_round_robin = 1", 5)]
    {
        let bouncer = Bouncer::start(&format!("pool_mode = transaction\n{settings}"));
        let ground = template.copy();
        let uri = bouncer.uri(&ground);
        fill(&uri, connections);
        let case = format!("{settings:?}, {connections} connections");
        for _ in 0..3 {
            let ended = run_upgrade(&project, &uri, &[]);
            assert_eq!(ended.code(), Some(3), "{case}: {ended}");
            assert!(
                ended.text.contains("a pooler in transaction mode (such as pgbouncer)"),
                "{case}: {ended}"
            );
            assert!(ended.text.contains("pool_mode = session"), "{case}: {ended}");
            assert_eq!(ground.whole().marks(&TITLES), [[0; 4]; 3], "{case}: {ended}");
        }
    }
}

#[test]
fn two_at_once_through_a_pool_of_transactions_apply_nothing_twice() {
    let (project, template) = (project(), Ground::new());
    for settings in ["", "server_round_robin = 1"] {
        let bouncer = Bouncer::start(&format!("pool_mode = transaction\n{settings}"));
        let ground = template.copy();
        let uri = bouncer.uri(&ground);
        fill(&uri, 3);
        for _ in 0..4 {
            let both = [(); 2].map(|()| Running::start(&mut upgrade(&project, &uri, &["--lock-wait", "1s"])));
            for ended in both.map(|running| running.wait(PATIENCE)) {
                // The lock of one that is gone may stay with a connection of the pool; and what happens never to be
                // lent another connection is as good as a session.
                assert!(matches!(ended.code(), Some(0 | 3 | 4)), "{settings:?}: {ended}");
                assert_consistent(&ground.whole(), &format!("{settings:?}: {ended}"));
            }
        }
    }
}

#[test]
fn a_pool_of_sessions_works() {
    let (project, template) = (project(), Ground::new());
    // One that is large, with connections of others before us, and one that is full with us.
    for (size, connections) in [(20, 3), (1, 1)] {
        let bouncer = Bouncer::start(&format!("pool_mode = session\ndefault_pool_size = {size}"));
        let ground = template.copy();
        fill(&bouncer.uri(&ground), connections);
        let ended = run_upgrade(&project, &bouncer.uri(&ground), &[]);
        assert_eq!(ended.code(), Some(0), "{ended}");
        assert_eq!(ground.whole().marks(&TITLES), [[1; 4]; 3], "{ended}");
    }
}
