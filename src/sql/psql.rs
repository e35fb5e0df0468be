//! psql's backslash commands and variables: the few that make sense in a delta are carried out, the rest is refused by
//! name. Arguments are read as psqlscanslash.l reads them.

use std::collections::BTreeMap;
use std::ops::Range;

use super::quote_literal;
use super::scanner::{Quoting, Scanner, Token, in_variable};

/// Something wrong in a command: where (in the text that is read), what, and what to do.
#[derive(Debug)]
pub(super) struct Fault {
    pub range: Range<usize>,
    pub message: String,
    pub hint: String,
}

/// A command that was understood.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Command {
    /// Nothing to do.
    Nothing,
    /// Text to show, on standard error if `warn`.
    Echo { text: String, warn: bool },
}

/// The variables of psql, as they stand while a file is read.
#[derive(Debug)]
pub(super) struct Psql {
    variables: BTreeMap<String, String>,
}

/// Variables that psql sets from the connection or from what it did last; a name that is not known here is no name.
const FROM_PSQL: [&str; 14] = [
    "DBNAME",
    "USER",
    "HOST",
    "PORT",
    "ENCODING",
    "SERVER_VERSION_NAME",
    "SERVER_VERSION_NUM",
    "VERSION",
    "VERSION_NAME",
    "VERSION_NUM",
    "ROW_COUNT",
    "ERROR",
    "SQLSTATE",
    "LAST_ERROR_MESSAGE",
];

impl Psql {
    pub fn new(preset: &BTreeMap<String, String>) -> Self {
        Psql { variables: preset.clone() }
    }

    /// The plain value of a variable.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str)
    }

    /// What a reference stands for; none if the variable is not set, then the text stays. Fails on one that only psql
    /// knows; `range` is where the reference is.
    pub fn expand(&self, quoting: Quoting, name: &str, range: Range<usize>) -> Result<Option<String>, Fault> {
        let value = self.value(name);
        if value.is_none() && FROM_PSQL.contains(&name) {
            return Err(Fault {
                range,
                message: format!("the variable {name} is set by psql only"),
                hint: format!("write the value itself, or \\set {name} to it"),
            });
        }
        Ok(match (quoting, value) {
            (Quoting::IsSet, value) => Some(if value.is_some() { "TRUE" } else { "FALSE" }.to_owned()),
            (_, None) => None,
            (Quoting::Plain, Some(value)) => Some(value.to_owned()),
            (Quoting::Identifier, Some(value)) => Some(format!("\"{}\"", value.replace('"', "\"\""))),
            (Quoting::Literal, Some(value)) if value.contains('\\') => {
                Some(format!(" E{}", quote_literal(&value.replace('\\', "\\\\"))))
            }
            (Quoting::Literal, Some(value)) => Some(quote_literal(value)),
        })
    }

    /// Carries out the command that begins with the backslash at `start`; gives also where it ends.
    pub fn command(&mut self, text: &str, start: usize) -> Result<(Command, usize), Fault> {
        let line_end = text[start..].find('\n').map_or(text.len(), |newline| start + newline);
        let after = start + 1;
        let name_length = text[after..line_end]
            .find(|letter: char| letter == '\\' || is_space(letter))
            .unwrap_or(line_end - after);
        let name = &text[after..after + name_length];
        let place = start..after + name_length;
        if !matches!(name, "set" | "unset" | "echo" | "qecho" | "warn" | "restrict" | "unrestrict") {
            return Err(Fault {
                range: place,
                message: format!("the psql command \\{name} does not work in a delta"),
                hint: advice(name).to_owned(),
            });
        }
        let mut reader = Arguments { psql: self, line: &text[..line_end], position: place.end };
        let mut arguments = Vec::new();
        while let Some(argument) = reader.next()? {
            arguments.push(argument);
        }
        let mut end = reader.position;
        if text[end..line_end].starts_with("\\\\") {
            end += 2;
        }
        let command = match name {
            "set" => self.set(arguments, place)?,
            "unset" => self.unset(arguments, place)?,
            "echo" | "qecho" | "warn" => {
                let no_newline = arguments.first().is_some_and(|first| !first.quoted && first.text == "-n");
                let words: Vec<_> = arguments
                    .into_iter()
                    .skip(usize::from(no_newline))
                    .map(|argument| argument.text)
                    .collect();
                Command::Echo { text: words.join(" "), warn: name == "warn" }
            }
            _ => Command::Nothing,
        };
        Ok((command, end))
    }

    fn set(&mut self, arguments: Vec<Argument>, range: Range<usize>) -> Result<Command, Fault> {
        let mut arguments = arguments.into_iter().map(|argument| argument.text);
        let Some(name) = arguments.next() else { return Ok(Command::Nothing) };
        let value: String = arguments.collect();
        if name.is_empty() || !name.bytes().all(in_variable) {
            return Err(Fault {
                range,
                message: format!("invalid variable name: {name:?}"),
                hint: "a name has letters, digits and underscores".to_owned(),
            });
        }
        let on = boolean(&value);
        let reason = match name.as_str() {
            "AUTOCOMMIT" if on == Some(false) => "pum begins and commits the transaction of a delta itself",
            "ON_ERROR_STOP" if on == Some(false) => {
                "a delta is applied whole or not at all, so pum stops at the first error"
            }
            "ON_ERROR_ROLLBACK" if on == Some(true) => {
                "a delta is applied whole or not at all: a failed statement cannot be passed over"
            }
            "SINGLELINE" if on == Some(true) => "pum ends statements at semicolons, not at newlines",
            _ => {
                self.variables.insert(name, value);
                return Ok(Command::Nothing);
            }
        };
        Err(refused(format!("\\set {name} {value}"), reason, range))
    }

    fn unset(&mut self, arguments: Vec<Argument>, range: Range<usize>) -> Result<Command, Fault> {
        let name = arguments.into_iter().next().map(|argument| argument.text).unwrap_or_default();
        if matches!(name.as_str(), "AUTOCOMMIT" | "ON_ERROR_STOP") {
            return Err(refused(format!("\\unset {name}"), "it switches the setting off", range));
        }
        self.variables.remove(&name);
        Ok(Command::Nothing)
    }
}

