use pum::catalog::Kind;

use super::Case;

pub fn cases() -> Vec<Case> {
    let conversion = |attribute, before, change| Case {
        kind: Kind::Conversion,
        attribute,
        before,
        change,
        identity: "conversion s.v",
    };
    vec![
        collation("-", "", "create collation s.c (locale = 'C')"),
        collation(
            "provider",
            "create collation s.c (provider = icu, locale = 'de')",
            "update pg_collation set collprovider = 'b' where oid = 's.c'::regcollation",
        ),
        collation(
            "locale",
            "create collation s.c (provider = icu, locale = 'de')",
            "drop collation s.c; create collation s.c (provider = icu, locale = 'fr')",
        ),
        collation(
            "LC_COLLATE",
            "create collation s.c (locale = 'C')",
            "drop collation s.c; create collation s.c (lc_collate = 'POSIX', lc_ctype = 'C')",
        ),
        collation(
            "LC_CTYPE",
            "create collation s.c (locale = 'C')",
            "drop collation s.c; create collation s.c (lc_collate = 'C', lc_ctype = 'POSIX')",
        ),
        collation(
            "deterministic",
            "create collation s.c (provider = icu, locale = 'de')",
            "drop collation s.c; create collation s.c (provider = icu, locale = 'de', deterministic = false)",
        ),
        conversion("-", "", "create conversion s.v for 'LATIN1' to 'UTF8' from iso8859_1_to_utf8"),
        conversion(
            "from",
            "create conversion s.v for 'LATIN1' to 'UTF8' from iso8859_1_to_utf8",
            "update pg_conversion set conforencoding = pg_char_to_encoding('LATIN2')
             where connamespace = 's'::regnamespace",
        ),
        conversion(
            "to",
            "create conversion s.v for 'LATIN1' to 'UTF8' from iso8859_1_to_utf8",
            "update pg_conversion set contoencoding = pg_char_to_encoding('LATIN2')
             where connamespace = 's'::regnamespace",
        ),
        conversion(
            "function",
            "create conversion s.v for 'LATIN1' to 'UTF8' from iso8859_1_to_utf8",
            "update pg_conversion set conproc = 'iso8859_to_utf8'::regproc where connamespace = 's'::regnamespace",
        ),
        conversion(
            "default",
            "create conversion s.v for 'LATIN1' to 'UTF8' from iso8859_1_to_utf8",
            "drop conversion s.v; create default conversion s.v for 'LATIN1' to 'UTF8' from iso8859_1_to_utf8",
        ),
    ]
}

/// Those that came with 16.
pub fn since_16() -> Vec<Case> {
    vec![collation(
        "rules",
        "create collation s.c (provider = icu, locale = 'de')",
        "drop collation s.c; create collation s.c (provider = icu, locale = 'de', rules = '&a < b')",
    )]
}

fn collation(attribute: &'static str, before: &'static str, change: &'static str) -> Case {
    Case { kind: Kind::Collation, attribute, before, change, identity: "collation s.c" }
}
