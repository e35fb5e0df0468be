//! Which servers a connection may go to, in which order: hosts, addresses and ports matched as libpq does.

use std::hash::{BuildHasher, RandomState};
use std::path::Path;

use super::parameters::Parameters;
use crate::{Error, Result};

/// The port of a server that is given none.
pub(super) const DEFAULT_PORT: u16 = 5432;

/// One server to try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Host {
    /// Host name, address or socket directory; empty if only an address was given.
    pub name: String,
    /// A numeric address that saves the look-up of the name; may be empty.
    pub address: String,
    /// The port, as it was written.
    pub port: String,
}

impl Host {
    /// Whether it is a directory with a Unix socket (or `@` and a name in the abstract namespace).
    pub fn is_socket(&self) -> bool {
        self.address.is_empty() && is_socket_path(&self.name)
    }

    /// What is looked up or connected to.
    pub fn target(&self) -> &str {
        if self.address.is_empty() { &self.name } else { &self.address }
    }

    /// What a person knows it by.
    pub fn shown(&self) -> &str {
        if self.name.is_empty() { &self.address } else { &self.name }
    }

    /// What the first field of the password file is compared with.
    pub fn password_key(&self) -> &str {
        if self.is_socket() && self.name == default_host() { "localhost" } else { self.shown() }
    }

    /// The port as a number.
    pub fn port(&self) -> Result<u16> {
        self.port.trim().parse().ok().filter(|&port| port > 0).ok_or_else(|| {
            Error::usage(format!("invalid port \"{}\" for host {}", self.port, self.shown()))
                .hint("a port is a number from 1 to 65535")
        })
    }
}

fn is_socket_path(name: &str) -> bool {
    cfg!(unix) && name.starts_with(['/', '@'])
}

/// The host that libpq takes when it is given none: Debian's socket directory where it exists, else that of an unchanged
/// PostgreSQL.
pub(super) fn default_host() -> &'static str {
    if cfg!(windows) {
        "localhost"
    } else if Path::new("/var/run/postgresql").is_dir() {
        "/var/run/postgresql"
    } else {
        "/tmp"
    }
}

/// Names of the hosts as they are shown.
pub(super) fn shown_hosts(parameters: &Parameters) -> String {
    let given = parameters.filled("host").or_else(|| parameters.filled("hostaddr")).unwrap_or_default();
    let shown = |name| if str::is_empty(name) { default_host() } else { name };
    given.split(',').map(shown).collect::<Vec<_>>().join(",")
}

/// All servers to try, in order.
pub(super) fn all(parameters: &Parameters) -> Result<Vec<Host>> {
    let list = |keyword| parameters.filled(keyword).map(|value| value.split(',').collect::<Vec<_>>());
    let (names, addresses, ports) = (list("host"), list("hostaddr"), list("port"));
    let count = addresses.as_ref().or(names.as_ref()).map_or(1, Vec::len);
    if let Some(names) = names.as_ref().filter(|names| names.len() != count) {
        return Err(Error::usage(format!("{} values of host, but {count} of hostaddr", names.len())));
    }
    if let Some(ports) = ports.as_ref().filter(|ports| ports.len() != count && ports.len() != 1) {
        return Err(Error::usage(format!("{} values of port for {count} hosts", ports.len()))
            .hint("give one port for all hosts or one for each"));
    }
    let at = |values: &Option<Vec<&str>>, index: usize| {
        values.as_ref().and_then(|values| values.get(index)).copied().unwrap_or_default().to_owned()
    };
    let host = |index| {
        let (mut name, address) = (at(&names, index), at(&addresses, index));
        if name.is_empty() && address.is_empty() {
            name = default_host().to_owned();
        }
        let one_port = ports.as_ref().is_some_and(|ports| ports.len() == 1);
        let mut port = at(&ports, if one_port { 0 } else { index });
        if port.is_empty() {
            port = DEFAULT_PORT.to_string();
        }
        Host { name, address, port }
    };
    let mut hosts = (0..count).map(host).collect::<Vec<_>>();
    match parameters.filled("load_balance_hosts").unwrap_or("disable") {
        "disable" => {}
        "random" => shuffle(&mut hosts),
        other => {
            return Err(Error::usage(format!("invalid load_balance_hosts value \"{other}\""))
                .hint("it is disable or random"));
        }
    }
    Ok(hosts)
}

/// Puts the items in a random order (the seed is that of the standard library's hash maps).
pub(super) fn shuffle<T>(items: &mut [T]) {
    let random = RandomState::new();
    for last in (1..items.len()).rev() {
        items.swap(last, (random.hash_one(last) % (last as u64 + 1)) as usize);
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Environment, Parameters};
    use super::{all, default_host};

    fn hosts(text: &str) -> Vec<(String, String, String)> {
        let parameters = Parameters::resolve_with(text, &Environment::new(None, Some("u"))).unwrap();
        all(&parameters).unwrap().into_iter().map(|host| (host.name, host.address, host.port)).collect()
    }

    fn host(name: &str, address: &str, port: &str) -> (String, String, String) {
        (name.into(), address.into(), port.into())
    }

    #[test]
    fn hosts_addresses_and_ports_are_matched() {
        let default = default_host();
        assert_eq!(hosts("port=''"), [host(default, "", "5432")]);
        assert_eq!(
            hosts("host=a,,c port=1,2,"),
            [host("a", "", "1"), host(default, "", "2"), host("c", "", "5432")]
        );
        assert_eq!(hosts("host=a,b hostaddr=,::1 port=7"), [host("a", "", "7"), host("b", "::1", "7")]);
        assert_eq!(hosts("hostaddr=1.1.1.1"), [host("", "1.1.1.1", "5432")]);
    }

    #[test]
    fn lists_of_other_lengths_are_refused() {
        for text in ["host=a,b hostaddr=::1", "host=a port=1,2", "host=a load_balance_hosts=x"] {
            let parameters = Parameters::resolve_with(text, &Environment::default()).unwrap();
            assert!(all(&parameters).is_err(), "{text}");
        }
    }

    #[test]
    fn a_random_order_keeps_all_hosts() {
        let mut found = hosts("host=a,b,c load_balance_hosts=random");
        found.sort();
        assert_eq!(found, hosts("host=a,b,c"));
    }
}
