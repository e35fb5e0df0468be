//! `pum test-and-upgrade`: the deltas are tried on a copy of prod and the result is compared with what it should be;
//! only then, and after a yes, prod is upgraded. Nothing is written to prod before.

mod identity;
mod target;

use std::path::{Path, PathBuf};

use super::{check, restore, upgrade};
use crate::commands::check::Check;
use crate::connection::{Parameters, Session};
use crate::dump::{self, Format, Like, Scratch};
use crate::progress::{Cancel, Connected, Progress, Silent, Steps};
use crate::source::{Loading, Opened, Shadow, Source, Throwaway};
use crate::{Error, Result};
use identity::{Identity, refuse_same};
use target::State;

/// What to test, and where.
#[derive(Debug, Clone)]
pub struct Options {
    /// How prod is upgraded; its connection is prod's.
    pub prod: upgrade::Options,
    /// Where the deltas are tried.
    pub test: Target,
    /// How the results are compared with the second source of these; the first is not looked at. `None`: they are not.
    pub comparison: Option<check::Options>,
    /// The dump of prod, which is kept; `None`: a temporary one.
    pub file: Option<PathBuf>,
    /// The format of the dump; `None`: the one in which it can be written in parallel if it is temporary or `file` is a
    /// directory, else the custom one.
    pub format: Option<Format>,
    /// How many tables are dumped and restored at a time, where the format allows.
    pub jobs: u32,
    /// Schemas that are not dumped, as patterns of pg_dump.
    pub exclude_schemas: Vec<String>,
    /// What the server refuses of the dump is warned about, and is no error.
    pub ignore_errors: bool,
    /// The test database is emptied, whatever it holds.
    pub overwrite_test: bool,
    /// Sessions that are connected to the test database are ended.
    pub force: bool,
    /// Who says yes.
    pub answer: Answer,
    /// The pg_restore to use.
    pub pg_restore: Option<PathBuf>,
    /// Where throwaway databases are made.
    pub shadow: Shadow,
}

/// Where the deltas are tried.
#[derive(Debug, Clone)]
pub enum Target {
    /// A database, which need not exist.
    Database(Parameters),
    /// A database of a throwaway cluster.
    Shadow,
}

/// Who says yes before prod is upgraded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The observer is asked.
    Ask,
    /// The observer is asked to type this, the name of a protected database.
    Type(String),
    /// It is said already.
    Yes,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The upgraded copy is not what it should be; prod is untouched.
    Different,
    /// There is nothing to apply to prod.
    Nothing,
    /// The answer was no; prod is untouched.
    Declined,
    /// Prod is upgraded.
    Upgraded(upgrade::Outcome),
    /// Prod is upgraded, and is not what it should be, although the copy was.
    UpgradedDifferent(upgrade::Outcome),
}

/// Tests the deltas on a copy of prod, and upgrades prod if the answer is yes. `show` is called with what a comparison
/// found.
///
/// # Errors
/// Two roles for one database, a test database that holds somebody else's objects, and whatever the steps fail with;
/// each says what was made and what is left. Deltas or a record that changed meanwhile.
pub fn run(
    options: &Options,
    show: &dyn Fn(&Check) -> Result<()>,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<Outcome> {
    let prod = options.prod.connection.name();
    let mut test = Test { options, prod, left: Left::default(), progress, cancel };
    test.run(show).map_err(|error| test.left.tell(super::if_interrupted(error, cancel)))
}

/// What was made so far, for whoever has to clean up.
#[derive(Debug, Default)]
struct Left {
    prod: Option<String>,
    test: Option<String>,
    dump: Option<String>,
}

impl Left {
    fn tell(&self, mut error: Error) -> Error {
        for (label, text) in [("prod", &self.prod), ("test", &self.test), ("dump", &self.dump)] {
            if let Some(text) = text {
                error = error.note(label, text.clone());
            }
        }
        error
    }
}

/// What a look at the databases shows before anything is done.
struct Looked {
    like: Like,
    major: u32,
    state: Option<State>,
    comp: Option<Opened>,
}

struct Test<'a> {
    options: &'a Options,
    prod: String,
    left: Left,
    progress: &'a dyn Progress,
    cancel: &'a Cancel,
}

