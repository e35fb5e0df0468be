//! upgrade.
