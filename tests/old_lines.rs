//! The command lines of pum 0.x, as people have them in scripts.

use crate::support::{Installation, assert_run, pum, run};

/// A project whose database is the service `prod`, with two deltas in two directories.
fn service() -> (Installation, std::path::PathBuf) {
    let it = Installation::new();
    let parameters = it.database.uri().split_once('?').unwrap().1.replace("%2F", "/").replace('&', "\n");
    let file =
        it.project.file("pg_service.conf", format!("[prod]\ndbname={}\n{parameters}\n", it.database.name()));
    it.delta("delta_1.1.0_a.sql", "create table app.a as select 1 as id");
    it.project.file("customizations/sigip/delta/delta_1.1.0_b.sql", "create table app.b as select 1 as id");
    (it, file)
}

#[test]
fn the_lines_of_real_projects_work_as_they_stand() {
    let (it, file) = service();
    let line = |words: &str| run(it.bare(words).env("PGSERVICEFILE", &file));
    for words in [
        "baseline -p prod -t app.upgrades -d ./delta/ -b 1.0.0",
        "info -p prod -t app.upgrades -d delta",
        "upgrade -p prod -t app.upgrades -d delta customizations/sigip/delta -v int SRID 2056 -v string NAME x",
    ] {
        let told = line(words);
        assert!(told.starts_with("exit code: 0"), "{words}\n{told}");
    }
    assert!(it.has("app.a") && it.has("app.b"));
    assert_eq!(
        it.database.value("select min(script) from app.upgrades where type = 8"),
        "customizations/sigip/delta/delta_1.1.0_b.sql"
    );
}

#[test]
fn every_spelling_of_an_option_is_understood() {
    let (it, file) = service();
    it.works("baseline -b 1.0.0");
    for words in [
        "info -p=prod -t=app.upgrades -d=delta",
        "info -pprod -tapp.upgrades -ddelta",
        "info --pg_serv prod --ta app.upgrades --d delta",
        "info --pg_service=prod --table=app.upgrades --dir=delta",
        "info --pg-service prod --table app.upgrades --dir delta",
        "info --dir delta customizations/sigip/delta --table app.upgrades --pg_s=prod",
        "upgrade -p prod -t app.upgrades -d delta -u 1.1 -vv",
        "upgrade -p prod -t app.upgrades -d delta --max 1.1.0 --verb",
        "upgrade -p prod -t app.upgrades -d delta --var int X 1 -v float Y 1.5 -v str Z z",
        "-c pum.cfg info -p prod -t app.upgrades -d delta",
        "--config_file pum.cfg info -p prod -t app.upgrades -d delta",
        "--config_file=pum.cfg info -p prod -t app.upgrades -d delta",
    ] {
        it.project.file("pum.cfg", "upgrades_table: app.upgrades\n");
        let told = run(it.bare(words).env("PGSERVICEFILE", &file));
        assert!(told.starts_with("exit code: 0"), "{words}\n{told}");
    }
}

