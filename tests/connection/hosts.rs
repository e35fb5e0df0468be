//! Several hosts, and which sort of server is wanted.

use std::process::Command;
use std::sync::OnceLock;

use pum::shadow::{Cluster, Options};

use super::world::World;
use crate::support::{Project, start, try_query, try_sql};

/// A primary, a standby of it (a copy that waits for more WAL), and a server whose sessions are read-only.
struct Servers {
    primary: Cluster,
    standby: Cluster,
    read_only: Cluster,
}

fn servers() -> &'static Servers {
    static SERVERS: OnceLock<Servers> = OnceLock::new();
    SERVERS.get_or_init(|| {
        let setting = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let wal = vec![setting("wal_level", "replica"), setting("max_wal_senders", "2")];
        let hba = vec!["host all all 127.0.0.1/32 trust".to_owned()];
        let options = |settings: &[(String, String)]| Options {
            tcp: true,
            hba: hba.clone(),
            settings: settings.to_vec(),
            ..Options::default()
        };
        let directory = Project::new().path().join("standby");
        let first = start(&Options { directory: Some(directory.clone()), ..options(&wal) });
        try_sql(&first.uri("postgres"), "checkpoint").unwrap();
        let owner = first.data_dir().join("PG_VERSION");
        std::fs::write(first.data_dir().join("standby.signal"), "").unwrap();
        let signal = first.data_dir().join("standby.signal");
        assert!(
            Command::new("chown").arg("--reference").arg(&owner).arg(&signal).status().unwrap().success()
        );
        drop(first);
        let standby = start(&Options { directory: Some(directory), ..options(&wal) });
        assert_eq!(try_query(&standby.uri("postgres"), "select pg_is_in_recovery()").unwrap(), [["t"]]);
        let read_only = start(&options(&[setting("default_transaction_read_only", "on")]));
        Servers { primary: start(&options(&wal)), standby, read_only }
    })
}

fn world(servers: &Servers, text: &str) -> World {
    let port = |cluster: &Cluster| cluster.port().to_string();
    let text = text
        .replace("{primary}", &port(&servers.primary))
        .replace("{standby}", &port(&servers.standby))
        .replace("{read_only}", &port(&servers.read_only));
    let hosts = vec!["127.0.0.1"; text.matches(',').count() + 1].join(",");
    World::new(&servers.primary, &format!("host={hosts} user=postgres dbname=postgres {text}"))
}

#[test]
fn sessions_are_chosen_as_by_psql() {
    let servers = servers();
    for wanted in ["any", "read-write", "read-only", "primary", "standby", "prefer-standby"] {
        for ports in [
            "{primary}",
            "{standby}",
            "{read_only}",
            "{primary},{standby},{read_only}",
            "{read_only},{standby},{primary}",
            "1,{standby},{primary}",
            "{read_only},{primary}",
            "1,{read_only}",
        ] {
            let text = format!("port={ports} target_session_attrs={wanted}");
            let _ = world(servers, &text).agrees(wanted);
        }
    }
}

#[test]
fn dead_hosts_are_passed_over_and_all_are_named_when_none_is_left() {
    let servers = servers();
    world(servers, "port=1,2,{primary}").connects();
    let refused = world(servers, "port=1,2").fails();
    assert!(refused.contains("127.0.0.1:1") && refused.contains("127.0.0.1:2"), "{refused}");
    let wrong = world(servers, "port={standby},{read_only} target_session_attrs=read-write").fails();
    assert!(wrong.contains("read-only") && wrong.contains("target_session_attrs"), "{wrong}");
    // A server that refuses the login ends the search.
    world(servers, "port={primary},{primary} dbname=none").fails();
    let first_unknown = format!(
        "host=nowhere.invalid,127.0.0.1 port={} user=postgres dbname=postgres",
        servers.primary.port()
    );
    World::new(&servers.primary, &first_unknown).connects();
}

#[test]
fn any_host_is_taken_when_the_load_is_balanced() {
    let servers = servers();
    // psql 15 does not know the keyword.
    let reached = (0..40)
        .map(|_| world(servers, "port={primary},{read_only} load_balance_hosts=random").ours().unwrap())
        .collect::<std::collections::HashSet<_>>();
    assert_eq!(reached.len(), 2);
}

#[test]
fn a_server_that_says_nothing_is_left_after_the_timeout() {
    let servers = servers();
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let begun = std::time::Instant::now();
    world(servers, &format!("port={port},{{primary}} connect_timeout=2 sslmode=disable")).connects();
    assert!(begun.elapsed().as_secs() >= 4 && begun.elapsed().as_secs() < 20);
}

#[test]
fn sockets_without_a_file_and_ipv6_are_reached_as_by_psql() {
    let name = format!("@pum-test-{}", std::process::id());
    let setting = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let settings = vec![setting("unix_socket_directories", &name), setting("listen_addresses", "*")];
    let hba = vec!["host all all ::1/128 trust".to_owned(), "host all all 127.0.0.1/32 trust".to_owned()];
    let cluster = start(&Options { tcp: true, settings, hba, ..Options::default() });
    let rest = "port={port} user=postgres dbname=postgres";
    World::new(&cluster, &format!("host={name} {rest}")).connects();
    World::new(&cluster, "postgresql://postgres@127.0.0.1:{port}/postgres").connects();
    // Where the machine has no IPv6, both fail.
    for text in [
        format!("host=::1 {rest}"),
        "postgresql://postgres@[::1]:{port}/postgres".into(),
        format!("hostaddr=::1 {rest}"),
    ] {
        let _ = World::new(&cluster, &text).agrees("IPv6");
    }
}
