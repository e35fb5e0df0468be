//! Connection strings into keywords and values: the key/value form and the URI form, read as libpq reads them.
//! Errors never repeat what could be a password.

use super::keywords;
use crate::{Error, Result};

/// Keywords and values in the order in which they were written; a later one replaces an earlier one.
pub(super) type Pairs = Vec<(String, String)>;

/// libpq's idea of white space (C's `isspace` in the C locale).
pub(super) fn is_space(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == 0x0b
}

/// The part after the scheme, if this is a connection URI.
pub(super) fn uri_rest(text: &str) -> Option<&str> {
    text.strip_prefix("postgresql://").or_else(|| text.strip_prefix("postgres://"))
}

/// Reads a connection URI or a key/value string.
pub(super) fn parse(text: &str) -> Result<Pairs> {
    match uri_rest(text) {
        Some(rest) => parse_uri(rest),
        None => parse_key_values(text),
    }
}

fn store(pairs: &mut Pairs, name: &str, value: String) -> Result<()> {
    if name == "requiressl" {
        let mode = if value.starts_with('1') { "require" } else { "prefer" };
        pairs.push(("sslmode".into(), mode.into()));
        return Ok(());
    }
    if keywords::find(name).is_none() && name != "service" {
        return Err(unknown(pairs, name));
    }
    pairs.push((name.into(), value));
    Ok(())
}

/// After a password, an unknown word may be the rest of one that was not quoted: it is not repeated.
fn unknown(before: &Pairs, name: &str) -> Error {
    let after_secret =
        before.iter().any(|(name, _)| keywords::find(name).is_some_and(|keyword| keyword.secret));
    if after_secret || name.contains(['@', ':', '/']) {
        return Error::usage(format!(
            "unknown keyword (number {}) in the connection string",
            before.len() + 1
        ))
        .hint("a value with spaces stands in single quotes: password='two words'");
    }
    Error::usage(format!("unknown keyword `{name}` in the connection string"))
        .hint(keywords::unknown_hint(name))
}

fn parse_key_values(text: &str) -> Result<Pairs> {
    let mut pairs = Pairs::new();
    let mut rest = text;
    loop {
        rest = skip_space(rest);
        if rest.is_empty() {
            return Ok(pairs);
        }
        let end = rest.bytes().position(|byte| byte == b'=' || is_space(byte)).unwrap_or(rest.len());
        let name = &rest[..end];
        rest = skip_space(&rest[end..]);
        let Some(after) = rest.strip_prefix('=') else {
            return Err(Error::usage(format!(
                "missing `=` after keyword number {} in the connection string",
                pairs.len() + 1
            ))
            .hint("the form is keyword=value …; a value with spaces stands in single quotes"));
        };
        let (value, after) = take_value(skip_space(after))?;
        rest = after;
        store(&mut pairs, name, value)?;
    }
}

fn skip_space(text: &str) -> &str {
    text.trim_start_matches(|character: char| character.is_ascii() && is_space(character as u8))
}

/// A value up to white space, or in single quotes; a backslash takes the next character as it is.
fn take_value(text: &str) -> Result<(String, &str)> {
    let quoted = text.starts_with('\'');
    let mut value = String::new();
    let mut characters = text.char_indices().skip(usize::from(quoted));
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => value.extend(characters.next().map(|(_, next)| next)),
            '\'' if quoted => return Ok((value, &text[at + 1..])),
            _ if !quoted && character.is_ascii() && is_space(character as u8) => {
                return Ok((value, &text[at..]));
            }
            _ => value.push(character),
        }
    }
    if quoted {
        return Err(Error::usage("unterminated quoted value in the connection string")
            .hint("within single quotes, write \\' for a quote and \\\\ for a backslash"));
    }
    Ok((value, ""))
}

fn parse_uri(rest: &str) -> Result<Pairs> {
    let mut pairs = Pairs::new();
    let mut rest = rest;
    if let Some(at) = rest.find(['@', '/']).filter(|&at| rest[at..].starts_with('@')) {
        let (user, password) = rest[..at].split_once(':').unwrap_or((&rest[..at], ""));
        for (name, value) in [("user", user), ("password", password)] {
            if !value.is_empty() {
                store(&mut pairs, name, decode(name, value)?)?;
            }
        }
        rest = &rest[at + 1..];
    }

    let (mut hosts, mut ports) = (String::new(), String::new());
    loop {
        let (host, after) = take_host(rest)?;
        hosts.push_str(host);
        rest = after;
        if let Some(after) = rest.strip_prefix(':') {
            let end = after.find(['/', '?', ',']).unwrap_or(after.len());
            ports.push_str(&after[..end]);
            rest = &after[end..];
        }
        match rest.strip_prefix(',') {
            Some(after) => rest = after,
            None => break,
        }
        hosts.push(',');
        ports.push(',');
    }
    for (name, value) in [("host", hosts), ("port", ports)] {
        if !value.is_empty() {
            let value = decode(name, &value)?;
            store(&mut pairs, name, value)?;
        }
    }

    if let Some(after) = rest.strip_prefix('/') {
        let end = after.find('?').unwrap_or(after.len());
        if end > 0 {
            let database = decode("dbname", &after[..end])?;
            store(&mut pairs, "dbname", database)?;
        }
        rest = &after[end..];
    }
    if let Some(parameters) = rest.strip_prefix('?') {
        parse_uri_parameters(parameters, &mut pairs)?;
    }
    Ok(pairs)
}

