//! What the stages that need a database share: the means to make one, and the states that one stage makes and the next
//! ones look at.

use std::path::{Path, PathBuf};

use super::Subject;
use crate::catalog::{Catalog, LeftOut};
use crate::connection::Parameters;
use crate::delta::Name;
use crate::dump::{self, Scratch};
use crate::source::{Loading, Opened, Source, Throwaway};
use crate::upgrade::TableName;
use crate::{Error, Result, commands};

/// What the stages that need a database work with.
#[derive(Debug, Clone, Default)]
pub struct Means {
    /// How dumps are restored, where databases are made, and what is kept of them and of verdicts.
    pub loading: Loading,
    /// Whether the server for databases is named by the user; else the commit's pum.yaml may name one.
    pub is_server_named: bool,
    /// The pg_dump; `None`: the one that fits.
    pub pg_dump: Option<PathBuf>,
}

/// What the stages that need a database hand on.
#[derive(Debug, Default)]
pub struct Proof {
    means: Means,
    /// The states that the deltas were applied to.
    pub(super) upgraded: Vec<Upgraded>,
    /// The model built from nothing, or why it could not be built; `None`: nobody asked.
    pub(super) model: Option<Result<Opened>>,
    /// The files of the commit.
    checkout: Option<Scratch>,
    throwaway: Option<Throwaway>,
}

/// A state with all deltas applied.
#[derive(Debug)]
pub(super) struct Upgraded {
    /// What the state is called.
    pub label: String,
    /// The database.
    pub database: Opened,
    /// The schema that was made there for the upgrades table alone.
    pub made_schema: Option<String>,
    /// Its catalog, once it was read.
    pub catalog: Option<Catalog>,
}

impl Proof {
    /// Nothing is made yet.
    pub fn new(means: Means) -> Proof {
        Proof { means, ..Proof::default() }
    }

    /// Where the databases are made.
    pub(super) fn throwaway(&mut self, subject: &Subject<'_>) -> &Throwaway {
        let config = &subject.config;
        self.throwaway.get_or_insert_with(|| {
            let mut loading = self.means.loading.clone();
            loading.roles.extend(config.shadow_roles.iter().cloned());
            loading.pg_restore = loading.pg_restore.or_else(|| config.pg_restore_exe.clone());
            Throwaway::new(loading)
        })
    }

    /// Where the databases were made.
    pub(super) fn running(&self) -> Result<&Throwaway> {
        self.throwaway.as_ref().ok_or_else(|| Error::failed("no throwaway server was wanted before"))
    }

    /// A directory with the files of the commit.
    ///
    /// # Errors
    /// What the file system refuses; a broken object.
    pub(super) fn checkout(&mut self, subject: &Subject<'_>) -> Result<&Path> {
        if self.checkout.is_none() {
            let head = subject.target.head().ok_or_else(|| Error::failed("there is no commit"))?;
            let scratch = dump::scratch()?;
            subject.repository.tree(head)?.write_to(scratch.path())?;
            self.checkout = Some(scratch);
        }
        match &self.checkout {
            Some(scratch) => Ok(scratch.path()),
            None => Err(Error::failed("the commit was not checked out")),
        }
    }

    /// An upgrade of a database by the deltas of the commit.
    ///
    /// # Errors
    /// As [`Proof::checkout`]; no upgrades table.
    pub(super) fn upgrade(
        &mut self,
        subject: &Subject<'_>,
        database: &Parameters,
    ) -> Result<commands::upgrade::Options> {
        let (table, config) = (table(subject)?, &subject.config);
        let checkout = self.checkout(subject)?;
        let directories = subject.directories().iter().map(|directory| checkout.join(directory));
        let directories = directories.filter(|directory| directory.is_dir()).collect();
        let mut options = commands::upgrade::Options::new(database.clone(), table, directories);
        options.choice.known_late = config.late.iter().cloned().collect();
        options.variables = subject.project.variables.clone();
        options.python.clone_from(&subject.project.python);
        Ok(options)
    }

    /// How the result is compared with the model.
    ///
    /// # Errors
    /// Ignore rules that are not understood, with the place.
    pub(super) fn comparison(&self, subject: &Subject<'_>) -> Result<commands::check::Options> {
        let config = &subject.config;
        let mut options = commands::check::Options {
            // What is compared is open already.
            first: Source::Shadow,
            second: Source::Shadow,
            scope: crate::compare::Scope { ignore: config.ignore_elements.clone(), ..Default::default() },
            left_out: left_out(subject)?,
            value_lists: config.value_lists.clone(),
            pg_restore: config.pg_restore_exe.clone(),
            pg_dump: self.means.pg_dump.clone().or_else(|| config.pg_dump_exe.clone()),
            rules: Vec::new(),
            upgrades_table: Some(table(subject)?),
            shadow: self.means.loading.shadow.clone(),
            delta: false,
        };
        let path = subject.home.join(crate::config::ignores::PROJECT_FILE);
        if let Some(id) = subject.entry(&path)? {
            let text = String::from_utf8_lossy(&subject.repository.content(id)?).into_owned();
            options.rules = crate::config::ignores::RuleFile::parse(&path, &text)?.rules().to_vec();
        }
        Ok(options)
    }
}

/// The deltas that are measured: the new ones.
///
/// # Errors
/// A broken object.
pub(super) fn new_names(subject: &Subject<'_>) -> Result<Vec<Name>> {
    Ok(subject.new_deltas()?.into_iter().map(|delta| delta.name.clone()).collect())
}

/// The upgrades table, which is no part of the model.
///
/// # Errors
/// That none is named.
pub(super) fn left_out(subject: &Subject<'_>) -> Result<LeftOut> {
    Ok(LeftOut { tables: vec![table(subject)?.quoted()], ..LeftOut::default() })
}

/// The upgrades table.
///
/// # Errors
/// That none is named.
pub(super) fn table(subject: &Subject<'_>) -> Result<TableName> {
    subject.project.table.clone().ok_or_else(|| {
        Error::usage(format!("{} names no upgrades table", subject.config_path.display()))
            .hint("name it: upgrades_table: app_sys.upgrades")
    })
}
