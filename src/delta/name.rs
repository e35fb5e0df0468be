//! What the name of a file says: `delta_<version>_<title>.<kind>`, and why a name that looks like one is none.

use std::fmt;

use super::Version;

/// What a delta is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    /// A script that defines subclasses of `DeltaPy`. Sorts before SQL.
    Python,
    /// SQL.
    Sql,
}

/// The kind of a delta. The order is the one in which kinds of one version and title run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// `.pre.py`
    PrePython,
    /// `.pre.sql`
    PreSql,
    /// `.py`
    Python,
    /// `.sql`
    Sql,
    /// `.post.py`
    PostPython,
    /// `.post.sql`
    PostSql,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Kind; 6] =
        [Kind::PrePython, Kind::PreSql, Kind::Python, Kind::Sql, Kind::PostPython, Kind::PostSql];

    /// The ending of the file's name, without the leading dot.
    pub fn ending(self) -> &'static str {
        match self {
            Kind::PrePython => "pre.py",
            Kind::PreSql => "pre.sql",
            Kind::Python => "py",
            Kind::Sql => "sql",
            Kind::PostPython => "post.py",
            Kind::PostSql => "post.sql",
        }
    }

    /// The kind with this ending, if there is one.
    pub fn from_ending(ending: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.ending() == ending)
    }

    /// The number in column `type` of the upgrades table.
    pub fn code(self) -> i32 {
        match self {
            Kind::Python => 4,
            Kind::PrePython => 5,
            Kind::PostPython => 6,
            Kind::Sql => 8,
            Kind::PreSql => 9,
            Kind::PostSql => 10,
        }
    }

    /// The kind with this number in column `type`, if there is one.
    pub fn from_code(code: i32) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// What it is written in.
    pub fn language(self) -> Language {
        match self {
            Kind::PrePython | Kind::Python | Kind::PostPython => Language::Python,
            Kind::PreSql | Kind::Sql | Kind::PostSql => Language::Sql,
        }
    }

    /// Pre, plain or post: which of a version's deltas come first.
    pub(crate) fn phase(self) -> u8 {
        match self {
            Kind::PrePython | Kind::PreSql => 0,
            Kind::Python | Kind::Sql => 1,
            Kind::PostPython | Kind::PostSql => 2,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Kind::PrePython => "pre py",
            Kind::PreSql => "pre sql",
            Kind::Python => "py",
            Kind::Sql => "sql",
            Kind::PostPython => "post py",
            Kind::PostSql => "post sql",
        })
    }
}

/// The identity of a delta: two files with the same are the same delta.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Name {
    /// The version that the database is at when it has had the delta.
    pub version: Version,
    /// Word characters; may be empty.
    pub title: String,
    /// What it is and when in its version it runs.
    pub kind: Kind,
}

impl Name {
    /// The usual file name: `delta_1.4.0_add_pipe_material.sql`.
    pub fn file_name(&self) -> String {
        let separator = if self.title.is_empty() { "" } else { "_" };
        format!("delta_{}{separator}{}.{}", self.version, self.title, self.kind.ending())
    }
}

/// The order inside one directory: version, then pre, plain, post, then title as text, then Python before SQL.
impl Ord for Name {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let key = |name: &Name| (name.version, name.kind.phase());
        key(self)
            .cmp(&key(other))
            .then_with(|| self.title.cmp(&other.title))
            .then_with(|| self.kind.cmp(&other.kind))
    }
}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// What a file's name makes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// A delta.
    Delta(Name),
    /// It looks like a delta, and is none.
    LooksLike {
        /// Why it is none.
        reason: String,
        /// What to call it instead, where that can be told.
        rename: Option<String>,
    },
    /// Something else that lies there.
    Other,
}

/// The longest title that column `description` of the upgrades table holds, in characters.
pub(crate) const LONGEST_TITLE: usize = 200;

/// Judges a file's name. Total: whatever begins like a delta is either one or named as not one.
pub fn judge(file_name: &str) -> Verdict {
    let lower = file_name.to_lowercase();
    if let Some(rest) = file_name.strip_prefix("delta_") {
        return match parse(rest) {
            Ok(name) => Verdict::Delta(name),
            Err(reason) => {
                let rename = mend(&lower["delta_".len()..]);
                Verdict::LooksLike { reason, rename: rename.filter(|name| name != file_name) }
            }
        };
    }
    if let Some(rest) = lower.strip_prefix("delta") {
        let rest = rest.trim_start_matches(['_', '-', ' ', '.']);
        // `delta.qgs` is somebody's map, not a misspelt delta.
        if rest.starts_with(|first: char| first.is_ascii_digit()) || lower.starts_with("delta_") {
            let reason = "the name must begin with `delta_`, in lower case".to_owned();
            return Verdict::LooksLike { reason, rename: mend(rest) };
        }
    }
    let canonical = lower.replace(['_', ' '], "-");
    for moment in ["pre-all", "post-all"] {
        if canonical.starts_with(moment) && !super::set::is_hook(file_name) {
            let reason = format!("only {moment}.sql and {moment}.py run at every upgrade");
            let rename = [".sql", ".py"]
                .iter()
                .find(|ending| canonical == format!("{moment}{ending}"))
                .map(|ending| format!("{moment}{ending}"));
            return Verdict::LooksLike { reason, rename };
        }
    }
    Verdict::Other
}

