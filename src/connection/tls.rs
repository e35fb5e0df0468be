//! TLS as libpq sets it up: which certificates are trusted, which one the client shows, and whether the server's name counts.

use std::future::Future;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::ssl::{ConnectConfiguration, SslConnector, SslConnectorBuilder, SslFiletype, SslMethod};
use openssl::ssl::{SslVerifyMode, SslVersion};
use openssl::x509::store::{X509Lookup, X509StoreBuilder};
use openssl::x509::verify::X509VerifyFlags;
use openssl::x509::{X509, X509Ref, X509VerifyResult};
use tokio_postgres::tls::TlsConnect;

use super::hosts::Host;
use super::parameters::Parameters;
use super::socket::Socket;
use crate::{Error, Result};

/// How much of TLS a connection wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum SslMode {
    Disable,
    Allow,
    Prefer,
    Require,
    VerifyCa,
    VerifyFull,
}

impl SslMode {
    /// The mode that the parameters ask for.
    pub fn of(parameters: &Parameters) -> Result<SslMode> {
        let mode = match parameters.filled("sslmode").unwrap_or("prefer") {
            "disable" => SslMode::Disable,
            "allow" => SslMode::Allow,
            "prefer" => SslMode::Prefer,
            "require" => SslMode::Require,
            "verify-ca" => SslMode::VerifyCa,
            "verify-full" => SslMode::VerifyFull,
            other => {
                return Err(Error::usage(format!("invalid sslmode value \"{other}\""))
                    .hint("it is disable, allow, prefer, require, verify-ca or verify-full"));
            }
        };
        if parameters.filled("sslrootcert") == Some("system") && mode < SslMode::VerifyFull {
            return Err(Error::usage("sslrootcert=system needs sslmode=verify-full")
                .hint("anybody can have a certificate that the system trusts"));
        }
        Ok(mode)
    }
}

/// What a TLS connection to any of the hosts shares.
#[derive(Clone)]
pub(super) struct Tls {
    connector: SslConnector,
    verify_name: bool,
    send_name: bool,
}

impl Tls {
    /// Reads the files that the parameters name, or libpq's default ones where they exist.
    pub fn of(parameters: &Parameters, mode: SslMode) -> Result<Tls> {
        let mut builder = SslConnector::builder(SslMethod::tls_client()).map_err(openssl_error)?;
        builder
            .set_min_proto_version(version(parameters, "ssl_min_protocol_version", Some(SslVersion::TLS1_2))?)
            .map_err(openssl_error)?;
        builder
            .set_max_proto_version(version(parameters, "ssl_max_protocol_version", None)?)
            .map_err(openssl_error)?;
        trust(parameters, mode, &mut builder)?;
        show_certificate(parameters, &mut builder)?;
        postgres_openssl::set_postgresql_alpn(&mut builder).map_err(openssl_error)?;
        Ok(Tls {
            connector: builder.build(),
            verify_name: mode == SslMode::VerifyFull,
            send_name: parameters.filled("sslsni").unwrap_or("1").starts_with('1'),
        })
    }

    /// What one connection to this host needs.
    pub fn handshake(&self, host: &Host) -> Result<Handshake> {
        let state = HandshakeState::default();
        let mut configuration = self.connector.configure().map_err(openssl_error)?;
        configuration.set_verify_hostname(false);
        configuration.set_use_server_name_indication(self.send_name && !host.name.is_empty());
        if self.verify_name {
            if host.name.is_empty() {
                return Err(Error::usage(
                    "sslmode=verify-full needs a host name, and only hostaddr is given",
                )
                .hint("give the name in the server's certificate as host"));
            }
            check_name(&mut configuration, host.name.clone(), state.clone());
        }
        let connector = postgres_openssl::TlsConnector::new(configuration, &host.name);
        Ok(Handshake { connector: Some(connector), state })
    }
}

