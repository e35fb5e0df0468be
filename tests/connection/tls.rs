//! TLS: modes, roots, names, client certificates, against servers with certificates as PostgreSQL's manual makes them.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use pum::shadow::{Cluster, Options};

use super::world::World;
use crate::support::{Project, Running, start, try_query, try_sql};

const MODES: [&str; 6] = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];

/// A server with TLS, and the files of its certificates.
struct Server {
    cluster: Cluster,
    files: PathBuf,
}

fn openssl(directory: &Path, arguments: &str) {
    let output = Command::new("openssl").args(arguments.split(' ')).current_dir(directory).output().unwrap();
    assert!(output.status.success(), "openssl {arguments}\n{}", String::from_utf8_lossy(&output.stderr));
}

/// A key and a certificate signed by `issuer`; without an extension, version 1, as in the manual.
fn certificate(directory: &Path, name: &str, subject: &str, issuer: &str, extension: Option<&str>) {
    openssl(
        directory,
        &format!("req -new -nodes -newkey rsa:2048 -keyout {name}.key -out {name}.csr -subj /CN={subject}"),
    );
    let mut sign = format!(
        "x509 -req -in {name}.csr -days 30 -CA {issuer}.crt -CAkey {issuer}.key -CAcreateserial -out {name}.crt"
    );
    if let Some(extension) = extension {
        fs::write(directory.join("extensions"), extension).unwrap();
        sign.push_str(" -extfile extensions");
    }
    openssl(directory, &sign);
}

fn root(directory: &Path, name: &str) {
    openssl(
        directory,
        &format!(
            "req -new -nodes -newkey rsa:2048 -keyout {name}.key -out {name}.csr -subj /CN={name}.example.com"
        ),
    );
    // Self-signed without extensions: version 1, too.
    openssl(directory, &format!("x509 -req -in {name}.csr -days 30 -signkey {name}.key -out {name}.crt"));
}

/// Makes a server show this certificate.
fn serve(cluster: &Cluster, files: &Path, name: &str) {
    let data = cluster.data_dir();
    for (from, to) in [
        (format!("{name}.crt"), "server.crt"),
        (format!("{name}.key"), "server.key"),
        ("root.crt".into(), "clients.crt"),
    ] {
        let to = data.join(to);
        fs::copy(files.join(from), &to).unwrap();
        fs::set_permissions(&to, fs::Permissions::from_mode(0o600)).unwrap();
        let owner =
            Command::new("chown").arg("--reference").arg(data.join("PG_VERSION")).arg(&to).status().unwrap();
        assert!(owner.success());
    }
    let uri = cluster.uri("postgres");
    let loaded = || try_query(&uri, "select pg_conf_load_time()").unwrap();
    let before = loaded();
    try_sql(&uri, "alter system set ssl = on").unwrap();
    try_sql(&uri, "alter system set ssl_ca_file = 'clients.crt'").unwrap();
    try_sql(&uri, "select pg_reload_conf()").unwrap();
    while loaded() == before {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    // The postmaster reads before it tells its children; who answers us already knows.
    assert_eq!(try_query(&uri, "show ssl").unwrap(), [["on"]]);
}

/// All certificates, made once.
fn files() -> PathBuf {
    static FILES: OnceLock<Project> = OnceLock::new();
    let project = FILES.get_or_init(|| {
        let project = Project::new();
        make_certificates(project.path());
        project
    });
    project.path().to_owned()
}

fn make_certificates(files: &Path) {
    root(files, "root");
    root(files, "other");
    certificate(files, "plain", "localhost", "root", None);
    certificate(
        files,
        "named",
        "ignored.example.com",
        "root",
        Some("subjectAltName=DNS:localhost,DNS:*.example.com"),
    );
    certificate(files, "address", "localhost", "root", Some("subjectAltName=IP:127.0.0.1"));
    certificate(files, "common", "127.0.0.1", "root", None);
    certificate(files, "client", "certified", "root", None);
    certificate(files, "stranger", "certified", "other", None);
    openssl(files, "rsa -in client.key -traditional -out pkcs1.key");
    openssl(files, "rsa -in client.key -traditional -aes256 -passout pass:sesame -out encrypted1.key");
    openssl(files, "pkcs8 -topk8 -in client.key -v2 aes256 -passout pass:sesame -out encrypted8.key");
    openssl(files, "rsa -in client.key -outform DER -out der.key");
}

fn start_server(certificate: &str) -> Server {
    let files = files();
    let hba = [
        "hostssl all certified all cert",
        "hostssl all tls_only all trust",
        "host all tls_only all reject",
        "hostssl all plain_only all reject",
        "host all plain_only all trust",
        "host all anybody all trust",
    ];
    let cluster = start(&Options { tcp: true, hba: hba.map(str::to_owned).to_vec(), ..Options::default() });
    for role in ["certified", "tls_only", "plain_only", "anybody", "protected"] {
        try_sql(&cluster.uri("postgres"), &format!("create role {role} login password 'plain'")).unwrap();
    }
    serve(&cluster, &files, certificate);
    Server { cluster, files }
}

fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| start_server("plain"))
}

