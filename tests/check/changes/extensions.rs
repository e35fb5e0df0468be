use pum::catalog::Kind;

use super::Case;

pub fn cases() -> Vec<Case> {
    let extension = |identity, attribute, before, change| Case {
        kind: Kind::Extension,
        attribute,
        before,
        change,
        identity,
    };
    vec![
        // Nothing is said of its members.
        extension("extension hstore", "-", "", "create extension hstore schema s"),
        extension(
            "extension pg_trgm",
            "schema",
            "create extension pg_trgm schema s",
            "alter extension pg_trgm set schema public",
        ),
        extension(
            "extension citext",
            "version",
            "create extension citext schema s version '1.4'",
            "alter extension citext update to '1.5'",
        ),
    ]
}
