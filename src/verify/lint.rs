//! Hazards of the new deltas.

use super::{Outcome, Stage, Subject};
use crate::Result;

/// Carries the stage out.
///
/// # Errors
/// A broken object.
pub fn run(_subject: &Subject<'_>) -> Result<Outcome> {
    Ok(Outcome::not_possible(Stage::Lint, "not built yet"))
}
