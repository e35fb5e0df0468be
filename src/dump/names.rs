//! What a dump names beside its own objects: roles, extensions, tablespaces, which a server must have before the dump
//! is restored there; and the server that it comes from.
//!
//! It looks at the beginnings of lines, as pg_dump writes them: a name too many does no harm, and one that it misses
//! the server asks for by name.

use std::collections::BTreeSet;
use std::io::BufRead;

use crate::sql::Word;

/// What a dump names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// Owners, and roles in grants and policies.
    pub roles: BTreeSet<String>,
    /// Extensions that it makes.
    pub extensions: BTreeSet<String>,
    /// Tablespaces.
    pub tablespaces: BTreeSet<String>,
    /// The major version of the server that it was dumped from, if it says so.
    pub dumped_from: Option<u32>,
    /// The encoding that it is written in, if it says so.
    pub encoding: Option<String>,
    /// Whether it makes the schema `public`, as dumps of before PostgreSQL 11 do.
    pub makes_public: bool,
    /// The line by which it makes or enters a database of its own.
    pub makes_database: Option<String>,
}

impl Names {
    /// Reads the lines of SQL text.
    pub(super) fn read(&mut self, mut text: impl BufRead) -> std::io::Result<()> {
        let (mut line, mut rows) = (Vec::new(), false);
        loop {
            line.clear();
            if text.read_until(b'\n', &mut line)? == 0 {
                return Ok(());
            }
            if rows {
                rows = !line.starts_with(b"\\.");
                continue;
            }
            let line = String::from_utf8_lossy(&line);
            rows = line.starts_with("COPY ") && line.trim_end().ends_with("FROM stdin;");
            self.line(&line);
        }
    }

    fn line(&mut self, line: &str) {
        if let Some(version) = line.strip_prefix("-- Dumped from database version ") {
            let digits = version.split(|c: char| !c.is_ascii_digit()).next();
            self.dumped_from = digits.and_then(|digits| digits.parse().ok());
            return;
        }
        if line.starts_with("\\connect") || line.starts_with("\\c ") {
            self.makes_database.get_or_insert_with(|| line.trim().to_owned());
            return;
        }
        const BEGINNINGS: [&str; 5] = ["grant ", "revoke ", "alter ", "create ", "set "];
        if !BEGINNINGS.iter().any(|word| line.get(..word.len()).is_some_and(|l| l.eq_ignore_ascii_case(word)))
        {
            return;
        }
        let words = crate::sql::words(line);
        let behind = |key: &str| words.iter().position(|word| word.is(key)).map(|at| &words[at + 1..]);
        let starts = |keys: &[&str]| {
            words.len() > keys.len() && keys.iter().zip(&words).all(|(key, word)| word.is(key))
        };
        let key = words.first().map_or("", |word| word.text.as_str());
        match key {
            "grant" => self.add_roles(behind("to")),
            "revoke" => self.add_roles(behind("from")),
            "alter" if starts(&["alter", "default", "privileges"]) => {
                self.add_roles(behind("role"));
                self.add_roles(behind("to").or_else(|| behind("from")));
            }
            "alter" => {
                // An object may be called `owner`.
                let at = words.windows(2).rposition(|pair| pair[0].is("owner") && pair[1].is("to"));
                self.add_roles(at.map(|at| &words[at + 2..]));
            }
            "create" if starts(&["create", "policy"]) => self.add_roles(behind("to")),
            "create" if starts(&["create", "user", "mapping", "for"]) => self.add_roles(Some(&words[4..])),
            "create" if starts(&["create", "extension"]) => {
                let at = if starts(&["create", "extension", "if", "not", "exists"]) { 5 } else { 2 };
                self.extensions.extend(words.get(at).map(|word| word.text.clone()));
            }
            "create" if starts(&["create", "schema"]) => {
                self.makes_public |= words[2].text == "public";
                self.add_roles(behind("authorization"));
            }
            "create" if starts(&["create", "database"]) => {
                self.makes_database.get_or_insert_with(|| line.trim().to_owned());
            }
            "set" if starts(&["set", "session", "authorization"]) => self.add_roles(Some(&words[3..])),
            "set" if starts(&["set", "default_tablespace", "="]) => {
                self.tablespaces.extend(Some(words[3].text.clone()).filter(|name| !name.is_empty()));
            }
            "set" if starts(&["set", "client_encoding", "="]) => {
                self.encoding = Some(words[3].text.clone());
            }
            _ => {}
        }
    }

