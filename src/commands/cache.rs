//! `pum cache`: what was kept to be used again, and its removal.

use std::path::PathBuf;

use serde::Serialize;

use crate::Result;
use crate::progress::{Progress, count};
use crate::shadow::cache::{Cache, Kind, Listed};

/// What there is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Info {
    /// The directory; it need not exist.
    pub directory: PathBuf,
    /// How many bytes there may be.
    pub limit: u64,
    /// How many there are.
    pub bytes: u64,
    /// By sort, also those that there are none of.
    pub kinds: Vec<Sort>,
}

/// The entries of a sort.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sort {
    /// `template`, `model` or `verdict`.
    pub kind: &'static str,
    /// How many.
    pub count: usize,
    /// How many bytes they have.
    pub bytes: u64,
}

/// What is in a cache.
pub fn info(cache: &Cache) -> Info {
    let list = cache.list();
    Info {
        directory: cache.directory().to_owned(),
        limit: cache.limit(),
        bytes: list.iter().map(|listed| listed.bytes).sum(),
        kinds: sorts(&list),
    }
}

/// Removes everything but what is in use, and tells what it removed.
///
/// # Errors
/// What the file system refuses.
pub fn clear(cache: &Cache, progress: &dyn Progress) -> Result<()> {
    let cleared = cache.clear()?;
    let directory = cache.directory().display();
    for (list, what) in [(&cleared.removed, "removed"), (&cleared.in_use, "in use, and left")] {
        for sort in sorts(list).iter().filter(|sort| sort.count > 0) {
            let (number, size) = (count(sort.count, sort.kind), size(sort.bytes));
            progress.note(&format!("{number} ({size}) in {directory}: {what}"));
        }
    }
    if cleared.removed.is_empty() && cleared.in_use.is_empty() {
        progress.note(&format!("there is nothing in {directory}"));
    }
    Ok(())
}

/// A number of bytes for people, in units of PostgreSQL's size.
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if bytes < 1024 {
        return format!("{bytes} bytes");
    }
    #[expect(clippy::cast_precision_loss, reason = "it is rounded to one digit")]
    let mut size = bytes as f64 / 1024.0;
    let mut unit = 0;
    while size >= 1024.0 && unit + 1 < UNITS.len() {
        size /= 1024.0;
        unit += 1;
    }
    format!("{size:.1} {}", UNITS[unit])
}

fn sorts(list: &[Listed]) -> Vec<Sort> {
    Kind::ALL
        .into_iter()
        .map(|kind| {
            let of_kind = || list.iter().filter(move |listed| listed.kind == kind);
            Sort {
                kind: kind.name(),
                count: of_kind().count(),
                bytes: of_kind().map(|listed| listed.bytes).sum(),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn sizes_are_short() {
        assert_eq!(size(1023), "1023 bytes");
        assert_eq!(size(25 << 20), "25.0 MB");
        assert_eq!(size(u64::MAX), "16777216.0 TB");
    }
}
