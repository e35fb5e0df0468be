//! What pum asks of git: releases, the base of a change, files as they are at a revision, and what the working tree
//! holds. It reads git's objects itself; no git program is needed, and nothing is ever written to a repository.

mod base;
mod branches;
mod diff;
mod files;
mod hooks;
mod ignored;
mod push;
mod releases;
mod repository;

pub use base::{Candidate, Chosen, Looked, Upstream, release_before};
pub use files::{File, Tree};
pub use hooks::Hooks;
pub use ignored::is_ignored;
pub use push::{Pushed, Update};
pub use releases::{Patterns, Release};
pub use repository::{Commit, Repository};