/// A host name, or an IPv6 address in brackets.
fn take_host(text: &str) -> Result<(&str, &str)> {
    let Some(address) = text.strip_prefix('[') else {
        return Ok(text.split_at(text.find([':', '/', '?', ',']).unwrap_or(text.len())));
    };
    let end = address
        .find(']')
        .ok_or_else(|| Error::usage("no `]` after the IPv6 address in the connection URI"))?;
    let after = &address[end + 1..];
    if end == 0 {
        return Err(Error::usage("empty IPv6 address in the connection URI"));
    }
    if !after.is_empty() && !after.starts_with([':', '/', '?', ',']) {
        return Err(Error::usage("unexpected character after the IPv6 address in the connection URI")
            .hint("after `]` comes `:port`, `/database`, `?keyword=value` or `,host`"));
    }
    Ok((&address[..end], after))
}

fn parse_uri_parameters(text: &str, pairs: &mut Pairs) -> Result<()> {
    let mut rest = text;
    while !rest.is_empty() {
        let (pair, after) = rest.split_once('&').unwrap_or((rest, ""));
        rest = after;
        let number = pairs.len() + 1;
        let (name, value) = pair.split_once('=').ok_or_else(|| {
            Error::usage(format!("missing `=` in parameter {number} of the connection URI"))
        })?;
        if value.contains('=') {
            return Err(Error::usage(format!(
                "more than one `=` in parameter {number} of the connection URI"
            ))
            .hint("write %3D for a `=` within a value"));
        }
        let name = decode("parameter", name)?;
        let value = decode(&name, value)?;
        match (&*name, &*value) {
            // What JDBC's URIs say.
            ("ssl", "true") => pairs.push(("sslmode".into(), "require".into())),
            _ => store(pairs, &name, value)?,
        }
    }
    Ok(())
}

/// Percent-decodes the value of a part of a URI.
fn decode(part: &str, text: &str) -> Result<String> {
    let part = if keywords::find(part).is_some() { part } else { "a parameter" };
    let wrong = |what: &str| {
        Error::usage(format!("{what} in {part} of the connection URI")).hint("write %25 for a percent sign")
    };
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            decoded.push(byte);
            continue;
        }
        let mut digit = || bytes.next().and_then(|digit| char::from(digit).to_digit(16));
        match (digit(), digit()) {
            (Some(0), Some(0)) => return Err(wrong("forbidden %00")),
            (Some(high), Some(low)) => decoded.push((high * 16 + low) as u8),
            _ => return Err(wrong("`%` without two hexadecimal digits")),
        }
    }
    String::from_utf8(decoded).map_err(|_| wrong("bytes that are not UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::parse;
    use proptest::prelude::*;

    fn pairs(text: &str) -> Vec<(String, String)> {
        parse(text).unwrap()
    }

    fn strings(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn key_values_are_read_as_libpq_does() {
        assert_eq!(
            pairs(r"host = h  password='a b\'c\\d' dbname=x\ y user=''port=1"),
            strings(&[
                ("host", "h"),
                ("password", r"a b'c\d"),
                ("dbname", "x y"),
                ("user", ""),
                ("port", "1")
            ])
        );
    }

    #[test]
    fn uris_are_read_as_libpq_does() {
        assert_eq!(
            pairs("postgresql://u%40:p%2F%23@[::1]:1,%2Ftmp,h:3/d%20b?sslmode=disable&ssl=true"),
            strings(&[
                ("user", "u@"),
                ("password", "p/#"),
                ("host", "::1,/tmp,h"),
                ("port", "1,,3"),
                ("dbname", "d b"),
                ("sslmode", "disable"),
                ("sslmode", "require"),
            ])
        );
        assert_eq!(pairs("postgres://"), []);
    }

    #[test]
    fn errors_do_not_repeat_passwords() {
        for text in [
            "password=one sesame host=x",
            "password=one sesame=2",
            "host=x password='sesame",
            "postgresql://u:sesame%zz@h/",
            "postgresql://u:x@h/?password=a=sesame",
            "postgresql://u:x@h/?sesame=1",
        ] {
            let error = parse(text).unwrap_err();
            assert!(!format!("{error:?}").contains("sesame"), "{text}: {error:?}");
        }
        assert!(format!("{:?}", parse("pasword=sesame").unwrap_err()).contains("`password`"));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "(postgres://)?[\\PC%@:/?&='\\\\ \\[\\]]*") {
            let _ = parse(&text);
        }

        #[test]
        fn a_quoted_value_comes_back(value in "\\PC*") {
            let quoted = value.replace('\\', "\\\\").replace('\'', "\\'");
            prop_assert_eq!(pairs(&format!("password='{quoted}'")), strings(&[("password", &value)]));
        }
    }
}
