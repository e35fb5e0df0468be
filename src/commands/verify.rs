//! `pum verify`: whether a commit proves its deltas.

use std::path::PathBuf;
use std::time::Instant;

use crate::connection::Parameters;
use crate::error::Kind;
use crate::git::{Candidate, Commit, Repository};
use crate::progress::{Cancel, Event, Progress};
use crate::verify::proof::{Means, Proof};
use crate::verify::subject::{Request, Target};
use crate::verify::{Finding, Outcome, Stage, Subject, Verdict, Verification};
use crate::verify::{again, apply, compare, explain, frozen, kept, lint, names, order, scope};
use crate::{Error, Result};

/// What is to be verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// The commit that a revision names.
    Revision(String),
    /// The second, which is measured against the first.
    Range(String, String),
    /// What the next commit will be; the stages that need a database are left out.
    Index,
}

/// What to verify, and how.
#[derive(Debug, Clone)]
pub struct Options {
    /// A directory in the repository: the pum.yaml in it or above it counts.
    pub directory: PathBuf,
    /// The configuration file that is named instead.
    pub config_file: Option<PathBuf>,
    /// What is to be verified.
    pub what: What,
    /// What it is measured against; `None`: what it will be merged into, or the release before it.
    pub base: Option<String>,
    /// What a CI service says is the branch that it will be merged into.
    pub targets: Vec<Candidate>,
    /// Only if deltas, the model or pum.yaml changed since the base.
    pub pre_push: bool,
    /// Stages that are left out.
    pub skip: Vec<Stage>,
    /// What the stages that need a database work with, and where verdicts are kept.
    pub means: Means,
}

impl Options {
    /// A verification of this, without anything special.
    pub fn new(directory: impl Into<PathBuf>, what: What) -> Options {
        Options {
            directory: directory.into(),
            config_file: None,
            what,
            base: None,
            targets: Vec::new(),
            pre_push: false,
            skip: Vec::new(),
            means: Means::default(),
        }
    }
}

/// Verifies. What cannot be verified gives a verdict, too, which says why.
///
/// # Errors
/// A revision that is not there; interrupted.
pub fn run(options: &Options, progress: &dyn Progress, cancel: &Cancel) -> Result<Verification> {
    let began = Instant::now();
    let mut verification = Verification {
        subject: match &options.what {
            What::Revision(revision) | What::Range(_, revision) => revision.clone(),
            What::Index => "the index".to_owned(),
        },
        commit: None,
        base: None,
        explanation: Vec::new(),
        warnings: Vec::new(),
        outcomes: Vec::new(),
        skipped: Vec::new(),
        verdict: Verdict::Proven,
        help: Vec::new(),
        is_cached: false,
        duration: began.elapsed(),
    };
    let repository = match Repository::open(&options.directory) {
        Ok(repository) => repository,
        Err(error) => {
            verification.give_up(&error);
            return Ok(verification);
        }
    };
    let request = request(options, &repository)?;
    verification.commit = match &request.target {
        Target::Commit(commit) => Some(commit.id.to_string()),
        Target::Index(_) => None,
    };
    match Subject::open(&repository, &request) {
        Ok(subject) => judge(&subject, options, &mut verification, progress, cancel)?,
        // It was found and is not understood: that is the commit's own fault.
        Err(error) if error.excerpt.is_some() => {
            let finding = Finding::of_error(Stage::Names, &error);
            verification.outcomes.push(Outcome::of(Stage::Names, "", vec![finding]));
            verification.verdict = Verdict::Refuted;
        }
        Err(error) => verification.give_up(&error),
    }
    verification.duration = began.elapsed();
    Ok(verification)
}

/// Finds the commits.
fn request(options: &Options, repository: &Repository) -> Result<Request> {
    let commit = |revision: &String| repository.commit(revision);
    let (target, start): (Target, Option<Commit>) = match &options.what {
        What::Revision(revision) => (Target::Commit(commit(revision)?), None),
        What::Range(from, to) => (Target::Commit(commit(to)?), Some(commit(from)?)),
        What::Index => (Target::Index(repository.commit("HEAD").ok()), None),
    };
    let named = options.base.as_ref().map(commit).transpose()?;
    Ok(Request {
        target,
        directory: options.directory.clone(),
        config_file: options.config_file.clone(),
        is_range: named.is_none() && start.is_some(),
        base: named.or(start),
        targets: options.targets.clone(),
    })
}

