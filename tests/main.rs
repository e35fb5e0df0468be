//! Tests of the library and of the built binary, against a real PostgreSQL.

mod dump;
mod python;
mod restore;
mod connection;
mod shadow;
mod support;
