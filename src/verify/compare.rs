//! What the deltas lead to is the model built from nothing.

use std::thread;

use postgres_protocol::escape::escape_identifier;

use super::proof::Proof;
use super::{Finding, Outcome, Stage, Subject, told};
use crate::catalog::{self, Catalog};
use crate::commands::check;
use crate::compare::{Change, Difference};
use crate::connection::Session;
use crate::progress::{Cancel, Progress, count};
use crate::source::Recipe;
use crate::{Error, Result, report};

/// Carries the stage out.
///
/// # Errors
/// What is wrong with this machine and not with the commit; interrupted.
pub fn run(
    subject: &Subject<'_>,
    proof: &mut Proof,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<Outcome> {
    let model = match proof.model.take() {
        Some(Ok(model)) => model,
        Some(Err(error)) => return not_built(proof, subject, error),
        None => return Ok(nothing_to_compare(subject, proof)),
    };
    let options = match proof.comparison(subject) {
        Ok(options) => options,
        // Ignore rules that are not understood.
        Err(error) if error.excerpt.is_some() => {
            return Ok(Outcome::of(Stage::Compare, "", vec![Finding::of_error(Stage::Compare, &error)]));
        }
        Err(error) => return Err(error),
    };
    if proof.upgraded.is_empty() {
        let summary = "the model is built; there is nothing to compare it with";
        return Ok(Outcome::of(Stage::Compare, summary, Vec::new()));
    }
    // What only carries the upgrades table is as little of the model as the table itself.
    if let Some(schema) = proof.upgraded.iter().find_map(|upgraded| upgraded.made_schema.as_deref()) {
        let mut session = Session::open(&model.connection, "pum", cancel)?;
        session.execute(&format!("CREATE SCHEMA IF NOT EXISTS {}", escape_identifier(schema)))?;
    }
    let mut expected = None;
    let mut findings = Vec::new();
    let mut said = Vec::new();
    for upgraded in &mut proof.upgraded {
        let connection = &upgraded.database.connection;
        let (actual, read) = thread::scope(|scope| {
            let model = expected
                .is_none()
                .then(|| scope.spawn(|| catalog::read(&model.connection, &options.left_out, cancel)));
            let actual = catalog::read(connection, &options.left_out, cancel);
            (actual, model.map(|model| model.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))))
        });
        let mut actual: Catalog = actual?;
        let expected: &mut Catalog = match read {
            Some(read) => expected.insert(read?),
            None => expected.as_mut().ok_or_else(|| Error::failed("the model was not read"))?,
        };
        let (database, catalogs) = (&upgraded.database, (&mut actual, expected));
        let check = check::of_catalogs(database, &model, catalogs, &options, progress, cancel)?;
        let differences = &check.comparison.differences;
        for (index, difference) in differences.iter().enumerate() {
            let mut finding = of_difference(difference, &upgraded.label);
            if index == 0 {
                finding = finding
                    .help("write what is missing into a delta, or into the model")
                    .help("a difference that is meant has its rule and its reason in pum.ignore.yaml");
            }
            findings.push(finding);
        }
        let ignored = match check.comparison.ignored.len() {
            0 => String::new(),
            number => format!(", {number} ignored"),
        };
        said.push(match differences.len() {
            0 => format!("from {} the model{ignored}", upgraded.label),
            number => format!("from {} {}{ignored}", upgraded.label, count(number, "difference")),
        });
        for sentence in &check.comparison.not_compared {
            findings.push(Finding::warning(Stage::Compare, format!("not compared: {sentence}")));
        }
        upgraded.catalog = Some(actual);
    }
    Ok(Outcome::of(Stage::Compare, said.join(", "), findings))
}

/// A difference between what the deltas lead to, and the model.
fn of_difference(difference: &Difference, from: &str) -> Finding {
    let name = difference.identity.to_string();
    let message = match &difference.change {
        Change::OnlyFirst { .. } => {
            format!("{name} is in a database upgraded from {from}, and not in the model")
        }
        Change::OnlySecond { .. } => {
            format!("{name} is in the model, and not in a database upgraded from {from}")
        }
        Change::Renamed { to } => {
            format!("{name} of a database upgraded from {from} is called {} in the model", to.name)
        }
        Change::Changed { attributes } => {
            let names: Vec<&str> = attributes.iter().map(|change| change.attribute.name).collect();
            let names = names.join(", ");
            format!("{name} of a database upgraded from {from} differs from the model: {names}")
        }
    };
    Finding::error(Stage::Compare, message)
        .by_rule(difference.element().name())
        .note("upgraded → model", report::difference(difference))
}

/// The model of the commit could not be built.
fn not_built(proof: &mut Proof, subject: &Subject<'_>, error: Error) -> Result<Outcome> {
    let mut finding = told::failure(Stage::Compare, error, proof.checkout(subject)?);
    finding.message = format!("the model cannot be built: {}", finding.message);
    Ok(Outcome::of(Stage::Compare, "", vec![finding]))
}

/// Why there is no model.
fn nothing_to_compare(subject: &Subject<'_>, proof: &Proof) -> Outcome {
    if subject.project.recipe == Some(Recipe::Deltas) {
        let summary = "the model is the deltas: there is nothing else to compare them with";
        return Outcome::of(Stage::Compare, summary, Vec::new());
    }
    let finding = match subject.project.recipe {
        None => Finding::warning(
            Stage::Compare,
            "it is not proven that the deltas lead to a model: pum.yaml does not say how one is built",
        )
        .in_file(&subject.config_path)
        .help("say it: model: {sql: [model/**/*.sql]}, or {run: ./build.sh}"),
        Some(_) => {
            Finding::warning(Stage::Compare, "the model was not built, for the stage before was left out")
        }
    };
    let summary = if proof.upgraded.is_empty() { "" } else { "there is no model" };
    Outcome::of(Stage::Compare, summary, vec![finding])
}