/// Reads what follows `delta_`.
fn parse(rest: &str) -> Result<Name, String> {
    let (version, rest) = split_version(rest)?;
    let rest = rest.trim_start_matches('_');
    let (title, ending) =
        rest.split_once('.').ok_or_else(|| format!("it has no ending; one of {} is expected", endings()))?;
    if let Some(strange) = title.chars().find(|&character| !is_word(character)) {
        return Err(format!(
            "the title has {strange:?} in it; only letters, digits and underscores may be there"
        ));
    }
    let kind = Kind::from_ending(ending).ok_or_else(|| match ending {
        "sql.pre" | "sql.post" | "py.pre" | "py.post" => {
            format!("the ending .{ending} is an older spelling that never ran")
        }
        _ if Kind::from_ending(&ending.to_lowercase()).is_some() => {
            format!("the ending .{ending} must be in lower case")
        }
        _ if ending.contains('.') => {
            format!("the title has a dot in it, or the ending .{ending} is not one of {}", endings())
        }
        _ => format!("the ending .{ending} is not one of {}", endings()),
    })?;
    if title.chars().count() > LONGEST_TITLE {
        return Err(format!(
            "the title is longer than the {LONGEST_TITLE} characters that the upgrades table holds"
        ));
    }
    Ok(Name { version, title: title.to_owned(), kind })
}

/// Cuts the version off; what follows begins behind its last digit.
fn split_version(text: &str) -> Result<(Version, &str), String> {
    let length =
        text.find(|character: char| !(character.is_ascii_digit() || character == '.')).unwrap_or(text.len());
    let numbers = text[..length].trim_end_matches('.');
    let version = numbers.parse().map_err(|_| {
        let count = numbers.split('.').filter(|number| !number.is_empty()).count();
        match count {
            0 => "there is no version behind `delta_`".to_owned(),
            3 => format!("{numbers} is not a version of three numbers"),
            1 => format!("the version {numbers} has one number; three are expected"),
            _ => format!("the version {numbers} has {count} numbers; three are expected"),
        }
    })?;
    Ok((version, &text[numbers.len()..]))
}

/// A name that would be a delta, from one in lower case that is none; `None` where the meaning is not clear.
fn mend(rest: &str) -> Option<String> {
    let (version, rest) = split_version(rest).ok()?;
    let rest = rest.strip_suffix('~').unwrap_or(rest);
    let respelt;
    let rest = match rest.rsplit_once(".sql.").or_else(|| rest.rsplit_once(".py.")) {
        Some((title, when @ ("pre" | "post"))) => {
            let language = if rest.contains(".sql.") { "sql" } else { "py" };
            respelt = format!("{title}.{when}.{language}");
            &respelt
        }
        _ => rest,
    };
    let (title, kind) = Kind::ALL
        .into_iter()
        .filter_map(|kind| Some((rest.strip_suffix(kind.ending())?.strip_suffix('.')?, kind)))
        .min_by_key(|(title, _)| title.len())
        .or_else(|| (!rest.contains('.')).then_some((rest, Kind::Sql)))?;
    let title: String =
        title.trim_start_matches(['_', '-', '.']).chars().map(|c| if is_word(c) { c } else { '_' }).collect();
    (title.chars().count() <= LONGEST_TITLE).then(|| Name { version, title, kind }.file_name())
}

/// A word character: a letter or digit of any script, or an underscore.
pub(crate) fn is_word(character: char) -> bool {
    character == '_' || character.is_alphanumeric()
}

