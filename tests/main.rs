//! Tests of the library and of the built binary, against a real PostgreSQL.

mod baseline;
mod connection;
mod demo;
mod dump;
mod info;
mod python;
mod readme;
mod reference;
mod restore;
mod shadow;
mod support;
mod unbreakable;
mod upgrade;
