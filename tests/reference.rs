//! docs/reference.md is what the arguments say.

use std::fmt::Write;
use std::path::Path;

const INTRODUCTION: &str = "\
# Commands

Generated from the arguments; `UPDATE_REFERENCE=1 cargo test reference` writes it anew. `pum COMMAND --help` prints the
same, `pum man` the manual page.
";

/// The help of a command and of those below it, each under its heading.
fn write_command(text: &mut String, command: &clap::Command, path: &str, level: usize) {
    let help = command.clone().term_width(100).render_long_help().to_string();
    let help: Vec<_> = help.lines().map(str::trim_end).collect();
    let heading = "#".repeat(level);
    writeln!(text, "\n{heading} {path}\n\n```text\n{}\n```", help.join("\n").trim_end()).unwrap();
    for inner in command.get_subcommands().filter(|inner| inner.get_name() != "help" && !inner.is_hide_set())
    {
        write_command(text, inner, &format!("{path} {}", inner.get_name()), level + 1);
    }
}

#[test]
fn the_reference_of_the_commands_is_what_their_arguments_say() {
    let mut command = pum::cli::command();
    command.build();
    let mut text = INTRODUCTION.to_owned();
    write_command(&mut text, &command, "pum", 2);

    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference.md");
    if std::env::var_os("UPDATE_REFERENCE").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, &text).unwrap();
    }
    let written = std::fs::read_to_string(&file).unwrap_or_default().replace("\r\n", "\n");
    let differs = text.lines().zip(written.lines()).find(|(now, then)| now != then);
    assert!(
        text == written,
        "docs/reference.md is not what the arguments say; run: UPDATE_REFERENCE=1 cargo test reference\nfirst difference: {differs:?}"
    );
}
