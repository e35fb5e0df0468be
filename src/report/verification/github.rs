//! A verification for GitHub Actions: workflow commands, which it shows as annotations at the lines that they are about,
//! and a summary of the step in Markdown.

use super::{took, word};
use crate::progress::count;
use crate::verify::{Finding, Severity, Verdict, Verification};

/// A workflow command a finding.
pub fn annotations(verification: &Verification) -> String {
    let mut text: String = verification.findings().map(annotation).collect();
    for warning in &verification.warnings {
        text.push_str(&format!("::warning title=pum verify::{}\n", data(warning)));
    }
    if let Verdict::Unverified(reason) = &verification.verdict {
        let help: String = verification.help.iter().map(|help| format!("\nhelp: {help}")).collect();
        let said = format!("{} could not be verified: {reason}{help}", verification.subject);
        text.push_str(&format!("::error title=pum verify::{}\n", data(&said)));
    }
    text
}

fn annotation(finding: &Finding) -> String {
    let command = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let mut properties = Vec::new();
    if let Some(path) = &finding.path {
        properties.push(format!("file={}", property(&path.to_string_lossy())));
        // Without a line it is shown at the head of the file.
        properties.push(format!("line={}", finding.line.unwrap_or(1)));
        properties.extend(finding.column.map(|column| format!("col={column}")));
    }
    let rule = finding.rule.as_ref().map_or_else(String::new, |rule| format!(", {rule}"));
    properties.push(format!("title={}", property(&format!("pum verify: {}{rule}", finding.stage))));
    let mut message = finding.message.clone();
    for (label, note) in &finding.notes {
        message.push_str(&format!("\n{label}: {note}"));
    }
    for help in &finding.help {
        message.push_str(&format!("\nhelp: {help}"));
    }
    format!("::{command} {}::{}\n", properties.join(","), data(&message))
}

/// The text of a workflow command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property of a workflow command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// The summary of the step, in Markdown.
pub fn summary(verification: &Verification) -> String {
    let mark = match verification.verdict {
        Verdict::Proven => "✅",
        Verdict::Refuted => "❌",
        Verdict::Unverified(_) => "⚠️",
    };
    let mut text =
        format!("### {mark} pum verify: {} {}\n\n", code(&verification.subject), word(verification));
    if let Verdict::Unverified(reason) = &verification.verdict {
        text.push_str(&format!("{}\n\n", plain(reason)));
        for help in &verification.help {
            text.push_str(&format!("- {}\n", plain(help)));
        }
        text.push('\n');
    }
    if !verification.outcomes.is_empty() {
        text.push_str("| stage | result | |\n| --- | --- | --- |\n");
    }
    for outcome in &verification.outcomes {
        let errors = outcome.findings.iter().filter(|finding| finding.severity == Severity::Error).count();
        let result = match &outcome.obstacle {
            _ if errors > 0 => count(errors, "error"),
            Some(_) => "not done".to_owned(),
            None => "ok".to_owned(),
        };
        let said = outcome.obstacle.as_ref().unwrap_or(&outcome.summary);
        text.push_str(&format!(
            "| {} | {result} | {}, {} |\n",
            outcome.stage,
            cell(said),
            took(outcome.duration)
        ));
    }
    let findings: Vec<&Finding> = verification.findings().collect();
    if !findings.is_empty() {
        text.push('\n');
    }
    for finding in findings {
        let place = finding.place();
        let place = if place.is_empty() { place } else { format!("{}: ", code(&place)) };
        let severity = match finding.severity {
            Severity::Error => "**error**",
            Severity::Warning => "warning",
        };
        text.push_str(&format!("- {place}{severity}: {}\n", plain(&finding.message)));
        for (label, note) in &finding.notes {
            text.push_str(&format!("\n  {}:\n\n{}\n", plain(label), block(note)));
        }
        for help in &finding.help {
            text.push_str(&format!("  - {}\n", plain(help)));
        }
    }
    if !verification.explanation.is_empty() {
        text.push_str("\n<details><summary>measured against</summary>\n\n");
        for (label, sentence) in &verification.explanation {
            text.push_str(&format!("- {label}: {}\n", plain(sentence)));
        }
        text.push_str("\n</details>\n");
    }
    text
}

/// A text of several lines as it is; in a list.
fn block(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!(
        "  {fence}\n{}\n  {fence}\n",
        text.lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
    )
}

/// A word as it is.
fn code(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let space = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{space}{}{space}{fence}", text.replace('\n', " "))
}

/// A sentence in which nothing is markup, on one line.
fn plain(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' => escaped.push(' '),
            '<' => escaped.push_str("&lt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '|' | '~' => {
                escaped.push('\\');
                escaped.push(character);
            }
            other => escaped.push(other),
        }
    }
    escaped
}

/// The same in a table.
fn cell(text: &str) -> String {
    plain(text)
}

#[cfg(test)]
mod tests {
    use super::{annotation, code, data, plain, property};
    use crate::verify::{Finding, Stage};

    #[test]
    fn annotations_are_one_line_whatever_is_in_them() {
        assert_eq!(data("100%\r\n::error::x"), "100%25%0D%0A::error::x");
        assert_eq!(property("a,b:c"), "a%2Cb%3Ac");
        let finding = Finding::error(Stage::Names, "it is\nwrong")
            .in_file("delta/delta_1.0.0_größe, 1:2.sql".as_ref())
            .at_offset("é\nx", 3)
            .help("50%");
        assert_eq!(
            annotation(&finding),
            "::error file=delta/delta_1.0.0_größe%2C 1%3A2.sql,line=2,col=1,title=pum verify%3A names::it is%0Awrong%0Ahelp: 50%25\n"
        );
    }

    #[test]
    fn nothing_that_was_found_is_markup() {
        assert_eq!(plain("delta_1.0.0_*.sql <b>"), "delta\\_1.0.0\\_\\*.sql &lt;b>");
        assert_eq!(code("a`b"), "``a`b``");
    }
}
