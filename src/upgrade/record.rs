//! What the upgrades table says: a baseline and the deltas that a database has had. Tables of 2017 and 2018, with
//! other codes in column `type`, are understood too.

use std::collections::HashMap;

use crate::delta::{Kind, Name, Verdict, Version, judge};

/// What a row of the upgrades table stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// The version that the database was declared to be at.
    Baseline,
    /// A delta of this kind.
    Delta(Kind),
    /// A number in column `type` that no pum ever wrote.
    Unknown(i32),
}

/// A row of the upgrades table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Column `id`.
    pub id: i64,
    /// Column `version`; `None` if it is null or no version.
    pub version: Option<Version>,
    /// Column `description`.
    pub title: String,
    /// What the row stands for.
    pub entry: Entry,
    /// The file's path as it was given then; empty for a baseline.
    pub script: String,
    /// MD5 of the file's bytes; of a delta without transaction that did not end, of its statements already done.
    pub checksum: String,
    /// Who.
    pub installed_by: String,
    /// When, in the server's time zone, `YYYY-MM-DD HH:MM:SS`.
    pub installed_on: String,
    /// `false`: begun without a transaction and not ended.
    pub success: bool,
    /// How many statements of a delta without transaction are done; `None` for all other rows.
    pub statements_done: Option<usize>,
}

impl Row {
    /// The identity of the delta that the row stands for.
    pub fn name(&self) -> Option<Name> {
        match self.entry {
            Entry::Delta(kind) => Some(Name { version: self.version?, title: self.title.clone(), kind }),
            Entry::Baseline | Entry::Unknown(_) => None,
        }
    }

    /// The name of the delta's file, for messages.
    pub fn file_name(&self) -> String {
        script_file_name(&self.script)
            .map(str::to_owned)
            .or_else(|| self.name().map(|name| name.file_name()))
            .unwrap_or_else(|| self.title.clone())
    }
}

/// Decides what a row stands for. The ending of the script decides where there is one: the codes of 2017 (1 pre, 2
/// delta, 3 post) and of 2018 (0 pre py, 1 pre sql, 2 py, 3 sql, 4 post py, 5 post sql) collide with those of now.
pub fn entry(code: i32, script: &str) -> Entry {
    match script_file_name(script).map(judge) {
        Some(Verdict::Delta(name)) => Entry::Delta(name.kind),
        _ if code == 0 => Entry::Baseline,
        _ => Kind::from_code(code).map_or(Entry::Unknown(code), Entry::Delta),
    }
}

/// The last part of a path of any system.
fn script_file_name(script: &str) -> Option<&str> {
    script.rsplit(['/', '\\']).next().filter(|name| !name.is_empty())
}

/// All rows of the upgrades table, by identity.
#[derive(Debug, Clone, Default)]
pub struct Record {
    /// The rows in the order of their ids.
    pub rows: Vec<Row>,
    by_name: HashMap<Name, usize>,
}

impl Record {
    /// Takes the rows in the order of their ids.
    pub fn new(rows: Vec<Row>) -> Record {
        let mut by_name: HashMap<Name, usize> = HashMap::new();
        for (index, row) in rows.iter().enumerate() {
            let Some(name) = row.name() else { continue };
            // A row that ended well counts before one that did not; else the later one.
            let place = by_name.entry(name).or_insert(index);
            if row.success || !rows[*place].success {
                *place = index;
            }
        }
        Record { rows, by_name }
    }

    /// The row of a delta.
    pub fn row(&self, name: &Name) -> Option<&Row> {
        self.by_name.get(name).map(|&index| &self.rows[index])
    }

    /// The rows of deltas, each delta once, in the order of their ids.
    pub fn deltas(&self) -> impl Iterator<Item = (&Row, Name)> {
        self.rows.iter().enumerate().filter_map(|(index, row)| {
            let name = row.name()?;
            (self.by_name.get(&name) == Some(&index)).then_some((row, name))
        })
    }

    /// The highest baseline.
    pub fn baseline(&self) -> Option<Version> {
        self.rows
            .iter()
            .filter(|row| row.success && row.entry == Entry::Baseline)
            .filter_map(|row| row.version)
            .max()
    }

    /// The version that the database is at: the highest recorded one that ended well.
    pub fn current_version(&self) -> Option<Version> {
        self.rows.iter().filter(|row| row.success).filter_map(|row| row.version).max()
    }
}

#[cfg(test)]
mod tests {
    use super::{Entry, entry};
    use crate::delta::Kind;

    #[test]
    fn the_ending_of_the_script_decides_before_the_code() {
        assert_eq!(entry(8, "./delta/delta_1.0.1_x.sql"), Entry::Delta(Kind::Sql));
        // 2017: 2 was any delta, 3 any post; 2018: 4 was post py, now it is py.
        assert_eq!(entry(2, "delta/delta_1.0.1_x.py"), Entry::Delta(Kind::Python));
        assert_eq!(entry(3, "C:\\delta\\delta_1.0.1_x.post.sql"), Entry::Delta(Kind::PostSql));
        assert_eq!(entry(4, "/d/delta_1.0.1_x.post.py"), Entry::Delta(Kind::PostPython));
        assert_eq!(entry(0, "/d/delta_1.0.1_x.pre.py"), Entry::Delta(Kind::PrePython));
        assert_eq!(entry(0, ""), Entry::Baseline);
        assert_eq!(entry(10, ""), Entry::Delta(Kind::PostSql));
        assert_eq!(entry(77, ""), Entry::Unknown(77));
    }
}
