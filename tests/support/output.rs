//! What a program printed, in a form that can be compared: exit code and both outputs in one text, with what
//! differs from run to run replaced.

/// Runs a command: `exit code`, then what it wrote to standard output and to standard error.
pub fn run(command: &mut assert_cmd::Command) -> String {
    let output = command.output().expect("the program runs");
    let code = output.status.code().map_or_else(|| output.status.to_string(), |code| code.to_string());
    format!(
        "exit code: {code}\n----- stdout -----\n{}----- stderr -----\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// While the result lives, insta replaces directories, database names, versions, times and durations.
pub fn filters() -> insta::internals::SettingsBindDropGuard {
    let mut settings = insta::Settings::clone_current();
    for (pattern, replacement) in [
        (r"/[^\s?&']*(?:/|%2F)pum-shadow-[^/\s:;,&?'\x22]+", "[SOCKET]"),
        (r"(?:%2F[^\s?&']*)?%2Fpum-shadow-[^/\s:;,&?'\x22]+", "[SOCKET]"),
        (r"/[^\s']*/pum-tests-[^/\s]+/project-\w+", "[PROJECT]"),
        (r"/[^\s']*/pum-tests-[^/\s:;,'\x22]+", "[SCRATCH]"),
        (r"(?:\b|_)t_\d+_\d+\b", "[DATABASE]"),
        (r"\b\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d(?::?\d\d)?)?", "[TIME]"),
        (r"\b\d{4}-\d\d-\d\d\b", "[DATE]"),
        (r"\b\d+(?:\.\d+)? ?(?:ms|s|µs)\b", "[DURATION]"),
        (r"(PostgreSQL |server version )\d+(?:\.\d+|\w+)?", "${1}[VERSION]"),
        (r"(server_version\x22: ?\x22)[\w.]+", "${1}[VERSION]"),
        (r"\bpid \d+", "pid [PID]"),
        (r"\b[0-9a-f]{40}\b", "[ID]"),
        (r"\b(?:[a-f]\d|\d+[a-f])[0-9a-f]{8}\b|\b[0-9a-f]{10}\b", "[ID]"),
        // The first line of every command that writes, where it says nothing special.
        (r"(?m)^Connected to \[DATABASE\] as postgres on \[SOCKET\]:5432, PostgreSQL \[VERSION\]\n", ""),
    ] {
        settings.add_filter(pattern, replacement);
    }
    settings.bind_to_scope()
}

/// Runs a command and compares what it printed with an inline snapshot: `assert_run!(pum().arg("info"), @"…")`.
macro_rules! assert_run {
    ($command:expr, @$expected:literal) => {{
        let _filters = $crate::support::filters();
        insta::assert_snapshot!($crate::support::run(&mut $command), @$expected);
    }};
}
pub(crate) use assert_run;
