use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Config, Edited, Hook, OnTimeout, Start};
use crate::sql::Value;
use crate::sql::lint::Level;

fn parse(file: &str, text: &str) -> crate::Result<Config> {
    Config::parse(Path::new(file), text)
}

#[test]
fn paths_are_relative_to_the_file() {
    let text = "delta_dirs: [delta, ../other]\nedited: error\nvariables: {SRID: 2056, NAME: x}\npython_exe: python3\n";
    let config = parse("/p/pum.yaml", text).unwrap();
    assert_eq!(config.delta_dirs, [PathBuf::from("/p/delta"), PathBuf::from("/p/../other")]);
    assert_eq!(config.edited, Edited::Error);
    assert_eq!(config.variables["SRID"], Value::Int(2056));
    assert_eq!(config.python_exe, Some(PathBuf::from("python3")));
}

#[test]
fn the_older_file_is_relative_to_the_working_directory_and_forgives() {
    let config = parse("/p/config.yaml", "delta_dir: delta\nsomething: 1\n").unwrap();
    assert_eq!(config.delta_dirs, [PathBuf::from("delta")]);
    assert_eq!(config.warnings.len(), 1, "{:?}", config.warnings);
    let config = parse("/p/config.yaml", "delta_dir: delta\ndatabase: x\n").unwrap();
    assert_eq!(config.delta_dirs, [PathBuf::from("/p/delta")]);
}

#[test]
fn an_unknown_key_is_an_error_with_its_place_and_the_nearest_known_one() {
    let error = parse("pum.yaml", "# upgrade_table: no\nupgrade_table: x\n").unwrap_err();
    let excerpt = error.excerpt.unwrap();
    assert_eq!(excerpt.line_column(), (2, 1));
    assert_eq!(excerpt.label, "did you mean \"upgrades_table\"?");
    let error = parse("pum.yaml", "hook:\n  timout: 3s\n").unwrap_err();
    assert_eq!(error.excerpt.unwrap().line_column(), (2, 3));
}

#[test]
fn bad_yaml_and_wrong_types_are_errors_with_their_place() {
    assert_eq!(parse("pum.yaml", "a: [1\nb: 2\n").unwrap_err().excerpt.unwrap().line_column().0, 2);
    assert!(parse("pum.yaml", "edited: perhaps\n").is_err());
    let error = parse("pum.yaml", "ignore_elements: [views, viws]\n").unwrap_err();
    assert_eq!(error.excerpt.unwrap().line_column(), (1, 26));
    assert!(parse("pum.yaml", "- a\n").is_err());
    assert_eq!(parse("pum.yaml", "").unwrap().delta_dirs, Vec::<PathBuf>::new());
}

#[test]
fn tags_and_the_upstream_branch_are_named() {
    let config = parse("pum.yaml", "releases: release-{version}\nupstream: origin/main\n").unwrap();
    assert!(config.releases.version("release-1.2.0").is_some());
    assert!(config.releases.version("v1.2.0").is_none());
    assert_eq!(config.upstream.as_deref(), Some("origin/main"));
    let error = parse("pum.yaml", "upstream: x\nreleases: [v]\n").unwrap_err();
    assert_eq!(error.excerpt.unwrap().line_column(), (2, 1));
}

#[test]
fn rules_have_levels_and_unknown_ones_are_errors_with_the_nearest() {
    let config = parse("pum.yaml", "lint: {ban-drop-table: error, deletes-data: off}\n").unwrap();
    assert_eq!(config.lint.of("ban-drop-table"), Level::Error);
    assert_eq!(config.lint.of("deletes-data"), Level::Off);
    let error = parse("pum.yaml", "lint:\n  ban-drop-tabel: error\n").unwrap_err();
    let excerpt = error.excerpt.unwrap();
    assert_eq!(excerpt.line_column(), (2, 3));
    assert!(excerpt.label.contains("did you mean \"ban-drop-table\"?"), "{}", excerpt.label);
    let error = parse("pum.yaml", "lint:\n  ban-drop-table: fatal\n").unwrap_err();
    assert!(error.excerpt.unwrap().label.contains("off, warn and error"));
}

#[test]
fn states_to_start_from_are_releases_and_dumps() {
    let text = "verify: {from: [newest, v1.2.0, {file: x.dump, baseline: 1.0.0}]}\n";
    let config = parse("/p/pum.yaml", text).unwrap();
    let dump = Start::Dump { file: "/p/x.dump".into(), baseline: "1.0.0".parse().unwrap() };
    assert_eq!(config.verify_from, [Start::Newest, Start::Release("v1.2.0".into()), dump]);
    let names = parse("pum.yaml", "verify: {from: [1.1.0, v1.2.0]}\n").unwrap().verify_from;
    assert_eq!(names, [Start::Release("1.1.0".into()), Start::Release("v1.2.0".into())]);
    assert_eq!(parse("pum.yaml", "verify: {from: all}\n").unwrap().verify_from, [Start::All]);
    let error = parse("pum.yaml", "verify:\n  from: [{file: x, baseline: one}]\n").unwrap_err();
    assert_eq!(error.excerpt.unwrap().line_column(), (2, 20));
    assert!(parse("pum.yaml", "verify: {from: [{fil: x}]}\n").is_err());
}

#[test]
fn the_hook_has_a_minute_unless_told_otherwise() {
    let hook = |text: &str| Config::parse(Path::new("pum.yaml"), text).map(|config| config.hook);
    assert_eq!(
        hook("database: x").unwrap(),
        Hook { timeout: Duration::from_secs(60), on_timeout: OnTimeout::Pass }
    );
    assert_eq!(
        hook("hook: {timeout: 1500ms, on_timeout: refuse}").unwrap(),
        Hook { timeout: Duration::from_millis(1500), on_timeout: OnTimeout::Refuse }
    );
    assert_eq!(hook("hook: {timeout: 20}").unwrap().timeout, Duration::from_secs(20));
    let error = hook("hook:\n  timeout: soon\n").unwrap_err();
    assert_eq!(error.excerpt.unwrap().line_column(), (2, 3));
    assert!(hook("hook: {on_timeout: panic}").is_err());
}
