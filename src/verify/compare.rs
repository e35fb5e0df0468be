//! What the deltas lead to is the model built from nothing.

use super::proof::Proof;
use super::{Outcome, Stage, Subject};
use crate::Result;
use crate::progress::{Cancel, Progress};

/// Carries the stage out.
///
/// # Errors
/// What is wrong with this machine and not with the commit; interrupted.
pub fn run(
    _subject: &Subject<'_>,
    _proof: &mut Proof,
    _progress: &dyn Progress,
    _cancel: &Cancel,
) -> Result<Outcome> {
    Ok(Outcome::not_possible(Stage::Compare, "not built yet"))
}
