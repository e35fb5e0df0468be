//! Who owns what.

use super::own::FIRST_NORMAL;
use super::{Attribute, Description, Element, Server};

/// The owner of each object that has one of its own. The sequence of a column and the index of a table have their
/// table's; one that comes to serve a column loses this fact. That of an extension can't be altered, and pg_dump does not write it.
pub(super) const OWNER: Description = Description {
    word: "owner",
    element: Element::Owners,
    attributes: &[Attribute::word("role")],
    query: owner_query,
};

fn owner_query(server: Server) -> String {
    // The owner that `public` has in a new database is a name that differs from cluster to cluster.
    let public_owner = if server.major() >= 15 { "6171" } else { "10" };
    let mut query = format!(
        "SELECT NULL, NULL, NULL, class, object, 0, NULL, '', NULL, pg_get_userbyid(owner) FROM (
            SELECT 1259 AS class, c.oid AS object, c.relowner AS owner FROM pg_class c
                LEFT JOIN pg_depend own ON c.relkind = 'S' AND own.classid = 1259 AND own.objid = c.oid AND own.objsubid = 0
                    AND own.refclassid = 1259 AND own.refobjsubid > 0 AND own.deptype IN ('a', 'i')
                WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND own.objid IS NULL
            UNION ALL SELECT 1247, t.oid, t.typowner FROM pg_type t LEFT JOIN pg_class r ON r.oid = t.typrelid
                WHERE (t.typrelid = 0 OR r.relkind = 'c') AND (t.typelem = 0 OR t.typarray <> 0)
            UNION ALL SELECT 2615, oid, nspowner FROM pg_namespace WHERE nspname <> 'public' OR nspowner <> {public_owner}"
    );
    for (class, catalog, owner) in OWNED {
        query.push_str(&format!("\nUNION ALL SELECT {class}, oid, {owner} FROM {catalog}"));
    }
    // Up to 13, nobody but a superuser may read the oid of a subscription.
    if server.major() >= 14 {
        query.push_str(
            "\nUNION ALL SELECT 6100, s.oid, s.subowner FROM pg_subscription s
                JOIN pg_database d ON d.oid = s.subdbid AND d.datname = current_database()",
        );
    }
    query.push_str(&format!(") objects WHERE object >= {FIRST_NORMAL} OR class = 2615"));
    query
}

/// Catalogs of what has an owner, by oid, and the column.
const OWNED: &[(u32, &str, &str)] = &[
    (1255, "pg_proc", "proowner"),
    (2617, "pg_operator", "oprowner"),
    (2616, "pg_opclass", "opcowner"),
    (2753, "pg_opfamily", "opfowner"),
    (3456, "pg_collation", "collowner"),
    (2607, "pg_conversion", "conowner"),
    (3600, "pg_ts_dict", "dictowner"),
    (3602, "pg_ts_config", "cfgowner"),
    (2612, "pg_language", "lanowner"),
    (2328, "pg_foreign_data_wrapper", "fdwowner"),
    (1417, "pg_foreign_server", "srvowner"),
    (3381, "pg_statistic_ext", "stxowner"),
    (3466, "pg_event_trigger", "evtowner"),
    (6104, "pg_publication", "pubowner"),
];