impl Test<'_> {
    fn run(&mut self, show: &dyn Fn(&Check) -> Result<()>) -> Result<Outcome> {
        let (options, progress, cancel) = (self.options, self.progress, self.cancel);
        let (_, tested) = upgrade::plan(&options.prod, progress, cancel)?;
        let plan = upgrade::Options {
            table: tested.table.clone(),
            tested: Some(tested),
            backup: None,
            ..options.prod.clone()
        };
        let throwaway = Throwaway::new(Loading {
            pg_restore: options.pg_restore.clone(),
            jobs: options.jobs,
            ignore_errors: options.ignore_errors,
            roles: plan.manner.role.iter().cloned().collect(),
            schema_only: false,
            shadow: options.shadow.clone(),
        });
        let looked = self.look(&throwaway)?;
        let comparisons = if looked.comp.is_some() { 2 } else { 0 };
        let mut steps = Steps::new(4 + comparisons, progress);

        let (file, scratch) = self.dump(&mut steps)?;
        let copy = self.restore(&mut steps, &file, &looked, &throwaway)?;
        // A temporary dump is of no use any more.
        drop(scratch);
        let copy_options = upgrade::Options { connection: copy.connection.clone(), ..plan.clone() };
        self.left.tell_test(&copy.label, "holds a copy of prod, with the deltas applied in part at most");
        steps.step(&format!("apply the deltas to {}", copy.label), |progress| {
            upgrade::run(&copy_options, &Connected(progress), cancel)
        })?;
        self.left.tell_test(&copy.label, "holds a copy of prod with the deltas applied");
        if let Some(comp) = &looked.comp
            && !self.compare(&mut steps, &copy, comp, show)?
        {
            self.say_left(&format!("{} differs from {}: {} is untouched", copy.label, comp.label, self.prod));
            return Ok(Outcome::Different);
        }

        // What is there now, against what was tested; said quietly, for it was told at the beginning.
        let (planned, _) = upgrade::plan(&plan, &Silent, cancel)?;
        if planned.applied.is_empty() {
            progress.note(&format!("there is nothing to apply to {}", self.prod));
            return Ok(Outcome::Nothing);
        }
        if !self.may_upgrade(&planned)? {
            self.say_left(&format!("nothing was applied to {}", self.prod));
            return Ok(Outcome::Declined);
        }
        self.left.prod = None;
        let upgraded = steps.step(&format!("apply the deltas to {}", self.prod), |progress| {
            upgrade::run(&plan, progress, cancel)
        })?;
        self.left.prod = Some(format!("{} is upgraded", self.prod));
        if let Some(comp) = &looked.comp {
            let mut prod = Opened::database(&plan.connection);
            prod.label.clone_from(&self.prod);
            if !self.compare(&mut steps, &prod, comp, show)? {
                self.say_left(&format!("{} is upgraded, and differs from {}", self.prod, comp.label));
                return Ok(Outcome::UpgradedDifferent(upgraded));
            }
        }
        Ok(Outcome::Upgraded(upgraded))
    }

    /// Looks at the three databases, and refuses what must not be; opens the source to compare with, so that one that
    /// cannot be is found before the work.
    fn look(&mut self, throwaway: &Throwaway) -> Result<Looked> {
        let (options, cancel) = (self.options, self.cancel);
        let mut session = Session::open(&options.prod.connection, "pum", cancel)?;
        let prod = Identity::of(&mut session)?;
        let (like, major) = (dump::like(&mut session)?, session.server_version_num()? / 10_000);
        drop(session);
        let (state, test) = match &options.test {
            Target::Database(connection) => {
                let (state, identity) = target::judge(connection, options.overwrite_test, cancel)
                    // That it is prod itself is worse than that it is not empty.
                    .or_else(|error| self.explain_same(connection, &prod).and(Err(error)))?;
                (Some(state), identity.map(|identity| (connection.name(), identity)))
            }
            Target::Shadow => (None, None),
        };
        let second = options.comparison.as_ref().map(|comparison| &comparison.second);
        let comp = match second {
            Some(Source::Database(connection)) => {
                let mut session = Session::open(connection, "pum", cancel)?;
                Some((connection.name(), Identity::of(&mut session)?))
            }
            _ => None,
        };
        let mut databases = vec![("prod", self.prod.as_str(), &prod)];
        databases.extend(test.iter().map(|(name, identity)| ("test", name.as_str(), identity)));
        databases.extend(comp.iter().map(|(name, identity)| ("comp", name.as_str(), identity)));
        refuse_same(&databases)?;
        self.left.prod = Some(format!("{} is untouched", self.prod));
        let comp = second
            .map(|source| {
                let mut opened = source.open(throwaway, Some(major), self.progress, cancel)?;
                if let Source::Database(connection) = source {
                    opened.label = connection.name();
                }
                Ok::<_, Error>(opened)
            })
            .transpose()?;
        Ok(Looked { like, major, state, comp })
    }

    fn explain_same(&self, test: &Parameters, prod: &Identity) -> Result<()> {
        let identity = Identity::of(&mut Session::open(test, "pum", self.cancel)?)?;
        refuse_same(&[("prod", self.prod.as_str(), prod), ("test", test.name().as_str(), &identity)])
    }

    /// Dumps prod. The second value keeps a temporary dump.
    fn dump(&mut self, steps: &mut Steps<'_>) -> Result<(PathBuf, Option<Scratch>)> {
        let (options, cancel) = (self.options, self.cancel);
        let scratch = if options.file.is_some() { None } else { Some(dump::scratch()?) };
        let (file, shown) = match (&options.file, &scratch) {
            (Some(file), _) => (file.clone(), format!("dump {} to {}", self.prod, file.display())),
            (None, Some(scratch)) => (scratch.path().join("dump"), format!("dump {}", self.prod)),
            (None, None) => return Err(Error::failed("there is no place for the dump")),
        };
        let format = options.format.unwrap_or_else(|| natural_format(options.file.as_deref()));
        let write = super::dump::Options {
            format,
            jobs: if format == Format::Directory { options.jobs } else { 1 },
            exclude_schemas: options.exclude_schemas.clone(),
            pg_dump: options.prod.pg_dump.clone(),
            ..super::dump::Options::new(&file)
        };
        steps.step(&shown, |progress| {
            super::dump::run(&options.prod.connection, &write, &Connected(progress), cancel)
        })?;
        if options.file.is_some() {
            self.left.dump = Some(format!("{} holds {} as it was", file.display(), self.prod));
        }
        Ok((file, scratch))
    }

    /// Makes a copy of prod of the dump.
    fn restore(
        &mut self,
        steps: &mut Steps<'_>,
        file: &Path,
        looked: &Looked,
        throwaway: &Throwaway,
    ) -> Result<Opened> {
        let (options, cancel) = (self.options, self.cancel);
        let Target::Database(connection) = &options.test else {
            return steps.step("restore it into a throwaway database", |progress| {
                let source = Source::File(file.to_owned());
                let mut copy = source.open(throwaway, Some(looked.major), progress, cancel)?;
                copy.label = "shadow:".to_owned();
                let mut session = Session::open(&copy.connection, "pum", cancel)?;
                for sentence in dump::set(&mut session, &copy.connection.database(), &looked.like)? {
                    progress.warning(&sentence);
                }
                Ok(copy)
            });
        };
        let name = connection.name();
        let state = looked.state.clone().unwrap_or(State::Missing);
        let mut left = Left::default();
        let format = dump::Archive::open(file)?.format();
        let parallel = matches!(format, Format::Custom | Format::Directory);
        let restored = steps.step(&format!("restore it into {name}"), |progress| {
            target::ready(connection, &state, &looked.like, options.force, progress, cancel)?;
            left.tell_test(&name, "holds a part of prod; the next run empties it");
            let load = restore::Options {
                into_existing: true,
                ignore_errors: options.ignore_errors,
                jobs: if parallel { options.jobs } else { 1 },
                pg_restore: options.pg_restore.clone(),
                ..restore::Options::new(file)
            };
            restore::run(connection, &load, progress, cancel)
        });
        self.left.test = left.test;
        restored.map_err(|error| match options.ignore_errors {
            false => error.hint("-x goes on in spite of errors while restoring"),
            true => error,
        })?;
        let mut copy = Opened::database(connection);
        copy.label = name;
        Ok(copy)
    }

    /// Compares, shows, and gives whether they are equal.
    fn compare(
        &self,
        steps: &mut Steps<'_>,
        first: &Opened,
        comp: &Opened,
        show: &dyn Fn(&Check) -> Result<()>,
    ) -> Result<bool> {
        let Some(comparison) = &self.options.comparison else { return Ok(true) };
        let text = format!("compare {} with {}", first.label, comp.label);
        let check =
            steps.step(&text, |progress| check::between(first, comp, comparison, progress, self.cancel))?;
        show(&check)?;
        Ok(check.is_equal())
    }

    /// Shows what would be done to prod, and gives the answer.
    fn may_upgrade(&self, planned: &upgrade::Outcome) -> Result<bool> {
        let version = planned.version_before.map(|version| version.to_string()).unwrap_or_default();
        let count = planned.applied.len();
        self.progress.note(&format!(
            "{}, at version {version}, would get {count} {}:\n{}",
            self.prod,
            if count == 1 { "file" } else { "files" },
            planned.applied.join("\n")
        ));
        let yes = match &self.options.answer {
            Answer::Yes => true,
            Answer::Ask => self.progress.confirm(&format!("Apply deltas to {}?", self.prod)),
            Answer::Type(expected) => {
                let question = format!("{expected} is protected. Apply deltas to {}?", self.prod);
                self.progress.confirm_by_typing(&question, expected)
            }
        };
        if self.cancel.is_requested() {
            return Err(Error::interrupted("interrupted at the question"));
        }
        Ok(yes)
    }

    /// Says how it ended, and what is left.
    fn say_left(&self, sentence: &str) {
        let left: Vec<&str> =
            [&self.left.test, &self.left.dump].into_iter().filter_map(Option::as_deref).collect();
        let more = if left.is_empty() { String::new() } else { format!("; {}", left.join("; ")) };
        self.progress.note(&format!("{sentence}{more}"));
    }
}

impl Left {
    fn tell_test(&mut self, label: &str, what: &str) {
        // A throwaway one is gone when this is read.
        self.test = (label != "shadow:").then(|| format!("{label} {what}"));
    }
}

/// The format of a dump for which none was asked.
fn natural_format(file: Option<&Path>) -> Format {
    let is_directory = |file: &Path| file.is_dir() || file.as_os_str().as_encoded_bytes().ends_with(b"/");
    if file.is_none_or(is_directory) { Format::Directory } else { Format::Custom }
}
