//! Upgrading a database: what is to run (`plan`, pure), what has run (`record`, `table`), and running it (`apply`).

pub mod lock;
pub mod plan;
pub mod record;
pub mod table;
mod table_name;

pub use table_name::TableName;
