//! Which names one's own deltas get behind those of another branch. Pure.

use std::collections::BTreeMap;

use crate::commands::new::version::{Step, above, number};
use crate::delta::{Name, Version};

/// A delta in a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Placed {
    pub(super) directory: usize,
    pub(super) name: Name,
}

/// The names that one's own deltas get, in their order; each that is behind theirs already keeps its own. Deltas of one
/// version stay together, and versions in their order. `released` is the highest version that is released there.
/// `None` if numbers end.
pub(super) fn plan(own: &[Placed], theirs: &[Placed], released: Option<Version>) -> Option<Vec<Name>> {
    let mut names: Vec<Name> = own.iter().map(|placed| placed.name.clone()).collect();
    let mut groups: BTreeMap<Version, Vec<usize>> = BTreeMap::new();
    for (index, placed) in own.iter().enumerate() {
        groups.entry(placed.name.version).or_default().push(index);
    }
    let floor = theirs.iter().map(|placed| placed.name.version).chain(released).max();
    let highest_in = |directory: usize| {
        theirs.iter().filter(|it| it.directory == directory).map(|it| it.name.version).max()
    };
    let mut last: Option<Version> = None;
    for (version, members) in groups {
        let follows = last < Some(version);
        let reached =
            members.iter().filter_map(|&index| highest_in(own[index].directory)).max().max(released);
        let stays = follows && reached < Some(version);
        if stays {
            last = Some(version);
            continue;
        }
        // Several people add to a version that is not released: the numbers before the titles tell their order.
        if follows
            && reached == Some(version)
            && released < Some(version)
            && let Some(renumbered) = behind(own, theirs, version, &members)
        {
            for (index, name) in renumbered {
                names[index] = name;
            }
            last = Some(version);
            continue;
        }
        let free = above(floor.max(last), Step::Patch)?;
        for index in members {
            names[index].version = free;
        }
        last = Some(free);
    }
    Some(names)
}

