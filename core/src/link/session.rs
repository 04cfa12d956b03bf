//! A TLS session as a stream of bytes, for connections that don't become links.

use super::{RECORD, Tls, socket::Socket};
use crate::error::Error;
use bytes::{Buf, BytesMut};
use std::{
    future::Future,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::security::PeerCertificate;

/// Bytes of one read.
const READ: usize = 16 << 10;
/// Sealed bytes that may wait for the socket before a writer has to.
const UNSENT_MOST: usize = 64 << 10;

/// Serves clients that are no nodes: gRPC over HTTP/2. The node brings it.
pub trait Outside: Send + Sync + 'static {
    /// Serves a connection whose client showed a certificate of the cluster, until it ends.
    fn serve(self: Arc<Self>, stream: Session, who: PeerCertificate) -> Pin<Box<dyn Future<Output = ()> + Send>>;

    /// The node takes nothing new.
    fn drain(&self);

    /// Connections that have not ended; each ends once it is told to drain and its last answer is sent.
    fn connections(&self) -> usize;

    /// The node is gone.
    fn close(&self);
}

/// A connection after its handshake. Reading gives plaintext, what is written leaves sealed.
pub struct Session {
    socket: Socket,
    tls: Tls,
    /// Records not opened yet.
    records: Vec<u8>,
    /// Plaintext not read yet.
    plain: BytesMut,
    /// Sealed bytes not sent yet.
    unsent: BytesMut,
    ended: bool,
    closing: bool,
}

impl Session {
    /// `early` holds the records that came with the handshake.
    pub(super) fn new(socket: Socket, tls: Tls, early: Vec<u8>) -> Session {
        Session { socket, tls, records: early, plain: BytesMut::new(), unsent: BytesMut::new(), ended: false, closing: false }
    }

    /// Opens what is there.
    fn open(&mut self) -> io::Result<()> {
        let plain = &mut self.plain;
        let opened = self
            .tls
            .open(&mut self.records, |piece| {
                plain.extend_from_slice(piece);
                Ok(())
            })
            .map_err(broken)?;
        self.records.drain(..opened.used);
        self.ended |= opened.closed;
        if opened.answer {
            let mut sealed = Vec::new();
            self.tls.seal(&[], &mut sealed).map_err(broken)?;
            self.unsent.extend_from_slice(&sealed);
        }
        Ok(())
    }

    /// Sends what is sealed, as far as the socket takes it.
    fn poll_send(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.unsent.is_empty() {
            let sent = match &mut self.socket {
                Socket::Unix(stream, _) => ready!(Pin::new(stream).poll_write(context, &self.unsent))?,
                Socket::Tcp(stream, _) => ready!(Pin::new(stream).poll_write(context, &self.unsent))?,
            };
            if sent == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.unsent.advance(sent);
        }
        Poll::Ready(Ok(()))
    }

    fn poll_receive(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let start = self.records.len();
        self.records.resize(start + READ, 0);
        let mut buffer = ReadBuf::new(self.records.get_mut(start..).unwrap_or_default());
        let polled = match &mut self.socket {
            Socket::Unix(stream, _) => Pin::new(stream).poll_read(context, &mut buffer),
            Socket::Tcp(stream, _) => Pin::new(stream).poll_read(context, &mut buffer),
        };
        let read = buffer.filled().len();
        self.records.truncate(start + read);
        polled.map_ok(|()| read)
    }
}

impl AsyncRead for Session {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            if !this.plain.is_empty() {
                let taken = this.plain.len().min(buffer.remaining());
                buffer.put_slice(&this.plain.split_to(taken));
                return Poll::Ready(Ok(()));
            }
            if this.ended {
                return Poll::Ready(Ok(()));
            }
            this.open()?;
            // What the session itself answers leaves with the next bytes at the latest.
            if let Poll::Ready(Err(error)) = this.poll_send(context) {
                return Poll::Ready(Err(error));
            }
            if this.plain.is_empty() && !this.ended && ready!(this.poll_receive(context))? == 0 {
                // Without the session's own end somebody may have cut it off.
                return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
            }
        }
    }
}

impl AsyncWrite for Session {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.unsent.len() >= UNSENT_MOST {
            ready!(this.poll_send(context))?;
        }
        let taken = bytes.get(..bytes.len().min(RECORD)).unwrap_or_default();
        let mut sealed = Vec::new();
        this.tls.seal(taken, &mut sealed).map_err(broken)?;
        this.unsent.extend_from_slice(&sealed);
        if let Poll::Ready(Err(error)) = this.poll_send(context) {
            return Poll::Ready(Err(error));
        }
        Poll::Ready(Ok(taken.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().poll_send(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if !this.closing {
            this.closing = true;
            let mut sealed = Vec::new();
            this.tls.close(&mut sealed);
            this.unsent.extend_from_slice(&sealed);
        }
        ready!(this.poll_send(context))?;
        match &mut this.socket {
            Socket::Unix(stream, _) => Pin::new(stream).poll_shutdown(context),
            Socket::Tcp(stream, _) => Pin::new(stream).poll_shutdown(context),
        }
    }
}

fn broken(error: Error) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error.message().to_owned())
}
