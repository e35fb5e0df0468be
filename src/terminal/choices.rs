//! Lists to mark and to choose from, lines to edit, on a terminal of any width: what is under the cursor is shown whole,
//! of the rest the middle is left out where it does not
//! fit into a line. Esc leaves, Ctrl-C interrupts; both leave the terminal in order.

use std::fmt;
use std::io::Write;
use std::os::fd::{AsRawFd, RawFd};

use console::{Key, Term, measure_text_width};
use dialoguer::theme::Theme;
use dialoguer::{Confirm, MultiSelect, Select};

use crate::commands::decide::{Answer, Ask, NoAnswer};
use crate::progress::Cancel;

/// Asks on the terminal.
pub struct Choices<'a> {
    term: Term,
    cancel: &'a Cancel,
}

impl<'a> Choices<'a> {
    /// One that stops when it is asked to.
    pub fn new(cancel: &'a Cancel) -> Choices<'a> {
        Choices { term: Term::read_write_pair(std::io::stdin(), ShownCursor(std::io::stderr())), cancel }
    }

    /// What an answer of dialoguer's means.
    fn answer<T>(&self, answer: dialoguer::Result<Option<T>>) -> Answer<T> {
        let answer = answer.map_err(std::io::Error::from);
        if self.cancel.is_requested() {
            return Err(self.failed(std::io::ErrorKind::Interrupted.into()));
        }
        answer.map_err(|cause| self.failed(cause))?.ok_or(NoAnswer::Left)
    }

    fn failed(&self, cause: std::io::Error) -> NoAnswer {
        let _ = self.term.show_cursor();
        match cause.kind() {
            std::io::ErrorKind::Interrupted => NoAnswer::Interrupted,
            _ => NoAnswer::Failed(cause),
        }
    }

    /// Shows a line, in as many as it needs.
    fn show_line(&self, text: &str) {
        self.show(&(wrapped(&visible(text), width(&self.term)).join("\n") + "\n"));
    }

    /// How many items a page has.
    fn page(&self, list: &List<'_>, question: &str) -> usize {
        let rows = usize::from(self.term.size().0);
        let columns = width(&self.term);
        // A line below the list is the cursor's.
        let taken = list.question(question, columns).len() + list.lines_of_longest(columns, rows / 2);
        rows.saturating_sub(taken + 1).max(1)
    }
}

impl Ask for Choices<'_> {
    fn mark(&self, question: &str, items: &[String]) -> Answer<Vec<usize>> {
        const KEYS: &str = "Space marks, a marks all, ←→ turn pages, Enter goes on, Esc leaves";
        let list = List::new(&self.term, items, 6);
        let question = format!("{question} ({KEYS})");
        let asked = MultiSelect::with_theme(&list)
            .with_prompt(&question)
            .items(0..items.len())
            .max_length(self.page(&list, &question))
            .report(false)
            .interact_on_opt(&self.term);
        let marked = self.answer(asked)?;
        let title = question.split(" (").next().unwrap_or_default();
        self.show_line(&format!("{title}: {} of {} marked", marked.len(), items.len()));
        Ok(marked)
    }

    fn choose(&self, question: &str, items: &[String]) -> Answer<usize> {
        let list = List::new(&self.term, items, 2);
        let asked = Select::with_theme(&list)
            .with_prompt(question)
            .items(0..items.len())
            .max_length(self.page(&list, question))
            .default(0)
            .report(false)
            .interact_on_opt(&self.term);
        let chosen = self.answer(asked)?;
        self.show_line(&format!("{question}: {}", items[chosen]));
        Ok(chosen)
    }

    fn line(
        &self,
        question: &str,
        begin: &str,
        check: &dyn Fn(&str) -> Result<(), String>,
    ) -> Answer<String> {
        self.show_line(&format!("{question} (Enter goes on, Esc leaves):"));
        let mut line = Line::new(begin);
        loop {
            line.draw(&self.term).map_err(|cause| self.failed(cause))?;
            let key = self.term.read_key_raw().map_err(|cause| self.failed(cause))?;
            if self.cancel.is_requested() || matches!(key, Key::CtrlC) {
                self.show("\n");
                return Err(NoAnswer::Interrupted);
            }
            match key {
                Key::Escape => {
                    self.show("\n");
                    return Err(NoAnswer::Left);
                }
                Key::Enter => {
                    self.show("\n");
                    let text: String = line.text.iter().collect();
                    match check(&text) {
                        Ok(()) => return Ok(text),
                        Err(wrong) => self.show_line(&wrong),
                    }
                }
                key => line.key(&key),
            }
        }
    }

