//! Tests.
mod python;
