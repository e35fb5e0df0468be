//! Connection strings, services and variables: what is resolved, and what wins.

use std::sync::OnceLock;

use pum::connection::{Environment, Parameters};
use pum::shadow::{Cluster, Options};

use super::world::{World, user};
use crate::support::{start, try_sql};

/// Passwords that are easily broken, each of the role `p<index>`.
pub const PASSWORDS: [&str; 12] = [
    "plain",
    "a#b",
    "a;b",
    r"a\b",
    r"a\\b\",
    "it's",
    r#"say "x""#,
    "two words",
    " ends with space ",
    "a:b:c",
    "é=ü%41&?@/",
    "#;'\":\\ ",
];

/// A cluster that asks for passwords on TCP and trusts on its socket, with the roles and odd names.
pub fn cluster() -> &'static Cluster {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    CLUSTER.get_or_init(|| {
        let cluster = start(&Options { tcp: true, ..Options::default() });
        let sql = |sql: &str| try_sql(&cluster.uri("postgres"), sql).unwrap();
        for (index, password) in PASSWORDS.iter().enumerate() {
            sql(&format!("create role p{index} login password '{}'", password.replace('\'', "''")));
        }
        sql(r#"create role "o d:d\@/'%" login password 'plain'"#);
        if user() != "postgres" {
            sql(&format!("create role \"{0}\" login superuser", user()));
            sql(&format!("create database \"{0}\"", user()));
        }
        sql("create database p0");
        sql("create database \"d b%#'\"");
        cluster
    })
}

fn world(text: &str) -> World {
    World::new(cluster(), text)
}

const TCP: &str = "host=127.0.0.1 port={port} user=p0 dbname=postgres password=plain";

#[test]
fn key_value_strings_connect_as_with_psql() {
    for text in [
        TCP,
        "host = 127.0.0.1 port= {port} user ='p0' password='plain'dbname=postgres",
        r"host=127.0.0.1 port={port} user=p0 dbname=d\ b%#\' password=\p\l\ain",
        "host='' hostaddr=127.0.0.1 port={port} user=p0 password=plain dbname=''",
        "host=127.0.0.1 port={port} user=p7 dbname=postgres password='two words'",
        "host=127.0.0.1 port='{port} ' user=p0 password=plain dbname=x dbname=p0",
        "host={socket} port={port} user=p0 dbname=postgres sslmode=require",
        "host={socket} port={port} user=p0 dbname=postgres options='-c work_mem=7MB'",
        "host=127.0.0.1 port={port} user=p0 password=plain keepalives=0 connect_timeout=3 tcp_user_timeout=1000 keepalives_idle=7",
        "host={socket} port={port}",
        "host=nowhere.invalid hostaddr=127.0.0.1 port={port} user=p0 password=plain",
        "host=127.0.0.1 port={port} user=p0 password=plain requiressl=0 gssencmode=disable",
    ] {
        world(text).connects();
    }
}

#[test]
fn key_value_strings_are_refused_as_by_psql() {
    for text in [
        "host=127.0.0.1 port={port} user=p0 dbname=postgres password=wrong",
        "host=127.0.0.1 port={port} user=p0 dbname=postgres",
        "host=127.0.0.1 port={port} user=p0 dbname=postgres password=''",
        "host=127.0.0.1 port={port} user=p0 dbname=none password=plain",
        "host=127.0.0.1 port={port} user=nobody_here password=plain",
        "host=127.0.0.1 port=0 user=p0",
        "host=127.0.0.1 port=99999 user=p0",
        "host=127.0.0.1 port=x user=p0",
        "host=127.0.0.1 port={port} colour=red",
        "host=127.0.0.1 port={port} user=p0 sslmode=perhaps password=plain",
        "host=127.0.0.1 port={port} user=p0 sslmode=require password=plain",
        "host=127.0.0.1 port={port} user=p0 password='plain",
        "host=127.0.0.1 port {port}",
        "host=127.0.0.1 port={port} user=p0 password=plain connect_timeout=soon",
        "host=127.0.0.1 port={port} user=p0 password=plain channel_binding=require",
        "host=127.0.0.1 port={port} user=p0 password=plain channel_binding=always",
        "host=127.0.0.1 port={port} user=p0 password=plain target_session_attrs=best",
        "host=127.0.0.1 port={port},{port} user=p0 password=plain",
        "host=/nowhere port={port} user=p0",
        "host=127.0.0.1 port=1 user=p0",
        "host=nowhere.invalid port={port} user=p0",
        "hostaddr=localhost port={port} user=p0 password=plain",
        "host={socket} port={port} user=p0 dbname=postgres gssencmode=require",
    ] {
        world(text).fails();
    }
}

