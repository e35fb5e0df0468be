//! In which order: directories, pre-all and post-all, versions, pre and post, titles, languages.

use crate::support::{Installation, PYTHON, assert_run};

#[test]
fn kinds_and_titles_within_a_version() {
    let it = Installation::at("1.0.0");
    for name in
        ["b.post.sql", "b.sql", "b.pre.sql", "a.post.sql", "a.sql", "B.sql", "é.sql", "a_b.sql", "a.pre.sql"]
    {
        it.delta(&format!("delta_1.1.0_{name}"), "");
    }
    for name in ["delta_1.1.0.sql", "delta_1.01.00_c.sql", "delta_1.0.9_z.post.sql"] {
        it.delta(name, "");
    }
    for name in ["a.py", "a.pre.py", "a.post.py"] {
        it.delta(&format!("delta_1.1.0_{name}"), format!("{PYTHON}        pass\n"));
    }
    assert_run!(it.pum("upgrade --dry-run -q"), @r"
    exit code: 0
    ----- stdout -----
    delta_1.0.9_z.post.sql
    delta_1.1.0_a.pre.py
    delta_1.1.0_a.pre.sql
    delta_1.1.0_b.pre.sql
    delta_1.1.0.sql
    delta_1.1.0_B.sql
    delta_1.1.0_a.py
    delta_1.1.0_a.sql
    delta_1.1.0_a_b.sql
    delta_1.1.0_b.sql
    delta_1.01.00_c.sql
    delta_1.1.0_é.sql
    delta_1.1.0_a.post.py
    delta_1.1.0_a.post.sql
    delta_1.1.0_b.post.sql
    ----- stderr -----
    ");
}

#[test]
fn directories_as_given_and_the_pre_all_of_the_last_first() {
    let it = Installation::at("1.0.0");
    for directory in ["delta", "own"] {
        for file in ["delta_1.1.0_a", "delta_1.2.0_b", "pre-all", "post-all"] {
            let sql = format!("insert into app.log(what) values ('{directory}/{file}')");
            it.project.file(&format!("{directory}/{}_{directory}.sql", file), &sql);
            if file.ends_with("all") {
                std::fs::rename(
                    it.project.path().join(format!("{directory}/{file}_{directory}.sql")),
                    it.project.path().join(format!("{directory}/{file}.sql")),
                )
                .unwrap();
            }
        }
        for file in ["pre-all.py", "post-all.py"] {
            it.project
                .file(&format!("{directory}/{file}"), format!("{PYTHON}        print('{directory}')\n"));
        }
    }
    it.database.sql("create table app.log (id serial, what text)");
    assert_run!(it.pum("upgrade -d own").args(["--progress", "plain"]), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
         Plan 12 files: pre-all.py … post-all.sql
              pre-all.py: delta
      Applied [ 1/12] pre-all.py in [DURATION]
      Applied [ 2/12] pre-all.sql in [DURATION]
              pre-all.py: own
      Applied [ 3/12] pre-all.py in [DURATION]
      Applied [ 4/12] pre-all.sql in [DURATION]
      Applied [ 5/12] delta_1.1.0_a_own.sql in [DURATION]
      Applied [ 6/12] delta_1.2.0_b_own.sql in [DURATION]
      Applied [ 7/12] delta_1.1.0_a_delta.sql in [DURATION]
      Applied [ 8/12] delta_1.2.0_b_delta.sql in [DURATION]
              post-all.py: own
      Applied [ 9/12] post-all.py in [DURATION]
      Applied [10/12] post-all.sql in [DURATION]
              post-all.py: delta
      Applied [11/12] post-all.py in [DURATION]
      Applied [12/12] post-all.sql in [DURATION]
     Finished [DATABASE] is at version 1.2.0, 12 files applied
    ");
    let order = it.database.query("select what from app.log order by id").concat();
    insta::assert_snapshot!(order.join("\n"), @r"
    delta/pre-all
    own/pre-all
    own/delta_1.1.0_a
    own/delta_1.2.0_b
    delta/delta_1.1.0_a
    delta/delta_1.2.0_b
    own/post-all
    delta/post-all
    ");
}

#[test]
fn pre_all_and_post_all_run_at_every_upgrade_and_are_not_recorded() {
    let it = Installation::at("1.0.0");
    it.database.sql("create table app.log (what text)");
    it.delta("pre-all.sql", "insert into app.log values ('pre')");
    it.delta("post-all.sql", "insert into app.log values ('post')");
    assert_run!(it.pum("upgrade"), @r"
    exit code: 0
    ----- stdout -----
    ----- stderr -----
         Plan 2 files: pre-all.sql, post-all.sql
      Applied [1/2] pre-all.sql in [DURATION]
      Applied [2/2] post-all.sql in [DURATION]
     Finished [DATABASE] is at version 1.0.0, 2 files applied
    ");
    it.works("upgrade");
    assert_eq!(it.database.value("select string_agg(what, ' ') from app.log"), "pre post pre post");
    assert_eq!(it.record(), "1.0.0 baseline 0 true");
}

#[test]
fn directories_below_a_delta_directory_are_not_read() {
    let it = Installation::at("1.0.0");
    it.project.file("delta/more/delta_1.1.0_a.sql", "create table app.a ()");
    it.works("upgrade");
    assert!(!it.has("app.a"));
}
