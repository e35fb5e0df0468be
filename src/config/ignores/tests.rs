use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::{RuleFile, edit, format};
use crate::catalog::{Element, Kind};
use crate::compare::ignore::{Rule, Side};

const FILE: &str = "pum.ignore.yaml";

fn rules(text: &str) -> Vec<Rule> {
    format::parse(Path::new(FILE), text).unwrap().into_iter().map(|written| written.rule).collect()
}

fn named(name: &str) -> Rule {
    Rule { name: Some(name.parse().unwrap()), ..Rule::default() }
}

/// Line, column and what stands at the caret.
fn wrong(text: &str) -> (usize, usize, String) {
    let error = format::parse(Path::new(FILE), text).unwrap_err();
    assert_eq!(error.kind, crate::error::Kind::Usage);
    let excerpt = error.excerpt.clone().unwrap_or_else(|| panic!("{error}"));
    let (line, column) = excerpt.line_column();
    (line, column, format!("{error}; {}", excerpt.label))
}

#[test]
fn every_key_is_read() {
    let text = "# why\n- element: [columns, views]\n  kind: default on column\n  schema: 'app*'\n  name: pipe.material\n  \
                attribute: not null\n  only: first\n  database: prod\n  until: 2026-12-31\n  reason: because\n\
                \n- {element: rules}\n";
    let found = format::parse(Path::new(FILE), text).unwrap();
    let rule = &found[0].rule;
    assert_eq!(rule.elements, [Element::Columns, Element::Views]);
    assert_eq!(rule.kinds, [Kind::Default, Kind::Column]);
    assert_eq!(rule.attributes, ["not null"]);
    assert_eq!(rule.only, Some(Side::First));
    assert_eq!(rule.reason(), "because");
    assert_eq!(rule.until.map(|until| until.to_string()).as_deref(), Some("2026-12-31"));
    assert_eq!((found[0].line, found[1].line), (2, 12));
    for nothing in ["", "# nothing\n", "[]\n", "---\n"] {
        assert_eq!(rules(nothing), []);
    }
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let (line, column, label) = wrong("- element: views\n# elemnt\n- schema: app\n  elemnt: tables\n");
    assert_eq!((line, column), (4, 3));
    assert!(label.contains("did you mean \"element\"?"), "{label}");
    for (text, place, says) in [
        ("- element: view\n", (1, 12), "did you mean \"views\""),
        ("- name: x\n- kind: colum\n", (2, 9), "did you mean \"column\""),
        ("- name: 'a..b'\n", (1, 9), "a name is missing"),
        ("- name: x\n  only: third\n", (2, 9), "neither first nor second"),
        ("- name: x\n  until: soon\n", (2, 10), "neither a date"),
        ("- name: x\n  until: 1.5\n", (2, 10), "neither a date"),
        ("- name: [1\n", (2, 1), ""),
        ("- name: x\n- reason: all\n", (2, 1), "it would ignore everything"),
        ("rules: []\n", (1, 1), "- element: views"),
        ("- views\n", (1, 1), "has no keys"),
        ("- name: x\n  name: y\n", (1, 3), "duplicate"),
    ] {
        let (line, column, label) = wrong(text);
        assert_eq!((line, column), place, "{text}: {label}");
        assert!(label.contains(says), "{text}: {label}");
    }
}

#[test]
fn appending_leaves_what_people_wrote() {
    let append = |text: &str| edit::append(Path::new(FILE), text, &[named("new")]);
    assert_eq!(append("").unwrap().lines().skip(1).collect::<Vec<_>>(), ["- name: new"]);
    let text = "# ours\n\n  # indented\n  - name: old   # end of line\n    reason: >\n      several\n      lines\n  # last";
    assert_eq!(append(text).unwrap(), format!("{text}\n  - name: new\n"));
    assert_eq!(append("- name: old\r\n").unwrap(), "- name: old\r\n- name: new\r\n");
    for flow in ["[{name: old}]\n", "[]\n", "- name: old\n...\n"] {
        let error = append(flow).unwrap_err();
        assert!(error.message.contains("cannot be changed"), "{flow}: {error}");
    }
}

