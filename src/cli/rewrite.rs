//! Makes the command lines of pum 0.x understood: short options of two characters, which clap does not know, and
//! prefixes of long options that were unambiguous then.

use std::ffi::{OsStr, OsString};

/// The short options of two characters of each command, with the long ones that they stand for.
const TWO_CHARACTERS: [(&str, &[(&str, &str)]); 3] = [
    ("check", &[("-p1", "--pg_service1"), ("-p2", "--pg_service2")]),
    ("upgrade", &[("-vv", "--verbose")]),
    (
        "test-and-upgrade",
        &[("-pp", "--pg_service_prod"), ("-pt", "--pg_service_test"), ("-pc", "--pg_service_comp"), ("-vv", "--verbose")],
    ),
];

/// The long options that each command had in pum 0.10.
const OLDER_LONG: [(&str, &[&str]); 7] = [
    ("check", &["--pg_service1", "--pg_service2", "--ignore", "--exclude-schema", "--exclude-field-pattern", "--verbose_level", "--output_file", "--silent"]),
    ("dump", &["--pg_service", "--exclude-schema"]),
    ("restore", &["--pg_service", "--exclude-schema"]),
    ("baseline", &["--pg_service", "--table", "--dir", "--baseline"]),
    ("info", &["--pg_service", "--table", "--dir"]),
    ("upgrade", &["--pg_service", "--table", "--dir", "--max-version", "--var", "--verbose"]),
    (
        "test-and-upgrade",
        &[
            "--pg_service_prod", "--pg_service_test", "--pg_service_comp", "--table", "--dir", "--file", "--ignore",
            "--exclude-schema", "--exclude-field-pattern", "--max-version", "--var", "--verbose",
        ],
    ),
];

/// Rewrites the arguments of one command, up to `--`; everything else stays as it is.
pub fn rewrite(arguments: Vec<OsString>) -> Vec<OsString> {
    let Some(command) = command(&arguments) else { return arguments };
    let find = |table: &'static [(&str, &'static [&'static str])]| table.iter().find(|(name, _)| *name == command).map(|(_, found)| *found);
    let two = TWO_CHARACTERS.iter().find(|(name, _)| *name == command).map_or(&[][..], |(_, found)| found);
    let older = find(&OLDER_LONG).unwrap_or_default();
    let mut literal = false;
    arguments
        .into_iter()
        .map(|argument| {
            literal |= argument == OsStr::new("--");
            match argument.to_str() {
                Some(text) if !literal => rewrite_one(text, two, older).map_or(argument, OsString::from),
                _ => argument,
            }
        })
        .collect()
}

fn rewrite_one(argument: &str, two: &[(&str, &str)], older: &[&str]) -> Option<String> {
    let (name, value) = argument.split_once('=').map_or((argument, None), |(name, value)| (name, Some(value)));
    let long = match two.iter().find(|(short, _)| *short == name) {
        Some((_, long)) => *long,
        None if name.len() > 2 && name.starts_with("--") => {
            let mut candidates = older.iter().filter(|long| long.starts_with(name));
            match (candidates.next(), candidates.next()) {
                (Some(long), None) => long,
                _ => return None,
            }
        }
        None => return None,
    };
    Some(value.map_or_else(|| long.to_owned(), |value| format!("{long}={value}")))
}

/// The name of the command: the first argument that is neither an option nor the value of `-c`.
fn command(arguments: &[OsString]) -> Option<String> {
    let mut arguments = arguments.iter().skip(1).filter_map(|argument| argument.to_str());
    while let Some(argument) = arguments.next() {
        match argument {
            "-c" | "--config_file" | "--config-file" => drop(arguments.next()),
            option if option.starts_with('-') => {}
            command => return Some(command.to_owned()),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::rewrite;

    fn rewritten(line: &str) -> String {
        let arguments = line.split(' ').map(Into::into).collect();
        rewrite(arguments).into_iter().map(|argument| argument.into_string().unwrap()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn two_characters_become_long_options_of_the_commands_that_had_them() {
        assert_eq!(rewritten("pum check -p1 a -p2=b"), "pum check --pg_service1 a --pg_service2=b");
        assert_eq!(rewritten("pum -c f test-and-upgrade -pp a -vv"), "pum -c f test-and-upgrade --pg_service_prod a --verbose");
        // Here it is -p with the value `p`.
        assert_eq!(rewritten("pum dump -pp -- -vv"), "pum dump -pp -- -vv");
        assert_eq!(rewritten("pum upgrade -v int A 1 -- -vv"), "pum upgrade -v int A 1 -- -vv");
    }

    #[test]
    fn prefixes_that_were_unambiguous_stay_so() {
        assert_eq!(rewritten("pum upgrade --pg_serv x --t=a.b --d e --ver"), "pum upgrade --pg_service x --table=a.b --dir e --verbose");
        assert_eq!(rewritten("pum upgrade --v --dry-run"), "pum upgrade --v --dry-run");
        assert_eq!(rewritten("pum restore --excl public -- --excl"), "pum restore --exclude-schema public -- --excl");
    }
}
