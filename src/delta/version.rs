//! The version of a delta, a baseline or a database: three numbers, compared as numbers.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// Three numbers, such as 1.4.0. Leading zeros do not count: `100.002.9` is 100.2.9. The order is that of the
/// numbers, so 1.9.0 is before 1.10.0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// The first number.
    pub major: u64,
    /// The second number.
    pub minor: u64,
    /// The third number.
    pub patch: u64,
}

/// Why a text is no version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a version: three numbers with dots between them are expected, such as 1.4.0")]
pub struct NotAVersion(pub String);

impl FromStr for Version {
    type Err = NotAVersion;

    fn from_str(text: &str) -> Result<Version, NotAVersion> {
        let number = |part: &str| -> Option<u64> {
            (!part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit())).then(|| part.parse().ok())?
        };
        let parts: Option<Vec<u64>> = text.split('.').map(number).collect();
        match parts.as_deref() {
            Some(&[major, minor, patch]) => Ok(Version { major, minor, patch }),
            _ => Err(NotAVersion(text.to_owned())),
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // `pad` so that widths in format strings work.
        formatter.pad(&format!("{}.{}.{}", self.major, self.minor, self.patch))
    }
}

impl Serialize for Version {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Version;

    fn version(text: &str) -> Version {
        text.parse().unwrap()
    }

    #[test]
    fn numbers_are_compared_as_numbers() {
        assert!(version("1.9.0") < version("1.10.0"));
        assert!(version("1.4.2") < version("2.0.0"));
        assert_eq!(version("100.002.9").to_string(), "100.2.9");
    }

    #[test]
    fn anything_but_three_numbers_is_refused() {
        for text in [
            "",
            "1",
            "1.2",
            "1.2.3.4",
            "1.2.x",
            "1..2",
            "v1.2.3",
            " 1.2.3",
            "1.2.+3",
            "1.2.99999999999999999999",
        ] {
            assert!(text.parse::<Version>().is_err(), "{text}");
        }
    }

    fn any_version() -> impl Strategy<Value = Version> {
        (0..20u64, 0..20u64, 0..20u64).prop_map(|(major, minor, patch)| Version { major, minor, patch })
    }

    proptest! {
        #[test]
        fn the_order_is_total_and_text_round_trips(a in any_version(), b in any_version(), c in any_version()) {
            prop_assert_eq!(version(&a.to_string()), a);
            prop_assert_eq!(a.cmp(&b), b.cmp(&a).reverse());
            prop_assert_eq!(a.cmp(&b).is_eq(), a == b);
            if a <= b && b <= c {
                prop_assert!(a <= c);
            }
        }
    }
}
