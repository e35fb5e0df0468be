//! A second upgrade applies no delta and leaves the schema equal.

use super::apply::{Items, deltas};
use super::proof::{Proof, left_out};
use super::{Finding, Outcome, Stage, Subject, told};
use crate::catalog::{self, Kind};
use crate::commands::upgrade;
use crate::compare::{self, Change, Scope};
use crate::error::Kind as ErrorKind;
use crate::progress::{Cancel, Progress, count};
use crate::{Result, report};

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
    let mut findings = Vec::new();
    let states = std::mem::take(&mut proof.upgraded);
    let number = states.len();
    for mut state in states {
        let options = proof.upgrade(subject, &state.database.connection)?;
        let left_out = left_out(subject)?;
        let connection = &state.database.connection;
        let before = match state.catalog.take() {
            Some(catalog) => catalog,
            None => catalog::read(connection, &left_out, cancel)?,
        };
        let of_state = |finding: Finding| finding.note("from", state.label.clone());
        let outcome = match upgrade::run(&options, &Items(progress), cancel) {
            Ok(outcome) => outcome,
            Err(error) if error.kind == ErrorKind::Interrupted || cancel.is_requested() => return Err(error),
            Err(error) => {
                let mut finding = told::failure(Stage::Again, error, proof.checkout(subject)?);
                finding.message = format!("the second upgrade failed: {}", finding.message);
                findings.push(of_state(finding));
                continue;
            }
        };
        if deltas(&outcome.applied) > 0 {
            for name in outcome.applied.iter().filter(|name| name.starts_with("delta_")) {
                let message = format!("{name} is applied once more by a second upgrade");
                let finding = Finding::error(Stage::Again, message)
                    .help("something takes its row out of the upgrades table, or keeps it out: a delta, a script, a trigger");
                let path = subject.files()?.deltas.deltas.iter().find(|delta| delta.file_name() == *name);
                findings.push(of_state(match path {
                    Some(delta) => finding.in_file(&delta.path),
                    None => finding,
                }));
            }
            continue;
        }
        // Nothing ran, not even scripts.
        if outcome.applied.is_empty() {
            continue;
        }
        let after = catalog::read(connection, &left_out, cancel)?;
        let scope = Scope { ignore: subject.config.ignore_elements.clone(), ..Scope::default() };
        let mut differences = compare::compare(&before, &after, &scope).differences;
        // The rows of value lists were read for the comparison with the model, and are not read again.
        differences.retain(|difference| difference.identity.kind != Kind::Row);
        for difference in &differences {
            let what = match difference.change {
                Change::OnlyFirst { .. } => "is gone after",
                Change::OnlySecond { .. } => "is new after",
                Change::Renamed { .. } | Change::Changed { .. } => "is changed by",
            };
            let message = format!("{} {what} a second upgrade", difference.identity);
            findings.push(of_state(
                Finding::error(Stage::Again, message)
                    .by_rule(difference.element().name())
                    .note("first → second", report::difference(difference))
                    .help(format!(
                        "{} ran again, and must leave what they find as it is",
                        outcome.applied.join(" and ")
                    )),
            ));
        }
    }
    let summary = match number {
        0 => "there is nothing that was upgraded".to_owned(),
        _ => format!("{} upgraded once more", count(number, "state")),
    };
    Ok(Outcome::of(Stage::Again, summary, findings))
}
