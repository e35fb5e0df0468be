//! Hazards that the text of new deltas tells.

use super::world::{CONFIG, Repo, assert_verify};

#[test]
fn hazards_of_new_deltas_are_told_and_not_those_of_old_ones() {
    let repo = Repo::new();
    repo.file(
        "delta/delta_1.2.0_less.sql",
        "\u{feff}\\set t app.pipe\r\n\r\nALTER TABLE :t\r\n  DROP COLUMN id;\r\n",
    );
    repo.commit("less");
    assert_verify!(repo.lint(), @r"
    exit code: 0
    ----- stdout -----
        names 3 deltas, 1 new in [DURATION]
       frozen 2 deltas of 2 releases in [DURATION]
        order 1 new delta against v1.1.0 in [DURATION]
         lint 1 SQL delta new in [DURATION]
              delta/delta_1.2.0_less.sql:4:3: warning[ban-drop-column]: dropping a column may break existing clients
              delta/delta_1.2.0_less.sql:4:3: warning[deletes-data]: what app.pipe.id holds is gone with it
                help: if that is meant, say why: -- pum: allow deletes-data REASON
       proven HEAD ([COMMIT]), without apply, compare, again in [DURATION]
    ----- stderr -----
    ");
    repo.git(&["tag", "v1.2.0"]);
    repo.file("delta/delta_1.3.0_more.sql", "select 1;\n");
    repo.commit("more");
    assert_verify!(repo.lint(), @r"
    exit code: 0
    ----- stdout -----
        names 4 deltas, 1 new in [DURATION]
       frozen 3 deltas of 3 releases in [DURATION]
        order 1 new delta against v1.2.0 in [DURATION]
         lint 1 SQL delta new in [DURATION]
       proven HEAD ([COMMIT]), without apply, compare, again in [DURATION]
    ----- stderr -----
    ");
}

#[test]
fn a_rule_may_refute_and_a_reason_lets_it_pass() {
    let repo = Repo::new();
    repo.file("pum.yaml", format!("{CONFIG}lint: {{deletes-data: error, ban-drop-table: off}}\n"));
    repo.file("delta/delta_1.2.0_less.sql", "SELECT 1;\n-- the old ones\nDROP TABLE app.pipe;\n");
    repo.commit("less");
    assert_verify!(repo.lint(), @r"
    exit code: 1
    ----- stdout -----
        names 3 deltas, 1 new in [DURATION]
       frozen 2 deltas of 2 releases in [DURATION]
        order 1 new delta against v1.1.0 in [DURATION]
         lint failed, 1 SQL delta new in [DURATION]
              delta/delta_1.2.0_less.sql:3:1: error[deletes-data]: the rows of app.pipe are gone with it
                help: if that is meant, say why: -- pum: allow deletes-data REASON
      refuted HEAD ([COMMIT]): 1 error in lint in [DURATION]
    ----- stderr -----
    ");
    repo.file(
        "delta/delta_1.2.0_less.sql",
        "SELECT 1;\n-- pum: allow deletes-data nobody has any\nDROP TABLE app.pipe;\n",
    );
    repo.commit("allowed");
    repo.lint().assert().code(0);
    repo.file("delta/delta_1.2.0_less.sql", "SELECT 1;\n-- pum: allow deletes-data\nDROP TABLE app.pipe;\n");
    repo.commit("without a reason");
    assert_verify!(repo.lint(), @r"
    exit code: 1
    ----- stdout -----
        names 3 deltas, 1 new in [DURATION]
       frozen 2 deltas of 2 releases in [DURATION]
        order 1 new delta against v1.1.0 in [DURATION]
         lint failed, 1 SQL delta new in [DURATION]
              delta/delta_1.2.0_less.sql:2:1: error[bad-allow]: it does not say why deletes-data is allowed
                help: say it like this: -- pum: allow RULE reason
      refuted HEAD ([COMMIT]): 1 error in lint in [DURATION]
    ----- stderr -----
    ");
}

#[test]
fn an_unknown_rule_is_refused_with_the_nearest() {
    let repo = Repo::new();
    repo.file("pum.yaml", format!("{CONFIG}lint:\n  ban-drop-tabel: error\n"));
    repo.commit("rule");
    assert_verify!(repo.lint(), @r#"
    exit code: 1
    ----- stdout -----
        names failed in [DURATION]
              pum.yaml:5:3: error: pum.yaml is not understood: "ban-drop-tabel" is no rule of squawk's or pum's; did you mean "ban-drop-table"?
      refuted HEAD ([COMMIT]): 1 error in names in [DURATION]
    ----- stderr -----
    "#);
}