#[test]
fn uris_connect_as_with_psql() {
    for text in [
        "postgresql://p0:plain@127.0.0.1:{port}/postgres",
        "postgres://p0:plain@127.0.0.1:{port}",
        "postgresql://p10:%C3%A9%3D%C3%BC%2541%26%3F%40%2F@127.0.0.1:{port}/d%20b%25%23'",
        "postgresql://o%20d%3ad%5C%40%2F'%25:plain@127.0.0.1:{port}/postgres",
        "postgresql://{socket%}:{port}/postgres?user=p0",
        "postgresql:///postgres?host={socket}&port={port}&user=p0",
        "postgresql://p0@:{port}/postgres?host={socket}",
        "postgresql://127.0.0.1:1,127.0.0.1:{port}/postgres?user=p0&password=plain",
        "postgresql://[::1]:{port},127.0.0.1:{port}/postgres?user=p0&password=plain",
        "postgresql://p0:plain@127.0.0.1:{port}/postgres?connect_timeout=5&application_name=x&options=-c%20work_mem%3D7MB",
        "postgresql://?hostaddr=127.0.0.1&port={port}&user=p0&password=plain&dbname=postgres",
        "postgresql://p0:plain@localhost:{port}/postgres?sslmode=disable",
    ] {
        world(text).connects();
    }
}

#[test]
fn uris_are_refused_as_by_psql() {
    for text in [
        "postgresql://p0:pl%zzain@127.0.0.1:{port}/postgres",
        "postgresql://p0:plain%00@127.0.0.1:{port}/postgres",
        "postgresql://p0:plain@127.0.0.1:{port}/postgres?colour=red",
        "postgresql://p0:plain@127.0.0.1:{port}/postgres?sslmode",
        "postgresql://p0:plain@127.0.0.1:{port}/postgres?sslmode=disable=x",
        "postgresql://p0:plain@127.0.0.1:{port}/postgres?ssl=true",
        "postgresql://p0:plain@[::1/postgres",
        "postgresql://p0:plain@[]:{port}/postgres",
        "postgresql://[::1]x/postgres",
        "postgresql://p0:plain@127.0.0.1:{port}x/postgres",
        "postgresql://127.0.0.1,127.0.0.1:1,{port}/postgres?user=p0&password=plain&port=1,{port}",
        "postgresql://p0:pl/ain@127.0.0.1:{port}/postgres",
    ] {
        world(text).fails();
    }
}

#[test]
fn every_password_comes_through_every_way() {
    for (index, password) in PASSWORDS.iter().enumerate() {
        let place = format!("host=127.0.0.1 port={{port}} dbname=postgres user=p{index}");
        let quoted = password.replace('\\', "\\\\").replace('\'', "\\'");
        world(&format!("{place} password='{quoted}'")).connects();
        let encoded = password.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
        world(&format!("postgresql://p{index}:{encoded}@127.0.0.1:{{port}}/postgres")).connects();
        world(&place).env("PGPASSWORD", password).connects();
        let escaped = password.replace('\\', "\\\\").replace(':', "\\:");
        world(&place).passwords(format!("*:*:*:p{index}:{escaped}\n")).connects();
        let service = format!("[s]\n{}\npassword={password}\n", place.replace(' ', "\n"));
        let verdict = world("s").services(service).agrees(password);
        assert_eq!(verdict.is_ok(), !password.ends_with(' '));
    }
}