fn openssl_error(error: openssl::error::ErrorStack) -> Error {
    Error::failed(format!("TLS could not be set up: {error}"))
}

fn version(
    parameters: &Parameters,
    keyword: &str,
    default: Option<SslVersion>,
) -> Result<Option<SslVersion>> {
    let Some(value) = parameters.get(keyword) else { return Ok(default) };
    Ok(Some(match value.to_ascii_lowercase().as_str() {
        "" => return Ok(None),
        "tlsv1" => SslVersion::TLS1,
        "tlsv1.1" => SslVersion::TLS1_1,
        "tlsv1.2" => SslVersion::TLS1_2,
        "tlsv1.3" => SslVersion::TLS1_3,
        _ => {
            return Err(Error::usage(format!("invalid {keyword} value \"{value}\""))
                .hint("it is TLSv1, TLSv1.1, TLSv1.2 or TLSv1.3"));
        }
    }))
}

/// The file that a keyword names, else the default one.
fn file(parameters: &Parameters, keyword: &str, default: &str) -> Option<PathBuf> {
    parameters.filled(keyword).map(PathBuf::from).or_else(|| parameters.environment().tls_file(default))
}

/// With a root certificate present, libpq verifies the chain in every mode; without one, in none.
fn trust(parameters: &Parameters, mode: SslMode, builder: &mut SslConnectorBuilder) -> Result<()> {
    if parameters.filled("sslrootcert") == Some("system") {
        builder.set_verify(SslVerifyMode::PEER);
        return Ok(());
    }
    let roots = file(parameters, "sslrootcert", "root.crt");
    let Some(roots_file) = roots.as_ref().filter(|path| path.exists()) else {
        if mode < SslMode::VerifyCa {
            builder.set_verify(SslVerifyMode::NONE);
            return Ok(());
        }
        let name =
            roots.map_or_else(|| "~/.postgresql/root.crt".to_owned(), |path| path.display().to_string());
        return Err(Error::usage(format!("root certificate file {name} does not exist")).hint(
            "name it with sslrootcert, or use sslrootcert=system for the roots that the system trusts",
        ));
    };
    let mut store = X509StoreBuilder::new().map_err(openssl_error)?;
    for certificate in read_certificates("root certificate file", roots_file)? {
        store.add_cert(certificate).map_err(openssl_error)?;
    }
    revocations(parameters, &mut store)?;
    builder.set_cert_store(store.build());
    builder.set_verify(SslVerifyMode::PEER);
    Ok(())
}

fn read_certificates(what: &str, path: &Path) -> Result<Vec<X509>> {
    let unreadable =
        |reason: String| Error::usage(format!("cannot read {what} {}: {reason}", path.display()));
    let pem = std::fs::read(path).map_err(|error| unreadable(error.to_string()))?;
    let certificates = X509::stack_from_pem(&pem).map_err(|error| unreadable(error.to_string()))?;
    if certificates.is_empty() {
        return Err(unreadable("there is no certificate in it".into()));
    }
    Ok(certificates)
}

/// Lists of revoked certificates; libpq goes on without those that it cannot read, we only without the default one.
fn revocations(parameters: &Parameters, store: &mut X509StoreBuilder) -> Result<()> {
    let named = parameters.filled("sslcrl").is_some();
    let directory = parameters.filled("sslcrldir");
    let list =
        file(parameters, "sslcrl", "root.crl").filter(|path| named || (directory.is_none() && path.exists()));
    if let Some(path) = &list {
        let unreadable = |reason: &dyn std::fmt::Display| {
            Error::usage(format!("cannot read certificate revocation list {}: {reason}", path.display()))
        };
        // The crate panics on a path that is not UTF-8.
        let text = path.to_str().ok_or_else(|| unreadable(&"its path is not valid UTF-8"))?;
        store
            .add_lookup(X509Lookup::file())
            .and_then(|lookup| lookup.load_crl_file(text, SslFiletype::PEM))
            .map_err(|error| unreadable(&error))?;
    }
    if let Some(directory) = directory {
        store
            .add_lookup(X509Lookup::hash_dir())
            .and_then(|lookup| lookup.add_dir(directory, SslFiletype::PEM))
            .map_err(openssl_error)?;
    }
    if list.is_some() || directory.is_some() {
        store
            .set_flags(X509VerifyFlags::CRL_CHECK | X509VerifyFlags::CRL_CHECK_ALL)
            .map_err(openssl_error)?;
    }
    Ok(())
}