fn refused(command: String, reason: &str, range: Range<usize>) -> Fault {
    let message = format!("{command} does not work in a delta: {reason}");
    Fault { range, message, hint: "remove the line".to_owned() }
}

/// A switch as psql reads it: unambiguous beginnings of the words; an empty value is on.
fn boolean(value: &str) -> Option<bool> {
    let value = value.to_ascii_lowercase();
    let begins = |word: &str, least: usize| value.len() >= least && word.starts_with(&value);
    if value.is_empty() || begins("true", 1) || begins("yes", 1) || begins("on", 2) || value == "1" {
        Some(true)
    } else if begins("false", 1) || begins("no", 1) || begins("off", 2) || value == "0" {
        Some(false)
    } else {
        None
    }
}

/// What to do instead of a command that is refused.
fn advice(name: &str) -> &'static str {
    match name {
        "i" | "include" | "ir" | "include_relative" => "put the other file's text here: a delta is one file",
        "copy" => "write COPY … FROM stdin; with the data after it, ended by a line \\.",
        "if" | "elif" | "else" | "endif" => {
            "write the condition in SQL: DO $$ BEGIN IF … THEN … END IF; END $$;"
        }
        "g" | "gx" | "crosstabview" | "gdesc" | "watch" => "end the statement with a semicolon",
        "gset" => "keep the value in SQL: a DO block, a temporary table, or set_config()",
        "gexec" => "use a DO block with EXECUTE",
        "c" | "connect" => "remove it: a delta runs in the one database that is being upgraded",
        "!" | "cd" | "setenv" | "getenv" => "a Python delta can run programs",
        "o" | "out" | "w" | "write" => "remove it: a delta writes no files",
        "e" | "edit" | "ef" | "ev" | "prompt" | "password" => "remove it: nobody is asked while a delta runs",
        "q" | "quit" => "remove it, and what follows it: pum runs the whole file",
        "." => "it ends the data of a COPY … FROM stdin, and none is open here",
        "encoding" => "remove it: a delta is UTF-8",
        "lo_import" | "lo_export" | "lo_unlink" => "use the functions lo_from_bytea(), lo_unlink()",
        "" => "remove the backslash",
        _ => "remove it, it changes nothing in the database; else write it in SQL",
    }
}

