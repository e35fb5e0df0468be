//! What is to run: decides, from the delta files and the record alone, the state of every delta. No database.

use std::collections::{BTreeMap, HashSet};

use serde::Serialize;

use super::record::{Record, Row};
use crate::delta::{Delta, DeltaSet, Name, Version};

/// What the user said about which deltas are to run.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    /// Deltas above this version wait.
    pub max_version: Option<Version>,
    /// Late deltas run.
    pub out_of_order: bool,
    /// File names of deltas that are known to be late and are passed over.
    pub known_late: HashSet<String>,
    /// All late deltas are passed over.
    pub ignore_late: bool,
}

/// The state of a delta in a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It is recorded.
    Applied,
    /// It will run.
    Pending,
    /// It is above the version asked for.
    AboveMaximum,
    /// It is older than the baseline: the database had it before pum met it.
    BeforeBaseline,
    /// It came after a higher one of its directory was applied.
    Late,
    /// It is late, and that is known: it is passed over.
    KnownLate,
    /// It began without a transaction, or is a Python delta, and did not end.
    Begun,
}

/// A delta file with its state.
#[derive(Debug, Clone)]
pub struct Judged<'a> {
    /// The file.
    pub delta: &'a Delta,
    /// What the database says about it.
    pub state: State,
    /// Its row, if it has one.
    pub row: Option<&'a Row>,
}

impl Judged<'_> {
    /// Whether it runs now.
    pub fn runs(&self) -> bool {
        matches!(self.state, State::Pending | State::Begun)
    }
}

/// The state of every delta, in the order in which they run, and the rows whose files are gone.
#[derive(Debug, Clone)]
pub struct Plan<'a> {
    /// Every delta file.
    pub deltas: Vec<Judged<'a>>,
    /// Rows of deltas that no directory holds any more.
    pub gone: Vec<&'a Row>,
}

