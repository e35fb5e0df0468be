//! Full text search: parsers, dictionaries, the templates of dictionaries, and configurations, which map the tokens of
//! a parser to dictionaries.

use super::own::{FIRST_NORMAL, function};
use super::schemas::OWN_SCHEMA;
use super::{Attribute, Description, Element};

/// <https://www.postgresql.org/docs/current/catalog-pg-ts-parser.html>
pub(super) const PARSER: Description = Description {
    word: "text search parser",
    element: Element::Other,
    attributes: &[
        Attribute::word("start function"),
        Attribute::word("token function"),
        Attribute::word("end function"),
        Attribute::word("headline function"),
        Attribute::word("types function"),
    ],
    query: |_| {
        format!(
            "SELECT s.tableoid, s.oid, 0, NULL, NULL, NULL, n.nspname, s.prsname, NULL,
                {start}, {token}, {end}, {headline}, {types}
            FROM pg_ts_parser s
            JOIN pg_namespace n ON n.oid = s.prsnamespace
            WHERE {OWN_SCHEMA}",
            start = function("s.prsstart"),
            token = function("s.prstoken"),
            end = function("s.prsend"),
            headline = function("s.prsheadline"),
            types = function("s.prslextype"),
        )
    },
};

/// <https://www.postgresql.org/docs/current/catalog-pg-ts-template.html>
pub(super) const TEMPLATE: Description = Description {
    word: "text search template",
    element: Element::Other,
    attributes: &[Attribute::word("init function"), Attribute::word("lexize function")],
    query: |_| {
        format!(
            "SELECT s.tableoid, s.oid, 0, NULL, NULL, NULL, n.nspname, s.tmplname, NULL, {init}, {lexize}
            FROM pg_ts_template s
            JOIN pg_namespace n ON n.oid = s.tmplnamespace
            WHERE {OWN_SCHEMA}",
            init = function("s.tmplinit"),
            lexize = function("s.tmpllexize"),
        )
    },
};

/// <https://www.postgresql.org/docs/current/catalog-pg-ts-dict.html>
pub(super) const DICTIONARY: Description = Description {
    word: "text search dictionary",
    element: Element::Other,
    attributes: &[Attribute::word("template"), Attribute::word("options")],
    query: |_| {
        format!(
            "SELECT s.tableoid, s.oid, 0, NULL, NULL, NULL, n.nspname, s.dictname, NULL,
                CASE WHEN m.nspname <> 'pg_catalog' THEN quote_ident(m.nspname) || '.' ELSE '' END
                    || quote_ident(t.tmplname),
                s.dictinitoption
            FROM pg_ts_dict s
            JOIN pg_namespace n ON n.oid = s.dictnamespace
            JOIN pg_ts_template t ON t.oid = s.dicttemplate
            JOIN pg_namespace m ON m.oid = t.tmplnamespace
            WHERE {OWN_SCHEMA}"
        )
    },
};

/// <https://www.postgresql.org/docs/current/catalog-pg-ts-config.html>
pub(super) const CONFIGURATION: Description = Description {
    word: "text search configuration",
    element: Element::Other,
    attributes: &[Attribute::word("parser"), Attribute::list("mappings")],
    query: |_| {
        // The names of a parser's tokens are known to the parser alone.
        format!(
            "SELECT s.tableoid, s.oid, 0, NULL, NULL, NULL, n.nspname, s.cfgname, NULL,
                CASE WHEN m.nspname <> 'pg_catalog' THEN quote_ident(m.nspname) || '.' ELSE '' END
                    || quote_ident(p.prsname),
                (SELECT string_agg(concat(k.alias, ': ', d.names), E'\\n' ORDER BY k.alias COLLATE \"C\")
                    FROM (SELECT x.maptokentype, string_agg(x.mapdict::regdictionary::text, ', ' ORDER BY x.mapseqno)
                            AS names FROM pg_ts_config_map x WHERE x.mapcfg = s.oid GROUP BY x.maptokentype) d
                    JOIN ts_token_type(s.cfgparser) k ON k.tokid = d.maptokentype)
            FROM pg_ts_config s
            JOIN pg_namespace n ON n.oid = s.cfgnamespace
            JOIN pg_ts_parser p ON p.oid = s.cfgparser
            JOIN pg_namespace m ON m.oid = p.prsnamespace
            WHERE {OWN_SCHEMA} AND s.oid >= {FIRST_NORMAL}"
        )
    },
};