#[derive(Debug)]
struct Argument {
    text: String,
    quoted: bool,
}

/// Reads the arguments of a command up to the end of its line, or to a backslash.
struct Arguments<'a> {
    psql: &'a Psql,
    line: &'a str,
    position: usize,
}

impl Arguments<'_> {
    fn next(&mut self) -> Result<Option<Argument>, Fault> {
        self.position += self.rest().len() - self.rest().trim_start_matches(is_space).len();
        let start = self.position;
        let (mut text, mut quoted) = (String::new(), false);
        while let Some(letter) = self.rest().chars().next() {
            match letter {
                '\\' => break,
                _ if is_space(letter) => break,
                '\'' => text.push_str(&self.single_quoted()?),
                '"' => {
                    let length =
                        self.rest()[1..].find('"').ok_or_else(|| self.unterminated("quoted name"))?;
                    text.push_str(&self.rest()[..length + 2]);
                    self.position += length + 2;
                }
                '`' => {
                    return Err(Fault {
                        range: self.position..self.position + 1,
                        message: "backquotes do not work in a delta: they run a program".to_owned(),
                        hint: "write the value itself, or give it with -v".to_owned(),
                    });
                }
                ':' => text.push_str(&self.variable()?),
                _ => {
                    text.push(letter);
                    self.position += letter.len_utf8();
                    continue;
                }
            }
            quoted = true;
        }
        Ok((self.position > start).then_some(Argument { text, quoted }))
    }

    fn rest(&self) -> &str {
        &self.line[self.position..]
    }

    fn unterminated(&self, what: &str) -> Fault {
        Fault {
            range: self.position..self.position + 1,
            message: format!("unterminated {what} in a psql command"),
            hint: "a command ends with its line".to_owned(),
        }
    }

    fn variable(&mut self) -> Result<String, Fault> {
        let mut scanner = Scanner::new(self.line);
        scanner.position = self.position;
        let (quoting, range) = match scanner.next() {
            Ok(Some((Token::Variable(quoting), range))) => (quoting, range),
            _ => {
                self.position += 1;
                return Ok(":".to_owned());
            }
        };
        let reference = &self.line[range.clone()];
        self.position = range.end;
        let value = self.psql.expand(quoting, quoting.name(reference), range)?;
        Ok(value.unwrap_or_else(|| reference.to_owned()))
    }

    /// Text in single quotes, with psql's escapes.
    fn single_quoted(&mut self) -> Result<String, Fault> {
        let start = self.position;
        let bytes = self.line.as_bytes();
        let mut value = Vec::new();
        let mut at = start + 1;
        loop {
            match (bytes.get(at), bytes.get(at + 1)) {
                (None, _) | (Some(b'\\'), None) => return Err(self.unterminated("quoted string")),
                (Some(b'\''), Some(b'\'')) => {
                    value.push(b'\'');
                    at += 2;
                }
                (Some(b'\''), _) => break,
                (Some(b'\\'), Some(&escape)) => {
                    let (byte, length) = escaped(&bytes[at + 1..], escape);
                    value.push(byte);
                    at += 1 + length;
                }
                (Some(&byte), _) => {
                    value.push(byte);
                    at += 1;
                }
            }
        }
        self.position = at + 1;
        String::from_utf8(value).map_err(|_| Fault {
            range: start..at + 1,
            message: "the escapes in this string are not UTF-8".to_owned(),
            hint: "write the characters themselves".to_owned(),
        })
    }
}

/// The byte that an escape stands for, and how long it is without its backslash.
fn escaped(bytes: &[u8], first: u8) -> (u8, usize) {
    let digits = |from: usize, most: usize, radix: u32| {
        let digits = bytes[from..].iter().take(most).map_while(|byte| char::from(*byte).to_digit(radix));
        digits.fold((0_u8, from), |(value, length), digit| {
            (value.wrapping_mul(radix as u8).wrapping_add(digit as u8), length + 1)
        })
    };
    match first {
        b'n' => (b'\n', 1),
        b't' => (b'\t', 1),
        b'b' => (0x08, 1),
        b'r' => (b'\r', 1),
        b'f' => (0x0c, 1),
        b'0'..=b'7' => digits(0, 3, 8),
        b'x' if bytes.get(1).is_some_and(u8::is_ascii_hexdigit) => digits(1, 2, 16),
        _ => (first, 1),
    }
}