fn endings() -> String {
    Kind::ALL.map(|kind| format!(".{}", kind.ending())).join(" ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Kind, Name, Verdict, judge};

    fn delta(name: &str) -> Name {
        match judge(name) {
            Verdict::Delta(delta) => delta,
            other => panic!("{name}: {other:?}"),
        }
    }

    #[test]
    fn names_in_real_use_are_deltas() {
        let name = delta("delta_1.2.8_schema_visible_perf.pre.py");
        assert_eq!(
            (name.version.to_string().as_str(), name.title.as_str()),
            ("1.2.8", "schema_visible_perf")
        );
        assert_eq!(name.kind, Kind::PrePython);
        assert_eq!(delta("delta_1.1.0.sql").title, "");
        assert_eq!(delta("delta_1.0.0_12092016.sql").title, "12092016");
        assert_eq!(delta("delta_1.0.0__x.post.sql").title, "x");
        assert_eq!(delta("delta_1.0.0x.sql").title, "x");
        assert_eq!(delta("delta_100.002.9_größe.sql").file_name(), "delta_100.2.9_größe.sql");
    }

    #[test]
    fn what_never_ran_is_named_with_a_reason_and_a_new_name() {
        let cases = [
            ("delta_1.1.1_26012017.sql.post", Some("delta_1.1.1_26012017.post.sql")),
            ("delta_1.0.0_a-b.sql", Some("delta_1.0.0_a_b.sql")),
            ("delta_1.0.0_a.b.sql", Some("delta_1.0.0_a_b.sql")),
            ("delta_1.0.0.4_x.sql", None),
            ("delta_1.0_x.sql", None),
            ("delta_1.0.0_x.SQL", Some("delta_1.0.0_x.sql")),
            ("delta_1.0.0_x", Some("delta_1.0.0_x.sql")),
            ("delta_1.0.0_x.sql~", Some("delta_1.0.0_x.sql")),
            ("delta_1.0.0_x.sql.orig", None),
            ("delta_x.sql", None),
            ("delta-1.0.0-x.sql", Some("delta_1.0.0_x.sql")),
            ("DELTA_1.0.0_x.sql", Some("delta_1.0.0_x.sql")),
            ("pre_all.sql", Some("pre-all.sql")),
            ("post-all.sh", None),
        ];
        for (name, expected) in cases {
            match judge(name) {
                Verdict::LooksLike { rename, reason } => {
                    assert_eq!(rename.as_deref(), expected, "{name}: {reason}");
                }
                other => panic!("{name}: {other:?}"),
            }
        }
    }

    #[test]
    fn other_files_are_left_alone() {
        for name in [
            "README.txt",
            ".directory",
            "qwat_1_0_0_dump.dump",
            "pre-all.sql",
            "post-all.py",
            "delta.qgs",
            "deltas",
        ] {
            assert_eq!(judge(name), Verdict::Other, "{name}");
        }
    }

    #[test]
    fn order_is_version_then_phase_then_title_then_python_first() {
        let sorted = [
            "delta_1.9.0_z.post.sql",
            "delta_1.10.0_b.pre.sql",
            "delta_1.10.0_a.py",
            "delta_1.10.0_a.sql",
            "delta_1.10.0_b.sql",
            "delta_1.10.0_a.post.py",
        ];
        let mut names: Vec<Name> = sorted.iter().rev().map(|name| delta(name)).collect();
        names.sort();
        assert_eq!(names.iter().map(Name::file_name).collect::<Vec<_>>(), sorted);
    }

    proptest! {
        #[test]
        fn every_name_that_begins_like_a_delta_is_one_or_named_as_not_one(rest in "\\PC{0,30}") {
            prop_assert_ne!(judge(&format!("delta_{rest}")), Verdict::Other);
        }

        #[test]
        fn no_name_at_all_panics(name in "(delta|DELTA|pre|post)?[-_ .]?\\PC{0,20}") {
            judge(&name);
        }

        #[test]
        fn a_new_name_is_a_delta(rest in "[0-9]{1,2}\\.[0-9]\\.[0-9][-_.a-zA-Zé ]{0,12}(\\.SQL|\\.sql|\\.pre\\.py|\\.sql\\.pre)?") {
            if let Verdict::LooksLike { rename: Some(rename), .. } = judge(&format!("delta_{rest}")) {
                prop_assert!(matches!(judge(&rename), Verdict::Delta(_)), "{}", rename);
            }
        }

        #[test]
        fn file_names_round_trip(major in 0..99u64, title in "\\w{0,20}", kind in 0..6usize) {
            let title = title.trim_start_matches('_').to_owned();
            prop_assume!(!title.starts_with(|c: char| c.is_ascii_digit()) || !title.is_empty());
            let name = Name { version: format!("{major}.0.1").parse().unwrap(), title, kind: Kind::ALL[kind] };
            // `\w` of the generator also gives combining marks, which are no word characters in Python either.
            prop_assume!(name.title.chars().all(super::is_word));
            prop_assert_eq!(delta(&name.file_name()), name);
        }
    }
}
