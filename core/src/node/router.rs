//! What arrives on the links: calls go to `serve` at once, the rest to the engine. Runs on whatever thread leads: it only queues.

use super::{
    Node,
    engine::{Input, Inputs, tell},
};
use crate::{
    call::{DEFAULT_TIMEOUT, MOST_TIMEOUT},
    config::NodeId,
    env,
    error::{Error, Executed, Result},
    link::{Address, Link, LinkEnd, Links, Probe, Receiver, Verdict},
    serve::{Caller, Incoming, Origin, Serve},
    stream::{About, OnLink as StreamOnLink, Receiver as StreamReceiver, Sender, Streams},
    wire::{Extensions, Frame, FrameKind, Trace, decode_baggage, flag},
};
use bytes::Bytes;
use parking_lot::Mutex;
use std::{
    collections::HashSet,
    sync::{Arc, OnceLock, Weak},
    time::Duration,
};

/// Receives for one node.
pub(super) struct Router {
    pub(super) serve: Arc<Serve>,
    pub(super) streams: Arc<Streams>,
    pub(super) inputs: Inputs,
    pub(super) max_payload: usize,
    /// Peers that said that they leave.
    pub(super) leaving: Mutex<HashSet<NodeId>>,
    pub(super) links: OnceLock<Weak<Links>>,
    pub(super) node: OnceLock<Weak<Node>>,
}

/// The caller waits at the other end of a link.
struct OnLink {
    links: Weak<Links>,
    streams: Arc<Streams>,
    link: Arc<Link>,
    id: u64,
}

impl Origin for OnLink {
    fn answer(self: Box<Self>, outcome: Result<Bytes>, load: u32) {
        let Some(links) = self.links.upgrade() else { return };
        // Whether the handler ran is known even if its answer can't be sent.
        let executed = outcome.as_ref().err().map_or(Executed::Yes, Error::was_executed);
        let answered = match outcome {
            Ok(payload) => links.reply(&self.link, self.id, payload, load),
            Err(error) => links.fail(&self.link, self.id, error.encode().into(), load),
        };
        // The answer is too large, or the memory for it is used up: the caller hears why. A link that ended told its caller itself.
        if let Err(error) = answered
            && self.link.is_open()
            && links.fail(&self.link, self.id, error.executed(executed).encode().into(), load).is_err()
        {
            self.link.give_up("not even an error could be answered");
        }
    }

    fn stream(self: Box<Self>, sender: &Arc<Sender>, load: u32) {
        // Known before the caller hears of it: credit may come at once.
        StreamOnLink::bind_sender(&self.streams, self.links.clone(), &self.link, self.id, sender);
        let extensions = Extensions { load: Some(load), ..Extensions::default() };
        let reply = Frame { flags: flag::STREAM, extensions, ..Frame::new(FrameKind::Reply, self.id, Bytes::new()) };
        match self.link.send(reply) {
            Ok(()) => sender.open(),
            Err(error) => {
                sender.stop(error);
                self.link.give_up("not even a stream could be answered");
            }
        }
    }
}

impl Router {
    fn call(&self, link: &Arc<Link>, frame: Frame) {
        let peer = link.peer();
        let Extensions { target, deadline_us, depth, attempt, baggage, trace, .. } = frame.extensions;
        let target: Arc<str> = target.unwrap_or_else(|| Arc::from(""));
        let remaining = deadline_us.map_or(DEFAULT_TIMEOUT, Duration::from_micros).min(MOST_TIMEOUT);
        let origin = Box::new(OnLink { links: self.links(), streams: self.streams.clone(), link: link.clone(), id: frame.id });
        // Handlers read it, so it is read once before one runs.
        if let Err(error) = decode_baggage(&baggage) {
            return origin.answer(Err(error.node(self.serve.name())), self.serve.load());
        }
        // A caller that traces nothing: what is called inside still belongs together.
        let trace = trace.unwrap_or_else(Trace::fresh);
        let input = (frame.flags & flag::INPUT != 0).then(|| {
            let about = About { target: target.clone(), peer: peer.name.as_str().into(), trace: trace.id() };
            let receiver = StreamReceiver::input(about, self.streams.budget());
            StreamOnLink::bind_receiver(&self.streams, self.links(), link, frame.id, &receiver);
            receiver
        });
        self.serve.accept(Incoming {
            target,
            deadline: env::now() + remaining,
            depth,
            attempt,
            baggage,
            trace,
            payload: frame.body,
            caller: Caller { id: peer.node, name: peer.name.as_str().into(), language: peer.language.as_deref().unwrap_or("").into() },
            key: (key(link), frame.id),
            origin,
            input,
        });
    }