fn is_space(letter: char) -> bool {
    matches!(letter, ' ' | '\t' | '\n' | '\r' | '\x0b' | '\x0c')
}

#[cfg(test)]
mod tests {
    use super::{Command, Psql};

    fn echo(psql: &mut Psql, text: &str) -> String {
        match psql.command(text, 0).unwrap().0 {
            Command::Echo { text, .. } => text,
            Command::Nothing => String::new(),
        }
    }

    #[test]
    fn arguments_are_quoted_and_joined_as_by_psql() {
        let mut psql = Psql::new(&Default::default());
        let cases = [
            (r"\echo a  b", "a b"),
            (r"\echo -n a", "a"),
            (r"\echo '-n' a", "-n a"),
            (r"\echo 'it''s' 'a\tb\x41\102'c", "it's a\tbABc"),
            (r#"\echo "a b" x"y z""#, r#""a b" x"y z""#),
            (r"\echo :missing a::b", ":missing a::b"),
            ("\\echo a;\r", "a;"),
            (r"\set v a 'b c' d", ""),
            (r"\echo :v :'v' x:v", "ab cd 'ab cd' xab cd"),
        ];
        for (text, expected) in cases {
            assert_eq!(echo(&mut psql, text), expected, "{text}");
        }
        for text in ["\\echo \"a b\" x\"y", "\\set w 'a\\\\b", "\\set w 'a\\"] {
            assert!(psql.command(text, 0).unwrap_err().message.starts_with("unterminated"), "{text}");
        }
        psql.command(r"\set w 'a\\b'", 0).unwrap();
        assert_eq!(echo(&mut psql, r"\echo :'w'"), r" E'a\\b'");
        assert_eq!(echo(&mut psql, r#"\echo :"w" :{?w} :{?no}"#), r#""a\b" TRUE FALSE"#);
        psql.command(r"\unset w", 0).unwrap();
        assert_eq!(echo(&mut psql, r"\echo :w"), ":w");
    }

    #[test]
    fn a_command_ends_with_its_line_or_at_a_backslash() {
        let mut psql = Psql::new(&Default::default());
        assert_eq!(psql.command("\\echo a\nb", 0).unwrap().1, 7);
        assert_eq!(psql.command("\\echo a \\\\ select", 0).unwrap().1, 10);
        assert_eq!(psql.command("\\set a 1 \\set b 2", 0).unwrap().1, 9);
    }

    #[test]
    fn settings_that_change_the_meaning_are_refused() {
        let mut psql = Psql::new(&Default::default());
        for text in [
            "\\set AUTOCOMMIT off",
            "\\set ON_ERROR_STOP 0",
            "\\set ON_ERROR_ROLLBACK on",
            "\\unset AUTOCOMMIT",
        ] {
            let fault = psql.command(text, 0).unwrap_err();
            assert!(fault.message.contains("does not work in a delta: "), "{}", fault.message);
        }
        for text in
            ["\\set ON_ERROR_STOP 1", "\\set ON_ERROR_STOP", "\\set VERBOSITY terse", "\\set AUTOCOMMIT on"]
        {
            psql.command(text, 0).unwrap();
        }
    }

    #[test]
    fn other_commands_are_refused_by_name() {
        let mut psql = Psql::new(&Default::default());
        for name in ["i", "copy", "gexec", "connect", "timing", "."] {
            let fault = psql.command(&format!("x \\{name} y"), 2).unwrap_err();
            assert!(fault.message.contains(&format!("\\{name} ")), "{}", fault.message);
            assert_eq!(fault.range, 2..3 + name.len());
        }
        assert!(psql.command("\\echo `date`", 0).is_err());
        assert!(psql.command("\\set é-b 1", 0).is_err());
    }
}
