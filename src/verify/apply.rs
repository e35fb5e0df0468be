//! The deltas run on every state that they start from, as an upgrade runs them. The state's own deltas are recorded as
//! applied there, unless the state brings a baseline of its own.

use std::thread;

use postgres_protocol::escape::escape_identifier;

use super::lint::of_level;
use super::names::variables;
use super::proof::{Proof, Upgraded, new_names, table};
use super::start::{self, Origin, State};
use super::{Finding, Measurement, Outcome, Stage, Subject, told};
use crate::commands::upgrade;
use crate::connection::Session;
use crate::delta::{Delta, checksum};
use crate::error::Kind;
use crate::git::Commit;
use crate::programs::{self, Program};
use crate::progress::{Cancel, Event, Progress, Silent, count};
use crate::source::{Opened, Recipe, Revision, Source};
use crate::sql::lint::{ACCESS_EXCLUSIVE, Allowed, BLOCKS_WRITES, Level, TABLE_REWRITE};
use crate::sql::{self, Source as Text};
use crate::upgrade::measure::{Effect, Lock};
use crate::upgrade::table::{Look, Table};
use crate::{Error, Result};

/// Carries the stage out.
///
/// # Errors
/// What is wrong with this machine and not with the commit: server programs that are missing; a release whose model cannot
/// be built; interrupted.
pub fn run(
    subject: &Subject<'_>,
    proof: &mut Proof,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<Outcome> {
    if let Err(error) = table(subject) {
        let finding = Finding::of_error(Stage::Apply, &error).in_file(&subject.config_path);
        return Ok(Outcome::of(Stage::Apply, "", vec![finding]));
    }
    let (states, mut findings) = start::states(subject)?;
    if !findings.is_empty() {
        return Ok(Outcome::of(Stage::Apply, "", findings));
    }
    if states.is_empty() && !subject.files()?.deltas.deltas.is_empty() && subject.releases()?.is_empty() {
        findings.push(start::nothing_to_start_from(subject));
    }
    let model = model(subject)?;
    proof.throwaway(subject).ensure_started(None, &Items(progress), cancel)?;
    let mut said = Vec::new();
    let mut effects = Vec::new();
    for state in &states {
        let database = build(subject, proof, state, progress, cancel)?;
        let made_schema = match record(subject, state, &database, cancel)? {
            Ok(made_schema) => made_schema,
            Err(finding) => {
                findings.push(finding);
                continue;
            }
        };
        let mut options = proof.upgrade(subject, &database.connection)?;
        // What it does to tables that are there is the same from wherever it starts.
        if said.is_empty() {
            options.measured = new_names(subject)?.into_iter().collect();
        }
        let throwaway = proof.running()?;
        let source = model.as_ref().filter(|_| proof.model.is_none() && !makes_roles(subject));
        let (applied, built) = thread::scope(|scope| {
            let building = source.map(|source| scope.spawn(|| source.open(throwaway, None, &Silent, cancel)));
            let applied = upgrade::run(&options, &Items(progress), cancel);
            let built = building
                .map(|building| building.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
            (applied, built)
        });
        if built.is_some() {
            proof.model = built;
        }
        match applied {
            Ok(outcome) => {
                said.push(format!(
                    "{} applied from {}",
                    count(deltas(&outcome.applied), "delta"),
                    state.label
                ));
                effects.extend(outcome.effects);
                let label = state.label.clone();
                proof.upgraded.push(Upgraded { label, database, made_schema, catalog: None });
            }
            Err(error) if error.kind == Kind::Interrupted || cancel.is_requested() => return Err(error),
            Err(error) => {
                let checkout = proof.checkout(subject)?;
                findings.push(told::failure(Stage::Apply, error, checkout).note("from", state.label.clone()));
            }
        }
    }
    if let (None, Some(source)) = (&proof.model, &model)
        && findings.iter().all(|finding| finding.severity != super::Severity::Error)
    {
        proof.model = Some(source.open(proof.running()?, None, &Items(progress), cancel));
    }
    if let Some(Err(error)) = &proof.model
        && (error.kind == Kind::Interrupted || cancel.is_requested())
    {
        return Err(Error::interrupted("interrupted while the model was built"));
    }
    let mut measurements = Vec::new();
    for effect in &effects {
        told_effect(subject, proof, effect, &mut findings, &mut measurements)?;
    }
    let summary = match states.is_empty() {
        true => "there is no state to start from".to_owned(),
        false => said.join(", "),
    };
    let mut outcome = Outcome::of(Stage::Apply, summary, findings);
    outcome.measurements = measurements;
    Ok(outcome)
}

/// How the model of the commit is built; `None` if it is the deltas themselves, or nobody says it.
fn model(subject: &Subject<'_>) -> Result<Option<Source>> {
    match &subject.project.recipe {
        None | Some(Recipe::Deltas) => return Ok(None),
        // Without it nothing can be built, and that is not the commit's fault.
        Some(Recipe::Sql(_)) => drop(programs::find(Program::Psql, None, None)?),
        Some(Recipe::Run(_)) => {}
    }
    let revision = subject.target.head().map(|head| named(subject, head));
    Ok(Some(Source::Git(Box::new(Revision { revision, project: subject.project.clone() }))))
}

/// A commit as it is called, if that leads to it; else its id.
fn named(subject: &Subject<'_>, commit: &Commit) -> String {
    match subject.repository.commit(&commit.name) {
        Ok(found) if found.id == commit.id => commit.name.clone(),
        _ => commit.id.to_string(),
    }
}

/// Makes the database that a state is.
fn build(
    subject: &Subject<'_>,
    proof: &mut Proof,
    state: &State,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<Opened> {
    let source = match &state.origin {
        Origin::Dump(path) => Source::File(path.clone()),
        Origin::Commit(commit) => {
            let mut project = subject.project_at(commit)?;
            project.recipe = project.recipe.or_else(|| subject.project.recipe.clone());
            if project.recipe.is_none() {
                return Err(start::no_recipe(&state.label));
            }
            Source::Git(Box::new(Revision { revision: Some(named(subject, commit)), project }))
        }
    };
    let throwaway = proof.throwaway(subject);
    let mut database = source.open(throwaway, None, &Items(progress), cancel).map_err(|error| {
        if error.kind == Kind::Interrupted {
            return error;
        }
        let mut error = error.note("start", format!("the state of {} could not be made", state.label));
        if matches!(state.origin, Origin::Commit(_)) {
            error = error.hint(
                "a release that cannot be built any more is replaced by a dump: verify: {from: [{file: DUMP, baseline: VERSION}]}",
            );
        }
        error
    })?;
    database.label = format!("{}, upgraded", state.label);
    Ok(database)
}

/// Records what the state has had, unless it has a record of its own. Gives the schema that had to be made for the upgrades
/// table; a finding for a dump that is not at the version that pum.yaml says.
fn record(
    subject: &Subject<'_>,
    state: &State,
    database: &Opened,
    cancel: &Cancel,
) -> Result<std::result::Result<Option<String>, Finding>> {
    let name = table(subject)?;
    let mut session = Session::open(&database.connection, "pum", cancel)?;
    let look = Look::at(&mut session, &name, None)?;
    if let Some(table) = &look.table {
        let record = table.read(&mut session)?;
        if let Some(version) = record.current_version() {
            let said = matches!(state.origin, Origin::Dump(_)).then_some(state.version);
            return Ok(
                match said.filter(|said| record.baseline().unwrap_or(version) != *said && version != *said) {
                    None => Ok(None),
                    Some(said) => Err(Finding::error(
                        Stage::Apply,
                        format!(
                            "verify.from says that {} is at {said}, but its record in {name} says {version}",
                            state.label
                        ),
                    )
                    .in_file(&subject.config_path)
                    .help(format!("write baseline: {version}, for its own record counts"))),
                },
            );
        }
    }
    let mut statements = Vec::new();
    let lacks_schema = look.table.is_none() && look.lacks_schema();
    let table = look.table.clone().unwrap_or_else(|| {
        let schema = look.schema.clone().unwrap_or_else(|| "public".to_owned());
        if lacks_schema {
            statements.push(format!("CREATE SCHEMA {}", escape_identifier(&schema)));
        }
        let name = crate::upgrade::TableName { schema: Some(schema), name: name.name.clone() };
        statements.push(Table::create_statement(&name));
        Table { name, writable: true }
    });
    statements.push(table.baseline_statement(state.version));
    if let Origin::Commit(commit) = &state.origin {
        let files = subject.files_of(Some(commit))?;
        for delta in &files.deltas.deltas {
            let Some(id) = files.id(delta) else { continue };
            statements.push(applied_statement(&table, delta, &subject.repository.content(id)?));
        }
    }
    session.execute(&statements.join(";\n")).map_err(|fault| table.explain(fault))?;
    Ok(Ok(look.schema.filter(|_| lacks_schema)))
}

fn applied_statement(table: &Table, delta: &Delta, content: &[u8]) -> String {
    table.applied_statement(&delta.name, &delta.path.to_string_lossy(), &checksum(content))
}

/// Whether a new delta may make a role, which belongs to the whole server: the model, which has it too, must not be built
/// at the same time then.
fn makes_roles(subject: &Subject<'_>) -> bool {
    let new = subject.new_deltas().unwrap_or_default();
    new.iter().any(|delta| {
        let text = subject.content(&delta.path).unwrap_or_default();
        let text = String::from_utf8_lossy(&text).to_lowercase();
        delta.name.kind.language() == crate::delta::Language::Python
            || ["role", "user", "group"].iter().any(|word| text.contains(word))
    })
}

/// How many of the files that ran are deltas.
pub(super) fn deltas(applied: &[String]) -> usize {
    applied.iter().filter(|name| name.starts_with("delta_")).count()
}

/// Tells what runs as items of the stage.
pub(super) struct Items<'a>(pub &'a dyn Progress);

impl Progress for Items<'_> {
    fn event(&self, event: &Event<'_>) {
        match event {
            Event::DeltaStarted { name, .. } => self.0.event(&Event::StageItem { name }),
            Event::StageItem { .. } | Event::Waiting { .. } | Event::Waited => self.0.event(event),
            _ => {}
        }
    }
}

/// What a statement did to tables that were there, as a finding; what is allowed, as a measurement.
fn told_effect(
    subject: &Subject<'_>,
    proof: &mut Proof,
    effect: &Effect,
    findings: &mut Vec<Finding>,
    measurements: &mut Vec<Measurement>,
) -> Result<()> {
    let path = effect.path.strip_prefix(proof.checkout(subject)?).unwrap_or(&effect.path);
    let Ok(source) = Text::decode(path, subject.content(path)?) else { return Ok(()) };
    let Ok(script) = sql::prepare(&source, &variables(subject)) else { return Ok(()) };
    let (allowed, _) = Allowed::of(&source, &script);
    let mut rules = Vec::new();
    if !effect.rewritten.is_empty() {
        rules.push(TABLE_REWRITE);
    }
    let strongest = effect.locks.iter().map(|(_, lock)| *lock).max();
    rules.extend(strongest.map(|lock| match lock {
        Lock::AccessExclusive => ACCESS_EXCLUSIVE,
        Lock::Share | Lock::ShareRowExclusive | Lock::Exclusive => BLOCKS_WRITES,
    }));
    let levels = &subject.config.lint;
    rules.retain(|rule| levels.of(rule) != Level::Off);
    let does = sentence(effect);
    match rules.iter().find(|rule| !allowed.covers(rule, effect.range.start)) {
        Some(rule) => findings.push(
            of_level(Stage::Apply, levels.of(rule), format!("{} {does}", effect.text))
                .by_rule(*rule)
                .in_file(path)
                .at_offset(&source.text, effect.range.start),
        ),
        None if rules.is_empty() => {}
        None => measurements.push(Measurement {
            path: path.to_owned(),
            line: crate::error::line_column(&source.text, effect.range.start).0,
            name: "allowed".to_owned(),
            value: does,
        }),
    }
    Ok(())
}

/// `takes ACCESS EXCLUSIVE on app.pipe and writes it anew`.
fn sentence(effect: &Effect) -> String {
    let mut taken = Vec::new();
    for lock in [Lock::AccessExclusive, Lock::Exclusive, Lock::ShareRowExclusive, Lock::Share] {
        let tables = effect.locks.iter().filter(|(_, other)| *other == lock).map(|(table, _)| table.as_str());
        let tables: Vec<&str> = tables.collect();
        if !tables.is_empty() {
            taken.push(format!("{lock} on {}", tables.join(", ")));
        }
    }
    let mut parts = Vec::new();
    if !taken.is_empty() {
        parts.push(format!("takes {}", taken.join(" and ")));
    }
    if let [table] = effect.rewritten.as_slice() {
        let is_told = effect.locks.len() == 1 && effect.locks[0].0 == *table;
        parts.push(format!("writes {} anew", if is_told { "it" } else { table }));
    } else if !effect.rewritten.is_empty() {
        parts.push(format!("writes {} tables anew: {}", effect.rewritten.len(), effect.rewritten.join(", ")));
    }
    parts.join(" and ")
}
