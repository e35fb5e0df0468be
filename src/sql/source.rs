//! A file as text: UTF-8, with or without a byte order mark, and nothing else. What is refused is named with its place.

use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::error::{Error, Excerpt, Result};

/// A decoded file. Offsets everywhere in this room are bytes of `text`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The file as the user named it.
    pub path: PathBuf,
    /// The text, without the byte order mark.
    pub text: String,
    /// Whether the file begins with a byte order mark.
    pub byte_order_mark: bool,
}

impl Source {
    /// Decodes the bytes of a file. Fails (usage) on UTF-16, on anything else that is not UTF-8 and on NUL, with the
    /// place of the first bad byte.
    pub fn decode(path: impl Into<PathBuf>, bytes: Vec<u8>) -> Result<Self> {
        let path = path.into();
        if let Some(encoding) = utf16(&bytes) {
            let name = path.display();
            return Err(Error::usage(format!("{name} is {encoding}, not UTF-8")).hint(format!(
                "iconv -f {encoding} -t UTF-8 {name} > new.sql, then replace the file with it"
            )));
        }
        let byte_order_mark = bytes.starts_with(b"\xef\xbb\xbf");
        let mut text = String::from_utf8(bytes).map_err(|error| not_utf8(&path, &error))?;
        if byte_order_mark {
            text.drain(..'\u{feff}'.len_utf8());
        }
        let source = Source { path, text, byte_order_mark };
        if let Some(at) = source.text.find('\0') {
            let name = source.path.display();
            return Err(Error::usage(format!(
                "{name} has a NUL byte, which PostgreSQL cannot store in text"
            ))
            .at(source.excerpt(at..at + 1, "NUL byte"))
            .hint("remove it: nothing after it would reach the server"));
        }
        Ok(source)
    }

    /// A place in the file, to show in an error.
    pub fn excerpt(&self, range: Range<usize>, label: impl Into<String>) -> Excerpt {
        Excerpt { path: self.path.clone(), text: self.text.clone(), range, label: label.into() }
    }
}

/// Reads a file and decodes it, see [`Source::decode`]. An unreadable file is a usage error, too.
pub fn read(path: &Path) -> Result<Source> {
    let bytes = std::fs::read(path)
        .map_err(|error| Error::usage(format!("cannot read {}: {error}", path.display())).caused_by(error))?;
    Source::decode(path, bytes)
}

/// UTF-16 is known by its mark, or by a NUL beside the first character.
fn utf16(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xff, 0xfe, ..] | [1..=0x7f, 0, ..] => Some("UTF-16LE"),
        [0xfe, 0xff, ..] | [0, 1..=0x7f, ..] => Some("UTF-16BE"),
        _ => None,
    }
}

fn not_utf8(path: &Path, error: &std::string::FromUtf8Error) -> Error {
    let bytes = error.as_bytes();
    let at = error.utf8_error().valid_up_to();
    let byte = bytes.get(at).copied().unwrap_or_default();
    let name = path.display();
    let mark = if bytes.starts_with(b"\xef\xbb\xbf") { '\u{feff}'.len_utf8() } else { 0 };
    let text = String::from_utf8_lossy(&bytes[mark..]).into_owned();
    let at = at - mark;
    let replacement = char::REPLACEMENT_CHARACTER.len_utf8();
    Error::usage(format!("{name} is not UTF-8"))
        .at(Excerpt {
            path: path.to_owned(),
            text,
            range: at..at + replacement,
            label: format!("byte 0x{byte:02x}"),
        })
        .hint(format!(
            "if it is Latin-1: iconv -f LATIN1 -t UTF-8 {name} > new.sql, then replace the file with it"
        ))
}

#[cfg(test)]
mod tests {
    use super::Source;

    fn message_and_place(bytes: &[u8]) -> (String, Option<String>) {
        let error = Source::decode("d.sql", bytes.to_vec()).unwrap_err();
        (error.to_string(), error.excerpt.map(|excerpt| excerpt.place()))
    }

    #[test]
    fn a_byte_order_mark_is_taken_off_and_remembered() {
        let source = Source::decode("d.sql", b"\xef\xbb\xbfselect 1".to_vec()).unwrap();
        assert_eq!((source.text.as_str(), source.byte_order_mark), ("select 1", true));
        let source = Source::decode("d.sql", b"select 1".to_vec()).unwrap();
        assert_eq!((source.text.as_str(), source.byte_order_mark), ("select 1", false));
    }

    #[test]
    fn latin1_is_refused_with_the_place_of_its_first_byte() {
        let (message, place) = message_and_place(b"\xef\xbb\xbf-- a\n-- \xc3\xa9 caf\xe9");
        assert_eq!((message.as_str(), place.as_deref()), ("d.sql is not UTF-8", Some("d.sql:2:9")));
        let error = Source::decode("d.sql", b"\xe9".to_vec()).unwrap_err();
        assert!(error.hints[0].contains("iconv -f LATIN1 -t UTF-8 d.sql"), "{:?}", error.hints);
        assert_eq!(error.kind, crate::error::Kind::Usage);
    }

    #[test]
    fn nul_and_utf16_are_named() {
        let (message, place) = message_and_place(b"select 1;\nx\0");
        assert!(message.contains("NUL"), "{message}");
        assert_eq!(place.as_deref(), Some("d.sql:2:2"));
        assert!(message_and_place(b"\xff\xfes\0e\0").0.contains("UTF-16LE"));
        assert!(message_and_place(b"\0s\0e").0.contains("UTF-16BE"));
    }

    #[test]
    fn an_unreadable_file_is_named() {
        let error = super::read(std::path::Path::new("/nowhere/d.sql")).unwrap_err();
        assert!(error.to_string().starts_with("cannot read /nowhere/d.sql: "), "{error}");
    }
}
