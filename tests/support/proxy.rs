//! A proxy of PostgreSQL's wire protocol in front of a cluster's socket: it counts messages, at the n-th of them holds
//! everything, cuts the connections or calls somebody, adds latency to each direction, and counts round trips.

use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::mpsc::channel;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use pum::shadow::{Cluster, SUPERUSER};
use tempfile::TempDir;

/// What happens instead of message n.
pub enum Trap {
    /// It is lost, and both sides of every connection are closed; later connections pass.
    Cut,
    /// Nothing passes any more, in either direction.
    Hold,
    /// Somebody is called while nothing passes; after that, everything goes on.
    Call(Box<dyn FnOnce() + Send>),
}

/// What has passed so far, over all connections.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Messages of clients; the start-up packet is one.
    pub frontend: usize,
    /// Messages of servers.
    pub backend: usize,
    /// How often a client that had all its answers sent something again, the start-up packet not counted.
    pub round_trips: usize,
}

impl Traffic {
    /// Messages of both sides.
    pub fn messages(&self) -> usize {
        self.frontend + self.backend
    }
}

/// A proxy on a Unix socket. Dropping it closes all its connections.
pub struct Proxy {
    directory: TempDir,
    shared: Arc<Shared>,
}

impl Proxy {
    /// One that only counts, until a trap is set.
    pub fn of(cluster: &Cluster) -> Proxy {
        Proxy::with_latency(cluster, Duration::ZERO)
    }

    /// One that keeps every message for that long, in each direction: a round trip takes twice as long more.
    pub fn with_latency(cluster: &Cluster, delay: Duration) -> Proxy {
        let directory = TempDir::with_prefix_in("proxy-", super::scratch()).expect("directory");
        let listener = UnixListener::bind(directory.path().join(".s.PGSQL.5432")).expect("socket");
        let shared = Arc::new(Shared {
            server: cluster.socket_dir().join(format!(".s.PGSQL.{}", cluster.port())),
            delay,
            state: Mutex::default(),
            changed: Condvar::new(),
        });
        let accepting = Arc::clone(&shared);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if accepting.state().closed {
                    return;
                }
                let shared = Arc::clone(&accepting);
                // A connection that breaks is what this is for.
                thread::spawn(move || shared.serve(client).ok());
            }
        });
        Proxy { directory, shared }
    }

    /// The connection URI of a database through the proxy, as the superuser.
    pub fn uri(&self, database: &str) -> String {
        let host = self.directory.path().display();
        format!("postgresql:///{database}?host={host}&port=5432&user={SUPERUSER}&sslmode=disable")
    }

    /// Sets what happens instead of message `n`, counted from 1 over everything that passes.
    pub fn trap(&self, n: usize, trap: Trap) {
        self.shared.state().trap = Some((n, trap));
    }

    /// Waits until the trap has been sprung: false if that takes longer than `patience`.
    pub fn wait_for_trap(&self, patience: Duration) -> bool {
        let state = self.shared.state();
        let waiting = |state: &mut State| state.trap.is_some();
        let outcome = self.shared.changed.wait_timeout_while(state, patience, waiting).expect("state");
        !outcome.1.timed_out()
    }

    /// What has passed so far.
    pub fn traffic(&self) -> Traffic {
        self.shared.state().traffic
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let mut state = self.shared.state();
        state.closed = true;
        state.cut();
        drop(state);
        self.shared.changed.notify_all();
        // Wakes the thread that accepts.
        let _ = UnixStream::connect(self.directory.path().join(".s.PGSQL.5432"));
    }
}

struct Shared {
    server: PathBuf,
    delay: Duration,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    traffic: Traffic,
    trap: Option<(usize, Trap)>,
    held: bool,
    closed: bool,
    links: Vec<UnixStream>,
}

