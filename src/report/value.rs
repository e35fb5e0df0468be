//! Values and names as they are shown: what cannot be seen is made visible, and no value can steer a terminal.

use std::borrow::Cow;
use std::time::Duration;

use similar::{ChangeTag, TextDiff};

use crate::catalog::{Attribute, Element, Form, Identity, Kind, Payload};

/// What stands for no value.
pub const NONE: &str = "(none)";

/// How many characters a line of values has at most before they get lines of their own.
const LINE: usize = 100;

/// How many lines round a change a diff shows.
const CONTEXT: usize = 3;

/// Nobody waits longer for one diff; what is found by then is a diff too, if not the shortest.
const PATIENCE: Duration = Duration::from_secs(1);

/// A text with its control characters, and those that turn or hide what stands beside them, made visible. Line feeds
/// and tabs stay.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|c| c != '\n' && c != '\t' && picture(c).is_some()) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match picture(c) {
            Some(picture) if c != '\n' && c != '\t' => shown.push_str(&picture),
            _ => shown.push(c),
        }
    }
    Cow::Owned(shown)
}

/// The same in one line: a name, an item of a list.
pub fn line(text: &str) -> String {
    visible(text).replace('\n', "␊").replace('\t', "␉")
}

/// What is shown in the place of a character that cannot be seen.
fn picture(c: char) -> Option<String> {
    match c {
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(c)).map(String::from),
        '\u{7f}' => Some("␡".to_owned()),
        '\u{80}'..='\u{9f}'
        | '\u{ad}'
        | '\u{61c}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{2069}'
        | '\u{feff}' => Some(format!("<U+{:04X}>", u32::from(c))),
        _ => None,
    }
}

/// A fact by its name, within another one that it hangs on: `column material`, `default on column material`.
pub fn name_within(identity: &Identity, outer: &Identity) -> String {
    let name = identity.to_string();
    line(name.strip_suffix(&format!(" on {outer}")).unwrap_or(&name))
}

/// Whether a value needs lines of its own.
pub fn is_long(value: &str) -> bool {
    value.contains('\n') || value.chars().count() > LINE
}

/// A value of an attribute in one line: of a list, the items with commas between.
pub fn in_line(form: Form, value: &str) -> String {
    match form {
        Form::List => value.lines().map(line).collect::<Vec<_>>().join(", "),
        _ => line(value),
    }
}

/// What is said of a fact that is on one side only.
#[derive(Debug, Default)]
pub struct Description {
    /// What has place in a line: `integer`, `not null`, `storage: plain`.
    pub phrases: Vec<String>,
    /// What needs lines of its own, with the name of the attribute.
    pub blocks: Vec<(&'static str, String)>,
}

/// Says what a fact is that is on one side only.
pub fn describe(kind: Kind, values: &Payload) -> Description {
    let mut description = Description::default();
    // What has but one attribute, as a comment has, is what that says.
    let is_alone = kind.attributes().len() == 1;
    for (attribute, value) in kind.attributes().iter().zip(values.iter()) {
        // The place of a column is where it stands in the list.
        let Some(value) = value.as_deref().filter(|_| attribute.element != Some(Element::ColumnOrder)) else {
            continue;
        };
        let short = in_line(attribute.form, value.trim());
        if is_long(value) && (attribute.form != Form::List || is_long(&short)) {
            description.blocks.push((attribute.name, visible(value).into_owned()));
        } else if is_alone || speaks_for_itself(attribute, value) {
            description.phrases.push(short);
        } else {
            description.phrases.push(format!("{}: {short}", attribute.name));
        }
    }
    description
}

/// Whether a value needs no name before it: what the fact is, first of all, or a value that says the same.
fn speaks_for_itself(attribute: &Attribute, value: &str) -> bool {
    matches!(attribute.name, "type" | "definition" | "expression") || attribute.name == value
}

/// A line of a diff.
#[derive(Debug, Clone, PartialEq)]
pub struct DiffLine {
    /// What it is.
    pub tag: Tag,
    /// Its text without the sign, in parts; true for those that the other side does not have in the line's
    /// counterpart.
    pub parts: Vec<(bool, String)>,
}

/// What a line of a diff is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tag {
    /// Which lines follow: `@@ -1,4 +1,4 @@`.
    Header,
    /// On both sides.
    Both,
    /// In the first only.
    First,
    /// In the second only.
    Second,
    /// The line before has no line feed at its end, where the other side has one.
    Remark,
}

impl Tag {
    /// What the line begins with.
    pub fn sign(self) -> &'static str {
        match self {
            Tag::Header => "",
            Tag::Both => " ",
            Tag::First => "-",
            Tag::Second => "+",
            Tag::Remark => "\\",
        }
    }
}

impl DiffLine {
    fn new(tag: Tag, text: impl Into<String>) -> DiffLine {
        DiffLine { tag, parts: vec![(false, text.into())] }
    }

