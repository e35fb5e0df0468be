//! What an upgrade or the server says, as a finding about files of the repository instead of a copy of them.

use std::path::Path;

use super::{Finding, Stage};
use crate::Error;

/// What of an error tells about the database that is thrown away, and what to do with one that is kept.
const NOTES: [&str; 5] = ["state", "database", "not run", "attention", "tries"];
const HINTS: [&str; 4] =
    ["run the same command again", "--transaction", "run the upgrade again", "--out-of-order"];

/// An error of an upgrade by files below a directory.
pub(super) fn failure(stage: Stage, error: Error, checkout: &Path) -> Finding {
    let prefix = format!("{}/", checkout.display());
    let plain = |text: &str| text.replace(&prefix, "");
    let mut finding = Finding::of_error(stage, &error);
    finding.message = plain(&finding.message);
    finding.path = finding.path.map(|path| path.strip_prefix(checkout).map(Path::to_owned).unwrap_or(path));
    finding.notes.retain(|(label, _)| !NOTES.contains(&label.as_str()));
    finding.notes.iter_mut().for_each(|(_, text)| *text = plain(text));
    finding.help.retain(|help| !HINTS.iter().any(|hint| help.contains(hint)));
    finding.help.iter_mut().for_each(|help| *help = plain(help));
    if let Some(excerpt) = &error.excerpt {
        let (line, _) = excerpt.line_column();
        if let Some(text) = excerpt.text.lines().nth(line - 1) {
            finding.notes.insert(0, ("line".to_owned(), text.trim().to_owned()));
        }
    }
    if error.sqlstate.as_deref() == Some("42710") && error.message.contains("role") {
        finding.help.push(
            "a role belongs to the whole server, where another database may have made it: make it only if it is missing"
                .to_owned(),
        );
    }
    finding
}
