//! A database and a project that belong together, as the people who upgrade have them.

use super::{Database, Project, database};

/// The beginning of a Python delta: what follows is the body of `run`, indented by eight blanks.
pub const PYTHON: &str =
    "from pum.core.deltapy import DeltaPy\n\n\nclass Fill(DeltaPy):\n    def run(self):\n";

/// A database with the schema `app`, and a project with a delta directory.
pub struct Installation {
    pub database: Database,
    pub project: Project,
}

impl Installation {
    /// Without an upgrades table.
    pub fn new() -> Installation {
        let installation = Installation { database: database(), project: Project::new() };
        installation.database.sql("create schema app");
        installation
    }

    /// At this version, by baseline; the table is `app.upgrades`.
    pub fn at(version: &str) -> Installation {
        let installation = Installation::new();
        installation.works(&format!("baseline -b {version}"));
        installation
    }

    /// Writes a delta.
    pub fn delta(&self, name: &str, content: impl AsRef<[u8]>) {
        self.project.delta(name, content);
    }

    /// A command line of words; `-p`, `-t` and `-d` are added.
    pub fn pum(&self, words: &str) -> assert_cmd::Command {
        let mut command = self.bare(words);
        command.args(["-p", self.database.uri(), "-t", "app.upgrades", "-d", "delta"]);
        command
    }

    /// A command line of words and nothing else.
    pub fn bare(&self, words: &str) -> assert_cmd::Command {
        let mut command = self.project.pum();
        command.args(words.split_whitespace());
        command
    }

    /// Runs a command that must end well.
    pub fn works(&self, words: &str) {
        let told = super::run(&mut self.pum(words));
        assert!(told.starts_with("exit code: 0"), "{words}\n{told}");
    }

    /// The rows of the upgrades table: version, title, type, success.
    pub fn record(&self) -> String {
        let rows = self.database.query(
            "select version || ' ' || description || ' ' || type || ' ' || success from app.upgrades order by id",
        );
        rows.concat().join("\n")
    }

    /// Whether a relation exists.
    pub fn has(&self, relation: &str) -> bool {
        self.database.value(&format!("select to_regclass('{relation}') is not null")) == "t"
    }
}
