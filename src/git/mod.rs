//! What pum asks of git: releases, the base of a change, files as they are at a revision, and what the working tree
//! holds. It reads git's objects itself; no git program is needed, and nothing is written to a repository but renames in
//! its index.

mod base;
mod branches;
mod changes;
mod diff;
mod files;
mod hooks;
mod ignored;
mod index;
mod push;
mod releases;
mod repository;
mod state;

pub use base::{Candidate, Chosen, Looked, Upstream, release_before};
pub use changes::{Change, Logged};
pub use files::{File, Tree};
pub use hooks::Hooks;
pub use ignored::is_ignored;
pub use index::Renamed;
pub use push::{Pushed, Update};
pub use releases::{Patterns, Release};
pub use repository::{Commit, Repository};
