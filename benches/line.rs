//! A line to the server that is as long as one wishes, and counts how often it is crossed to and fro.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::thread::{sleep, spawn};
use std::time::{Duration, Instant};

/// A port of this machine that leads to the server.
pub struct Line {
    port: u16,
    trips: Arc<AtomicUsize>,
}

/// What the two directions of a connection know of each other.
#[derive(Default)]
struct Talk {
    /// The client has said something that nobody answered yet.
    asked: AtomicBool,
    /// The first answer is the one to the connection's start.
    started: AtomicBool,
    trips: Arc<AtomicUsize>,
}

impl Line {
    /// Opens a line to the server at this socket; `latency` is that of there and back.
    pub fn open(socket: &Path, latency: Duration) -> Line {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("listener");
        let port = listener.local_addr().expect("address").port();
        let trips = Arc::<AtomicUsize>::default();
        let (socket, counter) = (socket.to_owned(), Arc::clone(&trips));
        // It ends with the process.
        spawn(move || {
            for client in listener.incoming() {
                let client = client.expect("client");
                let server = UnixStream::connect(&socket).expect("server");
                client.set_nodelay(true).expect("option");
                join(client, server, latency / 2, Talk { trips: Arc::clone(&counter), ..Talk::default() });
            }
        });
        Line { port, trips }
    }

    /// The connection URI of a database at the other end.
    pub fn uri(&self, database: &str) -> String {
        format!("postgresql://postgres@127.0.0.1:{}/{database}?sslmode=disable&gssencmode=disable", self.port)
    }

    /// How often a client has asked something and the server has answered, those at connecting not counted.
    pub fn round_trips(&self) -> usize {
        self.trips.load(Ordering::SeqCst)
    }
}

fn join(client: TcpStream, server: UnixStream, delay: Duration, talk: Talk) {
    let talk = Arc::new(talk);
    let (from_client, to_client) = (client.try_clone().expect("socket"), client);
    let (from_server, to_server) = (server.try_clone().expect("socket"), server);
    let asking = Arc::clone(&talk);
    carry(
        from_client,
        to_server,
        |server| server.shutdown(Shutdown::Write),
        delay,
        move || {
            asking.asked.store(true, Ordering::SeqCst);
        },
    );
    carry(
        from_server,
        to_client,
        |client| client.shutdown(Shutdown::Write),
        delay,
        move || {
            if talk.asked.swap(false, Ordering::SeqCst) && talk.started.swap(true, Ordering::SeqCst) {
                talk.trips.fetch_add(1, Ordering::SeqCst);
            }
        },
    );
}

/// Carries bytes one way: each piece arrives as much later as it should, however many are on the way.
fn carry<R: Read + Send + 'static, W: Write + Send + 'static>(
    mut from: R,
    mut to: W,
    close: impl FnOnce(&W) -> std::io::Result<()> + Send + 'static,
    delay: Duration,
    seen: impl Fn() + Send + 'static,
) {
    let (sender, receiver) = channel::<(Instant, Vec<u8>)>();
    spawn(move || {
        let mut buffer = vec![0; 1 << 16];
        while let Ok(length @ 1..) = from.read(&mut buffer) {
            seen();
            if sender.send((Instant::now() + delay, buffer[..length].to_vec())).is_err() {
                break;
            }
        }
    });
    spawn(move || {
        for (due, piece) in receiver {
            sleep(due.saturating_duration_since(Instant::now()));
            if to.write_all(&piece).is_err() {
                return;
            }
        }
        // Whoever is at the other end may be gone before.
        let _ = close(&to);
    });
}
