//! pum: the upgrades manager for PostgreSQL data models that live in git.
//!
//! A data model changes by deltas, files such as `delta_1.4.0_pipe_material.sql`; pum applies those that a database has
//! not had yet, and a table in that database records them. The binary `pum` is a thin layer over this library: each of
//! its commands is a function in [`commands`] that takes values, reports to a [`Progress`](progress::Progress) observer,
//! can be cancelled, and returns values. Nothing but [`terminal`] prints.
//!
//! An upgrade with an observer:
//!
//! ```no_run
//! use pum::commands::upgrade::{self, Options};
//! use pum::connection::Parameters;
//! use pum::progress::{Cancel, Event, Progress};
//!
//! struct Window;
//!
//! impl Progress for Window {
//!     fn event(&self, event: &Event<'_>) {
//!         if let Event::DeltaDone { number, total, name, .. } = event {
//!             println!("{number} of {total}: {name}");
//!         }
//!     }
//! }
//!
//! let options = Options::new(
//!     // A service, a URI or a key/value string, as libpq reads it.
//!     Parameters::resolve("service=dev")?,
//!     "water_sys.upgrades".parse()?,
//!     vec!["delta".into()],
//! );
//! // A clone of it may ask to stop, from another thread.
//! let cancel = Cancel::default();
//! match upgrade::run(&options, &Window, &cancel) {
//!     Ok(outcome) => println!("{} is at {:?}", outcome.database, outcome.version),
//!     // What failed, where in which file, what was undone, what to do next.
//!     Err(error) => eprintln!("{error}: {:?} {:?}", error.notes, error.hints),
//! }
//! # Ok::<(), pum::Error>(())
//! ```
//!
//! The rooms, in reading order; each imports only from those below it:
//!
//! | room | what it is for |
//! | --- | --- |
//! | [`cli`], [`terminal`] | arguments and the configuration become a command's options; what is printed and asked |
//! | [`report`] | differences as text and in other forms |
//! | [`commands`] | the commands, as functions |
//! | [`verify`] | the checks of a commit, one file each; those on a database are made of commands |
//! | [`config`] | `pum.yaml`, and the files of ignore rules |
//! | [`hook`] | installing and removing the git hook |
//! | [`source`] | the text of a source becomes a database that can be read |
//! | [`upgrade`] | planning and applying deltas; the upgrades table |
//! | [`synthesis`] | two catalogs become the statements that lead from one to the other |
//! | [`compare`] | two catalogs become differences; ignore rules |
//! | [`catalog`] | a schema as facts |
//! | [`dump`], [`shadow`] | pg_dump and pg_restore; throwaway servers |
//! | [`git`] | releases, bases and files at a revision, from git's objects |
//! | [`delta`], [`sql`], [`python`] | the names of deltas and their order; what is in them |
//! | [`connection`], [`programs`] | libpq's rules; where PostgreSQL's programs are |
//! | [`error`], [`progress`] | what all rooms speak: errors with what to do next, events, requests to stop |

#![deny(unsafe_code)]
#![warn(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, clippy::print_stderr)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub mod cli;
pub mod terminal;

pub mod report;

pub mod commands;
pub mod verify;

pub mod config;
pub mod hook;
pub mod source;
pub mod upgrade;

pub mod synthesis;

pub mod catalog;
pub mod compare;

pub mod dump;
pub mod shadow;

pub mod git;

pub mod delta;
pub mod python;
pub mod sql;

pub mod connection;
pub mod programs;

pub mod error;
pub mod progress;

pub use error::{Error, Result};

/// The examples of the README, compiled with those of the documentation.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