#[test]
fn services_are_taken_as_with_psql() {
    let section = "host=127.0.0.1\nport={port}\nuser=p0\npassword=plain\ndbname=postgres\n";
    let good = format!("# comment\n\n[other]\nhost=x\n[s]\n{section}[s]\nhost=nowhere.invalid\n");
    for text in [
        "s",
        "service=s",
        "service=s dbname=p0",
        "postgresql:///p0?service=s",
        "postgresql:///?service=s&dbname=p0",
    ] {
        world(text).services(&good).connects();
    }
    for (name, file) in [
        ("s", format!("[s]\r\n{}", section.replace('\n', " \t\r\n"))),
        ("s", format!("  [s] anything\n{}", section.replace("user", "  user"))),
        ("a service", format!("[a service]\n{section}")),
        ("s", format!("junk\n[t]\njunk\n[s]\n{section}[u]\njunk")),
        ("s", format!("[s]\n{section}host=nowhere.invalid\nuser=nobody\n")),
        ("é", format!("[é]\n{section}")),
    ] {
        world(name).services(file).connects();
    }
    for (name, file) in [
        ("t", good.clone()),
        ("s", format!("[s]\n{section}colour=red\n")),
        ("s", format!("[s]\n{section}junk\n")),
        ("s", format!("[s]\n{section}service=other\n")),
        ("s", format!("[s]\n{}", section.replace("user=", "user ="))),
        ("s", format!("[s]\n{}", section.replace("user=", "user= "))),
        ("s", format!("[s]\n{}", section.replace("plain", "'plain'"))),
        ("s", format!("[s]\n{}", section.replace("plain", "plain # my password"))),
        ("s", format!("[s ]\n{section}")),
        ("s", format!("[S]\n{section}")),
        ("s", format!("\u{feff}[s]\n{section}")),
    ] {
        world(name).services(file).fails();
    }
    world("s").fails();
}

#[test]
fn service_files_are_found_as_with_psql() {
    let section = |name: &str, user: &str| {
        format!("[{name}]\nhost={{socket}}\nport={{port}}\ndbname=postgres\nuser={user}\n")
    };
    let files = |text: &str| {
        world(text)
            .services(section("s", "p1"))
            .file("etc/pg_service.conf", 0o644, section("s", "p2") + &section("system", "p3"))
            .file("mine.conf", 0o644, section("s", "p4"))
    };
    files("s").connects();
    files("system").connects();
    files("s").env("PGSERVICEFILE", "{home}/mine.conf").connects();
    files("system").env("PGSERVICEFILE", "{home}/mine.conf").connects();
    files("s").env("PGSERVICEFILE", "{home}/none.conf").fails();
    files("").env("PGSERVICE", "s").connects();
    files("service=system").env("PGSERVICE", "s").connects();
    files("").env("PGSERVICE", "none").fails();
}

#[test]
fn what_is_nearer_wins() {
    let service = "[s]\nhost={socket}\nport={port}\nuser=p1\n";
    let world = |text: &str| world(text).services(service).env("PGUSER", "p2").env("PGDATABASE", "p0");
    assert!(world("service=s user=p3 dbname=postgres").connects().starts_with("p3|postgres"));
    assert!(world("s").connects().starts_with("p1|p0"));
    assert!(world("host={socket} port={port}").connects().starts_with("p2|p0"));
    world("service=s port=1").fails();
}

