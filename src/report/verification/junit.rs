//! A verification as JUnit's XML, which CI services show among the tests: a suite, and a case a stage.

use std::fmt::Write;
use std::time::Duration;

use crate::verify::{Finding, Outcome, Severity, Stage, Verdict, Verification};

/// The verification as JUnit's XML.
pub(super) fn junit(verification: &Verification) -> String {
    let outcomes = &verification.outcomes;
    let is_unverified = matches!(verification.verdict, Verdict::Unverified(_));
    let has_obstacle = outcomes.iter().any(|outcome| outcome.obstacle.is_some());
    // What is wrong before the first stage is a case of its own, or nobody would see it.
    let is_alone = is_unverified && !has_obstacle;
    let failures = outcomes.iter().filter(|outcome| outcome.is_failed()).count();
    let errors = usize::from(is_unverified);
    let cases = outcomes.len() + verification.skipped.len() + usize::from(is_alone);
    let counts = format!(
        "tests=\"{cases}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{}\" time=\"{}\"",
        verification.skipped.len(),
        seconds(verification.duration)
    );
    let name = attribute(&format!("pum verify {}", verification.subject));
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"pum verify\" {counts}>\n  <testsuite name=\"{name}\" {counts}>\n"
    );
    for outcome in outcomes {
        xml.push_str(&case(outcome));
    }
    for stage in &verification.skipped {
        let _ = write!(
            xml,
            "    <testcase classname=\"pum.verify\" name=\"{}\" time=\"0.000\">\n      <skipped message=\"left out\"/>\n    </testcase>\n",
            Stage::name(*stage)
        );
    }
    if let Verdict::Unverified(reason) = &verification.verdict
        && is_alone
    {
        let _ = write!(
            xml,
            "    <testcase classname=\"pum.verify\" name=\"verify\" time=\"0.000\">\n      <error message=\"{}\">{}</error>\n    </testcase>\n",
            attribute(reason),
            content(&verification.help.join("\n"))
        );
    }
    xml.push_str("  </testsuite>\n</testsuites>\n");
    xml
}

fn case(outcome: &Outcome) -> String {
    let mut xml = format!(
        "    <testcase classname=\"pum.verify\" name=\"{}\" time=\"{}\">\n",
        outcome.stage,
        seconds(outcome.duration)
    );
    let (errors, warnings): (Vec<&Finding>, Vec<&Finding>) =
        outcome.findings.iter().partition(|finding| finding.severity == Severity::Error);
    if let [first, ..] = errors.as_slice() {
        let more = match errors.len() {
            1 => String::new(),
            number => format!(" (and {} more)", number - 1),
        };
        let _ = writeln!(
            xml,
            "      <failure type=\"{}\" message=\"{}\">{}</failure>",
            attribute(first.rule.as_deref().unwrap_or(outcome.stage.name())),
            attribute(&format!("{}{more}", line(first))),
            content(&errors.iter().map(|finding| whole(finding)).collect::<String>())
        );
    } else if let Some(obstacle) = &outcome.obstacle {
        let _ = writeln!(xml, "      <error message=\"{}\"/>", attribute(obstacle));
    }
    let mut output = outcome.summary.clone();
    for warning in warnings {
        output.push_str(&format!("\nwarning: {}", whole(warning)));
    }
    if !output.is_empty() {
        let _ = writeln!(xml, "      <system-out>{}</system-out>", content(output.trim_end()));
    }
    xml.push_str("    </testcase>\n");
    xml
}

fn line(finding: &Finding) -> String {
    let place = finding.place();
    if place.is_empty() { finding.message.clone() } else { format!("{place}: {}", finding.message) }
}

fn whole(finding: &Finding) -> String {
    let mut text = format!("{}\n", line(finding));
    for (label, note) in &finding.notes {
        text.push_str(&format!("{label}: {note}\n"));
    }
    for help in &finding.help {
        text.push_str(&format!("help: {help}\n"));
    }
    text
}

fn seconds(duration: Duration) -> String {
    format!("{:.3}", duration.as_secs_f64())
}

/// A text between tags. Characters that XML does not know are replaced.
fn content(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\n' | '\t' => escaped.push(character),
            '\u{fffe}' | '\u{ffff}' => escaped.push(char::REPLACEMENT_CHARACTER),
            control if control.is_control() && u32::from(control) < 0x20 => {
                escaped.push(char::REPLACEMENT_CHARACTER)
            }
            other => escaped.push(other),
        }
    }
    escaped
}

/// A text in quotes; white space other than blanks would be taken for one.
fn attribute(text: &str) -> String {
    content(text).replace('"', "&quot;").replace('\n', "&#10;").replace('\t', "&#9;")
}

#[cfg(test)]
mod tests {
    use super::{attribute, content};

    #[test]
    fn what_xml_means_otherwise_is_escaped() {
        assert_eq!(content("a<b & \"c\"\n\u{1b}[0m"), "a&lt;b &amp; \"c\"\n\u{fffd}[0m");
        assert_eq!(attribute("a\n\"b\""), "a&#10;&quot;b&quot;");
    }
}