fn world(server: &Server, text: &str) -> World {
    World::new(
        &server.cluster,
        &format!(
            "hostaddr=127.0.0.1 port={{port}} dbname=postgres {}",
            text.replace("{files}", server.files.to_str().unwrap())
        ),
    )
}

#[test]
fn every_mode_root_and_name_is_judged_as_by_psql() {
    let mut connected = 0;
    for mode in MODES {
        for root in ["root.crt", "other.crt", "none.crt", "plain.key", ""] {
            for host in ["localhost", "other.example.com", "127.0.0.1"] {
                for user in ["anybody", "tls_only", "plain_only"] {
                    if user == "plain_only" && (host, root) != ("localhost", "root.crt") {
                        continue;
                    }
                    let root =
                        if root.is_empty() { String::new() } else { format!("sslrootcert={{files}}/{root}") };
                    let text = format!("host={host} user={user} sslmode={mode} {root}");
                    connected += usize::from(world(server(), &text).agrees("mode").is_ok());
                }
            }
        }
    }
    assert!(connected > 50, "{connected}");
}

#[test]
fn default_files_count() {
    let server = server();
    let read = |name: &str| fs::read(server.files.join(name)).unwrap();
    for mode in MODES {
        for root in ["root.crt", "other.crt"] {
            let world = world(server, &format!("host=localhost user=certified sslmode={mode}"))
                .file(".postgresql/root.crt", 0o644, read(root))
                .file(".postgresql/postgresql.crt", 0o644, read("client.crt"))
                .file(".postgresql/postgresql.key", 0o600, read("client.key"));
            let _ = world.agrees(&format!("{mode} {root}"));
        }
    }
    let only_certificate = world(server, "host=localhost user=certified").file(
        ".postgresql/postgresql.crt",
        0o644,
        read("client.crt"),
    );
    only_certificate.fails();
}

#[test]
fn client_certificates_and_keys_of_every_form_are_taken_as_by_psql() {
    let server = server();
    let mut verdicts = Vec::new();
    for (certificate, key, rest) in [
        ("client", "client", ""),
        ("client", "pkcs1", ""),
        ("client", "der", ""),
        ("client", "encrypted1", "sslpassword=sesame"),
        ("client", "encrypted8", "sslpassword=sesame"),
        ("client", "encrypted1", ""),
        ("client", "encrypted8", "sslpassword=wrong"),
        ("client", "stranger", ""),
        ("client", "none", ""),
        ("stranger", "stranger", ""),
        ("none", "none", ""),
        ("root", "root", ""),
    ] {
        let text = format!(
            "host=localhost user=certified sslmode=require sslcert={{files}}/{certificate}.crt sslkey={{files}}/{key}.key {rest}"
        );
        let verdict = world(server, &text).agrees("certificate");
        if let Err(error) = &verdict {
            assert!(!error.contains("sesame"));
        }
        verdicts.push(verdict.is_ok());
    }
    assert_eq!(verdicts, [true, true, true, true, true, false, false, false, false, false, false, false]);
    let key = fs::read(server.files.join("client.key")).unwrap();
    for mode in [0o600, 0o400, 0o640, 0o644, 0o660] {
        let text =
            "host=localhost user=certified sslmode=require sslcert={files}/client.crt sslkey={home}/my.key";
        let _ = world(server, text).file("my.key", mode, &key).agrees(&format!("{mode:o}"));
    }
}

