//! Connections: what the library does with a connection's text, files and environment is what libpq does, asked
//! through psql, on the same files and environment.

mod files;
mod handover;
mod hosts;
mod text;
mod tls;
mod world;
