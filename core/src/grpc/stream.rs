//! One HTTP/2 stream as gRPC sees it: messages in, messages out, a status at the end.

use super::{
    Cluster,
    status::{self, Code},
};
use crate::{
    error::{Error, Kind, Result},
    link::Reserved,
};
use bytes::{Buf, Bytes, BytesMut};
use h2::{RecvStream, SendStream, server::SendResponse};
use http::{HeaderMap, Response, StatusCode};
use std::{future::poll_fn, sync::Arc};

/// Largest message in either direction, whatever `max_payload` allows: what gRPC's own clients take by default.
pub(super) const MESSAGE_MOST: usize = 4 << 20;
/// Flag and length before a message.
const PREFIX: usize = 5;

/// The client went away, or broke the protocol: nothing can be answered.
pub(super) struct Gone;

/// Reads the messages of a request.
pub(super) struct Requests {
    stream: RecvStream,
    buffer: BytesMut,
    /// Bytes that came and are not given back to the client's window yet.
    held: usize,
    cluster: Arc<dyn Cluster>,
}

/// A message, and the memory that it takes.
pub(super) struct Received {
    pub(super) bytes: Bytes,
    memory: Option<Reserved>,
}

impl Received {
    /// What is reserved for it, without the message.
    pub(super) fn into_memory(self) -> Option<Reserved> {
        self.memory
    }
}

impl Requests {
    pub(super) fn new(stream: RecvStream, cluster: Arc<dyn Cluster>) -> Requests {
        Requests { stream, buffer: BytesMut::new(), held: 0, cluster }
    }

    /// The next message; nothing when the client has sent all.
    pub(super) async fn next(&mut self) -> std::result::Result<Result<Option<Received>>, Gone> {
        while self.buffer.len() < PREFIX {
            if !self.more().await? {
                let complete = self.buffer.is_empty();
                return Ok(if complete { Ok(None) } else { Err(cut_off()) });
            }
        }
        let compressed = self.buffer.get_u8() != 0;
        let length = self.buffer.get_u32() as usize;
        if compressed {
            return Ok(Err(Error::new(Kind::NoSuchMethod, "the message is compressed").advice("Send it uncompressed (identity).")));
        }
        let most = self.cluster.max_payload().min(MESSAGE_MOST);
        if length > most {
            return Ok(Err(Error::new(Kind::PayloadTooLarge, format!("the message has {length} bytes, {most} are allowed"))));
        }
        let memory = self.cluster.reserve(length);
        if memory.is_none() && length > 0 {
            return Ok(Err(Error::new(Kind::Overloaded, "the node's memory for payloads is used up")));
        }
        while self.buffer.len() < length {
            if !self.more().await? {
                return Ok(Err(cut_off()));
            }
        }
        let bytes = self.buffer.split_to(length).freeze();
        self.release(PREFIX + length)?;
        Ok(Ok(Some(Received { bytes, memory })))
    }

    /// Takes what the client's window still lets through, while no message is wanted: many small frames left where they are would cost far
    /// more than their bytes, and end the connection. Ends only when the client goes away.
    pub(super) async fn hold(&mut self) -> Gone {
        loop {
            match self.fetch().await {
                Ok(true) => {}
                Ok(false) => std::future::pending().await,
                Err(gone) => return gone,
            }
        }
    }

    /// Takes what comes next for the message under way; false at the end.
    async fn more(&mut self) -> std::result::Result<bool, Gone> {
        self.release(self.held)?;
        self.fetch().await
    }

    async fn fetch(&mut self) -> std::result::Result<bool, Gone> {
        match self.stream.data().await {
            None => Ok(false),
            Some(Err(_)) => Err(Gone),
            Some(Ok(data)) => {
                self.buffer.extend_from_slice(&data);
                self.held += data.len();
                Ok(true)
            }
        }
    }

    /// Lets the client send so much more.
    fn release(&mut self, bytes: usize) -> std::result::Result<(), Gone> {
        let bytes = bytes.min(self.held);
        self.held -= bytes;
        self.stream.flow_control().release_capacity(bytes).map_err(|_| Gone)
    }
}

fn cut_off() -> Error {
    Error::new(Kind::BadArguments, "the request ends inside of a message")
}

/// Writes the answers of a request.
pub(super) struct Answers {
    respond: SendResponse<Bytes>,
    stream: Option<SendStream<Bytes>>,
}

impl Answers {
    pub(super) fn new(respond: SendResponse<Bytes>) -> Answers {
        Answers { respond, stream: None }
    }

    /// Ends when the client has given the request up.
    pub(super) async fn given_up(&mut self) {
        let Answers { respond, stream } = self;
        match stream {
            Some(stream) => poll_fn(|context| stream.poll_reset(context)).await.map_or((), drop),
            None => poll_fn(|context| respond.poll_reset(context)).await.map_or((), drop),
        }
    }

    /// Sends one message; waits until the client has room for it.
    pub(super) async fn send(&mut self, message: &[u8]) -> std::result::Result<(), Gone> {
        let stream = match &mut self.stream {
            Some(stream) => stream,
            None => self.stream.insert(self.respond.send_response(head(HeaderMap::new()), false).map_err(|_| Gone)?),
        };
        let mut framed = BytesMut::with_capacity(PREFIX + message.len());
        framed.extend_from_slice(&[0]);
        framed.extend_from_slice(&(message.len() as u32).to_be_bytes());
        framed.extend_from_slice(message);
        let mut framed = framed.freeze();
        while framed.has_remaining() {
            stream.reserve_capacity(framed.len());
            let room = match poll_fn(|context| stream.poll_capacity(context)).await {
                Some(Ok(room)) => room.min(framed.len()),
                _ => return Err(Gone),
            };
            if room > 0 {
                stream.send_data(framed.split_to(room), false).map_err(|_| Gone)?;
            }
        }
        Ok(())
    }

    /// Ends it with a status.
    pub(super) fn end(mut self, trailers: HeaderMap) {
        // A client that went away needs no answer.
        let _ = match self.stream {
            Some(mut stream) => stream.send_trailers(trailers),
            None => self.respond.send_response(head(trailers), true).map(drop),
        };
    }

    /// Ends it with an error.
    pub(super) fn fail(self, error: &Error) {
        self.end(status::trailers(error));
    }

    /// Ends it with a code.
    pub(super) fn refuse(self, code: Code, message: &str) {
        self.end(status::plain(code, message));
    }

    /// Ends it as something that isn't gRPC at all.
    pub(super) fn no_grpc(mut self, status: StatusCode) {
        let mut response = Response::new(());
        *response.status_mut() = status;
        let _ = self.respond.send_response(response, true);
    }
}

fn head(mut headers: HeaderMap) -> Response<()> {
    headers.insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static("application/grpc"));
    headers.insert("grpc-accept-encoding", http::HeaderValue::from_static("identity"));
    let mut response = Response::new(());
    *response.headers_mut() = headers;
    response
}
