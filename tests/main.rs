//! Tests of the library and of the built binary, against a real PostgreSQL.

mod connection;
mod dump;
mod python;
mod restore;
mod shadow;
mod support;
