//! Every delta is one, and can be read.

use super::{Outcome, Stage, Subject};
use crate::Result;

/// Carries the stage out.
///
/// # Errors
/// A broken object.
pub fn run(_subject: &Subject<'_>) -> Result<Outcome> {
    Ok(Outcome::not_possible(Stage::Names, "not built yet"))
}
