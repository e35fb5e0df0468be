//! Logical replication: publications with their tables and schemas, and subscriptions.

use super::{Attribute, Description, Element, Server};

/// <https://www.postgresql.org/docs/current/catalog-pg-publication.html>
pub(super) const PUBLICATION: Description = Description {
    word: "publication",
    element: Element::Other,
    attributes: &[
        Attribute::word("all tables"),
        Attribute::list("operations"),
        Attribute::word("via root"),
        Attribute::word("generated columns"),
    ],
    query: |server| {
        let generated = server.since(18, "CASE b.pubgencols WHEN 's' THEN 'stored' END");
        format!(
            "SELECT b.tableoid, b.oid, 0, NULL, NULL, NULL, NULL, b.pubname, NULL,
                CASE WHEN b.puballtables THEN 'all tables' END,
                CASE WHEN NOT (b.pubinsert AND b.pubupdate AND b.pubdelete AND b.pubtruncate) THEN
                    concat_ws(E'\\n', CASE WHEN b.pubinsert THEN 'insert' END, CASE WHEN b.pubupdate THEN 'update' END,
                        CASE WHEN b.pubdelete THEN 'delete' END, CASE WHEN b.pubtruncate THEN 'truncate' END) END,
                CASE WHEN b.pubviaroot THEN 'via root' END,
                {generated}
            FROM pg_publication b"
        )
    },
};

/// <https://www.postgresql.org/docs/current/catalog-pg-publication-rel.html>
pub(super) const PUBLICATION_TABLE: Description = Description {
    word: "publication table",
    element: Element::Other,
    attributes: &[Attribute::list("columns"), Attribute::sql("filter")],
    query: |server| {
        let columns = server.since(
            15,
            "(SELECT string_agg(a.attname, E'\\n' ORDER BY a.attnum) FROM pg_attribute a
                WHERE a.attrelid = r.prrelid AND a.attnum = ANY (r.prattrs))",
        );
        let filter = server.since(15, "pg_get_expr(r.prqual, r.prrelid)");
        format!(
            "SELECT r.tableoid, r.oid, 0, 'pg_publication'::regclass::oid, r.prpubid, 0, n.nspname, c.relname, NULL,
                {columns}, {filter}
            FROM pg_publication_rel r
            JOIN pg_class c ON c.oid = r.prrelid
            JOIN pg_namespace n ON n.oid = c.relnamespace"
        )
    },
};

/// <https://www.postgresql.org/docs/current/catalog-pg-publication-namespace.html>
pub(super) const PUBLICATION_SCHEMA: Description = Description {
    word: "publication schema",
    element: Element::Other,
    attributes: &[],
    query: |server| {
        if server.major() < 15 {
            return "SELECT 0, 0, 0, NULL, NULL, NULL, NULL, '', NULL WHERE false".to_owned();
        }
        "SELECT r.tableoid, r.oid, 0, 'pg_publication'::regclass::oid, r.pnpubid, 0, NULL, n.nspname, NULL
        FROM pg_publication_namespace r
        JOIN pg_namespace n ON n.oid = r.pnnspid"
            .to_owned()
    },
};

/// <https://www.postgresql.org/docs/current/catalog-pg-subscription.html>. The connection holds secrets and is shown
/// to superusers alone; whether it is enabled is a state of its running, which no dump keeps.
pub(super) const SUBSCRIPTION: Description = Description {
    word: "subscription",
    element: Element::Other,
    attributes: &[
        Attribute::list("publications"),
        Attribute::word("slot"),
        Attribute::word("synchronous commit"),
        Attribute::word("binary"),
        Attribute::word("streaming"),
        Attribute::word("two-phase"),
        Attribute::word("disable on error"),
        Attribute::word("password required"),
        Attribute::word("run as owner"),
        Attribute::word("origin"),
        Attribute::word("failover"),
    ],
    query: subscription_query,
};

fn subscription_query(server: Server) -> String {
    // Only what every role may read. In 13 the oid is not among that, but the statistics tell it.
    let oid = match server.major() {
        13 => "COALESCE((SELECT max(v.subid) FROM pg_stat_subscription v WHERE v.subname = s.subname), 0)",
        _ => "s.oid",
    };
    // Parallel since 16, and the default since 18.
    let streaming = match server.major() {
        13 => "NULL",
        14 | 15 => "CASE WHEN s.substream THEN 'on' END",
        16 | 17 => "CASE s.substream WHEN 't' THEN 'on' WHEN 'p' THEN 'parallel' END",
        _ => "CASE s.substream WHEN 'f' THEN 'off' WHEN 't' THEN 'on' END",
    };
    format!(
        "SELECT 'pg_subscription'::regclass::oid, {oid}, 0, NULL, NULL, NULL, NULL, s.subname, NULL,
            (SELECT string_agg(item, E'\\n' ORDER BY item COLLATE \"C\") FROM unnest(s.subpublications) AS item),
            CASE WHEN s.subslotname IS DISTINCT FROM s.subname THEN COALESCE(s.subslotname, 'none') END,
            {commit}, {binary}, {streaming}, {two_phase}, {disable}, {password}, {run_as}, {origin}, {failover}
        FROM pg_subscription s
        WHERE s.subdbid = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())",
        commit = server.since(14, "NULLIF(s.subsynccommit, 'off')"),
        binary = server.since(14, "CASE WHEN s.subbinary THEN 'binary' END"),
        two_phase = server.since(15, "CASE WHEN s.subtwophasestate <> 'd' THEN 'two-phase' END"),
        disable = server.since(15, "CASE WHEN s.subdisableonerr THEN 'disable on error' END"),
        password = server.since(16, "CASE WHEN NOT s.subpasswordrequired THEN 'no' END"),
        run_as = server.since(16, "CASE WHEN s.subrunasowner THEN 'owner' END"),
        origin = server.since(16, "NULLIF(s.suborigin, 'any')"),
        failover = server.since(17, "CASE WHEN s.subfailover THEN 'failover' END"),
    )
}
