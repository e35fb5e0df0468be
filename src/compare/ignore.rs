//! Differences that people decided not to care about: rules, which differences they cover, and the rules that are
//! proposed for a difference. Functions from values to values; files of rules are `config`'s.

mod apply;
mod pattern;
mod propose;
mod rule;

pub use apply::{Circumstances, Ignored, apply, covered};
pub(super) use apply::{apply_to_unasked, judge};
pub use pattern::{Glob, PathPattern};
pub use propose::{Width, propose, widths};
pub use rule::{Rule, Side, Until, Written};
pub(crate) use rule::{kinds_text, parse_kinds};

#[cfg(test)]
mod tests;