#[test]
fn names_in_certificates_are_compared_as_by_psql() {
    let server = start_server("plain");
    for certificate in ["named", "address", "common"] {
        serve(&server.cluster, &server.files, certificate);
        for host in [
            "localhost",
            "LOCALHOST",
            "a.example.com",
            "a.b.example.com",
            "example.com",
            "ignored.example.com",
            "127.0.0.1",
            "127.0.0.2",
            "::1",
        ] {
            let text = format!("host={host} user=anybody sslmode=verify-full sslrootcert={{files}}/root.crt");
            let _ = world(&server, &text).agrees(certificate);
        }
    }
    world(&server, "user=anybody sslmode=verify-full sslrootcert={files}/root.crt").fails();
}

#[test]
fn protocols_and_channel_binding_are_as_with_psql() {
    for text in [
        "ssl_min_protocol_version=TLSv1.3",
        "ssl_max_protocol_version=TLSv1.2",
        "ssl_max_protocol_version=tlsv1.2",
        "ssl_min_protocol_version=TLSv1.3 ssl_max_protocol_version=TLSv1.2",
        "ssl_min_protocol_version=SSLv3",
        "ssl_max_protocol_version=TLSv1.1",
        "sslsni=0",
        "sslcompression=1",
        "channel_binding=require",
        "channel_binding=disable",
        "channel_binding=require password=wrong",
        "channel_binding=require sslmode=disable",
        "sslcrl={files}/none.crl",
    ] {
        for user in ["protected", "anybody"] {
            let mut text = text.to_owned();
            for (keyword, value) in [("password", "plain"), ("sslmode", "require")] {
                if !text.contains(&format!("{keyword}=")) {
                    text.push_str(&format!(" {keyword}={value}"));
                }
            }
            let _ = world(server(), &format!("host=localhost user={user} {text}")).agrees(&text);
        }
    }
}

#[test]
fn revoked_certificates_are_refused() {
    let server = server();
    let files = &server.files;
    fs::write(files.join("index.txt"), "").unwrap();
    fs::write(
        files.join("ca.conf"),
        "[ca]\ndefault_ca=c\n[c]\ndatabase=index.txt\ndefault_md=sha256\ndefault_crl_days=30\n",
    )
    .unwrap();
    openssl(files, "ca -config ca.conf -gencrl -keyfile root.key -cert root.crt -out empty.crl");
    openssl(files, "ca -config ca.conf -revoke plain.crt -keyfile root.key -cert root.crt");
    openssl(files, "ca -config ca.conf -gencrl -keyfile root.key -cert root.crt -out revoked.crl");
    let text = "host=localhost user=anybody sslmode=verify-full sslrootcert={files}/root.crt";
    world(server, &format!("{text} sslcrl={{files}}/empty.crl")).connects();
    world(server, &format!("{text} sslcrl={{files}}/revoked.crl")).fails();
    world(server, text)
        .file(".postgresql/root.crl", 0o644, fs::read(files.join("revoked.crl")).unwrap())
        .fails();
    // A directory of lists, each named after its issuer.
    let arguments = ["crl", "-hash", "-noout", "-in", "empty.crl"];
    let hash = Command::new("openssl").args(arguments).current_dir(files).output().unwrap();
    let hash = String::from_utf8(hash.stdout).unwrap();
    for list in ["empty", "revoked"] {
        let directory = files.join(format!("{list}.lists"));
        fs::create_dir(&directory).unwrap();
        fs::copy(files.join(format!("{list}.crl")), directory.join(format!("{}.r0", hash.trim()))).unwrap();
    }
    world(server, &format!("{text} sslcrldir={{files}}/empty.lists")).connects();
    world(server, &format!("{text} sslcrldir={{files}}/revoked.lists")).fails();
    world(server, &format!("{text} sslcrldir={{files}}/none")).fails();
    // Of two lists of one issuer, one counts.
    let both = format!("{text} sslcrl={{files}}/empty.crl sslcrldir={{files}}/revoked.lists");
    let _ = world(server, &both).agrees("both");
    world(server, text).env("PGSSLCRLDIR", &files.join("revoked.lists").to_string_lossy()).fails();
}