    fn agree(&self, question: &str) -> Answer<bool> {
        self.answer(Confirm::new().with_prompt(question).default(false).interact_on_opt(&self.term))
    }

    fn show(&self, text: &str) {
        let _ = self.term.write_str(text);
    }
}

/// Standard error with the cursor always shown: a signal that ends the process in the middle of a list must not leave
/// the terminal without one.
#[derive(Debug)]
struct ShownCursor(std::io::Stderr);

impl Write for ShownCursor {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        const HIDE: &[u8] = b"\x1b[?25l";
        if bytes == HIDE { Ok(bytes.len()) } else { self.0.write(bytes) }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush()
    }
}

impl AsRawFd for ShownCursor {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}

/// The width that a line may have without the terminal wrapping it.
fn width(term: &Term) -> usize {
    usize::from(term.size().1).saturating_sub(1).max(16)
}

/// How many columns the number of a page takes: ` [Page 123/456] `.
const PAGE: usize = 16;

/// How the items of a list are drawn. dialoguer knows them by their numbers only: it counts lines by the bytes of what
/// it knows.
struct List<'a> {
    term: &'a Term,
    items: Vec<String>,
    /// How many columns stand before an item.
    indent: usize,
}

impl<'a> List<'a> {
    fn new(term: &'a Term, items: &[String], indent: usize) -> List<'a> {
        List { term, items: items.iter().map(|item| visible(item)).collect(), indent }
    }

    /// The question in lines, with room for the number of the page behind it where there are pages.
    fn question(&self, question: &str, columns: usize) -> Vec<String> {
        let mut lines = wrapped(&visible(question), columns);
        let is_paged = self.items.len() + lines.len() + 1 > usize::from(self.term.size().0);
        if is_paged && lines.last().is_some_and(|line| measure_text_width(line) + PAGE > columns) {
            lines.push(String::new());
        }
        lines
    }

    /// How many lines the longest item needs, up to a limit.
    fn lines_of_longest(&self, columns: usize, limit: usize) -> usize {
        let room = columns.saturating_sub(self.indent);
        let widest = self.items.iter().map(|item| measure_text_width(item)).max().unwrap_or_default();
        // Words that do not fit leave lines half empty.
        (widest * 3 / 2).div_ceil(room).clamp(1, limit.max(1))
    }

    fn item(&self, f: &mut dyn fmt::Write, number: &str, mark: &str, is_active: bool) -> fmt::Result {
        let Some(item) = number.parse().ok().and_then(|number: usize| self.items.get(number)) else {
            return Err(fmt::Error);
        };
        let columns = width(self.term);
        let room = columns.saturating_sub(self.indent);
        if !is_active {
            return write!(f, "{mark} {}", elided(item, room));
        }
        let lines = wrapped(item, room);
        let limit = self.lines_of_longest(columns, usize::from(self.term.size().0) / 2);
        let shown = &lines[..lines.len().min(limit)];
        write!(f, "{mark} {}", shown.join(&format!("\n{}", " ".repeat(self.indent))))?;
        if shown.len() < lines.len() { f.write_str("…") } else { Ok(()) }
    }
}

impl Theme for List<'_> {
    fn format_prompt(&self, f: &mut dyn fmt::Write, prompt: &str) -> fmt::Result {
        f.write_str(&self.question(prompt, width(self.term)).join("\n"))
    }

    fn format_select_prompt_item(&self, f: &mut dyn fmt::Write, number: &str, active: bool) -> fmt::Result {
        self.item(f, number, if active { ">" } else { " " }, active)
    }

    fn format_multi_select_prompt_item(
        &self,
        f: &mut dyn fmt::Write,
        number: &str,
        checked: bool,
        active: bool,
    ) -> fmt::Result {
        let mark = match (checked, active) {
            (true, true) => "> [x]",
            (true, false) => "  [x]",
            (false, true) => "> [ ]",
            (false, false) => "  [ ]",
        };
        self.item(f, number, mark, active)
    }
}

/// A text with nothing in it that moves the cursor.
fn visible(text: &str) -> String {
    let mut visible = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() { visible.extend(c.escape_default()) } else { visible.push(c) }
    }
    visible
}

/// A text without its middle, where it is wider than this.
fn elided(text: &str, width: usize) -> String {
    if measure_text_width(text) <= width {
        return text.to_owned();
    }
    let fitting = |characters: &mut dyn Iterator<Item = char>, room: usize| -> Vec<char> {
        let mut used = 0;
        characters
            .take_while(|c| {
                used += measure_text_width(c.encode_utf8(&mut [0; 4]));
                used <= room
            })
            .collect()
    };
    let head: String = fitting(&mut text.chars(), (width - 1) / 2).into_iter().collect();
    let tail: String = fitting(&mut text.chars().rev(), width / 2).into_iter().rev().collect();
    format!("{head}…{tail}")
}

