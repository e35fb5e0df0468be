//! `--pre-push`: whether there is anything to verify.

use super::world::{CONFIG, Repo, assert_verify};

/// Whether a push of this change has something to verify.
fn is_in_scope(config: &str, path: &str, content: &str) -> bool {
    let repo = Repo::new();
    repo.file("pum.yaml", config);
    repo.file("model/data.csv", "1\n");
    repo.commit("config");
    repo.git(&["tag", "v1.1.5"]);
    repo.file(path, content);
    repo.commit("change");
    let output = repo.verify(&["--pre-push"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(output.stderr.is_empty());
    !output.stdout.is_empty()
}

#[test]
fn a_push_without_a_delta_prints_nothing() {
    let repo = Repo::new();
    repo.file("src/app.py", "print('x')\n");
    repo.commit("code");
    assert_verify!(repo.verify(&["--pre-push"]), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
    ");
    assert_verify!(repo.verify(&["--pre-push", "--explain"]), @r"
    exit code: 0
    ----- stdout -----
        scope nothing to verify in 1 changed file in [DURATION]
       proven HEAD ([COMMIT]), there is nothing to verify in [DURATION]
    ----- stderr -----
    ");
}

#[test]
fn what_the_stages_judge_is_in_scope() {
    assert!(is_in_scope(CONFIG, "delta/delta_1.2.0_a.sql", "select 1;\n"));
    assert!(is_in_scope(CONFIG, "delta/helper/tools.py", "x = 1\n"));
    assert!(is_in_scope(CONFIG, "model/pipe.sql", "create table app.pipe (id bigint);\n"));
    assert!(is_in_scope(CONFIG, "pum.ignore.yaml", "- element: views\n  reason: none\n"));
    assert!(is_in_scope(CONFIG, "pum.yaml", &format!("{CONFIG}\n# more\n")));
    assert!(!is_in_scope(CONFIG, "model/sub/other.sql", "select 1;\n"));
    assert!(!is_in_scope(CONFIG, "model/data.csv", "2\n"));
    assert!(!is_in_scope(CONFIG, "docs/guide.txt", "read\n"));
}

#[test]
fn of_a_model_that_a_command_builds_every_file_counts_but_texts_for_people() {
    let config = "upgrades_table: app.upgrades\ndelta_dirs: [delta]\nmodel: {run: ./build.sh}\n";
    assert!(is_in_scope(config, "tools/values.csv", "1\n"));
    assert!(!is_in_scope(config, "docs/guide.md", "read\n"));
    assert!(!is_in_scope(config, ".github/workflows/ci.yml", "on: push\n"));
    let config = "upgrades_table: app.upgrades\ndelta_dirs: [delta]\nmodel: {deltas: true}\n";
    assert!(!is_in_scope(config, "tools/values.csv", "1\n"));
}

#[test]
fn a_model_that_includes_other_files_is_judged_by_all_of_them() {
    let repo = Repo::new();
    repo.file("model/data.sql", "\\copy app.pipe from 'values.csv'\n");
    repo.commit("data");
    repo.git(&["tag", "v1.1.5"]);
    repo.file("values.csv", "1\n");
    repo.commit("values");
    let output = repo.verify(&["--pre-push"]).output().unwrap();
    assert!(String::from_utf8(output.stdout).unwrap().contains("values.csv among them"));
}