impl<'a> Plan<'a> {
    /// Judges every delta.
    ///
    /// A directory has a floor: the highest delta recorded of those that it holds, else the baseline. What is not
    /// recorded and not below the floor runs; `>=`, because people baseline at a version and then add deltas of it.
    pub fn new(set: &'a DeltaSet, record: &'a Record, choice: &Choice) -> Plan<'a> {
        let baseline = record.baseline();
        let mut floors: BTreeMap<usize, Version> = BTreeMap::new();
        let mut held: HashSet<&Name> = HashSet::new();
        for delta in &set.deltas {
            held.insert(&delta.name);
            if record.row(&delta.name).is_some_and(|row| row.success) {
                let floor = floors.entry(delta.directory).or_insert(delta.name.version);
                *floor = (*floor).max(delta.name.version);
            }
        }
        let judge = |delta: &'a Delta| {
            let row = record.row(&delta.name);
            let version = delta.name.version;
            let floor = floors.get(&delta.directory).copied().or(baseline);
            let state = match row {
                Some(row) if row.success => State::Applied,
                _ if choice.max_version.is_some_and(|max| version > max) => State::AboveMaximum,
                Some(_) => State::Begun,
                None if baseline.is_some_and(|baseline| version < baseline) => State::BeforeBaseline,
                None if floor.is_some_and(|floor| version < floor) && !choice.out_of_order => {
                    let known = choice.ignore_late || choice.known_late.contains(&delta.file_name());
                    if known { State::KnownLate } else { State::Late }
                }
                None => State::Pending,
            };
            Judged { delta, state, row }
        };
        Plan {
            deltas: set.deltas.iter().map(judge).collect(),
            gone: record.deltas().filter(|(_, name)| !held.contains(name)).map(|(row, _)| row).collect(),
        }
    }

    /// The deltas that run, in order.
    pub fn pending(&self) -> impl Iterator<Item = &Judged<'a>> {
        self.deltas.iter().filter(|judged| judged.runs())
    }

    /// The deltas that are late and not known to be.
    pub fn late(&self) -> impl Iterator<Item = &Judged<'a>> {
        self.deltas.iter().filter(|judged| judged.state == State::Late)
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::{Choice, Plan, State};
    use crate::delta::{Delta, DeltaSet, Verdict, judge};
    use crate::upgrade::record::{Entry, Record, Row};

    fn set(files: &[(usize, &str)]) -> DeltaSet {
        let mut deltas: Vec<Delta> = files
            .iter()
            .map(|&(directory, file)| match judge(file) {
                Verdict::Delta(name) => {
                    Delta { name, path: PathBuf::from(file), place: PathBuf::from(file), directory }
                }
                other => panic!("{other:?}"),
            })
            .collect();
        deltas.sort_by(|a, b| a.directory.cmp(&b.directory).then_with(|| a.name.cmp(&b.name)));
        DeltaSet { deltas, ..DeltaSet::default() }
    }

    fn row(version: &str, file: &str, success: bool) -> Row {
        let (title, entry) = match judge(file) {
            Verdict::Delta(name) => (name.title, Entry::Delta(name.kind)),
            _ => ("baseline".to_owned(), Entry::Baseline),
        };
        Row {
            id: 1,
            version: version.parse().ok(),
            title,
            entry,
            script: file.to_owned(),
            checksum: String::new(),
            installed_by: String::new(),
            installed_on: String::new(),
            success,
            statements_done: None,
            in_doubt: false,
        }
    }

    fn states(files: &[(usize, &str)], rows: Vec<Row>, choice: &Choice) -> Vec<State> {
        let (set, record) = (set(files), Record::new(rows));
        Plan::new(&set, &record, choice).deltas.iter().map(|judged| judged.state).collect()
    }

    #[test]
    fn deltas_of_the_baseline_version_itself_run() {
        let files = [(0, "delta_0.9.0_a.sql"), (0, "delta_1.0.0_b.sql"), (0, "delta_1.1.0_c.sql")];
        let choice = Choice { max_version: "1.0.5".parse().ok(), ..Choice::default() };
        assert_eq!(
            states(&files, vec![row("1.0.0", "", true)], &choice),
            [State::BeforeBaseline, State::Pending, State::AboveMaximum]
        );
    }

    #[test]
    fn late_is_measured_by_the_floor_of_each_directory() {
        let files = [(0, "delta_1.1.0_a.sql"), (0, "delta_1.2.0_b.sql"), (1, "delta_1.1.0_c.sql")];
        let rows = || vec![row("1.0.0", "", true), row("1.2.0", "delta_1.2.0_b.sql", true)];
        assert_eq!(states(&files, rows(), &Choice::default()), [State::Late, State::Applied, State::Pending]);
        let choice = Choice { out_of_order: true, ..Choice::default() };
        assert_eq!(states(&files, rows(), &choice), [State::Pending, State::Applied, State::Pending]);
        let choice = Choice { known_late: ["delta_1.1.0_a.sql".to_owned()].into(), ..Choice::default() };
        assert_eq!(states(&files, rows(), &choice), [State::KnownLate, State::Applied, State::Pending]);
    }

    #[test]
    fn what_began_and_did_not_end_runs_again_unless_a_later_row_ended() {
        let files = [(0, "delta_1.1.0_a.py")];
        let begun = row("1.1.0", "delta_1.1.0_a.py", false);
        let ended = row("1.1.0", "delta_1.1.0_a.py", true);
        assert_eq!(states(&files, vec![begun.clone()], &Choice::default()), [State::Begun]);
        assert_eq!(states(&files, vec![begun.clone(), ended.clone()], &Choice::default()), [State::Applied]);
        assert_eq!(states(&files, vec![ended, begun], &Choice::default()), [State::Applied]);
    }

    #[test]
    fn a_row_without_its_file_is_gone() {
        let (set, record) = (set(&[]), Record::new(vec![row("1.1.0", "delta_1.1.0_a.sql", true)]));
        assert_eq!(Plan::new(&set, &record, &Choice::default()).gone.len(), 1);
    }
}
