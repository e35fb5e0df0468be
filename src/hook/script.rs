//! The file that git runs: its text, and whether a file that is there is one of ours.

use md5::{Digest, Md5};
use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, UndefinedBehavior, context};

use super::Kind;
use crate::{Error, Result};

const TEMPLATE: &str = include_str!("../../templates/hook.sh");
/// What stands before the checksum in the line that tells our files from others.
const MARKER: &str = "pum-hook:";

/// What a file is that lies where a hook does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// Ours, as we would write it today.
    Current,
    /// Ours, of another version of pum or with other arguments.
    Outdated,
    /// Ours once; somebody has edited it.
    Edited,
    /// Somebody else's.
    Foreign,
}

/// The text of a hook. `config` is the configuration file, relative to the top of the working tree, where it is not
/// found from there by itself; `file` is where the hook will be.
///
/// # Errors
/// None that the template as it is could have.
pub fn text(kind: Kind, config: Option<&str>, file: &str) -> Result<String> {
    let render = |marker: &str| -> std::result::Result<String, minijinja::Error> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_syntax(
            SyntaxConfig::builder()
                .trim_blocks(true)
                .lstrip_blocks(true)
                .keep_trailing_newline(true)
                .build()?,
        );
        let arguments =
            config.map_or_else(String::new, |config| format!("--config-file {} ", quoted(config)));
        environment
            .render_str(TEMPLATE, context! { kind => kind.name(), marker, arguments, file => quoted(file) })
    };
    let failed = |cause: minijinja::Error| Error::failed("the hook cannot be written").caused_by(cause);
    let text = render(MARKER).map_err(failed)?;
    render(&format!("{MARKER} {}", checksum(&text))).map_err(failed)
}

/// What a file is, by its text and by what we would write today.
pub fn recognise(text: &str, current: &str) -> Found {
    if text == current {
        return Found::Current;
    }
    let Some(line) = text.lines().find(|line| line.starts_with(&format!("# {MARKER}"))) else {
        return Found::Foreign;
    };
    let written = text.replacen(line, &format!("# {MARKER}"), 1);
    if line == format!("# {MARKER} {}", checksum(&written)) { Found::Outdated } else { Found::Edited }
}

fn checksum(text: &str) -> String {
    Md5::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A text as one word of the shell.
pub fn quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::{Found, Kind, recognise, text};

    #[test]
    fn a_file_is_ours_until_somebody_edits_it() {
        let now = text(Kind::PrePush, None, ".git/hooks/pre-push").unwrap();
        let other = text(Kind::PrePush, Some("it's/pum.yaml"), ".git/hooks/pre-push").unwrap();
        assert!(other.contains(r"--config-file 'it'\''s/pum.yaml' hook run pre-push"), "{other}");
        assert_eq!(recognise(&now, &now), Found::Current);
        assert_eq!(recognise(&other, &now), Found::Outdated);
        assert_eq!(recognise(&now.replace("exit 1", "exit 0"), &now), Found::Edited);
        assert_eq!(recognise("#!/bin/sh\nexit 0\n", &now), Found::Foreign);
        assert_eq!(recognise("", &now), Found::Foreign);
    }

    #[test]
    fn the_two_hooks_are_as_they_should_be() {
        for kind in Kind::ALL {
            let text = text(kind, None, "x").unwrap();
            assert!(!text.contains("{{") && !text.contains("{%") && text.ends_with("exit 1\n"), "{text}");
            assert!(text.contains(&format!("hook run {} \"$@\"", kind.name())), "{text}");
        }
    }
}
