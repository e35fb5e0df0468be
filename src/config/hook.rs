//! What `pum.yaml` says of the git hook.

use std::path::Path;
use std::time::Duration;

use serde::Deserialize;

use super::keys::find_key;
use crate::error::Excerpt;
use crate::{Error, Result};

/// What becomes of a push that could not be verified in time, or at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnTimeout {
    /// It goes through, and that is said.
    #[default]
    Pass,
    /// It is refused.
    Refuse,
}

/// How long the git hook may take, and what then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hook {
    /// How long a push may be held up.
    pub timeout: Duration,
    /// What then.
    pub on_timeout: OnTimeout,
}

impl Default for Hook {
    /// A minute: servers drop a push that nothing is heard of for some minutes.
    fn default() -> Hook {
        Hook { timeout: Duration::from_secs(60), on_timeout: OnTimeout::Pass }
    }
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct HookKeys {
    timeout: Option<Time>,
    on_timeout: Option<OnTimeout>,
}

/// `60s`, or a bare number of seconds.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Time {
    Seconds(f64),
    Text(String),
}

impl HookKeys {
    pub(super) fn hook(self, file: &Path, text: &str) -> Result<Hook> {
        let mut hook = Hook::default();
        if let Some(on_timeout) = self.on_timeout {
            hook.on_timeout = on_timeout;
        }
        let timeout = self.timeout.map(|time| match time {
            Time::Seconds(seconds) => duration(&seconds.to_string()),
            Time::Text(text) => duration(&text),
        });
        match timeout.transpose() {
            Ok(timeout) => hook.timeout = timeout.unwrap_or(hook.timeout),
            Err(why) => {
                let start = find_key(text, "timeout", Some("hook")).unwrap_or(0);
                return Err(Error::usage(format!("{} is not understood", file.display())).at(Excerpt {
                    path: file.to_owned(),
                    text: text.to_owned(),
                    range: start..start + "timeout".len(),
                    label: why,
                }));
            }
        }
        Ok(hook)
    }
}

/// Parses `30`, `30s`, `500ms`, `5m`; a bare number is seconds.
pub fn duration(text: &str) -> std::result::Result<Duration, String> {
    let unit = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let number: f64 =
        text[..unit].parse().map_err(|_| format!("{text:?} is no duration, such as 30s, 500ms or 5m"))?;
    let seconds = match text[unit..].trim() {
        "ms" => number / 1000.0,
        "" | "s" => number,
        "m" | "min" => number * 60.0,
        "h" => number * 3600.0,
        other => return Err(format!("unknown unit {other:?}; ms, s, m and h are known")),
    };
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::duration;

    #[test]
    fn durations_have_units_and_seconds_need_none() {
        assert_eq!(duration("30"), Ok(Duration::from_secs(30)));
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("1.5m"), Ok(Duration::from_secs(90)));
        for wrong in ["", "s", "3 weeks", "-1", "1e400"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
