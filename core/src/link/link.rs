//! One connection to a peer: a socket, its TLS session, a read half for the leader, a write half for everybody, and the calls that wait.

use super::{
    peer::{PeerInfo, Purpose},
    reactor::Reactor,
    read::Reader,
    records::Records,
    sys::{Socket, Watch},
    table::{Answer, Answered, Table},
    tls::Tls,
    together,
    write::{Port, Writer},
};
use crate::{
    env,
    error::{Error, Executed, Kind, Result},
    wire::{Extensions, Frame, FrameKind, MAX_PAYLOAD, flag},
};
use bytes::Bytes;
use parking_lot::Mutex;
use std::{
    fmt,
    os::fd::OwnedFd,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering::*},
    },
    time::{Duration, Instant},
};

/// Reads of one link in a row before the others get their turn.
const TURNS: usize = 16;
/// The same of a bulk link, whose reads are all large.
const BULK_TURNS: usize = 2;

/// What the node does with frames. Called on the leading thread, one frame of a link at a time and in order: it may only queue, never block,
/// never wait for the reactor, never call a language.
pub trait Receiver: Send + Sync + 'static {
    /// A frame came that the link doesn't resolve itself (it does so with Reply, Fail, Ping, Pong and Bye).
    fn frame(&self, link: &Arc<Link>, frame: Frame);
    /// The link ended; its own calls were failed. Called once.
    fn closed(&self, link: &Arc<Link>, end: &LinkEnd);
    /// Largest body that is accepted.
    fn max_payload(&self) -> usize {
        MAX_PAYLOAD
    }
}

/// Why a link ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkEnd {
    /// The peer said `Bye`.
    Bye,
    /// This side closed it.
    Closed,
    /// It broke: reset, end without `Bye`, silence.
    Lost(String),
    /// The peer sent what it must not.
    Broken(String),
}

impl fmt::Display for LinkEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LinkEnd::Bye => write!(f, "the peer closed the link"),
            LinkEnd::Closed => write!(f, "the link was closed"),
            LinkEnd::Lost(why) => write!(f, "the link was lost: {why}"),
            LinkEnd::Broken(why) => write!(f, "the link was given up: {why}"),
        }
    }
}

/// Calls of the peer: the last id that was accepted, and the one above which none is.
#[derive(Default)]
struct Inbound {
    last: u64,
    limit: Option<u64>,
}

/// A link to one peer. The socket is deregistered when the link ends and closed with the last reference to it.
pub struct Link {
    key: u64,
    reactor: Arc<Reactor>,
    socket: Socket,
    tls: Mutex<Records>,
    peer: PeerInfo,
    receiver: Arc<dyn Receiver>,
    table: Table,
    reader: Mutex<Reader>,
    writer: Writer,
    inbound: Mutex<Inbound>,
    /// Why it is about to end, said by whoever noticed first.
    ending: Mutex<Option<LinkEnd>>,
    closing: AtomicBool,
    ended: AtomicBool,
    start: Instant,
    /// Microseconds after `start`.
    heard: AtomicU64,
    load: AtomicU32,
    dropped: AtomicU64,
    /// Ends of streams that use it.
    streams: AtomicUsize,
}

/// Keeps a link busy, as an open call does, until it is dropped.
pub struct Held(Arc<Link>);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.streams.fetch_sub(1, Relaxed);
    }
}

impl Link {
    /// Puts a finished connection behind the reactor. `early` are sealed bytes that were received but not opened; plaintext that was opened
    /// too far is given back with [`Tls::unread`] before. Frames may reach `receiver` before this returns.
    pub fn start(
        reactor: &Arc<Reactor>,
        socket: OwnedFd,
        tls: Tls,
        early: Vec<u8>,
        peer: PeerInfo,
        receiver: Arc<dyn Receiver>,
    ) -> Result<Arc<Link>> {
        let socket = Socket::new(socket)?;
        let records = Records::new(tls.extract()?)?;
        let max_payload = receiver.max_payload();
        reactor.add(|key| {
            Arc::new(Link {
                key,
                reactor: reactor.clone(),
                socket,
                tls: Mutex::new(records),
                peer,
                receiver,
                table: Table::new(),
                reader: Mutex::new(Reader::new(early, max_payload)),
                writer: Writer::default(),
                inbound: Mutex::default(),
                ending: Mutex::default(),
                closing: AtomicBool::new(false),
                ended: AtomicBool::new(false),
                start: env::now(),
                heard: AtomicU64::new(0),
                load: AtomicU32::new(0),
                dropped: AtomicU64::new(0),
                streams: AtomicUsize::new(0),
            })
        })
    }