#[test]
fn check_understands_its_old_lines() {
    let (it, file) = service();
    let other = crate::support::database();
    other.sql("create schema app; create schema tiger; create schema topology; create table topology.t (id integer)");
    it.database
        .sql("create schema tiger; create table tiger.t (id integer); create view app.v as select 1 as id");
    let services = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("{services}{}", services.replace("[prod]", "[pg_qwat_test]"))).unwrap();
    let release =
        services.replace("[prod]", "[pg_qwat_test_release]").replace(it.database.name(), other.name());
    std::fs::write(&file, format!("{}\n{release}", std::fs::read_to_string(&file).unwrap())).unwrap();
    it.project.file("views.cfg", "ignore_elements: views\n");
    let line = |words: &str| run(it.bare(words).env("PGSERVICEFILE", &file));

    let old = "check -p1 pg_qwat_test -p2 pg_qwat_test_release --exclude-schema public --exclude-schema tiger --exclude-schema topology -i views";
    assert_eq!(
        line(old),
        "exit code: 0\n----- stdout -----\npg_qwat_test and pg_qwat_test_release are equal\n----- stderr -----\n"
    );
    let left_out = "-N tiger -N=topology";
    for words in [
        "check -p1=pg_qwat_test -p2=pg_qwat_test_release LEFT_OUT --ignore views tables --verbose_level 2",
        "check --pg_service1 pg_qwat_test --pg_service2=pg_qwat_test_release LEFT_OUT -i views -v 0 -s",
        "check --pg_service1=pg_qwat_test --pg_service2 pg_qwat_test_release LEFT_OUT -i views --silent True",
        "check -i views -p1 pg_qwat_test -p2 pg_qwat_test_release LEFT_OUT -o ./differences.yaml -v=1",
        "check -i=views -p1 pg_qwat_test -p2 pg_qwat_test_release LEFT_OUT --output_file ./differences.yaml",
        "-c views.cfg check -p1 pg_qwat_test -p2 pg_qwat_test_release LEFT_OUT --verb 2 --out ./differences.yaml",
        "--config_file=views.cfg check -p1 pg_qwat_test -p2 pg_qwat_test_release --exclude_schema tiger --exclude-s topology",
        "check -p1 pg_qwat_test -p2 pg_qwat_test_release LEFT_OUT -i views -P id",
    ] {
        let told = line(&words.replace("LEFT_OUT", left_out));
        assert!(told.starts_with("exit code: 0"), "{words}\n{told}");
    }
    let told = line("check -p1 pg_qwat_test -p2 pg_qwat_test_release");
    assert!(told.starts_with("exit code: 1"), "{told}");
    // A value that is none of 0, 1 and 2 is a wrong usage.
    let told = line("check -p1 pg_qwat_test -p2 pg_qwat_test_release -v 3");
    assert!(told.starts_with("exit code: 2"), "{told}");
}

#[test]
fn a_file_may_stand_behind_two_dashes() {
    let (it, file) = service();
    let told = run(it.bare("dump -p prod -- ./x.dump").env("PGSERVICEFILE", &file));
    assert!(told.starts_with("exit code: 0"), "{told}");
    assert!(it.project.path().join("x.dump").is_file());
}

#[test]
fn the_version_and_the_help() {
    for word in ["-v", "--version", "-V"] {
        let told = run(pum().arg(word));
        assert_eq!(
            told,
            format!(
                "exit code: 0\n----- stdout -----\npum {}\n----- stderr -----\n",
                env!("CARGO_PKG_VERSION")
            )
        );
    }
    let alone = run(&mut pum());
    assert!(alone.starts_with("exit code: 0\n----- stdout -----\nUpgrades manager"), "{alone}");
    assert_eq!(alone, run(pum().arg("-h")));
}

#[test]
fn usage_errors_exit_with_2() {
    assert_run!(pum().arg("upgarde"), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: unrecognized subcommand 'upgarde'

      tip: a similar subcommand exists: 'upgrade'

    Usage: pum [OPTIONS] [COMMAND]

    For more information, try '--help'.
    ");
    assert_run!(pum().args(["info", "--tabel", "x"]), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: unexpected argument '--tabel' found

      tip: a similar argument exists: '--table'

    Usage: pum info --table <TABLE>

    For more information, try '--help'.
    ");
    assert_run!(pum().args(["info", "-p", "x"]), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: no upgrades table is named
    hint: name it with -t schema.table, or as upgrades_table in pum.yaml
    ");
}

#[test]
fn completions_and_the_manual_are_printed() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let output = pum().args(["completions", shell]).output().unwrap();
        assert!(
            output.status.success() && String::from_utf8(output.stdout).unwrap().contains("baseline"),
            "{shell}"
        );
    }
    assert_run!(pum().args(["completions", "tcsh"]), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: invalid value 'tcsh' for '<SHELL>'
      [possible values: bash, elvish, fish, powershell, zsh]

      tip: a similar value exists: 'zsh'

    For more information, try '--help'.
    ");
    let page = String::from_utf8(pum().arg("man").output().unwrap().stdout).unwrap();
    assert!(page.contains(".TH pum 1"), "{page}");
    for words in ["pum upgrade", "pum repair", "\\-\\-mark\\-applied", "\\-\\-out\\-of\\-order"] {
        assert!(page.contains(words) || page.contains(&words.replace(' ', "\\ ")), "{words}");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", "{ \"$0\" man; echo $? >&2; } | head -n 1 >/dev/null", env!("CARGO_BIN_EXE_pum")]);
    let output = shell.output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "0\n");
}
