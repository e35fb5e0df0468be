//! A verification for people: a line a stage, its findings below it, and the verdict.

use anstyle::{AnsiColor, Style};

use super::took;
use crate::progress::count;
use crate::verify::{Finding, Outcome, Severity, Stage, Verdict, Verification};

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const GREEN: Style = AnsiColor::Green.on_default().bold();
const RED: Style = AnsiColor::Red.on_default().bold();
const YELLOW: Style = AnsiColor::Yellow.on_default().bold();
const CYAN: Style = AnsiColor::Cyan.on_default().bold();

/// The verification with colours; with `explain` also what it was measured against, and why. Nothing, if there was
/// nothing to verify and nobody asks.
pub fn text(verification: &Verification, explain: bool) -> String {
    let mut text = String::new();
    if verification.is_out_of_scope() && !explain {
        return text;
    }
    if explain {
        for (label, sentence) in &verification.explanation {
            text.push_str(&format!("{DIM}{label:>9}{DIM:#} {}\n", indented(sentence, 10)));
        }
    }
    for warning in &verification.warnings {
        text.push_str(&format!("{YELLOW}{:>9}{YELLOW:#} {}\n", "warning", indented(warning, 10)));
    }
    for outcome in &verification.outcomes {
        stage(outcome, &mut text);
    }
    verdict(verification, &mut text);
    text
}

fn stage(outcome: &Outcome, text: &mut String) {
    let name = outcome.stage.name();
    let took = took(outcome.duration);
    let (style, said) = match &outcome.obstacle {
        _ if outcome.is_failed() => (RED, format!("{RED}failed{RED:#}, {}", outcome.summary)),
        Some(obstacle) => (YELLOW, format!("{YELLOW}not done{YELLOW:#}: {}", indented(obstacle, 10))),
        None => (GREEN, outcome.summary.clone()),
    };
    let said = said.trim_end_matches([',', ' ']);
    text.push_str(&format!("{style}{name:>9}{style:#} {said} {DIM}in {took}{DIM:#}\n"));
    for measurement in &outcome.measurements {
        let place = format!("{}:{}", measurement.path.display(), measurement.line);
        text.push_str(&format!(
            "          {DIM}{place}{DIM:#} {}: {}\n",
            measurement.name, measurement.value
        ));
    }
    for one in &outcome.findings {
        finding(one, text);
    }
}

fn finding(finding: &Finding, text: &mut String) {
    let (style, word) = match finding.severity {
        Severity::Error => (RED, "error"),
        Severity::Warning => (YELLOW, "warning"),
    };
    let rule = finding.rule.as_ref().map_or_else(String::new, |rule| format!("[{rule}]"));
    let place = finding.place();
    let place = if place.is_empty() { place } else { format!("{BOLD}{place}{BOLD:#}: ") };
    text.push_str(&format!(
        "          {place}{style}{word}{rule}{style:#}: {}\n",
        indented(&finding.message, 12)
    ));
    for (label, note) in &finding.notes {
        text.push_str(&format!("            {BOLD}{label}{BOLD:#}: {}\n", indented(note, 14)));
    }
    for help in &finding.help {
        text.push_str(&format!("            {CYAN}help{CYAN:#}: {}\n", indented(help, 14)));
    }
}

fn verdict(verification: &Verification, text: &mut String) {
    let (style, word) = match &verification.verdict {
        Verdict::Proven => (GREEN, "proven"),
        Verdict::Refuted => (RED, "refuted"),
        Verdict::Unverified(_) => (YELLOW, "no answer"),
    };
    let mut said = verification.subject.clone();
    if let Some(commit) = &verification.commit
        && !commit.starts_with(&said)
    {
        said.push_str(&format!(" ({})", commit.get(..10).unwrap_or(commit)));
    }
    match &verification.verdict {
        Verdict::Proven => {}
        Verdict::Refuted => {
            let failed = verification.outcomes.iter().find(|outcome| outcome.is_failed());
            if let Some(failed) = failed {
                let errors =
                    failed.findings.iter().filter(|finding| finding.severity == Severity::Error).count();
                said.push_str(&format!(": {} in {}", count(errors, "error"), failed.stage));
            }
        }
        Verdict::Unverified(reason) => {
            said.push_str(&format!(" could not be verified: {}", indented(reason, 12)));
        }
    }
    if verification.verdict == Verdict::Proven {
        let left_out: Vec<&str> = verification.skipped.iter().map(|stage| Stage::name(*stage)).collect();
        if !left_out.is_empty() {
            said.push_str(&format!(", without {}", left_out.join(", ")));
        }
        if verification.is_out_of_scope() {
            said.push_str(", there is nothing to verify");
        }
    }
    let took = took(verification.duration);
    let cached = if verification.is_cached { " (cached)" } else { "" };
    text.push_str(&format!("{style}{word:>9}{style:#} {said} {DIM}in {took}{cached}{DIM:#}\n"));
    for help in &verification.help {
        text.push_str(&format!("{CYAN}{:>9}{CYAN:#} {}\n", "help", indented(help, 10)));
    }
}

/// A text whose further lines begin below its first one.
fn indented(text: &str, columns: usize) -> String {
    text.replace('\n', &format!("\n{:columns$}", ""))
}
