//! Errors as people and programs see them: the sentence, the line of the file with a caret, what the server said, the
//! state of the database, and what to do.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use anstyle::{AnsiColor, Style};

use super::CYAN;
use crate::Error;
use crate::error::Excerpt;

const RED: Style = AnsiColor::Red.on_default().bold();
const BOLD: Style = Style::new().bold();

/// How much of a line that is very long (a dump's INSERT) is shown on each side of the place.
const MARGIN: usize = 200;

/// The error as text with colours, which the stream takes off where they do not belong.
pub fn render(error: &Error) -> String {
    let mut text = match &error.excerpt {
        Some(excerpt) => with_source(error, excerpt),
        None => format!("{RED}error{RED:#}{BOLD}: {error}{BOLD:#}\n"),
    };
    // What stands at the caret need not be said twice.
    let label = error.excerpt.as_ref().map_or("", |excerpt| &excerpt.label);
    for (label, note) in error.notes.iter().filter(|(_, note)| note != label) {
        text.push_str(&format!("  {BOLD}{label}{BOLD:#}: {}\n", note.replace('\n', "\n    ")));
    }
    for hint in &error.hints {
        text.push_str(&format!("{CYAN}hint{CYAN:#}: {hint}\n"));
    }
    text
}

fn with_source(error: &Error, excerpt: &Excerpt) -> String {
    let (shown, range, line) = excerpt_lines(excerpt);
    let path = excerpt.path.to_string_lossy();
    let message = error.to_string();
    let snippet = Snippet::source(shown.as_str())
        .line_start(line)
        .path(path.as_ref())
        .annotation(AnnotationKind::Primary.span(range).label(excerpt.label.as_str()));
    let report: &[Group<'_>] = &[Level::ERROR.primary_title(message.as_str()).element(snippet)];
    // In a line that is shown in part, the column above is one of the part.
    let place = if excerpt.line_column().1 > MARGIN {
        format!("  {BOLD}place{BOLD:#}: {}\n", excerpt.place())
    } else {
        String::new()
    };
    format!("{}\n{place}", Renderer::styled().render(report))
}

/// The lines that the place is in, at most a few, long ones cut; the place in them; and the number of the first.
fn excerpt_lines(excerpt: &Excerpt) -> (String, std::ops::Range<usize>, usize) {
    let text = &excerpt.text;
    let start = text.floor_char_boundary(excerpt.range.start.min(text.len()));
    let line_start = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
    let line_end = text[start..].find('\n').map_or(text.len(), |newline| start + newline);
    let from = text.floor_char_boundary(line_start.max(start.saturating_sub(MARGIN)));
    let to = text.ceil_char_boundary(line_end.min(start + MARGIN));
    // Of a statement of many lines, the first shows where it is.
    let end = text.floor_char_boundary(excerpt.range.end.clamp(start, to));
    let shown = text[from..to].trim_end_matches('\r').to_owned();
    let limit = shown.len();
    let (line, _) = excerpt.line_column();
    (shown, (start - from).min(limit)..(end - from).min(limit), line)
}

/// The error as one line of JSON.
pub fn json(error: &Error) -> String {
    let place = error.excerpt.as_ref().map(|excerpt| {
        let (line, column) = excerpt.line_column();
        serde_json::json!({"file": excerpt.path.to_string_lossy(), "line": line, "column": column})
    });
    serde_json::json!({
        "event": "error",
        "message": error.message,
        "exit_code": error.kind.exit_code(),
        "sqlstate": error.sqlstate,
        "place": place,
        "notes": error.notes.iter().map(|(label, text)| serde_json::json!({"label": label, "text": text})).collect::<Vec<_>>(),
        "hints": error.hints,
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::excerpt_lines;
    use crate::error::Excerpt;

    fn excerpt(text: &str, range: std::ops::Range<usize>) -> (String, std::ops::Range<usize>, usize) {
        excerpt_lines(&Excerpt { path: "x.sql".into(), text: text.to_owned(), range, label: String::new() })
    }

    #[test]
    fn the_line_of_the_place_is_shown_and_of_a_long_one_a_part() {
        assert_eq!(excerpt("a\r\nbcd\r\ne", 4..5), ("bcd".to_owned(), 1..2, 2));
        assert_eq!(excerpt("one\ntwo\nthree", 4..13), ("two".to_owned(), 0..3, 2));
        assert_eq!(excerpt("", 0..0), (String::new(), 0..0, 1));
        let long = format!("{}é{}", "x".repeat(1000), "y".repeat(1000));
        let (shown, range, line) = excerpt(&long, 1000..1002);
        assert_eq!((&shown[range], line), ("é", 1));
        assert!(shown.len() < 500);
    }
}
