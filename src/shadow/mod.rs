//! shadow.
