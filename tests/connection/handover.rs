//! Handing a connection to programs that are run, cancelling, and what the server is told.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use pum::connection::{Environment, Parameters, ServiceFile, establish};

use super::text::{PASSWORDS, cluster};
use super::world::{World, connect, psql, run_psql};

/// What psql does in a hostile environment with the service file alone.
fn through_service_file(parameters: &Parameters) -> Result<String, String> {
    let file = ServiceFile::create(parameters).unwrap();
    let mode = std::fs::metadata(file.path()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let mut command = Command::new(psql());
    command.env_clear().env("HOME", "/nonexistent").envs(file.environment());
    for (name, value) in
        [("PGHOST", "nowhere.invalid"), ("PGPORT", "1"), ("PGUSER", "nobody"), ("PGDATABASE", "none")]
    {
        command.env(name, value);
    }
    run_psql(command)
}

#[test]
fn a_service_file_holds_the_whole_connection() {
    for (index, password) in PASSWORDS.iter().enumerate() {
        let escaped = password.replace('\\', "\\\\").replace(':', "\\:");
        let world = World::new(cluster(), &format!("host=127.0.0.1 port={{port}} user=p{index} dbname=p0"))
            .passwords(format!("*:*:*:*:{escaped}\n"));
        let parameters = world.resolve().unwrap();
        assert_eq!(through_service_file(&parameters).unwrap(), connect(&parameters).unwrap());
    }
}

#[test]
fn a_service_file_leaves_nothing_in_the_directory_of_temporary_files() {
    let parameters = Parameters::resolve_with("host=h password=x", &Environment::default()).unwrap();
    let file = ServiceFile::create(&parameters).unwrap();
    assert!(std::fs::read_to_string(file.path()).unwrap().contains("password=x"));
    if cfg!(target_os = "linux") {
        assert!(!file.path().starts_with(std::env::temp_dir()));
    }
    let path = file.path().to_owned();
    drop(file);
    // The number may be another file's by now.
    assert!(!std::fs::read(&path).is_ok_and(|bytes| bytes.starts_with(b"[pum]\nhost=h")));
}

#[test]
fn a_service_file_holds_odd_names_long_values_and_defaults() {
    let long = format!(
        "host={{socket}} port={{port}} dbname='d b%#\\'' user=p1 application_name='{}'",
        "x".repeat(300)
    );
    let lines = "host={socket} port={port} user=p0 dbname=postgres options='-c work_mem=7MB\n -c geqo=off'";
    for text in [
        &*long,
        lines,
        "host={socket} port={port}",
        "hostaddr=127.0.0.1 port={port} user=p0 password=plain dbname=postgres",
        "host=127.0.0.1,127.0.0.1 port=1,{port} user=p0 password=plain dbname=postgres",
    ] {
        let parameters = World::new(cluster(), text).resolve().unwrap();
        assert_eq!(through_service_file(&parameters).unwrap(), connect(&parameters).unwrap(), "{text}");
    }
    let world =
        World::new(cluster(), "a service").services("[a service]\nhost={socket}\nport={port}\ndbname=p0\n");
    let parameters = world.resolve().unwrap();
    let file = ServiceFile::create(&parameters).unwrap();
    assert_eq!((file.name(), parameters.service()), ("a service", Some("a service")));
    assert_eq!(file.resolve().unwrap().get("dbname"), Some("p0"));
}

#[test]
fn hosts_with_passwords_of_their_own_keep_their_password_file() {
    let world = World::new(cluster(), "host=127.0.0.1,127.0.0.1 port=1,{port} user=p0 dbname=postgres")
        .passwords("*:1:*:*:no\n*:*:*:*:plain\n");
    let parameters = world.resolve().unwrap();
    assert_eq!(through_service_file(&parameters).unwrap(), connect(&parameters).unwrap());
}

#[test]
fn keywords_that_older_libpq_does_not_know_go_by_variable() {
    let text = "host=h sslnegotiation=direct load_balance_hosts=random";
    let parameters = Parameters::resolve_with(text, &Environment::default()).unwrap();
    let file = ServiceFile::create(&parameters).unwrap();
    assert!(!std::fs::read_to_string(file.path()).unwrap().contains("direct"));
    assert!(file.environment().contains(&("PGSSLNEGOTIATION".into(), "direct".into())));
}

#[test]
fn a_statement_is_cancelled() {
    let text = "host=127.0.0.1 port={port} user=p0 dbname=postgres password=plain";
    let parameters = World::new(cluster(), text).resolve().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let begun = Instant::now();
    let error = runtime.block_on(async {
        let mut link = establish(&parameters, "pum").await.unwrap();
        let canceller = link.canceller.clone();
        let drive = async { while link.messages.next().await.is_some() {} };
        let cancel = async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            canceller.cancel().await.unwrap();
        };
        let sleep = async {
            let result = link.client.batch_execute("select pg_sleep(60)").await;
            drop(link.client);
            result
        };
        let (result, (), ()) = futures_util::future::join3(sleep, drive, cancel).await;
        result.unwrap_err()
    });
    assert_eq!(error.code().unwrap().code(), "57014");
    assert!(begun.elapsed() < Duration::from_secs(30));
}

#[test]
fn the_application_is_named_unless_the_user_does() {
    let name = |text: &str| {
        let parameters = World::new(cluster(), text).resolve().unwrap();
        let mut session =
            pum::connection::Session::open(&parameters, "pum x", &pum::progress::Cancel::default()).unwrap();
        session.query("select current_setting('application_name')").unwrap()[0][0].clone().unwrap()
    };
    assert_eq!(name("host={socket} port={port}"), "pum x");
    assert_eq!(name("host={socket} port={port} fallback_application_name=y"), "pum x");
    assert_eq!(name("host={socket} port={port} application_name=mine"), "mine");
}