    /// Takes up a list of roles, as far as it goes.
    fn add_roles(&mut self, words: Option<&[Word]>) {
        let mut words = words.unwrap_or_default().iter();
        while let Some(word) = words.next() {
            if word.is("group") {
                continue;
            }
            let is_name = word.quoted || word.text.starts_with(|c: char| c.is_alphabetic() || c == '_');
            let is_everybody = ["public", "current_user", "current_role", "session_user", "default"]
                .iter()
                .any(|k| word.is(k));
            if is_name && !is_everybody && !word.text.starts_with("pg_") {
                self.roles.insert(word.text.clone());
            }
            if !words.next().is_some_and(|word| word.is(",")) {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Names;

    fn names(text: &str) -> Names {
        let mut names = Names::default();
        names.read(text.as_bytes()).unwrap();
        names
    }

    #[test]
    fn roles_are_found_wherever_pg_dump_writes_them() {
        let found = names(
            "GRANT SELECT,INSERT ON TABLE app.\"to\" TO a WITH GRANT OPTION;\n\
             GRANT USAGE ON SCHEMA app TO PUBLIC;\n\
             REVOKE ALL ON FUNCTION app.f(text) FROM b;\n\
             ALTER TABLE app.owner OWNER TO \"C \"\"c\";\n\
             ALTER DEFAULT PRIVILEGES FOR ROLE d IN SCHEMA app GRANT SELECT ON TABLES TO e;\n\
             ALTER DEFAULT PRIVILEGES FOR ROLE d REVOKE ALL ON TABLES FROM f;\n\
             CREATE POLICY p ON app.t AS RESTRICTIVE FOR SELECT TO g, \"H\" USING ((x = 'TO z'::text));\n\
             CREATE USER MAPPING FOR i SERVER s OPTIONS (\n\
             SET SESSION AUTHORIZATION 'k';\n\
             ALTER TABLE ONLY app.t ALTER COLUMN owner SET DEFAULT 1;\n\
             GRANT SELECT ON TABLE t TO pg_monitor;\n",
        );
        assert_eq!(
            found.roles.iter().map(String::as_str).collect::<Vec<_>>(),
            ["C \"c", "H", "a", "b", "d", "e", "f", "g", "i", "k"]
        );
    }

    #[test]
    fn rows_are_passed_over_and_the_head_is_read() {
        let found = names(
            "-- Dumped from database version 15.18 (Debian 15.18-0+deb12u1)\nSET client_encoding = 'SQL_ASCII';\n\
             SET default_tablespace = '';\nSET default_tablespace = fast;\n\
             COPY app.t (a) FROM stdin;\nGRANT SELECT ON TABLE t TO nobody;\n\\.\n\
             CREATE EXTENSION IF NOT EXISTS \"uuid-ossp\" WITH SCHEMA public;\nCREATE SCHEMA public;\n",
        );
        assert_eq!(found.dumped_from, Some(15));
        assert_eq!(found.encoding.as_deref(), Some("SQL_ASCII"));
        assert_eq!(found.tablespaces.into_iter().collect::<Vec<_>>(), ["fast"]);
        assert_eq!(found.extensions.into_iter().collect::<Vec<_>>(), ["uuid-ossp"]);
        assert!(found.roles.is_empty() && found.makes_public && found.makes_database.is_none());
        assert!(
            names("CREATE DATABASE x WITH TEMPLATE = template0;\n\\connect x\n").makes_database.is_some()
        );
    }
}
