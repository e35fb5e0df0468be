//! The version of a new delta, and the number before its title where a version has several. Pure.

use crate::delta::{Name, Version};

/// Which number grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Step {
    /// The last one.
    #[default]
    Patch,
    /// The second; the last one becomes 0.
    Minor,
    /// The first; the others become 0.
    Major,
}

/// The first version above another one, in steps of this kind; `None` if numbers end there.
pub(crate) fn above(highest: Option<Version>, step: Step) -> Option<Version> {
    let Version { major, minor, patch } = highest.unwrap_or(Version { major: 0, minor: 0, patch: 0 });
    Some(match step {
        Step::Patch => Version { major, minor, patch: patch.checked_add(1)? },
        Step::Minor => Version { major, minor: minor.checked_add(1)?, patch: 0 },
        Step::Major => Version { major: major.checked_add(1)?, minor: 0, patch: 0 },
    })
}

/// The number before a title such as `002_valves`, and how many digits it is written with.
pub(crate) fn number(title: &str) -> Option<(u64, usize)> {
    let (digits, rest) = title.split_once('_')?;
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    (is_number && !rest.is_empty()).then_some(())?;
    Some((digits.parse().ok()?, digits.len()))
}

/// The title under which a delta comes after all others of its version, of the same phase: with the next number before
/// it, `001_` for the first one; as it is, where the others have no numbers and it comes after them.
///
/// # Errors
/// One that would come after it.
pub(crate) fn numbered<'n>(title: &str, others: &[&'n Name], new: &Name) -> Result<String, &'n Name> {
    let numbers: Vec<(u64, usize)> = others.iter().filter_map(|name| number(&name.title)).collect();
    let next = numbers.iter().map(|(number, _)| number.saturating_add(1)).max().unwrap_or(1);
    let width = numbers.iter().map(|(_, width)| *width).max().unwrap_or(3);
    let with_number = format!("{next:0width$}_{title}");
    let is_last = |title: &str| {
        let mine = Name { title: title.to_owned(), ..new.clone() };
        others.iter().copied().find(|other| other.kind.phase() == mine.kind.phase() && **other >= mine)
    };
    match is_last(&with_number) {
        None => Ok(with_number),
        Some(_) if numbers.is_empty() && is_last(title).is_none() => Ok(title.to_owned()),
        Some(other) => Err(other),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Step, above, number, numbered};
    use crate::delta::{Kind, Name, Version};

    fn name(version: &str, title: &str, kind: Kind) -> Name {
        Name { version: version.parse().unwrap(), title: title.to_owned(), kind }
    }

    fn next(title: &str, others: &[&str]) -> Result<String, String> {
        let others: Vec<Name> = others.iter().map(|title| name("1.5.0", title, Kind::Sql)).collect();
        let others: Vec<&Name> = others.iter().collect();
        numbered(title, &others, &name("1.5.0", "", Kind::Sql)).map_err(|other| other.title.clone())
    }

    #[test]
    fn several_deltas_of_a_version_are_numbered() {
        assert_eq!(next("pipes", &[]), Ok("001_pipes".into()));
        assert_eq!(next("pipes", &["001_a", "002_b"]), Ok("003_pipes".into()));
        assert_eq!(next("pipes", &["01_a", "02_b"]), Ok("03_pipes".into()));
        assert_eq!(next("valves", &["pipes"]), Ok("valves".into()));
        assert_eq!(next("materials", &["pipes"]), Err("pipes".into()));
        assert_eq!(next("materials", &["001_a", "pipes"]), Err("pipes".into()));
        assert_eq!(next("b", &["999_a"]), Err("999_a".into()));
        assert_eq!(number("12_valves"), Some((12, 2)));
        assert_eq!(number("2nd_valve"), None);
    }

    #[test]
    fn deltas_of_another_phase_are_no_obstacle() {
        let post = name("1.5.0", "001_views", Kind::PostSql);
        let new = name("1.5.0", "", Kind::Sql);
        assert_eq!(numbered("pipes", &[&post], &new).unwrap(), "002_pipes");
    }

    proptest! {
        #[test]
        fn the_next_version_is_above_all(versions in proptest::collection::vec((0..30u64, 0..30u64, 0..30u64), 0..9)) {
            let versions = versions.into_iter().map(|(major, minor, patch)| Version { major, minor, patch });
            let versions: Vec<Version> = versions.collect();
            for step in [Step::Patch, Step::Minor, Step::Major] {
                let next = above(versions.iter().max().copied(), step).unwrap();
                prop_assert!(versions.iter().all(|version| *version < next));
            }
        }

        #[test]
        fn a_numbered_title_comes_after_all(titles in proptest::collection::vec("([0-9]{1,3}_)?[a-c]{1,2}", 0..6), title in "[a-c]{1,3}") {
            let others: Vec<Name> = titles.iter().map(|title| name("1.5.0", title, Kind::Sql)).collect();
            let others: Vec<&Name> = others.iter().collect();
            let mut new = name("1.5.0", "", Kind::Sql);
            if let Ok(title) = numbered(&title, &others, &new) {
                new.title = title;
                prop_assert!(others.iter().all(|other| **other < new));
            }
        }
    }
}