/// The client's own certificate and key, if there are any.
fn show_certificate(parameters: &Parameters, builder: &mut SslConnectorBuilder) -> Result<()> {
    match parameters.filled("sslcertmode").unwrap_or("allow") {
        "disable" => return Ok(()),
        "allow" => {}
        "require" => {
            return Err(Error::usage("sslcertmode=require is not supported")
                .hint("sslcertmode=allow sends the certificate when the server asks for it"));
        }
        other => return Err(Error::usage(format!("invalid sslcertmode value \"{other}\""))),
    }
    let Some(path) = file(parameters, "sslcert", "postgresql.crt").filter(|path| path.exists()) else {
        return Ok(());
    };
    let mut chain = read_certificates("certificate file", &path)?.into_iter();
    if let Some(own) = chain.next() {
        builder.set_certificate(&own).map_err(openssl_error)?;
    }
    for issuer in chain {
        builder.add_extra_chain_cert(issuer).map_err(openssl_error)?;
    }
    let Some(key_path) = file(parameters, "sslkey", "postgresql.key") else { return Ok(()) };
    let key = read_key(&key_path, parameters.get("sslpassword").unwrap_or_default())?;
    builder.set_private_key(&key).map_err(openssl_error)?;
    builder.check_private_key().map_err(|error| {
        let (key, path) = (key_path.display(), path.display());
        Error::usage(format!("private key file {key} does not belong to certificate {path}: {error}"))
    })
}

fn read_key(path: &Path, password: &str) -> Result<PKey<Private>> {
    let wrong =
        |reason: &str| Error::usage(format!("cannot use private key file {}: {reason}", path.display()));
    let metadata = std::fs::metadata(path).map_err(|error| {
        wrong(&error.to_string())
            .hint("a certificate is present, so its key must be too: name it with sslkey")
    })?;
    if !metadata.is_file() {
        return Err(wrong("it is not a regular file"));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let forbidden = if metadata.uid() == 0 { 0o037 } else { 0o077 };
        if metadata.mode() & forbidden != 0 {
            return Err(wrong("others can read it")
                .hint(format!("run: chmod 600 {} (0640 will do if root owns it)", path.display())));
        }
    }
    let bytes = std::fs::read(path).map_err(|error| wrong(&error.to_string()))?;
    let give_password = |buffer: &mut [u8]| {
        let length = password.len().min(buffer.len());
        buffer[..length].copy_from_slice(&password.as_bytes()[..length]);
        Ok(length)
    };
    PKey::private_key_from_pem_callback(&bytes, give_password).or_else(|error| {
        PKey::private_key_from_der(&bytes).map_err(|_| {
            wrong(&error.to_string()).hint("if the key is encrypted, give its password as sslpassword")
        })
    })
}

/// Refuses a server whose own certificate does not carry this name.
fn check_name(configuration: &mut ConnectConfiguration, host: String, state: HandshakeState) {
    configuration.set_verify_callback(SslVerifyMode::PEER, move |verified, context| {
        let is_own = context.error_depth() == 0;
        if verified && is_own && !context.current_cert().is_some_and(|own| names_match(own, &host)) {
            state.wrong_name.store(true, Ordering::Relaxed);
            context.set_error(X509VerifyResult::APPLICATION_VERIFICATION);
            return false;
        }
        verified
    });
}