impl State {
    fn cut(&mut self) {
        for stream in self.links.drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Side {
    Frontend,
    Backend,
}

/// What a connection waits for.
struct Turn {
    /// Whether the client waits for an answer.
    waiting: bool,
    /// How many times the server has still to say that it is ready.
    unready: usize,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("state")
    }

    fn serve(self: Arc<Self>, mut client: UnixStream) -> io::Result<()> {
        const CANCEL: u32 = 80_877_102;
        const TLS: u32 = 80_877_103;
        const GSS: u32 = 80_877_104;
        let first = loop {
            let packet = start_up_packet(&mut client)?;
            match u32::from_be_bytes([packet[4], packet[5], packet[6], packet[7]]) {
                TLS | GSS => client.write_all(b"N")?,
                CANCEL => {
                    let mut server = UnixStream::connect(&self.server)?;
                    server.write_all(&packet)?;
                    // The server closes it when the request is done.
                    return server.read_to_end(&mut Vec::new()).map(drop);
                }
                _ => break packet,
            }
        };
        let server = UnixStream::connect(&self.server)?;
        {
            let mut state = self.state();
            state.links.extend([client.try_clone()?, server.try_clone()?]);
            if state.closed {
                state.cut();
            }
        }
        let turn = Arc::new(Mutex::new(Turn { waiting: true, unready: 1 }));
        let (shared, answers) = (Arc::clone(&self), Arc::clone(&turn));
        let (from, to) = (server.try_clone()?, client.try_clone()?);
        let backward = thread::spawn(move || shared.pump(Side::Backend, from, to, None, &answers));
        let result = self.pump(Side::Frontend, client, server, Some(first), &turn);
        let _ = backward.join();
        result
    }

    /// Carries one direction until its end, which it passes on.
    fn pump(
        &self,
        side: Side,
        mut from: UnixStream,
        to: UnixStream,
        first: Option<Vec<u8>>,
        turn: &Mutex<Turn>,
    ) -> io::Result<()> {
        let (sender, pieces) = channel::<(Instant, Vec<u8>)>();
        let start_up = first.is_some();
        thread::scope(move |scope| {
            scope.spawn(move || {
                let mut to = to;
                let mut carrier = Carrier { side, start_up, rest: Vec::new() };
                for (due, piece) in pieces {
                    thread::sleep(due.saturating_duration_since(Instant::now()));
                    if carrier.carry(self, turn, &piece, &mut to).is_err() {
                        break;
                    }
                }
                let _ = to.shutdown(Shutdown::Write);
            });
            let mut piece = first.unwrap_or_default();
            loop {
                if !piece.is_empty() && sender.send((Instant::now() + self.delay, piece)).is_err() {
                    return Ok(());
                }
                piece = vec![0; 1 << 16];
                let length = from.read(&mut piece)?;
                if length == 0 {
                    return Ok(());
                }
                piece.truncate(length);
            }
        })
    }

    /// Counts messages of these types, and tells how many of them may pass before a trap; `Err`: none, ever.
    fn admit(&self, side: Side, types: &[u8], turn: &Mutex<Turn>) -> io::Result<usize> {
        let closed = || io::Error::from(io::ErrorKind::ConnectionAborted);
        let mut state = self.state();
        let mut admitted = 0;
        loop {
            state = self.changed.wait_while(state, |state| state.held && !state.closed).expect("state");
            if state.closed {
                return Err(closed());
            }
            let Some(&kind) = types.get(admitted) else { return Ok(admitted) };
            if state.trap.as_ref().is_some_and(|(n, _)| state.traffic.messages() + 1 >= *n) {
                if admitted > 0 {
                    return Ok(admitted);
                }
                match state.trap.take() {
                    Some((_, Trap::Cut)) => {
                        state.cut();
                        self.changed.notify_all();
                        return Err(closed());
                    }
                    Some((_, Trap::Call(call))) => {
                        state.held = true;
                        drop(state);
                        call();
                        state = self.state();
                        state.held = false;
                    }
                    Some((_, Trap::Hold)) | None => state.held = true,
                }
                self.changed.notify_all();
                continue;
            }
            admitted += 1;
            let mut turn = turn.lock().expect("turn");
            match side {
                Side::Frontend => state.traffic.frontend += 1,
                Side::Backend => state.traffic.backend += 1,
            }
            match (side, kind) {
                (Side::Frontend, START_UP | b'X') => {}
                (Side::Frontend, _) => {
                    state.traffic.round_trips += usize::from(!turn.waiting);
                    turn.waiting = true;
                    turn.unready += usize::from(matches!(kind, b'Q' | b'S'));
                }
                (Side::Backend, b'Z') => {
                    turn.unready = turn.unready.saturating_sub(1);
                    turn.waiting = turn.unready > 0;
                }
                // The server waits for the data of a COPY.
                (Side::Backend, b'G') => turn.waiting = false,
                (Side::Backend, _) => {}
            }
        }
    }
}

/// Stands for the type of the start-up packet, which has none.
const START_UP: u8 = 0;

/// Cuts a direction's bytes into messages and passes on those that may pass.
struct Carrier {
    side: Side,
    start_up: bool,
    rest: Vec<u8>,
}

impl Carrier {
    fn carry(
        &mut self,
        shared: &Shared,
        turn: &Mutex<Turn>,
        piece: &[u8],
        to: &mut UnixStream,
    ) -> io::Result<()> {
        self.rest.extend_from_slice(piece);
        let (mut types, mut ends, mut end) = (Vec::new(), vec![0], 0);
        loop {
            let head = usize::from(!self.start_up);
            let Some(bytes) = self.rest.get(end + head..end + head + 4) else { break };
            let length = u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]) as usize + head;
            if self.rest.len() < end + length {
                break;
            }
            types.push(if self.start_up { START_UP } else { self.rest[end] });
            self.start_up = false;
            end += length;
            ends.push(end);
        }
        let mut passed = 0;
        while passed < types.len() {
            let more = shared.admit(self.side, &types[passed..], turn)?;
            to.write_all(&self.rest[ends[passed]..ends[passed + more]])?;
            passed += more;
        }
        self.rest.drain(..end);
        Ok(())
    }
}

fn start_up_packet(client: &mut UnixStream) -> io::Result<Vec<u8>> {
    let mut packet = vec![0; 4];
    client.read_exact(&mut packet)?;
    let length = u32::from_be_bytes([packet[0], packet[1], packet[2], packet[3]]) as usize;
    if !(8..1 << 16).contains(&length) {
        return Err(io::ErrorKind::InvalidData.into());
    }
    packet.resize(length, 0);
    client.read_exact(&mut packet[4..])?;
    Ok(packet)
}
