//! What the statements of a delta may cost in production, as far as their text tells it with certainty: squawk's rules,
//! and pum's own. Text in, hazards with places out; no database. What a text does not tell, which locks a statement takes
//! and which tables it writes anew, is measured where the delta runs.
//!
//! squawk is asked with what psql would send, and told whether it is sent in a transaction. A statement that squawk does
//! not understand is passed over: the server judges it.

mod allowed;
mod levels;
mod own;
mod squawk;
#[cfg(test)]
mod tests;

use std::ops::Range;

pub use allowed::Allowed;
pub use levels::{
    ACCESS_EXCLUSIVE, BAD_ALLOW, BLOCKS_WRITES, DELETES_DATA, DROP_CASCADE, Level, Levels, OWN, TABLE_REWRITE,
};

use super::{Script, Source};

/// Something that a statement may cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hazard {
    /// The rule.
    pub rule: String,
    /// What it may cost: a sentence, lower case, no trailing period.
    pub message: String,
    /// Where, in bytes of the source's text.
    pub range: Range<usize>,
    /// What may be done instead.
    pub help: Option<String>,
}

/// The hazards of a script, in the order of their places. `major` is the version of PostgreSQL that it is meant for, if that
/// is known.
pub fn lint(source: &Source, script: &Script, levels: &Levels, major: Option<u32>) -> Vec<Hazard> {
    let (allowed, mut hazards) = Allowed::of(source, script);
    if let Some(mut text) = squawk::Text::of(script) {
        let parsed = text.parse();
        hazards.extend(squawk::hazards(&text, &parsed, levels, major));
        hazards.extend(own::hazards(&text, &parsed));
    }
    hazards.retain(|hazard| {
        levels.of(&hazard.rule) != Level::Off && !allowed.covers(&hazard.rule, hazard.range.start)
    });
    hazards.sort_by_key(|hazard| hazard.range.start);
    hazards
}
