//! Access to other servers: foreign data wrappers, servers, user mappings.

use super::own::{FIRST_NORMAL, function, sorted};
use super::{Attribute, Description, Element, UNREADABLE};

/// <https://www.postgresql.org/docs/current/catalog-pg-foreign-data-wrapper.html>
pub(super) const WRAPPER: Description = Description {
    word: "foreign data wrapper",
    element: Element::Other,
    attributes: &[Attribute::word("handler"), Attribute::word("validator"), Attribute::list("options")],
    query: |_| {
        format!(
            "SELECT w.tableoid, w.oid, 0, NULL, NULL, NULL, NULL, w.fdwname, NULL, {handler}, {validator}, {options}
            FROM pg_foreign_data_wrapper w
            WHERE w.oid >= {FIRST_NORMAL}",
            handler = function("w.fdwhandler"),
            validator = function("w.fdwvalidator"),
            options = sorted("w.fdwoptions"),
        )
    },
};

/// <https://www.postgresql.org/docs/current/catalog-pg-foreign-server.html>
pub(super) const SERVER: Description = Description {
    word: "server",
    element: Element::Other,
    attributes: &[
        Attribute::word("wrapper"),
        Attribute::word("type"),
        Attribute::word("version"),
        Attribute::list("options"),
    ],
    query: |_| {
        format!(
            "SELECT s.tableoid, s.oid, 0, NULL, NULL, NULL, NULL, s.srvname, NULL,
                w.fdwname, s.srvtype, s.srvversion, {options}
            FROM pg_foreign_server s
            JOIN pg_foreign_data_wrapper w ON w.oid = s.srvfdw",
            options = sorted("s.srvoptions"),
        )
    },
};

/// <https://www.postgresql.org/docs/current/view-pg-user-mappings.html>. The view shows the options to few: to the
/// user, as far as that one may use the server, for PUBLIC to the server's owner, and to superusers. Secrets among them
/// are only said to be there.
pub(super) const USER_MAPPING: Description = Description {
    word: "user mapping",
    element: Element::Other,
    attributes: &[Attribute::list("options")],
    query: |_| {
        format!(
            "SELECT 'pg_user_mapping'::regclass::oid, m.umid, 0, s.tableoid, s.oid, 0, NULL, m.usename, NULL,
                CASE WHEN m.umoptions IS NULL AND NOT
                    ((m.umuser <> 0 AND m.usename = current_user
                        AND (pg_has_role(s.srvowner, 'USAGE') OR has_server_privilege(s.oid, 'USAGE')))
                    OR (m.umuser = 0 AND pg_has_role(s.srvowner, 'USAGE'))
                    OR (SELECT r.rolsuper FROM pg_roles r WHERE r.rolname = current_user))
                THEN '{UNREADABLE}'
                ELSE (SELECT string_agg(regexp_replace(item, '^([^=]*({SECRET})[^=]*)=.*', '\\1', 'i'), E'\\n' ORDER BY item COLLATE \"C\")
                    FROM unnest(m.umoptions) AS item) END
            FROM pg_user_mappings m
            JOIN pg_foreign_server s ON s.oid = m.srvid"
        )
    },
};

/// What names of options that hold secrets look like.
const SECRET: &str = "passw|passcode|passphrase|pwd|secret|token|credential|api_?key|access_?key";
