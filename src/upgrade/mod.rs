//! Upgrading a database: what is to run (`plan`, pure), what has run (`record`, `table`), and running it (`apply`).

pub mod apply;
mod doubt;
mod failure;
pub mod lock;
pub mod measure;
pub mod plan;
mod python_step;
pub mod record;
mod segmented;
pub mod table;
mod table_name;
mod transactional;
mod typed;
pub mod unit;
mod waiting;

pub(crate) use segmented::checksum_of;
pub use table_name::TableName;
pub(crate) use typed::{quoted, typed};
