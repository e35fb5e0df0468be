//! What a schema has that is no fact: objects of kinds that are not modelled, also of kinds that a newer server may
//! bring, and objects that the user put in system schemas. Nothing is passed over in silence. Roles, tablespaces and
//! databases belong to the whole cluster, not to a schema.

use super::own::FIRST_NORMAL;
use super::{Kind, Server};

/// How many objects are named; beyond that they are counted.
const NAMED: usize = 5;

/// Catalogs whose kind is known and has no facts, with the words for their objects.
const WORDS: &[(&str, &str)] = &[("pg_largeobject_metadata", "large objects")];

/// Names the system catalogs of this database whose objects have oids: one column.
pub(super) const CATALOGS: &str = "SELECT c.relname
    FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'oid' AND a.attnum > 0
    WHERE c.relkind = 'r' AND c.relnamespace = 'pg_catalog'::regnamespace AND NOT c.relisshared";

/// Catalogs whose rows have a letter for what they are, and the letters that kinds read.
const LETTERS: &[(&str, &str, &str, &str)] = &[
    ("pg_class", "relkind", "relnamespace", "cfiImprStv"),
    ("pg_type", "typtype", "typnamespace", "bcdempr"),
    ("pg_proc", "prokind", "pronamespace", "afpw"),
    ("pg_constraint", "contype", "connamespace", "cfnptux"),
];

/// Catalogs whose objects are in a schema, with the column that says in which.
const IN_SCHEMAS: &[(&str, &str)] = &[
    ("pg_class", "relnamespace"),
    ("pg_collation", "collnamespace"),
    ("pg_conversion", "connamespace"),
    ("pg_opclass", "opcnamespace"),
    ("pg_operator", "oprnamespace"),
    ("pg_opfamily", "opfnamespace"),
    ("pg_proc", "pronamespace"),
    ("pg_statistic_ext", "stxnamespace"),
    ("pg_ts_config", "cfgnamespace"),
    ("pg_ts_dict", "dictnamespace"),
    ("pg_ts_parser", "prsnamespace"),
    ("pg_ts_template", "tmplnamespace"),
    ("pg_type", "typnamespace"),
];

/// Asks for objects that no kind reads although one reads their catalog: a sentence a row.
pub(super) fn strays() -> String {
    let mut parts = Vec::new();
    for (catalog, letter, schema, known) in LETTERS {
        parts.push(format!(
            "SELECT concat('rows of {catalog} with {letter} ', x.{letter}, ', a kind that is not known: ', count(*))
            FROM {catalog} x
            JOIN pg_namespace n ON n.oid = x.{schema}
            WHERE strpos('{known}', x.{letter}::text) = 0 AND x.oid >= {FIRST_NORMAL} AND n.nspname !~ '^pg_'
            GROUP BY x.{letter}"
        ));
    }
    for (catalog, schema) in IN_SCHEMAS {
        parts.push(format!(
            "SELECT concat(i.type, ' ', i.identity, ', in a system schema')
            FROM {catalog} x
            CROSS JOIN pg_identify_object(x.tableoid, x.oid, 0) i
            WHERE x.{schema} IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
                AND x.oid >= {FIRST_NORMAL}
                AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = x.tableoid AND d.objid = x.oid
                    AND d.deptype IN ('e', 'i', 'P', 'S'))"
        ));
    }
    parts.join(" UNION ALL ")
}

/// Those of the catalogs that no query of a kind reads.
pub(super) fn unread(catalogs: Vec<String>, server: Server) -> Vec<String> {
    let queries: Vec<String> = Kind::ALL.iter().map(|kind| kind.query(server)).collect();
    let read = |catalog: &String| {
        queries
            .iter()
            .any(|query| query.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == catalog))
    };
    catalogs.into_iter().filter(|catalog| !read(catalog)).collect()
}

/// Asks for the objects in these catalogs: the catalog, how many there are, the oids of some; a statement for all.
pub(super) fn objects(catalogs: &[String]) -> Option<String> {
    let parts: Vec<String> = catalogs
        .iter()
        .map(|catalog| {
            format!(
                "SELECT '{catalog}', count(*), array_to_string((array_agg(x.oid ORDER BY x.oid))[1:{NAMED}], ', ')
                FROM {catalog} x
                WHERE x.oid >= {FIRST_NORMAL}
                    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = x.tableoid AND d.objid = x.oid
                        AND d.deptype IN ('e', 'i'))
                HAVING count(*) > 0"
            )
        })
        .collect();
    (!parts.is_empty()).then(|| parts.join(" UNION ALL "))
}

/// The sentence for objects that [`objects`] found.
pub(super) fn sentence(catalog: &str, count: usize, some: &str) -> String {
    let words = WORDS.iter().find(|(known, _)| *known == catalog);
    let what = words.map_or_else(|| format!("objects of {catalog}"), |(_, words)| (*words).to_owned());
    let more = if count > NAMED { ", …" } else { "" };
    format!("{what}, a kind that is not modelled: {count} (oid {some}{more})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_catalog_that_no_kind_reads_is_noticed() {
        let catalogs = ["pg_proc", "pg_enum", "pg_largeobject_metadata", "pg_proc_future"];
        let unread = unread(catalogs.map(str::to_owned).to_vec(), Server { version: 150_000 });
        assert_eq!(unread, ["pg_largeobject_metadata", "pg_proc_future"]);
    }

    #[test]
    fn unread_objects_are_counted_and_some_are_named() {
        assert_eq!(
            sentence("pg_largeobject_metadata", 2, "16400, 16401"),
            "large objects, a kind that is not modelled: 2 (oid 16400, 16401)"
        );
        assert_eq!(
            sentence("pg_future", 9, "1, 2, 3, 4, 5"),
            "objects of pg_future, a kind that is not modelled: 9 (oid 1, 2, 3, 4, 5, …)"
        );
    }
}
