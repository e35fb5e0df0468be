//! `COPY … FROM stdin`: whether a statement is one, and its data in the file.

use std::ops::Range;

use super::names::take;
use super::scanner::{Scanner, Token};

/// Whether rows are read from what follows the statement.
pub(super) fn from_stdin(sql: &str) -> bool {
    direction(sql, "from")
}

/// Whether rows are sent to the client.
pub(super) fn to_stdout(sql: &str) -> bool {
    direction(sql, "to")
}

/// Whether this is a COPY whose direction is this word. PostgreSQL takes either of stdin and stdout for both.
fn direction(sql: &str, word: &str) -> bool {
    let mut scanner = Scanner::new(sql);
    if !take(&mut scanner, "copy") {
        return false;
    }
    let mut depth = 0_usize;
    while let Some((token, text)) = scanner.next_significant() {
        match token {
            Token::Open => depth += 1,
            Token::Close => depth = depth.saturating_sub(1),
            Token::Word if depth == 0 && (is(text, "from") || is(text, "to")) => {
                return is(text, word) && (take(&mut scanner, "stdin") || take(&mut scanner, "stdout"));
            }
            _ => {}
        }
    }
    false
}

fn is(text: &str, word: &str) -> bool {
    text.eq_ignore_ascii_case(word)
}

/// The data that begins at `start`, the beginning of a line, and where the text goes on: behind a line `\.`, or at the end.
pub(super) fn data(text: &str, start: usize) -> (Range<usize>, usize) {
    let mut at = start;
    while at < text.len() {
        let end = text[at..].find('\n').map_or(text.len(), |newline| at + newline + 1);
        if matches!(&text[at..end], "\\.\n" | "\\.\r\n" | "\\." | "\\.\r") {
            return (start..at, end);
        }
        at = end;
    }
    (start..text.len(), text.len())
}

#[cfg(test)]
mod tests {
    use super::{data, from_stdin, to_stdout};

    #[test]
    fn the_direction_is_read_from_the_words() {
        for sql in [
            "copy t from stdin",
            "COPY a.\"from\" (x, y) /* to */ From -- x\n STDIN csv",
            "copy t from stdout",
        ] {
            assert!(from_stdin(sql) && !to_stdout(sql), "{sql}");
        }
        for sql in ["copy t to stdout", "copy (select 1 from stdin) to stdout", "copy t TO STDIN"] {
            assert!(!from_stdin(sql) && to_stdout(sql), "{sql}");
        }
        for sql in [
            "copy t from '/x'",
            "copy t from program 'stdin'",
            "select 1 from stdin",
            "copy",
            "copy t to '/x'",
        ] {
            assert!(!from_stdin(sql) && !to_stdout(sql), "{sql}");
        }
    }

    #[test]
    fn data_ends_at_its_mark_or_with_the_file() {
        assert_eq!(data("x;\n1\n\\.\ny", 3), (3..5, 8));
        assert_eq!(data("x;\r\n1\r\n\\.\r\ny", 4), (4..7, 11));
        assert_eq!(data("x;\n1\\.\n2", 3), (3..8, 8));
        assert_eq!(data("x;\n\\.", 3), (3..3, 5));
        assert_eq!(data("x;", 2), (2..2, 2));
    }
}
