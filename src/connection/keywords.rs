//! The keywords of libpq: their names, the environment variables that give them, and since when libpq knows them.

/// A keyword of a connection string or a service file.
pub(super) struct Keyword {
    /// Its name.
    pub name: &'static str,
    /// The environment variable that gives it when nothing else does.
    pub variable: Option<&'static str>,
    /// The first major version of libpq that knows it; 10 stands for that and everything older.
    pub since: u8,
    /// Whether its value must never be shown.
    pub secret: bool,
}

const fn keyword(name: &'static str, variable: &'static str, since: u8) -> Keyword {
    Keyword { name, variable: Some(variable), since, secret: false }
}

const fn bare(name: &'static str, since: u8) -> Keyword {
    Keyword { name, variable: None, since, secret: false }
}

const fn secret(name: &'static str, variable: Option<&'static str>, since: u8) -> Keyword {
    Keyword { name, variable, since, secret: true }
}

/// Every keyword that some version of libpq up to 18 knows, but for `service` and `servicefile`, which say where to
/// look for the others.
pub(super) const KEYWORDS: &[Keyword] = &[
    keyword("host", "PGHOST", 10),
    keyword("hostaddr", "PGHOSTADDR", 10),
    keyword("port", "PGPORT", 10),
    keyword("dbname", "PGDATABASE", 10),
    keyword("user", "PGUSER", 10),
    secret("password", Some("PGPASSWORD"), 10),
    keyword("passfile", "PGPASSFILE", 10),
    keyword("require_auth", "PGREQUIREAUTH", 16),
    keyword("channel_binding", "PGCHANNELBINDING", 13),
    keyword("connect_timeout", "PGCONNECT_TIMEOUT", 10),
    keyword("client_encoding", "PGCLIENTENCODING", 10),
    keyword("options", "PGOPTIONS", 10),
    keyword("application_name", "PGAPPNAME", 10),
    bare("fallback_application_name", 10),
    bare("keepalives", 10),
    bare("keepalives_idle", 10),
    bare("keepalives_interval", 10),
    bare("keepalives_count", 10),
    bare("tcp_user_timeout", 12),
    keyword("sslmode", "PGSSLMODE", 10),
    keyword("sslnegotiation", "PGSSLNEGOTIATION", 17),
    keyword("sslcompression", "PGSSLCOMPRESSION", 10),
    keyword("sslcert", "PGSSLCERT", 10),
    keyword("sslkey", "PGSSLKEY", 10),
    keyword("sslcertmode", "PGSSLCERTMODE", 16),
    secret("sslpassword", None, 13),
    keyword("sslrootcert", "PGSSLROOTCERT", 10),
    keyword("sslcrl", "PGSSLCRL", 10),
    keyword("sslcrldir", "PGSSLCRLDIR", 14),
    keyword("sslsni", "PGSSLSNI", 14),
    bare("sslkeylogfile", 18),
    keyword("ssl_min_protocol_version", "PGSSLMINPROTOCOLVERSION", 13),
    keyword("ssl_max_protocol_version", "PGSSLMAXPROTOCOLVERSION", 13),
    keyword("min_protocol_version", "PGMINPROTOCOLVERSION", 18),
    keyword("max_protocol_version", "PGMAXPROTOCOLVERSION", 18),
    keyword("requirepeer", "PGREQUIREPEER", 10),
    keyword("gssencmode", "PGGSSENCMODE", 12),
    keyword("krbsrvname", "PGKRBSRVNAME", 10),
    keyword("gsslib", "PGGSSLIB", 10),
    keyword("gssdelegation", "PGGSSDELEGATION", 17),
    bare("replication", 10),
    keyword("target_session_attrs", "PGTARGETSESSIONATTRS", 10),
    keyword("load_balance_hosts", "PGLOADBALANCEHOSTS", 16),
    secret("scram_client_key", None, 18),
    secret("scram_server_key", None, 18),
    bare("oauth_issuer", 18),
    bare("oauth_client_id", 18),
    secret("oauth_client_secret", None, 18),
    bare("oauth_scope", 18),
];

/// The keyword of this name, if libpq has one.
pub(super) fn find(name: &str) -> Option<&'static Keyword> {
    KEYWORDS.iter().find(|keyword| keyword.name == name)
}

/// The known keyword that looks most like this one, if any does.
pub(super) fn nearest(name: &str) -> Option<&'static str> {
    // What other programs call them.
    match name.to_lowercase().as_str() {
        "database" | "db" => return Some("dbname"),
        "username" | "role" => return Some("user"),
        _ => {}
    }
    let names = KEYWORDS.iter().map(|keyword| keyword.name).chain(["service"]);
    names
        .map(|known| (known, strsim::jaro_winkler(known, &name.to_lowercase())))
        .filter(|(_, likeness)| *likeness > 0.8)
        .max_by(|(_, left), (_, right)| left.total_cmp(right))
        .map(|(known, _)| known)
}

/// What to say of an unknown keyword.
pub(super) fn unknown_hint(name: &str) -> String {
    nearest(name).map_or_else(
        || "the keywords are those of libpq: host, port, dbname, user, password, sslmode, …".to_owned(),
        |known| format!("did you mean `{known}`?"),
    )
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_misspelt_keyword_has_a_nearest_one() {
        assert_eq!(nearest("pasword"), Some("password"));
        assert_eq!(nearest("database"), Some("dbname"));
        assert_eq!(nearest("colour"), None);
        assert_eq!(nearest("ssl_mode"), Some("sslmode"));
        assert_eq!(nearest("Host"), Some("host"));
    }
}
