//! Tests of the library and of the built binary, against a real PostgreSQL.

mod demo;
mod dump;
mod restore;
mod python;
mod shadow;
mod support;
