//! New deltas come after everything that others have, also after a merge with the upstream branch.

use super::{Outcome, Stage, Subject};
use crate::Result;

/// Carries the stage out.
///
/// # Errors
/// A broken object.
pub fn run(_subject: &Subject<'_>) -> Result<Outcome> {
    Ok(Outcome::not_possible(Stage::Order, "not built yet"))
}
