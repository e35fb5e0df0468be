//! The README is true: what it shows is run, in its order, and compared. `UPDATE_README=1 cargo test readme` writes
//! the output anew.
//!
//! A `console` block holds commands, each after a `$`, with what they print. A block whose first line is a comment with
//! the path of a file is that file. What differs from run to run, such as durations, is not compared.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::support;

/// Ends the output of a command; its exit code stands before, on a line of its own.
const MARK: &str = "\u{1e}";

fn readme() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")
}

/// Fields of JSON that differ from run to run.
const VARYING: [&str; 2] = ["\"milliseconds\":", "\"server_version\":"];

/// A command of the README with what is shown of it.
#[derive(Debug)]
struct Shown {
    /// The number of the command's line, from 0.
    line: usize,
    command: String,
    output: Vec<String>,
}

/// Reads the README: its commands, and the script that runs them and writes the files between them.
fn read(text: &str) -> (Vec<Shown>, String) {
    let mut shown: Vec<Shown> = Vec::new();
    let mut script = "exec </dev/null 2>&1\n".to_owned();
    let mut lines = text.lines().enumerate().peekable();
    while let Some((_, fence)) = lines.next() {
        let Some(language) = fence.strip_prefix("```") else { continue };
        let mut block = Vec::new();
        for (number, line) in lines.by_ref().take_while(|(_, line)| *line != "```") {
            block.push((number, line));
        }
        let path = block.first().and_then(|(_, first)| {
            let path = first.strip_prefix("-- ").or(first.strip_prefix("# "))?;
            (!path.contains(' ') && !path.starts_with('~')).then_some(path)
        });
        if language == "console" {
            for (number, line) in block {
                if let Some(command) = line.strip_prefix("$ ") {
                    let end = format!("code=$?; printf '\\n%s{MARK}' $code; (exit $code)\n");
                    script.push_str(&format!("{command}\n{end}"));
                    shown.push(Shown { line: number, command: command.to_owned(), output: Vec::new() });
                } else if let Some(last) = shown.last_mut() {
                    last.output.push(line.to_owned());
                }
            }
        } else if let Some(path) = path {
            let content: Vec<_> = block.iter().map(|(_, line)| *line).collect();
            script.push_str(&format!(
                "mkdir -p \"$(dirname {path})\"\ncat >{path} <<'END_OF_FILE'\n{}\nEND_OF_FILE\n",
                content.join("\n")
            ));
        }
    }
    (shown, script)
}

/// Words, without those that differ from run to run.
fn comparable(line: &str) -> Vec<String> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let mut comparable = Vec::new();
    for (i, word) in words.iter().enumerate() {
        let before = i.checked_sub(1).map_or("", |i| words[i]);
        let is_time = |word: &str| {
            word.len() >= 8 && word.chars().all(|c| c.is_ascii_digit() || matches!(c, '-' | ':' | '.'))
        };
        let is_duration = matches!(word.trim_end_matches(','), "ms" | "s") && before.parse::<f64>().is_ok();
        let word = match *word {
            word if is_time(word) => "TIME".to_owned(),
            _ if is_duration => {
                comparable.pop();
                "DURATION".to_owned()
            }
            _ if before == "PostgreSQL" => "VERSION".to_owned(),
            // The number of a duration, and the server's version, in JSON.
            word if VARYING.iter().any(|field| word.contains(field)) => word
                .trim_end_matches('}')
                .split(',')
                .filter(|field| !VARYING.iter().any(|varying| field.starts_with(varying)))
                .collect::<Vec<_>>()
                .join(","),
            word => word.to_owned(),
        };
        comparable.push(word);
    }
    comparable
}

