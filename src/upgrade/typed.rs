//! Command lines as they would be typed, for hints.

use std::path::PathBuf;

use super::TableName;
use crate::connection::Parameters;

/// The options that name a database, its table and its directories, as they would be typed.
pub(crate) fn typed(parameters: &Parameters, table: &TableName, directories: &[PathBuf]) -> String {
    let database = parameters.whole_service().map_or_else(|| parameters.redacted(), str::to_owned);
    let mut words = vec!["-p".to_owned(), quoted(&database), "-t".to_owned(), quoted(&table.to_string())];
    if !directories.is_empty() {
        words.push("-d".to_owned());
        words.extend(directories.iter().map(|directory| quoted(&directory.to_string_lossy())));
    }
    words.join(" ")
}

/// A word for the shell, in quotes if it needs them.
pub(crate) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/._-:@=+,%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}
