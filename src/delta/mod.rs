//! Delta files: what their names say, which files of a directory are deltas and which only look like it, and the
//! order in which they run. Nothing here reads a database.

mod name;
mod set;
mod version;

pub use name::{Kind, Language, Name, Verdict, judge};
pub(crate) use name::{LONGEST_TITLE, is_word};
pub use set::{Delta, DeltaSet, Hook, Moment, NotDelta, checksum, checksum_matches};
pub use version::{NotAVersion, Version};
