//! Bad input, and databases that are not what was expected: every one is said, with what to do, and breaks nothing.

mod databases;
mod files;
