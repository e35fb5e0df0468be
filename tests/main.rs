//! Tests of the library and of the built binary, against a real PostgreSQL.

mod connection;
mod shadow;
mod support;