    /// The peer.
    pub fn peer(&self) -> &PeerInfo {
        &self.peer
    }

    /// Draws a call id, enters `answered` in this link's table and sends. On an error nothing was sent, and `answered` is never told.
    pub fn call(self: &Arc<Self>, extensions: Extensions, payload: Bytes, answered: Arc<dyn Answered>) -> Result<u64> {
        self.call_frame(Frame { kind: FrameKind::Call, flags: 0, id: 0, extensions, body: payload }, answered)
    }

    /// As [`Link::call`], with a frame of the caller's making (the announcement of a large body); its id is drawn here.
    pub fn call_frame(self: &Arc<Self>, mut frame: Frame, answered: Arc<dyn Answered>) -> Result<u64> {
        if !self.is_open() {
            return Err(Error::new(Kind::Unavailable, format!("the link to `{}` is closing", self.peer.name)));
        }
        let known = answered.clone();
        let id = self.table.enter(answered, |id| {
            known.entering(self, id);
            frame.id = id;
            self.writer.push(frame)
        })?;
        self.flush();
        Ok(id)
    }

    /// Gives up waiting; true if the call was still open, and then `answered` is never told.
    pub fn forget(&self, id: u64) -> bool {
        self.table.take(id).is_some()
    }

    /// Tells the provider that nobody waits for this call any longer.
    pub fn cancel(&self, id: u64) {
        // A link that takes no frame any more has lost the call anyway.
        let _ = self.send(Frame::new(FrameKind::Cancel, id, Bytes::new()));
    }

    /// Ends an open call with an answer that came some other way; true if it was still open.
    pub fn resolve(&self, id: u64, answer: Answer) -> bool {
        match self.table.take(id) {
            Some(answered) => {
                answered.answered(answer);
                true
            }
            None => {
                self.dropped.fetch_add(1, Relaxed);
                false
            }
        }
    }

    /// Sends a frame: at once if the write half is free, else by whoever has it. Errors, with nothing sent: `Overloaded` when too much waits
    /// already, `Unavailable` on a link that has ended.
    pub fn send(&self, frame: Frame) -> Result<()> {
        self.writer.push(frame)?;
        self.flush();
        Ok(())
    }

    /// Takes no further calls of the peer; those up to the id that is sent are finished.
    pub fn go_away(&self) -> Result<()> {
        let frame = {
            let mut inbound = self.inbound.lock();
            let limit = inbound.limit.unwrap_or(inbound.last);
            inbound.limit = Some(limit);
            Frame::number(FrameKind::GoAway, limit)
        };
        self.send(frame)
    }

    /// Starts no further call here; those that are open go on. After this returned, none is on its way into the table.
    pub fn refuse_calls(&self, why: &str) {
        self.table.refuse(why);
    }

    /// Ends the link: with `bye` after everything queued is sent, followed by `Bye`; else at once.
    pub fn close(&self, bye: bool) {
        self.closing.store(true, SeqCst);
        self.table.refuse("the link is closing");
        self.ending.lock().get_or_insert(LinkEnd::Closed);
        if bye && self.writer.push(Frame::new(FrameKind::Bye, 0, Bytes::new())).is_ok() {
            self.writer.finish();
            self.flush();
        } else {
            self.socket.cut();
        }
    }

    /// Gives the link up, for instance because the peer is silent.
    pub fn give_up(&self, why: impl Into<String>) {
        self.ending.lock().get_or_insert(LinkEnd::Lost(why.into()));
        self.socket.cut();
    }

    /// Fails the calls that wait: whether they ran will not become known.
    pub(super) fn fail_calls(&self, why: &str) {
        for (_, answered) in self.table.cut_above(0, why) {
            answered.answered(Answer::Lost { executed: Executed::Maybe, why: why.into() });
        }
    }

