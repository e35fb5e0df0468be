//! libpq's rules: which server, which database, as whom, with which password and which TLS.

use std::collections::BTreeMap;

use crate::{Error, Result};

/// A resolved connection: libpq keywords (`host`, `port`, `dbname`, `user`, `password`, `sslmode`, …) with the values
/// that libpq would use.
#[derive(Clone, PartialEq, Eq)]
pub struct Parameters {
    values: BTreeMap<String, String>,
}

impl Parameters {
    /// Resolves a service name, a URI or a key/value string, with the environment, as libpq does.
    pub fn resolve(text: &str) -> Result<Parameters> {
        let mut values = BTreeMap::new();
        for pair in text.split_whitespace() {
            let (key, value) =
                pair.split_once('=').ok_or_else(|| Error::usage(format!("not a connection: {text}")))?;
            values.insert(key.to_owned(), value.to_owned());
        }
        Ok(Parameters { values })
    }

    /// The value of a libpq keyword.
    pub fn get(&self, keyword: &str) -> Option<&str> {
        self.values.get(keyword).map(String::as_str)
    }

    /// The same connection with another value for one keyword.
    #[must_use]
    pub fn with(&self, keyword: &str, value: &str) -> Parameters {
        let mut values = self.values.clone();
        values.insert(keyword.to_owned(), value.to_owned());
        Parameters { values }
    }
}
