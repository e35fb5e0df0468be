//! What the stages that need a database share: the means to make one, and the states that one stage makes and the next
//! ones look at.

use std::path::PathBuf;

use crate::source::Loading;

/// What the stages that need a database work with.
#[derive(Debug, Clone, Default)]
pub struct Means {
    /// How dumps are restored, where databases are made, and what is kept of them and of verdicts.
    pub loading: Loading,
    /// Whether the server for databases is named by the user; else the commit's pum.yaml may name one.
    pub is_server_named: bool,
    /// The pg_dump; `None`: the one that fits.
    pub pg_dump: Option<PathBuf>,
}

/// What the stages that need a database hand on.
#[derive(Debug, Default)]
pub struct Proof {
    _means: Means,
}

impl Proof {
    /// Nothing is made yet.
    pub fn new(means: Means) -> Proof {
        Proof { _means: means }
    }
}
