//! Any bytes as a delta file: read or refused with a place inside the file, never a panic, and every position of every
//! statement leads into it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pum::sql::{Origin, Source, Value, Variables, prepare};

fuzz_target!(|bytes: &[u8]| {
    let Ok(source) = Source::decode("delta_1.0.0.sql", bytes.to_vec()) else { return };
    let mut variables = Variables::default();
    for origin in [None, Some(Origin::Configuration), Some(Origin::CommandLine)] {
        if let Some(origin) = origin {
            variables.insert("X", Value::Text("l'é;\\".to_owned()), origin);
        }
        match prepare(&source, &variables) {
            Ok(script) => {
                for statement in script.statements() {
                    let range = statement.range();
                    assert!(source.text.get(range.clone()).is_some());
                    for position in [0, 1, 2, statement.sql().len() / 2, usize::MAX] {
                        let at = statement.locate(position);
                        assert!(range.start <= at && at <= range.end);
                    }
                    assert!(statement.first_words(20).chars().count() <= 20);
                }
            }
            Err(error) => {
                let excerpt = error.excerpt.expect("a place");
                assert!(source.text.get(excerpt.range).is_some());
            }
        }
    }
});
