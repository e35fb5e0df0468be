//! pum: the upgrades manager for PostgreSQL data models that live in git.
//!
//! The rooms, in reading order; each imports only from those below it.

#![deny(unsafe_code)]
#![warn(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, clippy::print_stderr)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub mod cli;
pub mod terminal;

pub mod commands;
pub mod config;
pub mod upgrade;

pub mod dump;
pub mod shadow;

pub mod delta;
pub mod python;
pub mod sql;

pub mod connection;
pub mod programs;

pub mod error;
pub mod progress;

pub use error::{Error, Result};
