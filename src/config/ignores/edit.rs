//! Appending to a file of rules and pruning it, as text: what people wrote stays, and what comes out is read again
//! before it is written.

use std::fs::{self, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::format::{parse, places, text_of};
use crate::compare::ignore::{Rule, Written};
use crate::{Error, Result};

/// The first line of a file that pum makes.
const HEADER: &str = "# What pum check is to ignore; docs/ignore-rules.md of pum says how this is written.\n";

/// A text without some of its rules.
#[derive(Debug, Clone, PartialEq)]
pub struct Pruned {
    /// The file.
    pub file: PathBuf,
    /// What is left.
    pub text: String,
    /// The lines that were taken out.
    pub removed: String,
    /// How many rules that were.
    pub rules: usize,
}

/// See [`super::RuleFile::appended`].
pub(super) fn append(file: &Path, text: &str, rules: &[Rule]) -> Result<String> {
    let old = parse(file, text)?;
    let indent = places(text, old.len())
        .and_then(|places| places.first().cloned())
        .map_or(0, |place| text[place.clone()].len() - text[place].trim_start_matches(' ').len());
    let mut new = if text.is_empty() { HEADER.to_owned() } else { text.to_owned() };
    if !new.ends_with('\n') {
        new.push('\n');
    }
    new.push_str(&text_of(rules, indent));
    if text.contains("\r\n") {
        new = new.replace("\r\n", "\n").replace('\n', "\r\n");
    }
    let expected = old.iter().map(|written| &written.rule).chain(rules);
    check(file, &new, expected, "nothing can be put behind what it says")?;
    Ok(new)
}

/// See [`super::RuleFile::pruned`].
pub(super) fn prune(file: &Path, text: &str, lines: &[usize]) -> Result<Pruned> {
    const WHY: &str = "it does not tell line by line where a rule ends";
    let old = parse(file, text)?;
    let places = places(text, old.len()).ok_or_else(|| not_editable(file, WHY))?;
    let (mut new, mut removed) = (String::new(), String::new());
    let (mut rules, mut behind) = (0, 0);
    for (written, place) in old.iter().zip(places) {
        if !lines.contains(&written.line) {
            continue;
        }
        rules += 1;
        new.push_str(&text[behind..place.start]);
        behind = place.end;
        let rule = &text[place];
        // Lines of a text of several lines may look like comments.
        let has_block = rule.lines().any(|line| line.ends_with(['|', '>', '-', '+']) && line.contains([':']));
        for line in rule.split_inclusive('\n') {
            let is_comment = !has_block && line.trim_start().starts_with('#');
            if is_comment { &mut new } else { &mut removed }.push_str(line);
        }
    }
    new.push_str(&text[behind..]);
    let left = old.iter().filter(|written| !lines.contains(&written.line)).map(|written| &written.rule);
    check(file, &new, left, WHY)?;
    Ok(Pruned { file: file.to_owned(), text: new, removed, rules })
}

/// Reads what would be written, and compares it with what is meant.
fn check<'a>(file: &Path, text: &str, expected: impl Iterator<Item = &'a Rule>, why: &str) -> Result<()> {
    let read = parse(file, text);
    let is_meant = read.is_ok_and(|read| read.iter().map(|Written { rule, .. }| rule).eq(expected));
    if is_meant { Ok(()) } else { Err(not_editable(file, why)) }
}

fn not_editable(file: &Path, why: &str) -> Error {
    Error::usage(format!("{} cannot be changed as it is written: {why}", file.display()))
        .note("state", "nothing was written")
        .hint("write each rule as an item of its own, in lines of its own: - element: views")
}

/// Writes a file whole or not at all; what it may, and a link to it, stay. `old` is what was read of it.
pub(super) fn write(path: &Path, old: Option<&str>, text: &str) -> Result<()> {
    let failed = |cause: std::io::Error| {
        Error::failed(format!("{} cannot be written: {cause}", path.display()))
            .note("state", "nothing was written")
            .caused_by(cause)
    };
    // A link leads to the file that is meant.
    let place = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let now = match fs::read_to_string(&place) {
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => None,
        read => Some(read.map_err(failed)?),
    };
    if now.as_deref() != old {
        return Err(Error::failed(format!("{} was changed by somebody else meanwhile", path.display()))
            .note("state", "nothing was written")
            .hint("run the command again"));
    }
    let directory = place.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let permissions = match fs::metadata(&place) {
        Ok(metadata) => metadata.permissions(),
        Err(_) => Permissions::from_mode(0o666),
    };
    // It could be replaced all the same; but somebody said that it shall not be written.
    if permissions.readonly() {
        return Err(failed(std::io::ErrorKind::PermissionDenied.into()));
    }
    let mut file = tempfile::Builder::new()
        .prefix(".pum.ignore.")
        .permissions(permissions.clone())
        .tempfile_in(directory)
        .map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    if now.is_some() {
        // The umask is for new files.
        file.as_file().set_permissions(permissions).map_err(failed)?;
    }
    file.as_file().sync_all().map_err(failed)?;
    file.persist(&place).map(drop).map_err(|error| failed(error.error))
}
