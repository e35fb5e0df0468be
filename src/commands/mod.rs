//! The commands, one file each, as library calls: options in, outcome out. They print nothing.

mod connected;
pub mod dump;
pub mod restore;
