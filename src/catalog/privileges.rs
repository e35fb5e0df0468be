//! Grants: what a role may do with an object, as far as it is not what the server gives by default.
//!
//! A privilege is a fact per object and grantee: `privilege viewer on table app.pipe`. The grantee `PUBLIC` is
//! everybody, `OWNER` the owner of the object, whoever that is, so that databases with other owners are equal; roles
//! that are really named so have their quotes. An owner or a PUBLIC that lacks what it has by default has a fact too,
//! with what is left.
//!
//! The members of extensions are no facts, and neither are the server's own objects, but what was granted on them by
//! hand (that is, differs from `pg_init_privs`) is told, as pg_dump does: it hangs on the extension, or on nothing,
//! and its signature says on what it is: `privilege viewer(table public.spatial_ref_sys) on extension postgis`.

use super::comments::IDENTITY_SEQUENCES;
use super::own::FIRST_NORMAL;
use super::{Attribute, Description, Element, Server};

/// <https://www.postgresql.org/docs/current/ddl-priv.html>
pub(super) const PRIVILEGE: Description = Description {
    word: "privilege",
    element: Element::Privileges,
    attributes: &[Attribute::list("privileges")],
    query: privilege_query,
};

fn privilege_query(server: Server) -> String {
    // What a new database grants on `public`, to each version its own. One that was made again has not got it.
    let public_create = if server.major() >= 15 { "" } else { "|| makeaclitem(0, o.owner, 'CREATE', false)" };
    let objects = objects();
    let (now, before) = (rights("s.acl", "s.owner"), rights("s.initial", "e.grantor"));
    // Few lists of grants are on many objects: each is taken apart once.
    format!(
        "WITH objects AS (
            SELECT o.class, o.object, o.part, o.owner, o.acl, o.is_public, m.refobjid AS extension,
                CASE WHEN o.is_public
                        THEN acldefault('n', o.owner) || makeaclitem(0, o.owner, 'USAGE', false) {public_create}
                    ELSE COALESCE(i.initprivs, acldefault(o.type, o.owner)) END AS initial
            FROM ({objects}) o
            LEFT JOIN pg_init_privs i ON i.classoid = o.class AND i.objoid = o.object AND i.objsubid = o.part
            LEFT JOIN pg_depend m ON m.classid = o.class AND m.objid = o.object AND m.objsubid = 0 AND m.deptype = 'e'
            WHERE o.object >= {FIRST_NORMAL} OR o.is_public OR i.initprivs IS DISTINCT FROM o.acl
        ), sets AS (
            SELECT row_number() OVER () AS number, d.* FROM (SELECT DISTINCT owner, acl, initial FROM objects) d
        ), rights AS (
            SELECT s.number, r.grantee, {NOW} AS now FROM sets s
            CROSS JOIN LATERAL (SELECT true AS is_now, {now} UNION ALL SELECT false, {before}) r
            GROUP BY s.number, r.grantee HAVING {NOW} IS DISTINCT FROM {BEFORE}
        )
        SELECT NULL, NULL, NULL,
            CASE WHEN o.extension IS NOT NULL THEN 3079 WHEN o.is_own THEN o.class END,
            CASE WHEN o.extension IS NOT NULL THEN o.extension WHEN o.is_own THEN COALESCE(s.refobjid, o.object) END,
            CASE WHEN o.extension IS NOT NULL THEN 0 WHEN o.is_own THEN COALESCE(s.refobjsubid, o.part) END,
            NULL, o.grantee,
            CASE WHEN o.extension IS NOT NULL OR NOT o.is_own THEN
                (SELECT d.type || ' ' || d.identity FROM pg_identify_object(o.class, o.object, o.part) d)
                WHEN s.objid IS NOT NULL THEN 'sequence' END,
            COALESCE(o.now, '')
        FROM (SELECT o.*, r.grantee, r.now, o.object >= {FIRST_NORMAL} OR o.is_public AS is_own
            FROM objects o
            JOIN sets s ON s.owner = o.owner AND s.acl = o.acl AND s.initial = o.initial
            JOIN rights r ON r.number = s.number) o
        LEFT JOIN ({IDENTITY_SEQUENCES}) s ON o.class = 1259 AND s.objid = o.object"
    )
}

/// The list of the rights `r` that a grantee has.
const NOW: &str = "string_agg(r.item, E'\\n' ORDER BY r.item COLLATE \"C\") FILTER (WHERE r.is_now)";

/// The list of those that it has by default.
const BEFORE: &str = "string_agg(r.item, E'\\n' ORDER BY r.item COLLATE \"C\") FILTER (WHERE NOT r.is_now)";