#[test]
fn pruning_removes_just_the_lines_of_rules() {
    let text = "# of all\n- name: a\n  # within\n  reason: x # gone\n\n# of b\n- name: b\n  reason: |\n    one\n    # two\n\n# of c\n\
                -\n  name: c\n# last\n";
    let prune = |lines: &[usize]| edit::prune(Path::new(FILE), text, lines).unwrap();
    let pruned = prune(&[2]);
    assert_eq!(pruned.text, text.replace("- name: a\n", "").replace("  reason: x # gone\n", ""));
    assert_eq!((pruned.removed.as_str(), pruned.rules), ("- name: a\n  reason: x # gone\n", 1));
    assert_eq!(rules(&prune(&[2, 7]).text), [named("c")]);
    assert_eq!(rules(&prune(&[13]).text).len(), 2);
    let none = prune(&[2, 7, 13]);
    assert_eq!(rules(&none.text), []);
    for comment in ["# of all", "# within", "# of b", "# of c", "# last"] {
        assert!(none.text.contains(comment), "{comment}: {}", none.text);
    }
    assert!(edit::prune(Path::new(FILE), "[{name: a}, {name: b}]", &[1]).is_err());
    assert!(edit::prune(Path::new(FILE), "- &x {name: a}\n- *x\n", &[1]).is_err());
}

#[test]
fn a_file_is_written_whole_with_its_permissions_and_not_over_somebody_else() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| -> PathBuf { directory.path().join(name) };
    let mode = |name: &str| std::fs::metadata(path(name)).unwrap().permissions().mode() & 0o777;
    std::fs::write(path("real"), "- name: a\n").unwrap();
    std::fs::set_permissions(path("real"), std::fs::Permissions::from_mode(0o664)).unwrap();
    std::os::unix::fs::symlink("real", path("link")).unwrap();
    let file = RuleFile::read(path("link")).unwrap();
    file.write("- name: b\n").unwrap();
    assert_eq!(std::fs::read_to_string(path("real")).unwrap(), "- name: b\n");
    assert!(path("link").is_symlink());
    assert_eq!(mode("real"), 0o664);
    // It was read before that.
    assert!(file.write("- name: c\n").unwrap_err().message.contains("changed by somebody else"));
    let new = RuleFile::read(path("new")).unwrap();
    new.write("- name: a\n").unwrap();
    assert_ne!(mode("new") & 0o044, 0);
    std::fs::set_permissions(path("new"), std::fs::Permissions::from_mode(0o444)).unwrap();
    assert!(RuleFile::read(path("new")).unwrap().write("").is_err());
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 3);
}

prop_compose! {
    fn any_rule()(
        elements in proptest::sample::subsequence(Element::ALL, 0..3),
        kinds in proptest::sample::subsequence(Kind::ALL, 0..3),
        names in proptest::option::of("[a-z*?]{1,8}|\"[^\"\\p{C}]{1,5}\"|[a-z]{1,3}\\.\\*|yes|1\\.5"),
        schema in proptest::option::of("[a-zA-Z*]{0,6}|\"[^\"\\p{C}]{0,5}\"|null|~"),
        attributes in proptest::collection::vec("[a-z ]{1,9}|no", 0..3),
        only in proptest::option::of(proptest::sample::select(vec![Side::First, Side::Second])),
        until in proptest::option::of(proptest::sample::select(vec!["2026-01-31", "1.10.0"])),
        database in proptest::option::of("[a-z*]{1,5}"),
        reason in proptest::option::of("\\PC{0,100}|[ #:'\"&*!|>%@`-]{1,9}|\\s{1,3}[a-z\n]{0,9}"),
    ) -> Rule {
        Rule {
            elements, kinds, attributes, only, reason,
            schema: schema.map(|text| text.parse().unwrap()),
            name: names.or(Some("x".to_owned())).map(|text| text.parse().unwrap()),
            database: database.map(|text| text.parse().unwrap()),
            until: until.map(|text| text.parse().unwrap()),
        }
    }
}

proptest! {
    #[test]
    fn rules_are_read_as_they_were_written(some in proptest::collection::vec(any_rule(), 1..4), indent in 0..3_usize) {
        let text = format::text_of(&some, indent);
        let read = format::parse(Path::new(FILE), &text).map_err(|error| TestCaseError::fail(format!("{error:?}\n{text}")))?;
        let read: Vec<Rule> = read.into_iter().map(|written| written.rule).collect();
        prop_assert_eq!(&read, &some, "{}", text);
    }

    #[test]
    fn what_was_appended_can_be_pruned_again(old in proptest::collection::vec(any_rule(), 0..3), new in proptest::collection::vec(any_rule(), 1..3)) {
        let path = Path::new(FILE);
        let before = edit::append(path, "# ours\n", &old).unwrap();
        let both = edit::append(path, &before, &new).unwrap();
        let lines: Vec<usize> =
            format::parse(path, &both).unwrap()[old.len()..].iter().map(|written| written.line).collect();
        let pruned = edit::prune(path, &both, &lines).unwrap();
        prop_assert_eq!(pruned.text, before);
    }
}
