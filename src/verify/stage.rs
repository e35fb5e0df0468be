//! The stages of a verification.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A stage, in the order in which they run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// Whether there is anything to verify.
    Scope,
    /// Every delta is one, and can be read.
    Names,
    /// No delta that others have was touched.
    Frozen,
    /// New deltas come last.
    Order,
    /// Hazards of new deltas.
    Lint,
    /// The deltas run on what they start from.
    Apply,
    /// The result is the model.
    Compare,
    /// A second upgrade changes nothing.
    Again,
}

impl Stage {
    /// All stages, in their order.
    pub const ALL: [Stage; 8] = [
        Stage::Scope,
        Stage::Names,
        Stage::Frozen,
        Stage::Order,
        Stage::Lint,
        Stage::Apply,
        Stage::Compare,
        Stage::Again,
    ];

    /// Its name, as in `--skip lint`.
    pub fn name(self) -> &'static str {
        match self {
            Stage::Scope => "scope",
            Stage::Names => "names",
            Stage::Frozen => "frozen",
            Stage::Order => "order",
            Stage::Lint => "lint",
            Stage::Apply => "apply",
            Stage::Compare => "compare",
            Stage::Again => "again",
        }
    }

    /// Whether it is done on a database.
    pub fn needs_database(self) -> bool {
        matches!(self, Stage::Apply | Stage::Compare | Stage::Again)
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

impl FromStr for Stage {
    type Err = String;

    fn from_str(text: &str) -> Result<Stage, String> {
        let known = Stage::ALL.map(Stage::name).join(", ");
        let stage = Stage::ALL.into_iter().find(|stage| stage.name() == text);
        stage.ok_or_else(|| format!("{text:?} is no stage; they are {known}"))
    }
}