/// libpq's rule: any alternative name may match; the common name counts if no alternative name is of the host's kind.
fn names_match(certificate: &X509Ref, host: &str) -> bool {
    let address = host.parse::<IpAddr>().ok();
    let mut common_name_counts = true;
    for name in certificate.subject_alt_names().into_iter().flatten() {
        if let Some(pattern) = name.dnsname() {
            common_name_counts &= address.is_some();
            if name_matches(pattern, host) {
                return true;
            }
        } else if let Some(bytes) = name.ipaddress() {
            common_name_counts &= address.is_none();
            let own = match address {
                Some(IpAddr::V4(address)) => bytes == address.octets(),
                Some(IpAddr::V6(address)) => bytes == address.octets(),
                None => false,
            };
            if own {
                return true;
            }
        }
    }
    let mut common_names = certificate.subject_name().entries_by_nid(Nid::COMMONNAME);
    common_name_counts
        && common_names.next().is_some_and(|entry| {
            str::from_utf8(entry.data().as_slice()).is_ok_and(|name| name_matches(name, host))
        })
}

/// Whether a name of a certificate is that of the host; `*.` stands for exactly one label.
fn name_matches(pattern: &str, host: &str) -> bool {
    if pattern.eq_ignore_ascii_case(host) {
        return true;
    }
    match (pattern.strip_prefix("*."), host.split_once('.')) {
        (Some(domain), Some((label, rest))) => {
            !domain.is_empty() && !label.is_empty() && domain.eq_ignore_ascii_case(rest)
        }
        _ => false,
    }
}

/// How far a handshake came; shared with who started it.
#[derive(Debug, Clone, Default)]
pub(super) struct HandshakeState {
    begun: Arc<AtomicBool>,
    done: Arc<AtomicBool>,
    wrong_name: Arc<AtomicBool>,
}

impl HandshakeState {
    /// Whether it was begun and did not succeed.
    pub fn failed(&self) -> bool {
        self.begun.load(Ordering::Relaxed) && !self.encrypted()
    }

    /// Whether it failed because the certificate is for another host.
    pub fn found_wrong_name(&self) -> bool {
        self.wrong_name.load(Ordering::Relaxed)
    }

    /// Whether the connection is encrypted.
    pub fn encrypted(&self) -> bool {
        self.done.load(Ordering::Relaxed)
    }
}

/// A connector that tells how far it came, because the fallbacks of `prefer` depend on that.
pub(super) struct Handshake {
    connector: Option<postgres_openssl::TlsConnector>,
    pub state: HandshakeState,
}

impl Handshake {
    /// For a connection without TLS.
    pub fn none() -> Handshake {
        Handshake { connector: None, state: HandshakeState::default() }
    }
}

type Stream = postgres_openssl::TlsStream<Socket>;
type BoxedError = Box<dyn std::error::Error + Send + Sync>;

impl TlsConnect<Socket> for Handshake {
    type Stream = Stream;
    type Error = BoxedError;
    type Future = Pin<Box<dyn Future<Output = std::result::Result<Stream, BoxedError>> + Send>>;

    fn connect(self, socket: Socket) -> Self::Future {
        self.state.begun.store(true, Ordering::Relaxed);
        Box::pin(async move {
            let connector = self.connector.ok_or("this connection has no TLS")?;
            let stream = connector.connect(socket).await?;
            self.state.done.store(true, Ordering::Relaxed);
            Ok(stream)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::name_matches;

    #[test]
    fn a_star_stands_for_one_label() {
        assert!(name_matches("DB.example.com", "db.example.COM"));
        assert!(name_matches("*.example.com", "db.example.com"));
        for (pattern, host) in [
            ("*.example.com", "a.db.example.com"),
            ("*.example.com", "example.com"),
            ("*", "db"),
            ("*.", "db."),
        ] {
            assert!(!name_matches(pattern, host), "{pattern} {host}");
        }
    }
}