/// A text in lines of at most this width, cut between words where that is possible.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    for word in text.split_inclusive(' ') {
        let word_width = measure_text_width(word.trim_end());
        if used > 0 && used + word_width > width {
            lines.push(std::mem::take(&mut line).trim_end().to_owned());
            used = 0;
        }
        for c in word.chars() {
            let columns = measure_text_width(c.encode_utf8(&mut [0; 4]));
            if used + columns > width && c != ' ' {
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            line.push(c);
            used += columns;
        }
    }
    lines.push(line.trim_end().to_owned());
    lines
}

/// A line that is edited.
struct Line {
    text: Vec<char>,
    /// Before which character the cursor is.
    cursor: usize,
}

impl Line {
    fn new(begin: &str) -> Line {
        let text: Vec<char> = begin.chars().collect();
        Line { cursor: text.len(), text }
    }

    fn key(&mut self, key: &Key) {
        match key {
            Key::Char('\u{15}') => {
                self.text.drain(..self.cursor);
                self.cursor = 0;
            }
            Key::Char(c) if !c.is_control() => {
                self.text.insert(self.cursor, *c);
                self.cursor += 1;
            }
            Key::Backspace if self.cursor > 0 => {
                self.cursor -= 1;
                self.text.remove(self.cursor);
            }
            Key::Del if self.cursor < self.text.len() => {
                self.text.remove(self.cursor);
            }
            Key::ArrowLeft => self.cursor = self.cursor.saturating_sub(1),
            Key::ArrowRight => self.cursor = (self.cursor + 1).min(self.text.len()),
            Key::Home => self.cursor = 0,
            Key::End => self.cursor = self.text.len(),
            _ => {}
        }
    }

    /// The part that fits into so many columns with the cursor in it, and how many columns of it are before the cursor.
    fn shown(&self, room: usize) -> (String, usize) {
        let columns =
            |c: char| if c.is_control() { 1 } else { measure_text_width(c.encode_utf8(&mut [0; 4])) };
        let mut first = self.cursor;
        let mut before = 0;
        while first > 0 && before + columns(self.text[first - 1]) < room {
            first -= 1;
            before += columns(self.text[first]);
        }
        let mut used = 0;
        let shown = self.text[first..].iter().take_while(|c| {
            used += columns(**c);
            used <= room
        });
        (shown.map(|c| if c.is_control() { '\u{fffd}' } else { *c }).collect(), before)
    }

    fn draw(&self, term: &Term) -> std::io::Result<()> {
        let (shown, before) = self.shown(width(term).saturating_sub(2));
        let back = measure_text_width(&shown).saturating_sub(before);
        term.clear_line()?;
        term.write_str(&format!("> {shown}"))?;
        term.move_cursor_left(back)?;
        term.flush()
    }
}

#[cfg(test)]
mod tests {
    use console::Key;

    use super::{Line, elided, visible, wrapped};

    #[test]
    fn texts_are_wrapped_between_words_and_long_words_within() {
        assert_eq!(wrapped("column a on table b", 10), ["column a", "on table b"]);
        assert_eq!(wrapped("abcdefghij klm", 4), ["abcd", "efgh", "ij", "klm"]);
        assert_eq!(wrapped("äöü 日本語", 6), ["äöü", "日本語"]);
        assert_eq!(wrapped("", 6), [""]);
        assert_eq!(elided("abcdefghij", 5), "ab…ij");
        assert_eq!(elided("日本語日本語", 5), "日…語");
        assert_eq!(elided("abcde", 5), "abcde");
        assert_eq!(visible("a\x1b[2Jb\n"), "a\\u{1b}[2Jb\\n");
    }

    #[test]
    fn a_line_is_edited_at_its_cursor_and_shown_around_it() {
        let mut line = Line::new("vl_type");
        for key in [Key::Backspace, Key::Home, Key::Del, Key::Char('é'), Key::ArrowRight, Key::Char('日')] {
            line.key(&key);
        }
        assert_eq!(line.text.iter().collect::<String>(), "él日_typ");
        assert_eq!(line.shown(20), ("él日_typ".to_owned(), 4));
        assert_eq!(line.shown(4), ("l日_".to_owned(), 3));
        line.key(&Key::Char('\u{15}'));
        assert_eq!(line.text.iter().collect::<String>(), "_typ");
    }
}