#[test]
fn the_environment_alone_is_enough() {
    let base = || world("").env("PGPORT", "{port}");
    base().env("PGHOST", "{socket}").connects();
    base().env("PGHOST", "127.0.0.1").env("PGUSER", "p0").env("PGPASSWORD", "plain").connects();
    base()
        .env("PGHOSTADDR", "127.0.0.1")
        .env("PGUSER", "p0")
        .env("PGPASSWORD", "plain")
        .env("PGDATABASE", "")
        .connects();
    base().env("PGHOST", "{socket}").env("PGTZ", "Asia/Tokyo").env("PGDATESTYLE", "German, DMY").connects();
    base().env("PGHOST", "{socket}").env("PGOPTIONS", "-c work_mem=9MB").env("PGTZ", "default").connects();
    base()
        .env("PGHOST", "127.0.0.1")
        .env("PGREQUIRESSL", "1")
        .env("PGUSER", "p0")
        .env("PGPASSWORD", "plain")
        .fails();
    base()
        .env("PGHOST", "127.0.0.1")
        .env("PGSSLMODE", "junk")
        .env("PGUSER", "p0")
        .env("PGPASSWORD", "plain")
        .fails();
}

#[test]
fn a_user_without_a_name_is_no_panic() {
    let text = format!("host={} port={}", cluster().socket_dir().display(), cluster().port());
    let environment = Environment::new(None, None);
    let parameters = Parameters::resolve_with(&text, &environment).unwrap();
    assert_eq!(
        (parameters.user(), parameters.database(), parameters.names_database()),
        (String::new(), String::new(), false)
    );
    let error = super::world::connect(&parameters).unwrap_err();
    assert!(error.contains("no user to connect as"), "{error}");
    assert!(super::world::connect(&parameters.with("user", "p0").with("dbname", "postgres")).is_ok());
}

#[test]
fn a_database_is_named_by_text_service_or_environment() {
    let named = |world: World| world.resolve().unwrap().names_database();
    assert!(!named(world("host=x")));
    assert!(!named(world("host=x dbname=''")));
    assert!(!named(world("s").services("[s]\nhost=x\n")));
    assert!(named(world("s").services("[s]\ndbname=x\n")));
    assert!(named(world("").env("PGDATABASE", "x")));
    assert!(named(world("postgresql:///x")));
}

#[test]
fn no_password_is_shown() {
    let world =
        world("host=127.0.0.1 port={port} user=p0 dbname=postgres password=sesame sslpassword=sesame2");
    let parameters = world.resolve().unwrap();
    assert_eq!(parameters.get("password"), Some("sesame"));
    let refused = super::world::connect(&parameters).unwrap_err();
    for text in [format!("{parameters:?}"), parameters.redacted(), refused] {
        assert!(!text.contains("sesame"), "{text}");
    }
    for text in [
        "postgre://u:sesame@h/d",
        "postgre://u:sesame@h/d?sslmode=x",
        "postgresql://u:sesame%@h/",
        "postgresql:/u:sesame@h/d",
    ] {
        let error = Parameters::resolve_with(text, &Environment::default()).unwrap_err();
        assert!(!format!("{error:?}").contains("sesame"), "{error:?}");
    }
}

#[test]
fn what_is_not_supported_is_refused_by_name() {
    for keyword in [
        "require_auth=scram-sha-256",
        "requirepeer=postgres",
        "scram_client_key=x",
        "sslcertmode=require sslmode=require host=h",
    ] {
        let name = keyword.split('=').next().unwrap();
        let error = world(&format!("host={{socket}} {keyword}")).ours().unwrap_err();
        assert!(error.contains(name), "{error}");
    }
}

#[test]
fn what_is_refused_by_name_stands_in_the_readme() {
    let readme = include_str!("../../README.md");
    for text in [
        "require_auth=scram-sha-256",
        "scram_client_key=x",
        "scram_server_key=x",
        "oauth_issuer=x",
        "sslkeylogfile=x",
        "sslcertmode=require",
        "gssencmode=require",
        "requirepeer=postgres",
        "min_protocol_version=3.2",
        "replication=database",
    ] {
        let keyword = text.split('=').next().unwrap();
        let parameters = Parameters::resolve(&format!("host=/nowhere dbname=d user=u {text}")).unwrap();
        let refused = super::world::connect(&parameters).unwrap_err();
        assert!(refused.contains(&format!("the connection keyword {keyword} asks for")), "{refused}");
        assert!(readme.contains(&format!("`{keyword}")), "{keyword}");
    }
}
