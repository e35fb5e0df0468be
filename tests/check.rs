//! `check`: two sources are compared completely.

mod changes;
