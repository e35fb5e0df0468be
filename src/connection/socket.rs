//! Opening the socket to a server: addresses of a name, TCP with keepalives, Unix sockets.

use std::io;
use std::net::{IpAddr, SocketAddr};
#[cfg(unix)]
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use super::hosts::{self, Host};
use super::parameters::Parameters;
#[cfg(unix)]
use super::unix::UnixSocket;
use crate::{Error, Result};

/// What is needed of a socket, TCP or Unix.
pub(super) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// A connected socket.
pub(super) type Socket = Box<dyn Duplex>;

/// Where a socket leads.
#[derive(Debug, Clone)]
pub(super) enum Address {
    /// An IP address and a port.
    Tcp(SocketAddr),
    /// The path of a Unix socket; `@` at its beginning means the abstract namespace.
    #[cfg(unix)]
    Unix(PathBuf),
}

/// How sockets are set up.
#[derive(Debug, Clone)]
pub(super) struct SocketOptions {
    keepalive: Option<TcpKeepalive>,
    user_timeout: Option<Duration>,
}

impl SocketOptions {
    /// What the parameters say of keepalives and tcp_user_timeout.
    pub fn of(parameters: &Parameters) -> Result<SocketOptions> {
        let mut keepalive = TcpKeepalive::new();
        let seconds = |keyword| {
            Ok::<_, Error>(
                positive::<u32>(parameters, keyword)?.map(|value| Duration::from_secs(value.into())),
            )
        };
        if let Some(idle) = seconds("keepalives_idle")? {
            keepalive = keepalive.with_time(idle);
        }
        if let Some(interval) = seconds("keepalives_interval")? {
            keepalive = keepalive.with_interval(interval);
        }
        if let Some(count) = positive(parameters, "keepalives_count")? {
            keepalive = keepalive.with_retries(count);
        }
        let off = integer(parameters, "keepalives")? == Some(0);
        let user_timeout = positive::<u32>(parameters, "tcp_user_timeout")?;
        Ok(SocketOptions {
            keepalive: (!off).then_some(keepalive),
            user_timeout: user_timeout.map(|milliseconds| Duration::from_millis(milliseconds.into())),
        })
    }

    fn apply(&self, stream: &TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let socket = SockRef::from(stream);
        if let Some(keepalive) = &self.keepalive {
            socket.set_keepalive(true)?;
            socket.set_tcp_keepalive(keepalive)?;
        }
        #[cfg(target_os = "linux")]
        if let Some(timeout) = self.user_timeout {
            socket.set_tcp_user_timeout(Some(timeout))?;
        }
        Ok(())
    }
}

/// The value of a keyword that is an integer; white space round it is libpq's custom.
pub(super) fn integer(parameters: &Parameters, keyword: &str) -> Result<Option<i64>> {
    let Some(value) = parameters.filled(keyword) else { return Ok(None) };
    let number = value.trim().parse::<i32>();
    number.map(|number| Some(number.into())).map_err(|error| {
        Error::usage(format!("invalid integer \"{value}\" for {keyword} in the connection's parameters"))
            .caused_by(error)
    })
}

fn positive<T: FromStr + TryFrom<i64>>(parameters: &Parameters, keyword: &str) -> Result<Option<T>> {
    Ok(integer(parameters, keyword)?.filter(|&value| value > 0).and_then(|value| T::try_from(value).ok()))
}

/// The addresses of a host, in the order in which they are to be tried.
pub(super) async fn addresses(host: &Host, port: u16, in_random_order: bool) -> io::Result<Vec<Address>> {
    #[cfg(unix)]
    if host.is_socket() {
        return Ok(vec![Address::Unix(format!("{}/.s.PGSQL.{port}", host.name).into())]);
    }
    // A scope (fe80::1%eth0) is the resolver's business.
    let bare = host.address.split('%').next().unwrap_or_default();
    if !host.address.is_empty() && bare.parse::<IpAddr>().is_err() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "hostaddr is not a numeric address"));
    }
    let found = tokio::net::lookup_host((host.target(), port)).await?;
    let mut found = found.map(Address::Tcp).collect::<Vec<_>>();
    if in_random_order {
        hosts::shuffle(&mut found);
    }
    Ok(found)
}

/// Opens a socket.
pub(super) async fn open(address: &Address, options: &SocketOptions) -> io::Result<Socket> {
    match address {
        Address::Tcp(address) => {
            let stream = TcpStream::connect(address).await?;
            options.apply(&stream)?;
            Ok(Box::new(stream))
        }
        // tokio takes `@` for nothing special, the standard library asks for the abstract name without it.
        #[cfg(target_os = "linux")]
        Address::Unix(path) if path.as_os_str().as_encoded_bytes().starts_with(b"@") => {
            use std::os::linux::net::SocketAddrExt;
            let name = &path.as_os_str().as_encoded_bytes()[1..];
            let address = std::os::unix::net::SocketAddr::from_abstract_name(name)?;
            Ok(Box::new(UnixSocket::new(std::os::unix::net::UnixStream::connect_addr(&address)?)?))
        }
        #[cfg(unix)]
        Address::Unix(path) => {
            let stream = tokio::net::UnixStream::connect(path).await?;
            Ok(Box::new(UnixSocket::new(stream.into_std()?)?))
        }
    }
}
