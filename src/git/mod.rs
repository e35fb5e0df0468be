//! What pum asks of git: releases, the base of a change, files as they are at a revision, and what the working tree
//! holds. It reads git's objects itself; no git program is needed, and nothing is written to a repository but renames in
//! its index.

mod base;
mod branches;
mod changes;
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

/// The variables that tie git to one repository, as `git rev-parse --local-env-vars` lists them. git sets some for its
/// hooks: where another repository may be meant, they are cleared.
pub const VARIABLES: [&str; 15] = [
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS",
    "GIT_DIR",
    "GIT_GRAFT_FILE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
];
