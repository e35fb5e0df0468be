//! Tests of the library and of the built binary, against a real PostgreSQL.

mod advisory_locks;
mod bad_input;
mod baseline;
mod check;
mod config;
mod connection;
mod demo;
mod dump;
mod git;
mod info;
mod names;
mod old_lines;
mod old_tables;
mod python;
mod readme;
mod reference;
mod rehearse;
mod repair;
mod restore;
mod shadow;
mod source;
mod source_git;
mod support;
mod test_and_upgrade;
mod unbreakable;
mod upgrade;