#[test]
fn what_the_readme_shows_is_what_happens() {
    let text = fs::read_to_string(readme()).unwrap();
    let (shown, script) = read(&text);
    assert!(shown.len() > 20, "the README has its tour");

    let cluster = support::own_cluster(&[]);
    support::try_sql(&cluster.uri("postgres"), "create database water").unwrap();
    let place = tempfile::tempdir_in(support::scratch()).unwrap();
    let home = place.path().join("home");
    let project = place.path().join("water");
    fs::create_dir(&home).unwrap();
    fs::create_dir(&project).unwrap();
    let sockets = cluster.socket_dir().display().to_string();
    let port = cluster.port().to_string();
    fs::write(
        home.join(".pg_service.conf"),
        format!("[dev]\nhost={sockets}\nport={port}\ndbname=water\nuser=postgres\n"),
    )
    .unwrap();
    let binaries = Path::new(env!("CARGO_BIN_EXE_pum")).parent().unwrap().display();
    let path = std::env::var("PATH").unwrap_or_default();
    let output = Command::new("bash")
        .args(["-c", &script])
        .env_clear()
        .envs(std::env::var_os("PUM_PG_BIN").map(|value| ("PUM_PG_BIN", value)))
        .env("HOME", &home)
        .env("LC_ALL", "C.UTF-8")
        .env("PATH", format!("{binaries}:{path}"))
        .current_dir(&project)
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    let output = String::from_utf8(output.stdout)
        .unwrap()
        .replace(&format!("{sockets}:{port}"), "localhost:5432")
        .replace(&sockets, "localhost")
        .replace(&format!("port={port}"), "port=5432");
    let (outputs, codes): (Vec<Vec<&str>>, Vec<&str>) = output
        .split_terminator(MARK)
        .filter_map(|output| output.rsplit_once('\n'))
        .map(|(output, code)| (output.trim_end().lines().map(str::trim_end).collect(), code))
        .unzip();
    assert_eq!(outputs.len(), shown.len(), "a command ended the shell:\n{output}");
    for (pair, code) in shown.windows(2).zip(codes) {
        let [this, next] = pair else { continue };
        assert!(
            code == "0" || next.command == "echo $?",
            "README.md:{}: {} fails with {code}, and the README does not show that:\n{output}",
            this.line + 1,
            this.command
        );
    }

    if std::env::var_os("UPDATE_README").is_some() {
        return update(&text, &shown, &outputs);
    }
    for (shown, output) in shown.iter().zip(outputs) {
        let same =
            shown.output.iter().map(|line| comparable(line)).eq(output.iter().map(|line| comparable(line)));
        assert!(
            same,
            "README.md:{}: {}\nprints\n{}\nand the README shows\n{}\nto write it anew: UPDATE_README=1 cargo test readme",
            shown.line + 1,
            shown.command,
            output.join("\n"),
            shown.output.join("\n"),
        );
    }
}

/// Puts what was printed in the place of what is shown, where it is not the same.
fn update(text: &str, shown: &[Shown], outputs: &[Vec<&str>]) {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for (shown, output) in shown.iter().zip(outputs).rev() {
        let same =
            shown.output.iter().map(|line| comparable(line)).eq(output.iter().map(|line| comparable(line)));
        if !same {
            let first = shown.line + 1;
            lines.splice(first..first + shown.output.len(), output.iter().map(|line| (*line).to_owned()));
        }
    }
    fs::write(readme(), lines.join("\n") + "\n").unwrap();
}

#[test]
fn the_readme_begins_with_the_commands_that_ci_runs() {
    let text = fs::read_to_string(readme()).unwrap();
    for command in ["sh .ci/setup && cargo run --release -- demo", "sh .ci/setup && cargo test"] {
        assert!(text.contains(&format!("\n```sh\n{command}\n```\n")), "{command}");
    }
    let ci = fs::read_to_string(readme().with_file_name(".ci").join("run")).unwrap();
    let setup = ci.find("\nsh .ci/setup\n").expect("CI sets up");
    let test = ci.find("\ncargo test\n").expect("CI tests");
    assert!(setup < test);
}
