//! Password files.

use super::text::cluster;
use super::world::World;

const PLACE: &str = "host=127.0.0.1 port={port} user=p0 dbname=postgres";

fn world(text: &str) -> World {
    World::new(cluster(), text)
}

#[test]
fn password_files_match_as_with_psql() {
    for file in [
        "127.0.0.1:{port}:postgres:p0:plain",
        "*:*:*:*:plain\n",
        "# a comment\n\n*:*:other:*:no\n*:*:*:p0:plain\n*:*:*:p0:no\n",
        "*:*:*:p0:plain:and more\n",
        "*:*:*:p0:plain\r\n",
        r"\1\2\7.0.0.1:*:p\ostgres:p0:\p\l\a\i\n",
        "junk\n127.0.0.1\n*:*:*:p0:plain",
        "*:*:*:p\\0:plain\n",
    ] {
        world(PLACE).passwords(file).connects();
    }
    for file in [
        "",
        "*:*:*:p0:wrong\n*:*:*:p0:plain\n",
        " *:*:*:p0:plain\n",
        "*:*:*:p0:plain \n",
        "*:*:*:p0:\n*:*:*:p0:plain\n",
        "localhost:*:*:p0:plain\n",
        "127.0.0.*:*:*:p0:plain\n",
        "*:*:*:p0\n",
        "127.0.0.1:{port}:postgres:p0:pl:ain\n",
    ] {
        world(PLACE).passwords(file).fails();
    }
    world(PLACE).passwords(b"\xff\xfe:*:*:*:\xff\n*:*:*:p0:plain\n").connects();
}

#[test]
fn the_host_is_compared_as_it_was_given() {
    world("host=localhost hostaddr=127.0.0.1 port={port} user=p0 dbname=postgres")
        .passwords("127.0.0.1:*:*:*:no\nlocalhost:*:*:*:plain\n")
        .connects();
    world("hostaddr=127.0.0.1 port={port} user=p0 dbname=postgres")
        .passwords("127.0.0.1:*:*:*:plain\n")
        .connects();
    world("host=127.0.0.1,127.0.0.1 port=1,{port} user=p0 dbname=postgres")
        .passwords("*:1:*:*:no\n*:{port}:*:*:plain\n")
        .connects();
    world("postgresql://o%20d%3ad%5C%40%2F'%25@127.0.0.1:{port}/postgres")
        .passwords("*:*:*:o d\\:d\\\\@/'%:plain\n")
        .connects();
}

#[test]
fn a_password_file_that_others_can_read_is_ignored_with_a_warning() {
    for (mode, ignored) in [(0o600, false), (0o400, false), (0o640, true), (0o604, true), (0o700, false)] {
        let world = world(PLACE).file(".pgpass", mode, "*:*:*:*:plain\n");
        assert_eq!(world.agrees(&format!("{mode:o}")).is_err(), ignored, "{mode:o}");
        let warnings = world.resolve().unwrap().warnings().join("");
        assert_eq!(warnings.contains("chmod 600"), ignored, "{warnings}");
    }
    let directory = world(PLACE).file(".pgpass/x", 0o600, "");
    directory.fails();
    assert!(directory.resolve().unwrap().warnings()[0].contains("not a plain file"));
}

#[test]
fn passfile_and_its_variable_name_another_file() {
    let files = |text: &str| world(text).passwords("*:*:*:*:no\n").file("mine", 0o600, "*:*:*:*:plain\n");
    files(&format!("{PLACE} passfile={{home}}/mine")).connects();
    files(PLACE).env("PGPASSFILE", "{home}/mine").connects();
    files(PLACE).env("PGPASSFILE", "{home}/none").fails();
    files(&format!("{PLACE} password=plain")).connects();
    files(PLACE).env("PGPASSWORD", "plain").connects();
}

#[test]
fn a_missing_or_wrong_password_says_where_it_goes_or_came_from() {
    let missing = world(PLACE).fails();
    assert!(missing.contains("~/.pgpass"), "{missing}");
    let wrong = world(PLACE).passwords("*:*:*:*:no\n").fails();
    assert!(wrong.contains("password authentication failed") && wrong.contains("/.pgpass"), "{wrong}");
}