/// What the program says about a database of this server, with this variable.
fn version(server: &Server, text: &str, name: &str, value: &str) -> String {
    let port = server.cluster.port();
    let text = format!("host=localhost hostaddr=127.0.0.1 port={port} dbname=postgres user=anybody {text}");
    crate::support::run(
        crate::support::pum().args(["version", "-t", "no.table", "-p", &text]).env(name, value),
    )
}

#[test]
fn the_roots_of_the_system_count_when_asked_for() {
    let server = server();
    // psql knows this from 16 on.
    let text = "sslmode=verify-full sslrootcert=system";
    let root = |name: &str| server.files.join(name).to_string_lossy().into_owned();
    let told = version(server, text, "SSL_CERT_FILE", &root("root.crt"));
    assert!(told.contains("there is no upgrades table no.table"), "{told}");
    let told = version(server, text, "SSL_CERT_FILE", &root("other.crt"));
    assert!(told.contains("certificate verify failed"), "{told}");
    let told = version(server, "sslmode=require sslrootcert=system", "SSL_CERT_FILE", &root("root.crt"));
    assert!(told.contains("sslrootcert=system needs sslmode=verify-full"), "{told}");
    // Without a mode it is that one.
    let told = version(server, "sslrootcert=system", "SSL_CERT_FILE", &root("other.crt"));
    assert!(told.contains("certificate verify failed"), "{told}");
}

#[test]
fn tls_without_asking_first_is_for_servers_of_17_and_later() {
    let server = server();
    let told = version(server, "sslmode=require sslnegotiation=direct", "A", "b");
    if server.cluster.version().split('.').next().and_then(|major| major.parse().ok()) < Some(17) {
        assert!(told.starts_with("exit code: 3"), "{told}");
        assert!(
            told.contains("hint: sslnegotiation=direct needs a server of PostgreSQL 17 or later"),
            "{told}"
        );
    } else {
        assert!(told.contains("there is no upgrades table no.table"), "{told}");
    }
    let told = version(server, "sslmode=prefer sslnegotiation=direct", "A", "b");
    assert!(told.contains("sslnegotiation=direct needs sslmode=require or stronger"), "{told}");
}

#[test]
fn a_request_to_stop_goes_over_tls_too() {
    let server = server();
    let project = Project::new();
    project.delta("delta_1.1.0_slow.sql", "select pg_sleep(60);");
    let admin = server.cluster.uri("postgres");
    try_sql(&admin, "create database slow").unwrap();
    let port = server.cluster.port();
    let database = format!(
        "host=localhost port={port} dbname=slow user=tls_only sslmode=verify-full sslrootcert={}",
        server.files.join("root.crt").display()
    );
    let slow = server.cluster.uri("slow");
    try_sql(&slow, "grant all on schema public to tls_only").unwrap();
    let arguments = ["-p", &database, "-t", "public.upgrades", "-d", "delta"];
    project.pum().args(["baseline", "-b", "1.0.0"]).args(arguments).assert().success();
    let running = Running::start(project.command().arg("upgrade").args(arguments));
    let asleep =
        "select ssl from pg_stat_activity join pg_stat_ssl using (pid) where query = 'select pg_sleep(60)'";
    while try_query(&slow, asleep).unwrap() != [["t"]] {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    running.signal(rustix::process::Signal::INT);
    let ended = running.wait(std::time::Duration::from_secs(10));
    assert_eq!(ended.code(), Some(130), "{ended}");
    assert!(ended.text.contains("it was undone"), "{ended}");
}

#[test]
fn errors_of_tls_say_what_to_do() {
    let error = |text: &str| world(server(), text).fails();
    let missing = error("host=localhost user=anybody sslmode=verify-full");
    assert!(missing.contains("root.crt does not exist") && missing.contains("sslrootcert"), "{missing}");
    let name = error("host=other.example.com user=anybody sslmode=verify-full sslrootcert={files}/root.crt");
    assert!(name.contains("not for \"other.example.com\""), "{name}");
    let root = error("host=localhost user=anybody sslmode=verify-ca sslrootcert={files}/other.crt");
    assert!(root.contains("certificate verify failed"), "{root}");
}