    /// Its text without the sign.
    pub fn text(&self) -> String {
        self.parts.iter().map(|(_, text)| text.as_str()).collect()
    }
}

/// The unified diff of two values. A value that is only on one side has all its lines there. The items of a list have
/// no numbers; where some are left out, `…` says so.
pub fn diff(form: Form, first: Option<&str>, second: Option<&str>) -> Vec<DiffLine> {
    match (first, second) {
        (Some(first), Some(second)) => unified(form, first, second),
        (first, second) => {
            let side = |value: Option<&str>, tag: Tag| {
                let lines: Vec<DiffLine> =
                    visible(value.unwrap_or_default()).lines().map(|text| DiffLine::new(tag, text)).collect();
                lines
            };
            [side(first, Tag::First), side(second, Tag::Second)].concat()
        }
    }
}

fn unified(form: Form, first: &str, second: &str) -> Vec<DiffLine> {
    // What ends without a line feed on both sides, as all deparsed text does, is not worth a remark.
    let end = if first.ends_with('\n') || second.ends_with('\n') { "" } else { "\n" };
    let (first, second) = (format!("{}{end}", visible(first)), format!("{}{end}", visible(second)));
    let diff = TextDiff::configure().timeout(PATIENCE).diff_lines(&first, &second);
    let mut lines = Vec::new();
    for hunk in diff.unified_diff().context_radius(CONTEXT).iter_hunks() {
        match form {
            Form::List if lines.is_empty() && hunk.ops()[0].old_range().start == 0 => {}
            Form::List => lines.push(DiffLine::new(Tag::Header, "…")),
            Form::Word | Form::Sql | Form::Text => {
                lines.push(DiffLine::new(Tag::Header, hunk.header().to_string()));
            }
        }
        for change in hunk.ops().iter().flat_map(|operation| diff.iter_inline_changes(operation)) {
            let tag = match change.tag() {
                ChangeTag::Equal => Tag::Both,
                ChangeTag::Delete => Tag::First,
                ChangeTag::Insert => Tag::Second,
            };
            let mut parts: Vec<(bool, String)> = Vec::new();
            for (emphasised, text) in change.iter_strings_lossy() {
                let text = text.trim_end_matches('\n');
                match parts.last_mut() {
                    Some((before, last)) if *before == emphasised => last.push_str(text),
                    _ if text.is_empty() => {}
                    _ => parts.push((emphasised, text.to_owned())),
                }
            }
            lines.push(DiffLine { tag, parts });
            if change.missing_newline() {
                lines.push(DiffLine::new(Tag::Remark, " no line feed at the end"));
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::{Form, diff, line, visible};

    fn shown(first: Option<&str>, second: Option<&str>) -> String {
        shown_as(Form::Sql, first, second)
    }

    fn shown_as(form: Form, first: Option<&str>, second: Option<&str>) -> String {
        diff(form, first, second)
            .iter()
            .map(|line| format!("{}{}", line.tag.sign(), line.text()))
            .collect::<Vec<_>>()
            .join("\n")
    }

    #[test]
    fn what_cannot_be_seen_is_made_visible() {
        assert_eq!(visible("a\u{1b}[31m\r\n\tb"), "a␛[31m␍\n\tb");
        assert_eq!(visible("a\u{202e}b\u{200b}\u{85}"), "a<U+202E>b<U+200B><U+0085>");
        assert_eq!(line("a\nb\tc"), "a␊b␉c");
        assert_eq!(visible("é ∀ 😀"), "é ∀ 😀");
    }

    #[test]
    fn a_diff_shows_what_changed_with_what_stands_round_it() {
        let lines = |changed: &str| {
            (1..=20)
                .map(|n| if n == 10 { changed.to_owned() } else { n.to_string() })
                .collect::<Vec<_>>()
                .join("\n")
        };
        assert_eq!(
            shown(Some(&lines("ten")), Some(&lines("TEN"))),
            "@@ -7,7 +7,7 @@\n 7\n 8\n 9\n-ten\n+TEN\n 11\n 12\n 13"
        );
        assert_eq!(
            shown_as(Form::List, Some(&lines("ten")), Some(&lines("TEN"))),
            "…\n 7\n 8\n 9\n-ten\n+TEN\n 11\n 12\n 13"
        );
        assert_eq!(shown_as(Form::List, Some("a\nb"), Some("b\na")), "+b\n a\n-b");
        assert_eq!(shown(None, Some("a\nb")), "+a\n+b");
        assert_eq!(shown(Some("a\n\nb"), None), "-a\n-\n-b");
    }

    #[test]
    fn line_ends_that_differ_are_seen() {
        assert_eq!(shown(Some("a\r\nb"), Some("a\nb")), "@@ -1,2 +1,2 @@\n-a␍\n+a\n b");
        assert_eq!(
            shown(Some("a\nb\n"), Some("a\nb")),
            "@@ -1,2 +1,2 @@\n a\n-b\n+b\n\\ no line feed at the end"
        );
    }
}
