//! The password file (~/.pgpass): finds the password for a host, port, database and user, as libpq does.

/// The password of the first line that matches, if one does. `host`, `port`, `database` and `user` are compared as bytes.
pub fn find(contents: &[u8], host: &str, port: &str, database: &str, user: &str) -> Option<Vec<u8>> {
    contents.split(|&byte| byte == b'\n').find_map(|line| {
        let end = line.iter().rposition(|&byte| byte != b'\r').map_or(0, |last| last + 1);
        let line = &line[..end];
        if line.starts_with(b"#") {
            return None;
        }
        let password = [host, port, database, user]
            .iter()
            .try_fold(line, |rest, token| after_match(rest, token.as_bytes()))?;
        Some(unescape(password))
    })
}

/// What follows the first field of the line, if the field is `*` or the token.
fn after_match<'a>(line: &'a [u8], token: &[u8]) -> Option<&'a [u8]> {
    if let Some(rest) = line.strip_prefix(b"*:") {
        return Some(rest);
    }
    let mut token = token.iter();
    let mut bytes = line.iter();
    loop {
        let mut byte = bytes.next()?;
        if *byte == b':' && token.as_slice().is_empty() {
            return Some(bytes.as_slice());
        }
        if *byte == b'\\' {
            byte = bytes.next()?;
        }
        if token.next() != Some(byte) {
            return None;
        }
    }
}

/// The field up to the next bare colon, without its backslashes.
fn unescape(field: &[u8]) -> Vec<u8> {
    let mut password = Vec::with_capacity(field.len());
    let mut bytes = field.iter();
    while let Some(&byte) = bytes.next() {
        match byte {
            b':' => break,
            b'\\' => password.push(*bytes.next().unwrap_or(&byte)),
            _ => password.push(byte),
        }
    }
    password
}

#[cfg(test)]
mod tests {
    use super::find;
    use proptest::prelude::*;

    fn password(contents: &str) -> Option<String> {
        find(contents.as_bytes(), "h", "1", "d", "u").map(|bytes| String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn first_matching_line_wins() {
        assert_eq!(password("#h:1:d:u:no\nx:*:*:*:a\n\n*:*:d:*:b\r\n*:*:*:*:c").as_deref(), Some("b"));
        assert_eq!(password("h:1:d:u\nh:2:d:u:x"), None);
    }

    #[test]
    fn backslashes_escape_colons_and_backslashes() {
        assert_eq!(password(r"\h:1:d:u:a\:b\\c\d:rest").as_deref(), Some(r"a:b\cd"));
        assert_eq!(password(r"h:1:d:u:a\").as_deref(), Some(r"a\"));
        assert_eq!(password("*x:1:d:u:a"), None);
        assert_eq!(password("h:1:d:u: a # b ").as_deref(), Some(" a # b "));
    }

    fn escape(text: &str) -> String {
        text.replace('\\', "\\\\").replace(':', "\\:")
    }

    proptest! {
        #[test]
        fn any_file_is_read(contents: Vec<u8>, host: String, port: String, database: String, user: String) {
            let _ = find(&contents, &host, &port, &database, &user);
        }

        #[test]
        fn passwords_come_back(host in "[^#\\n\\r*][^\\n\\r]*", user in "[^\\n\\r]*", password in "([^\\n\\r]*[^\\n\\r])?") {
            let file = format!("{}:5432:*:{}:{}\n", escape(&host), escape(&user), escape(&password));
            let found = find(file.as_bytes(), &host, "5432", "any", &user);
            prop_assert_eq!(found, Some(password.into_bytes()));
        }
    }
}
