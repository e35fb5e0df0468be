//! pg_service.conf: finds the section of a service and reads its keywords, as libpq does.

use super::keywords;
use super::text::{Pairs, is_space};

/// Why a section could not be read: the line, counted from 1, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong; never the line itself, which may hold a password.
    pub what: String,
    /// What to do about it; may be empty.
    pub hint: String,
}

/// Reads the section `[name]` of a service file: `None` if there is none. The first section of that name and the first
/// value of a keyword win; nothing but the line's own ends is trimmed; other sections are not looked at.
///
/// # Errors
///
/// The first line of the section that libpq would refuse.
pub fn read(contents: &[u8], name: &str) -> Result<Option<Pairs>, Fault> {
    let mut section: Option<Pairs> = None;
    for (index, line) in contents.split(|&byte| byte == b'\n').enumerate() {
        let line = trim(line);
        if line.is_empty() || line[0] == b'#' {
            continue;
        }
        if let Some(header) = line.strip_prefix(b"[") {
            if section.is_some() {
                break;
            }
            // libpq does not ask what follows the bracket.
            if header.strip_prefix(name.as_bytes()).is_some_and(|rest| rest.starts_with(b"]")) {
                section = Some(Pairs::new());
            }
        } else if let Some(pairs) = &mut section {
            let (keyword, value) =
                read_line(line).map_err(|(what, hint)| Fault { line: index + 1, what, hint })?;
            if !pairs.iter().any(|(known, _)| *known == keyword) {
                pairs.push((keyword, value));
            }
        }
    }
    Ok(section)
}

fn trim(line: &[u8]) -> &[u8] {
    let start = line.iter().position(|&byte| !is_space(byte)).unwrap_or(line.len());
    let end = line.iter().rposition(|&byte| !is_space(byte)).map_or(start, |last| last + 1);
    &line[start..end]
}

fn read_line(line: &[u8]) -> Result<(String, String), (String, String)> {
    let wrong = |what: &str, hint: &str| (what.to_owned(), hint.to_owned());
    if line.starts_with(b"ldap") {
        return Err(wrong("LDAP look-ups are not supported", "write the keywords themselves in the section"));
    }
    let line = str::from_utf8(line).map_err(|_| wrong("not valid UTF-8", ""))?;
    let (keyword, value) =
        line.split_once('=').ok_or_else(|| wrong("no `=` in the line", "the form is keyword=value"))?;
    if matches!(keyword, "service" | "servicefile") {
        return Err(wrong("a service cannot name another service", ""));
    }
    if keywords::find(keyword).is_none() {
        // The keyword is not repeated: a line of a password that spans several could stand here.
        let hint = match keywords::nearest(keyword) {
            Some(_) if keyword.ends_with(is_blank) || keyword.starts_with(is_blank) => {
                "no blanks may stand round the `=`".to_owned()
            }
            Some(known) => format!("did you mean `{known}`?"),
            None => "the keywords are those of libpq".to_owned(),
        };
        return Err(("unknown keyword".to_owned(), hint));
    }
    Ok((keyword.to_owned(), value.to_owned()))
}

fn is_blank(character: char) -> bool {
    character == ' ' || character == '\t'
}

#[cfg(test)]
mod tests {
    use super::read;
    use proptest::prelude::*;

    fn value(contents: &str, name: &str, keyword: &str) -> Option<String> {
        let pairs = read(contents.as_bytes(), name).unwrap()?;
        pairs.into_iter().find(|(known, _)| known == keyword).map(|(_, value)| value)
    }

    #[test]
    fn first_section_and_first_value_win() {
        let file = "# x\n[a]\nhost=1\nhost=2\n[b]\nhost=3\n[a]\nport=4\n";
        assert_eq!(value(file, "a", "host").as_deref(), Some("1"));
        assert_eq!(value(file, "a", "port"), None);
        assert_eq!(value(file, "b", "host").as_deref(), Some("3"));
        assert_eq!(read(file.as_bytes(), "c"), Ok(None));
    }

    #[test]
    fn values_are_taken_as_they_stand() {
        let file = "[a] ; said libpq nothing\r\n  password= #;'\"\\=x \t\r\ndbname=\n";
        assert_eq!(value(file, "a", "password").as_deref(), Some(" #;'\"\\=x"));
        assert_eq!(value(file, "a", "dbname").as_deref(), Some(""));
    }

    #[test]
    fn wrong_lines_are_refused_by_number_without_their_text() {
        for (line, hint) in
            [("sesame", "keyword=value"), ("host =x", "blanks"), ("hots=x", "`host`"), ("service=b", "")]
        {
            let fault = read(format!("[a]\n\n{line}\n").as_bytes(), "a").unwrap_err();
            assert_eq!(fault.line, 3);
            assert!(fault.hint.contains(hint), "{fault:?}");
            assert!(!fault.what.contains("sesame"));
        }
        assert_eq!(read(b"junk\n[b]\njunk\n[a]\n\xff", "b").unwrap_err().line, 3);
    }

    proptest! {
        #[test]
        fn any_file_is_read_or_refused(contents: Vec<u8>, name: String) {
            let _ = read(&contents, &name);
        }

        #[test]
        fn values_come_back(password in "[^\\s][^\\n\\r]*[^\\s]", before in "[a-z \\n#=]*") {
            let file = format!("{before}\n[s]\npassword={password}\n[s]\npassword=other\n");
            prop_assert_eq!(value(&file, "s", "password"), Some(password));
        }
    }
}