    fn links(&self) -> Weak<Links> {
        self.links.get().cloned().unwrap_or_default()
    }

    fn tell(&self, input: Input) {
        tell(&self.inputs, input);
    }
}

impl Router {
    fn is_linked(&self, peer: NodeId) -> bool {
        self.links.get().and_then(Weak::upgrade).is_some_and(|links| links.live(peer).is_some())
    }

    fn node(&self) -> Option<Arc<Node>> {
        self.node.get()?.upgrade()
    }
}

impl Probe for Router {
    fn addresses(&self, peer: NodeId) -> Vec<Address> {
        self.node().map(|node| node.addresses_of(peer)).unwrap_or_default()
    }

    fn up(&self, link: &Arc<Link>) {
        let peer = link.peer();
        self.tell(Input::LinkUp { peer: peer.node, version: peer.record_version, digest: peer.record_digest });
    }

    fn verdict(&self, peer: NodeId, verdict: Verdict, why: &str) {
        tracing::debug!(%peer, ?verdict, why, "links");
        // On an open link it is its pulse that speaks.
        match verdict {
            Verdict::Suspect | Verdict::Alive if self.is_linked(peer) => {
                self.tell(Input::Pulse { peer, suspect: verdict == Verdict::Suspect })
            }
            _ => self.tell(Input::Verdict { peer, verdict }),
        }
    }
}

/// Names a link among the calls of a node: it outlives its calls there.
fn key(link: &Arc<Link>) -> u64 {
    Arc::as_ptr(link) as u64
}

impl Receiver for Router {
    fn frame(&self, link: &Arc<Link>, frame: Frame) {
        let from = link.peer().node;
        match frame.kind {
            FrameKind::Call => self.call(link, frame),
            FrameKind::Item | FrameKind::Credit | FrameKind::End => {
                if let Err(error) = self.streams.frame(link, frame) {
                    link.give_up(error.message());
                }
            }
            FrameKind::Cancel => {
                // In this order: a producer that hears of it finds its call cancelled.
                self.serve.cancel((key(link), frame.id));
                self.streams.cancelled(link, frame.id);
            }
            FrameKind::Gossip => self.tell(Input::Packet { from, bytes: frame.body }),
            FrameKind::RecordGet => self.tell(Input::RecordGet { from }),
            FrameKind::GoAway => {
                // It leaves: no new calls, and a `Bye` that follows is its last word.
                self.leaving.lock().insert(from);
                self.tell(Input::Pulse { peer: from, suspect: true });
            }
            FrameKind::Record => self.tell(Input::Record { from, name: link.peer().name.clone(), bytes: frame.body }),
            _ => {}
        }
    }

    fn closed(&self, link: &Arc<Link>, end: &LinkEnd) {
        self.streams.link_lost(link, &end.to_string());
        self.serve.cancel_link(key(link));
        let peer = link.peer().node;
        let left = self.leaving.lock().remove(&peer) && *end == LinkEnd::Bye;
        if left {
            self.tell(Input::Bye { peer });
        } else if !self.is_linked(peer) {
            self.tell(Input::LinkDown { peer });
        }
    }

    fn max_payload(&self) -> usize {
        self.max_payload
    }
}