/// Reads every object with a list of grants, and `public`, with the type that acldefault() knows it by.
fn objects() -> String {
    let mut query = "SELECT 1259 AS class, c.oid AS object, 0 AS part, false AS is_public,
            (CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END)::\"char\" AS type, c.relowner AS owner, c.relacl AS acl
        FROM pg_class c WHERE c.relacl IS NOT NULL
            AND c.relnamespace NOT IN (SELECT oid FROM pg_namespace WHERE nspname = 'information_schema')
        UNION ALL SELECT 1259, c.oid, a.attnum, false, 'c', c.relowner, a.attacl
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid WHERE a.attacl IS NOT NULL AND NOT a.attisdropped
        UNION ALL SELECT 2615, oid, 0, nspname = 'public', 'n', nspowner, COALESCE(nspacl, acldefault('n', nspowner))
        FROM pg_namespace WHERE (nspacl IS NOT NULL OR nspname = 'public') AND nspname !~ '^pg_(toast|temp)|^information_schema$'"
        .to_owned();
    for (class, catalog, r#type, owner, acl) in GRANTED {
        query.push_str(&format!(
            " UNION ALL SELECT {class}, oid, 0, false, '{type}', {owner}, {acl} FROM {catalog} WHERE {acl} IS NOT NULL"
        ));
    }
    query
}

/// Catalogs of what has grants, by oid; the type that acldefault() knows; the columns of the owner and of the grants.
const GRANTED: &[(u32, &str, char, &str, &str)] = &[
    (1255, "pg_proc", 'f', "proowner", "proacl"),
    (1247, "pg_type", 'T', "typowner", "typacl"),
    (2612, "pg_language", 'l', "lanowner", "lanacl"),
    (2328, "pg_foreign_data_wrapper", 'F', "fdwowner", "fdwacl"),
    (1417, "pg_foreign_server", 'S', "srvowner", "srvacl"),
];

/// The columns `grantee` and `item` of a list of grants on what this role owns, and the FROM that they come from.
fn rights(acl: &str, owner: &str) -> String {
    let grantee = role("e.grantee");
    format!(
        "CASE e.grantee WHEN 0 THEN 'PUBLIC' WHEN {owner} THEN 'OWNER' ELSE {grantee} END AS grantee,
        e.privilege_type || CASE WHEN e.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END ||
            CASE e.grantor WHEN {owner} THEN '' ELSE ' GRANTED BY ' || pg_get_userbyid(e.grantor) END AS item
        FROM aclexplode({acl}) e"
    )
}

/// The name of a role, in quotes if it is one of our words.
fn role(oid: &str) -> String {
    let name = format!("pg_get_userbyid({oid})");
    format!("CASE WHEN {name} IN ('PUBLIC', 'OWNER') THEN quote_ident({name}) ELSE {name}::text END")
}

/// <https://www.postgresql.org/docs/current/sql-alterdefaultprivileges.html>
///
/// What a role grants on what it will make, in a schema or anywhere: `default privilege alice(tables, viewer) on schema
/// app`. In a schema it comes on top of the default, elsewhere it stands in its place.
pub(super) const DEFAULT_PRIVILEGE: Description = Description {
    word: "default privilege",
    element: Element::Privileges,
    attributes: &[Attribute::list("privileges")],
    query: |_| {
        let (now, before) = (rights("s.acl", "s.owner"), rights("s.initial", "s.owner"));
        format!(
            "SELECT NULL, NULL, NULL, CASE WHEN s.schema <> 0 THEN 2615 END, NULLIF(s.schema, 0),
                CASE WHEN s.schema <> 0 THEN 0 END, NULL, pg_get_userbyid(s.owner),
                CASE s.type WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences' WHEN 'f' THEN 'functions' WHEN 'T' THEN 'types'
                    WHEN 'n' THEN 'schemas' WHEN 'L' THEN 'large objects' END || ', ' ||
                    CASE WHEN r.grantee IN ('PUBLIC', 'OWNER') THEN r.grantee ELSE quote_ident(r.grantee) END,
                COALESCE({NOW}, '')
            FROM (SELECT oid, defaclrole AS owner, defaclnamespace AS schema, defaclobjtype AS type, defaclacl AS acl,
                CASE defaclnamespace WHEN 0 THEN
                    acldefault(CASE defaclobjtype WHEN 'S' THEN 's' ELSE defaclobjtype END, defaclrole)
                    END AS initial
                FROM pg_default_acl) s
            CROSS JOIN LATERAL (SELECT true AS is_now, {now} UNION ALL SELECT false, {before}) r
            GROUP BY s.oid, s.owner, s.schema, s.type, r.grantee
            HAVING {NOW} IS DISTINCT FROM {BEFORE}"
        )
    },
};