/// The deltas of one version behind theirs of the same one, by the numbers before the titles; `None` where one has no
/// number, or would not come after theirs.
fn behind(
    own: &[Placed],
    theirs: &[Placed],
    version: Version,
    members: &[usize],
) -> Option<Vec<(usize, Name)>> {
    let of_version = theirs.iter().filter(|it| it.name.version == version);
    let taken = of_version.map(|it| Some((it, number(&it.name.title)?))).collect::<Option<Vec<_>>>()?;
    let mine = members.iter().map(|&index| Some((index, number(&own[index].name.title)?)));
    let mine = mine.collect::<Option<Vec<_>>>()?;
    let highest = taken.iter().map(|(_, (number, _))| *number).max()?;
    let lowest = mine.iter().map(|(_, (number, _))| *number).min()?;
    let width = taken.iter().map(|(_, (_, width))| *width).max()?;
    let shift = (highest + 1).saturating_sub(lowest);
    let renamed = mine.into_iter().map(|(index, (number, own_width))| {
        let name = &own[index].name;
        let (_, rest) = name.title.split_once('_')?;
        let (number, width) = (number + shift, own_width.max(width));
        let title = if shift == 0 { name.title.clone() } else { format!("{number:0width$}_{rest}") };
        let name = Name { title, ..name.clone() };
        // Also behind those of a later phase: what is there has run when this one comes.
        let comes_after = taken.iter().all(|(it, _)| it.directory != own[index].directory || it.name < name);
        comes_after.then_some((index, name))
    });
    renamed.collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Placed, plan};
    use crate::delta::{Verdict, Version, judge};

    fn placed(directory: usize, file: &str) -> Placed {
        match judge(&format!("delta_{file}")) {
            Verdict::Delta(name) => Placed { directory, name },
            other => panic!("{file}: {other:?}"),
        }
    }

    fn renamed(own: &[&str], theirs: &[&str], released: &str) -> Vec<String> {
        let placed = |files: &[&str]| files.iter().map(|file| placed(0, file)).collect::<Vec<_>>();
        let names = plan(&placed(own), &placed(theirs), released.parse().ok()).unwrap();
        names.iter().map(|name| name.file_name()["delta_".len()..].to_owned()).collect()
    }

    #[test]
    fn what_took_the_same_version_goes_behind_and_what_follows_stays_in_order() {
        assert_eq!(renamed(&["1.4.1_mine.sql"], &["1.4.1_theirs.sql"], ""), ["1.4.2_mine.sql"]);
        assert_eq!(
            renamed(&["1.4.1_a.sql", "1.4.1_b.post.sql", "1.4.2_c.sql"], &["1.4.1_x.sql", "1.4.2_y.sql"], ""),
            ["1.4.3_a.sql", "1.4.3_b.post.sql", "1.4.4_c.sql"]
        );
        assert_eq!(
            renamed(&["1.4.1_a.sql", "1.5.0_b.sql"], &["1.4.3_x.sql"], ""),
            ["1.4.4_a.sql", "1.5.0_b.sql"]
        );
        assert_eq!(renamed(&["1.5.0_a.sql"], &["1.4.3_x.sql"], "1.5.0"), ["1.5.1_a.sql"]);
        assert_eq!(renamed(&["1.5.0_a.sql"], &[], ""), ["1.5.0_a.sql"]);
    }

    #[test]
    fn the_numbers_of_one_version_go_on_behind_theirs() {
        assert_eq!(
            renamed(&["1.5.0_002_a.sql", "1.5.0_003_b.pre.sql"], &["1.5.0_001_x.sql", "1.5.0_002_y.sql"], ""),
            ["1.5.1_002_a.sql", "1.5.1_003_b.pre.sql"]
        );
        assert_eq!(
            renamed(
                &["1.5.0_002_a.sql", "1.5.0_003_b.post.sql"],
                &["1.5.0_001_x.sql", "1.5.0_002_y.sql"],
                ""
            ),
            ["1.5.0_003_a.sql", "1.5.0_004_b.post.sql"]
        );
        assert_eq!(renamed(&["1.5.0_003_a.sql"], &["1.5.0_002_y.sql"], ""), ["1.5.0_003_a.sql"]);
        assert_eq!(renamed(&["1.5.0_002_a.sql"], &["1.5.0_y.sql"], ""), ["1.5.1_002_a.sql"]);
        assert_eq!(renamed(&["1.5.0_002_a.sql"], &["1.5.0_002_y.sql"], "1.5.0"), ["1.5.1_002_a.sql"]);
    }

    #[test]
    fn a_version_of_several_directories_stays_one() {
        let own = [placed(0, "1.4.1_a.sql"), placed(1, "1.4.1_b.sql")];
        let names = plan(&own, &[placed(1, "1.4.1_x.sql"), placed(0, "1.4.0_x.sql")], None).unwrap();
        assert!(names.iter().all(|name| name.version.to_string() == "1.4.2"));
    }

    fn deltas(most: usize) -> impl Strategy<Value = Vec<Placed>> {
        let delta = ("1\\.[0-2]\\.[0-2]_(00[1-3]_)?[a-c]\\.(sql|post\\.sql)", 0..2usize);
        proptest::collection::vec(delta, 0..most)
            .prop_map(|files| files.iter().map(|(file, directory)| placed(*directory, file)).collect())
    }

    proptest! {
        #[test]
        fn own_deltas_come_behind_in_their_order_and_stay_there(
            mut own in deltas(8), theirs in deltas(8), released in proptest::option::of("1\\.[0-2]\\.[0-2]"),
        ) {
            let released: Option<Version> = released.map(|text| text.parse().unwrap());
            own.retain(|it| !theirs.contains(it));
            own.sort_by(|a, b| (&a.name, a.directory).cmp(&(&b.name, b.directory)));
            own.dedup();
            let names = plan(&own, &theirs, released).unwrap();
            let new: Vec<Placed> =
                own.iter().zip(&names).map(|(it, name)| Placed { name: name.clone(), ..it.clone() }).collect();
            for (index, it) in new.iter().enumerate() {
                for their in theirs.iter().filter(|their| their.directory == it.directory) {
                    prop_assert!(their.name < it.name, "{:?} {:?}", their, it);
                }
                prop_assert!(Some(it.name.version) > released);
                prop_assert!(new[index + 1..].iter().all(|later| later.directory != it.directory || later.name > it.name));
            }
            prop_assert_eq!(plan(&new, &theirs, released).unwrap(), names);
        }
    }
}
