//! A verification for people: a line a stage, its findings below it, and the verdict.

use anstyle::{AnsiColor, Style};

use crate::verify::{Finding, Outcome, Severity, Verdict, Verification};

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const GREEN: Style = AnsiColor::Green.on_default().bold();
const RED: Style = AnsiColor::Red.on_default().bold();
const YELLOW: Style = AnsiColor::Yellow.on_default().bold();

/// The verification with colours; with `explain` also what it was measured against, and why.
pub fn text(verification: &Verification, explain: bool) -> String {
    let mut text = String::new();
    if explain {
        for (label, sentence) in &verification.explanation {
            text.push_str(&format!("{DIM}{label:>9}{DIM:#} {sentence}\n"));
        }
    }
    for outcome in &verification.outcomes {
        stage(outcome, &mut text);
    }
    let subject = &verification.subject;
    match &verification.verdict {
        Verdict::Proven => text.push_str(&format!("{GREEN}{:>9}{GREEN:#} {subject}\n", "proven")),
        Verdict::Refuted => text.push_str(&format!("{RED}{:>9}{RED:#} {subject}\n", "refuted")),
        Verdict::Unverified(reason) => {
            text.push_str(&format!("{YELLOW}{:>9}{YELLOW:#} {subject}: {}\n", "no answer", indented(reason)));
        }
    }
    for help in &verification.help {
        text.push_str(&format!("     hint {}\n", indented(help)));
    }
    text
}

fn stage(outcome: &Outcome, text: &mut String) {
    let (style, word) = match (&outcome.obstacle, outcome.is_failed()) {
        (_, true) => (RED, "failed"),
        (Some(_), _) => (YELLOW, "not done"),
        (None, false) => (GREEN, "ok"),
    };
    let milliseconds = outcome.duration.as_millis();
    text.push_str(&format!(
        "{BOLD}{:>9}{BOLD:#} {style}{word}{style:#} {DIM}in {milliseconds} ms{DIM:#} {}\n",
        outcome.stage,
        outcome.obstacle.as_ref().unwrap_or(&outcome.summary)
    ));
    for one in &outcome.findings {
        finding(one, text);
    }
}

fn finding(finding: &Finding, text: &mut String) {
    let (style, word) = match finding.severity {
        Severity::Error => (RED, "error"),
        Severity::Warning => (YELLOW, "warning"),
    };
    let rule = finding.rule.as_ref().map_or_else(String::new, |rule| format!(" [{rule}]"));
    let place = finding.place();
    let place = if place.is_empty() { place } else { format!("{BOLD}{place}{BOLD:#}: ") };
    text.push_str(&format!(
        "          {place}{style}{word}{style:#}: {}{rule}\n",
        indented(&finding.message)
    ));
    for (label, note) in &finding.notes {
        text.push_str(&format!("            {label}: {}\n", indented(note)));
    }
    for help in &finding.help {
        text.push_str(&format!("            help: {}\n", indented(help)));
    }
}

/// Further lines begin where the text does.
fn indented(text: &str) -> String {
    text.replace('\n', "\n              ")
}
