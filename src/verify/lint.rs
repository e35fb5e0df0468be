//! Hazards of the new deltas, as far as their text tells; what has to be measured is told where they run, in `apply`.

use super::names::variables;
use super::{Finding, Outcome, Stage, Subject};
use crate::Result;
use crate::delta::Language;
use crate::progress::count;
use crate::sql::lint::{Hazard, Level, Levels};
use crate::sql::{self, Source};

/// Carries the stage out.
///
/// # Errors
/// A broken object.
pub fn run(subject: &Subject<'_>) -> Result<Outcome> {
    let levels = &subject.config.lint;
    let variables = variables(subject);
    let mut findings = Vec::new();
    let new = subject.new_deltas()?;
    let new: Vec<_> = new.iter().filter(|delta| delta.name.kind.language() == Language::Sql).collect();
    for delta in &new {
        // What cannot be read is told by the stage before.
        let Ok(source) = Source::decode(&delta.path, subject.content(&delta.path)?) else { continue };
        let Ok(script) = sql::prepare(&source, &variables) else { continue };
        let hazards = sql::lint::lint(&source, &script, levels, None);
        findings.extend(hazards.into_iter().map(|hazard| finding(&source, hazard, levels)));
    }
    Ok(Outcome::of(Stage::Lint, format!("{} new", count(new.len(), "SQL delta")), findings))
}

fn finding(source: &Source, hazard: Hazard, levels: &Levels) -> Finding {
    let finding = of_level(Stage::Lint, levels.of(&hazard.rule), hazard.message)
        .by_rule(hazard.rule)
        .in_file(&source.path)
        .at_offset(&source.text, hazard.range.start);
    match hazard.help {
        Some(help) => finding.help(help),
        None => finding,
    }
}

/// A finding as bad as the rules say.
pub(super) fn of_level(stage: Stage, level: Level, message: String) -> Finding {
    match level {
        Level::Error => Finding::error(stage, message),
        Level::Warn | Level::Off => Finding::warning(stage, message),
    }
}
