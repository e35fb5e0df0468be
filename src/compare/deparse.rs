//! The deparse trap. For a varchar column, `s IN ('a', 'b')` is deparsed as
//! `ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[])`; that text, read again, is deparsed as
//! `ANY (ARRAY[('a'::character varying)::text, ('b'::character varying)::text])`, and so on from there. A database
//! made from source and one made by dump and restore would differ for ever.
//!
//! So the cast of an array becomes the cast of its elements; this one pattern, and only in texts that differ.

/// Whether two deparsed texts say the same.
pub(super) fn same(one: &str, other: &str) -> bool {
    one == other || (one.contains(ARRAY) || other.contains(ARRAY)) && spread(one) == spread(other)
}

const ARRAY: &str = "(ARRAY[";

/// Writes every `(ARRAY[a, b])::type[]` as `ARRAY[(a)::type, (b)::type]`.
fn spread(text: &str) -> String {
    let mut spread_text = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if rest.starts_with(ARRAY)
            && let Some((array, behind)) = cast_of_array(rest)
        {
            spread_text.push_str(&array);
            rest = behind;
            continue;
        }
        let end = quoted_length(rest).unwrap_or(c.len_utf8());
        spread_text.push_str(&rest[..end]);
        rest = &rest[end..];
    }
    spread_text
}

/// The cast of an array that the text begins with, spread, and what follows it.
fn cast_of_array(text: &str) -> Option<(String, &str)> {
    let inside = &text[ARRAY.len()..];
    let mut elements = Vec::new();
    let (mut begin, mut position, mut depth) = (0, 0, 0_usize);
    loop {
        let rest = &inside[position..];
        if let Some(length) = quoted_length(rest) {
            position += length;
            continue;
        }
        let c = rest.chars().next()?;
        match c {
            '(' | '[' => depth += 1,
            ']' if depth == 0 => break,
            ')' | ']' => depth = depth.checked_sub(1)?,
            ',' if depth == 0 => {
                elements.push(&inside[begin..position]);
                begin = position + 1;
            }
            _ => {}
        }
        position += c.len_utf8();
    }
    elements.push(&inside[begin..position]);
    let behind = inside[position..].strip_prefix("])::")?;
    let length = behind.find("[]")?;
    let element_type = &behind[..length];
    let is_type = |c: char| c.is_alphanumeric() || " _.,()\"$".contains(c);
    if element_type.is_empty() || !element_type.chars().all(is_type) {
        return None;
    }
    let elements: Vec<String> =
        elements.iter().map(|element| format!("({})::{element_type}", spread(element.trim()))).collect();
    Some((format!("ARRAY[{}]", elements.join(", ")), &behind[length + 2..]))
}

/// The length of the string or the quoted name that the text begins with. The deparser doubles quotes and backslashes.
fn quoted_length(text: &str) -> Option<usize> {
    let quote = text.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    text[1..].find(quote).map(|end| end + 2)
}

#[cfg(test)]
mod tests {
    use super::same;

    #[test]
    fn a_cast_of_an_array_is_the_cast_of_its_elements() {
        let source = "CHECK (((s)::text = ANY ((ARRAY['a'::character varying, 'it''s, (b]'::character varying])::text[])))";
        let restored = "CHECK (((s)::text = ANY (ARRAY[('a'::character varying)::text, ('it''s, (b]'::character varying)::text])))";
        assert!(same(source, restored));
        assert!(!same(source, &restored.replace("'a'", "'c'")));
        assert!(same(
            "((ARRAY[(ARRAY['x'::a])::b[]])::app.\"T\"(1,2)[])",
            "(ARRAY[(ARRAY[('x'::a)::b])::app.\"T\"(1,2)])"
        ));
    }

    #[test]
    fn other_texts_differ_when_they_differ() {
        assert!(!same("'(ARRAY[1])::text[]'", "'ARRAY[(1)::text]'"));
        assert!(!same("(ARRAY[1])", "ARRAY[1]"));
        assert!(!same("(ARRAY[1, 2", "(ARRAY[1,2"));
        assert!(!same("(ARRAY['", "(ARRAY["));
    }
}
