//! A Unix socket that wakes its reader only when there is something to read. tokio's own also wakes it whenever the
//! server has taken up what was sent, and these needless turns cost an upgrade of many small deltas several percent.

use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::unix::AsyncFd;
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};

/// A connected Unix socket.
pub(super) struct UnixSocket {
    stream: AsyncFd<UnixStream>,
    /// The same socket, waited for until it takes more; only while it is full.
    full: Option<AsyncFd<UnixStream>>,
}

impl UnixSocket {
    /// Takes a socket that is connected already.
    pub fn new(stream: UnixStream) -> io::Result<UnixSocket> {
        stream.set_nonblocking(true)?;
        Ok(UnixSocket { stream: watch(stream, Interest::READABLE)?, full: None })
    }
}

#[expect(unsafe_code, reason = "tokio has no safe form for one direction only")]
fn watch(stream: UnixStream, interest: Interest) -> io::Result<AsyncFd<UnixStream>> {
    // SAFETY: the stream owns its descriptor, always gives the same one, and keeps it open until it is dropped.
    Ok(unsafe { AsyncFd::register_with_interest(stream, interest) }?)
}

impl AsyncRead for UnixSocket {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            let mut ready = ready!(self.stream.poll_read_ready(context))?;
            let space = buffer.initialize_unfilled();
            let asked = space.len();
            match ready.try_io(|stream| stream.get_ref().read(space)) {
                Ok(Ok(length)) => {
                    // Less than there was room for, and not the end: it is empty now.
                    if (1..asked).contains(&length) {
                        ready.clear_ready();
                    }
                    buffer.advance(length);
                    return Poll::Ready(Ok(()));
                }
                Ok(Err(error)) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(Err(error)) => return Poll::Ready(Err(error)),
                Err(_would_block) => {}
            }
        }
    }
}

impl AsyncWrite for UnixSocket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        loop {
            match self.stream.get_ref().write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                written => {
                    self.full = None;
                    return Poll::Ready(written);
                }
            }
            if self.full.is_none() {
                let stream = self.stream.get_ref().try_clone()?;
                self.full = Some(watch(stream, Interest::WRITABLE)?);
            }
            if let Some(full) = &self.full {
                ready!(full.poll_write_ready(context))?.clear_ready();
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.stream.get_ref().shutdown(Shutdown::Write))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::os::unix::net::UnixStream;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::UnixSocket;

    #[test]
    fn what_is_larger_than_the_sockets_buffer_arrives_whole() {
        let sent: Vec<u8> = (0..5_000_000_u32).map(|number| number as u8).collect();
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        let server = std::thread::spawn(move || {
            let mut received = Vec::new();
            theirs.read_to_end(&mut received).unwrap();
            received
        });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let answer = runtime.block_on(async {
            let mut socket = UnixSocket::new(ours).unwrap();
            socket.write_all(&sent).await.unwrap();
            socket.shutdown().await.unwrap();
            let mut answer = Vec::new();
            socket.read_to_end(&mut answer).await.unwrap();
            answer
        });
        assert!(server.join().unwrap() == sent, "the bytes differ");
        assert_eq!(answer, b"");
    }
}