/// Looks whether there is anything to judge, and enough to judge it by, and judges it.
fn judge(
    subject: &Subject<'_>,
    options: &Options,
    verification: &mut Verification,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<()> {
    verification.base = subject.base.commit.as_ref().map(|commit| commit.id.to_string());
    if options.pre_push && !options.skip.contains(&Stage::Scope) && subject.base.commit.is_some() {
        let began = Instant::now();
        let (mut outcome, has_work) = scope::run(subject)?;
        outcome.duration = began.elapsed();
        verification.outcomes.push(outcome);
        if !has_work {
            return Ok(());
        }
    }
    verification.explanation = explain::explanation(subject)?;
    verification.warnings = explain::warnings(subject);
    if let Some(reason) = explain::cut_off(subject)? {
        verification.verdict = Verdict::Unverified(reason);
        verification.help = explain::UNSHALLOW.map(str::to_owned).to_vec();
        return Ok(());
    }
    let means = means(subject, &options.means)?;
    let cache = means.loading.shadow.cache.clone();
    let key = match &cache {
        Some(_) => kept::key(subject, &options.skip, &means, cancel)?,
        None => None,
    };
    let kept = cache.as_ref().zip(key.as_ref());
    if let Some(found) = kept.and_then(|(cache, key)| kept::find(cache, key)) {
        verification.outcomes.extend(found.outcomes);
        verification.skipped = found.skipped;
        verification.verdict = found.verdict;
        verification.is_cached = true;
        return Ok(());
    }
    let scope = verification.outcomes.len();
    stages(subject, options, means, verification, progress, cancel)?;
    if let Some((cache, key)) = kept {
        let outcomes = verification.outcomes[scope..].to_vec();
        let found = Verification { outcomes, ..verification.clone() };
        if let Err(error) = kept::keep(cache, key, &found) {
            progress.note(&format!("the verdict could not be kept in the cache: {error}"));
        }
    }
    Ok(())
}

/// What to work with: what the user says, else what the commit's pum.yaml says.
fn means(subject: &Subject<'_>, given: &Means) -> Result<Means> {
    let mut means = given.clone();
    let (config, shadow) = (&subject.config, &mut means.loading.shadow);
    if !given.is_server_named
        && let Some(server) = &config.shadow_server
    {
        shadow.server = Some(
            Parameters::resolve(server)
                .map_err(|error| error.note("throwaway databases", "shadow.server"))?,
        );
    }
    if shadow.roles.is_empty() {
        shadow.roles.clone_from(&config.shadow_roles);
    }
    shadow.version = shadow.version.or(config.shadow_version);
    Ok(means)
}

/// Runs the stages behind the first, until one refutes.
fn stages(
    subject: &Subject<'_>,
    options: &Options,
    means: Means,
    verification: &mut Verification,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<()> {
    let mut proof = Proof::new(means);
    for stage in Stage::ALL.into_iter().filter(|stage| *stage != Stage::Scope) {
        let is_index = matches!(subject.target, Target::Index(_));
        if options.skip.contains(&stage) || (is_index && stage.needs_database()) {
            verification.skipped.push(stage);
            continue;
        }
        if cancel.is_requested() {
            return Err(Error::interrupted("interrupted"));
        }
        progress.event(&Event::StageStarted { name: stage.name(), items: None });
        let began = Instant::now();
        let carried_out = match stage {
            Stage::Scope | Stage::Names => names::run(subject),
            Stage::Frozen => frozen::run(subject),
            Stage::Order => order::run(subject),
            Stage::Lint => lint::run(subject),
            Stage::Apply => apply::run(subject, &mut proof, progress, cancel),
            Stage::Compare => compare::run(subject, &mut proof, progress, cancel),
            Stage::Again => again::run(subject, &mut proof, progress, cancel),
        };
        let mut outcome = match carried_out {
            Ok(outcome) => outcome,
            Err(error) if error.kind == Kind::Interrupted || cancel.is_requested() => return Err(error),
            Err(error) => {
                verification.give_up(&error);
                Outcome::not_possible(stage, error.message)
            }
        };
        outcome.duration = began.elapsed();
        let (is_failed, obstacle) = (outcome.is_failed(), outcome.obstacle.clone());
        verification.outcomes.push(outcome);
        if is_failed {
            verification.verdict = Verdict::Refuted;
            break;
        }
        if let Some(obstacle) = obstacle {
            if verification.verdict == Verdict::Proven {
                verification.verdict = Verdict::Unverified(obstacle);
            }
            break;
        }
    }
    Ok(())
}
