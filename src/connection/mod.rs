//! libpq's rules: which server, which database, as whom, with which password and which TLS.
//!
//! `Parameters` resolves what a user wrote (a service, a URI, a key/value string) with the service file and the environment;
//! `establish` connects to it; `ServiceFile` hands it to programs that are run. The readers of the files are pure and
//! public for the fuzz targets.

mod environment;
mod establish;
mod failure;
mod fault;
mod hosts;
mod keywords;
mod parameters;
pub mod passfile;
pub mod service;
mod service_file;
mod session;
mod settings;
mod socket;
mod text;
mod tls;
#[cfg(unix)]
mod unix;

pub use environment::{Environment, environment_names_database};
pub use establish::{Canceller, Link, Messages, establish};
pub use fault::Fault;
pub use parameters::Parameters;
pub use service_file::ServiceFile;
pub use session::{Reply, Row, Rows, Session, Unwatched, Watch};
