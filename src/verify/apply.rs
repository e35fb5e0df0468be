//! The deltas run on every state that they start from, as an upgrade runs them.

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
    Ok(Outcome::not_possible(Stage::Apply, "not built yet"))
}
