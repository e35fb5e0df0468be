//! The checks of a commit: what is judged (`subject`), one file a stage, and what they find. A stage reads git's objects,
//! never the working tree; the last four need a database, and share it (`proof`). Who runs them is
//! [`commands::verify`](crate::commands::verify).

pub mod again;
pub mod apply;
pub mod compare;
mod configuration;
mod directories;
pub mod explain;
mod finding;
pub mod frozen;
pub mod kept;
pub mod lint;
pub mod names;
pub mod order;
mod outcome;
pub mod proof;
pub mod scope;
mod stage;
mod start;
pub mod subject;
mod told;

pub use finding::{Finding, Severity};
pub use outcome::{Measurement, Outcome, Verdict, Verification};
pub use stage::Stage;
pub use subject::{Files, Subject, Target};