    /// Whether its last frame was handled.
    pub(super) fn has_ended(&self) -> bool {
        self.ended.load(SeqCst)
    }

    /// Whether it carries frames and isn't about to end.
    pub fn is_open(&self) -> bool {
        !self.closing.load(Relaxed) && !self.ended.load(Relaxed)
    }

    /// Whether the peer still accepts calls here.
    pub fn accepts_calls(&self) -> bool {
        self.is_open() && !self.table.is_refusing()
    }

    /// Calls that wait for their answer, and ends of streams.
    pub fn outstanding(&self) -> usize {
        self.table.count() + self.streams.load(Relaxed)
    }

    /// One more end of a stream uses the link.
    pub fn hold(self: &Arc<Self>) -> Held {
        self.streams.fetch_add(1, Relaxed);
        Held(self.clone())
    }

    /// When something came from the peer.
    pub fn last_heard(&self) -> Instant {
        self.start + Duration::from_micros(self.heard.load(Relaxed))
    }

    /// What ran and waited at the peer when it last answered a call.
    pub fn load(&self) -> u32 {
        self.load.load(Relaxed)
    }

    /// Answers for calls that were not open.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Relaxed)
    }

    fn flush(&self) {
        if !together::hold(&self.reactor, self.key) {
            self.flush_now();
        }
    }

    pub(super) fn flush_now(&self) {
        if let Err(e) = self.with_port(|port| self.writer.flush(port)) {
            self.give_up(e.message());
        }
    }

    fn with_port<T>(&self, body: impl FnOnce(&Port<'_>) -> T) -> T {
        let want_room = |wanted: bool| self.reactor.watch(&self.socket, if wanted { Watch::InputOutput } else { Watch::Input }, self.key);
        body(&Port { socket: &self.socket, tls: &self.tls, want_room: &want_room })
    }

    pub(super) fn key(&self) -> u64 {
        self.key
    }

    pub(super) fn socket(&self) -> &Socket {
        &self.socket
    }

    /// There is room in the socket again. Only the leader calls it.
    pub(super) fn writable(&self) {
        if let Err(e) = self.with_port(|port| self.writer.go_on(port)) {
            self.give_up(e.message());
        }
    }

    /// Reads what is there and dispatches it. Only the leader calls it.
    pub(super) fn readable(self: &Arc<Self>, room: &Mutex<Vec<u8>>) {
        let mut frames = Vec::new();
        for _ in 0..if self.peer.purpose == Purpose::Bulk { BULK_TURNS } else { TURNS } {
            if self.ended.load(Relaxed) {
                return;
            }
            // What a peer sends must never take the lead down, whatever it meets.
            let read = AssertUnwindSafe(|| self.reader.lock().read(&self.socket, &self.tls, &mut room.lock(), &mut frames));
            let got = catch_unwind(read).unwrap_or_else(|_| Err(Error::new(Kind::Protocol, "reading failed: a defect of this side")));
            if got.as_ref().is_ok_and(|got| got.heard) {
                let heard = env::now().saturating_duration_since(self.start);
                self.heard.store(u64::try_from(heard.as_micros()).unwrap_or(u64::MAX), Relaxed);
            }
            if let Some(end) = self.dispatch(&mut frames) {
                return self.end(end);
            }
            match got {
                Ok(got) => {
                    if got.filling {
                        self.reactor.more_comes();
                    }
                    if got.answer {
                        self.writable();
                    }
                    if got.end {
                        return self.end(LinkEnd::Lost("the connection ended".into()));
                    }
                    if !got.more {
                        return;
                    }
                }
                Err(e) if e.kind() == Kind::Protocol => return self.end(LinkEnd::Broken(e.message().into())),
                Err(e) => return self.end(LinkEnd::Lost(e.message().into())),
            }
        }
    }

    /// Handles frames in order; says why the link ends, if one of them ends it.
    fn dispatch(self: &Arc<Self>, frames: &mut Vec<Frame>) -> Option<LinkEnd> {
        // Somebody's defect must not take the lead, and with it all links, down.
        let outcome = catch_unwind(AssertUnwindSafe(|| frames.drain(..).find_map(|frame| self.deliver(frame))));
        outcome.unwrap_or_else(|_| Some(LinkEnd::Broken("a frame could not be handled: a defect of this side".into())))
    }

    /// Handles one frame, as if it had just come. The leader calls it; so does whoever put a large body and its announcement together.
    pub fn deliver(self: &Arc<Self>, frame: Frame) -> Option<LinkEnd> {
        match frame.kind {
            FrameKind::Reply | FrameKind::Fail => {
                let load = frame.extensions.load.unwrap_or(0);
                self.load.store(load, Relaxed);
                let answer = match frame.kind {
                    FrameKind::Reply if frame.flags & flag::STREAM != 0 => Answer::Stream { link: self.clone(), id: frame.id, load },
                    FrameKind::Reply => Answer::Reply { payload: frame.body, load },
                    _ => Answer::Fail { error: frame.body, load },
                };
                self.resolve(frame.id, answer);
            }
            FrameKind::Ping => {
                // Refused only by a peer that lets megabytes of answers lie.
                let _ = self.send(Frame { kind: FrameKind::Pong, ..frame });
            }
            FrameKind::Pong => {}
            FrameKind::Bye => return Some(LinkEnd::Bye),
            FrameKind::GoAway => {
                let limit = frame.to_number().unwrap_or(0);
                let why = "the peer accepts no further calls";
                for (_, answered) in self.table.cut_above(limit, why) {
                    answered.answered(Answer::Lost { executed: Executed::No, why: why.into() });
                }
                self.receiver.frame(self, frame);
            }
            FrameKind::Call => match self.accept(frame.id) {
                Ok(true) => self.receiver.frame(self, frame),
                Ok(false) => {}
                Err(end) => return Some(end),
            },
            FrameKind::Bulk if frame.announced() == Some(FrameKind::Call) => match self.accept(frame.id) {
                Ok(true) => self.receiver.frame(self, frame),
                Ok(false) => {}
                Err(end) => return Some(end),
            },
            _ => self.receiver.frame(self, frame),
        }
        None
    }

    /// Whether a call of the peer is taken; one above our `GoAway` is not, and the peer knows that it did not run. Ids rise: two calls of
    /// one id could neither be cancelled nor answered apart.
    fn accept(&self, id: u64) -> Result<bool, LinkEnd> {
        let mut inbound = self.inbound.lock();
        if inbound.limit.is_some_and(|limit| id > limit) {
            return Ok(false);
        }
        if id <= inbound.last {
            return Err(LinkEnd::Broken(format!("call {id} came after call {}", inbound.last)));
        }
        inbound.last = id;
        Ok(true)
    }

    /// Ends the link, once: deregisters it, fails its own calls, tells the receiver. Only the leader calls it, after the last frame.
    fn end(self: &Arc<Self>, found: LinkEnd) {
        if self.ended.swap(true, SeqCst) {
            return;
        }
        self.reactor.remove(self);
        self.socket.cut();
        let said = self.ending.lock().take();
        let end = match (said, found) {
            (_, found @ LinkEnd::Broken(_)) => found,
            (Some(LinkEnd::Closed), _) => LinkEnd::Closed,
            // Our own sending may have failed because the peer was gone already.
            (_, LinkEnd::Bye) => LinkEnd::Bye,
            (said, found) => said.unwrap_or(found),
        };
        let why = format!("{end} (peer `{}`)", self.peer.name);
        // First no call can enter any more, then it is told which of those inside left the process.
        let calls = self.table.cut_above(0, &why);
        let unsent = self.writer.end();
        let told = catch_unwind(AssertUnwindSafe(|| {
            for (id, answered) in calls {
                let executed = if unsent.contains(&id) { Executed::No } else { Executed::Maybe };
                answered.answered(Answer::Lost { executed, why: why.clone() });
            }
            self.receiver.closed(self, &end);
        }));
        if told.is_err() {
            tracing::error!("the end of a link could not be handled: a defect");
        }
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").field("peer", &self.peer.name).field("purpose", &self.peer.purpose).field("open", &self.is_open()).finish()
    }
}
