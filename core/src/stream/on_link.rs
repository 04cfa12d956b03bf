//! The other end is behind a link.

use super::{Receiver, Sender, Streams, ToReceiver, ToSender, items::pack, table::Key};
use crate::{
    error::{Error, Result},
    link::{Held, Link, Links},
    wire::{Extensions, Frame, FrameKind, flag},
};
use bytes::Bytes;
use std::sync::{Arc, Weak};

/// The way of one end over a link. Until it is over the link counts as busy.
pub struct OnLink {
    streams: Weak<Streams>,
    links: Weak<Links>,
    link: Arc<Link>,
    key: Key,
    sends: bool,
    _held: Held,
}

impl OnLink {
    /// Binds the sending end of the call with this id, its input or its answer.
    pub fn bind_sender(streams: &Arc<Streams>, links: Weak<Links>, link: &Arc<Link>, id: u64, sender: &Arc<Sender>) -> bool {
        let way = OnLink::new(streams, links, link, Key { link: link_key(link), id, input: sender.input }, true);
        streams.enter_sender(way.key, sender);
        sender.bind(Arc::new(way))
    }

    /// Binds the receiving end of the answer to our call with this id, or of the input of a call of the peer.
    pub fn bind_receiver(streams: &Arc<Streams>, links: Weak<Links>, link: &Arc<Link>, id: u64, receiver: &Arc<Receiver>) -> bool {
        let way = OnLink::new(streams, links, link, Key { link: link_key(link), id, input: receiver.is_input() }, false);
        streams.enter_receiver(way.key, receiver);
        receiver.bind(Arc::new(way))
    }

    fn new(streams: &Arc<Streams>, links: Weak<Links>, link: &Arc<Link>, key: Key, sends: bool) -> OnLink {
        OnLink { streams: Arc::downgrade(streams), links, link: link.clone(), key, sends, _held: link.hold() }
    }

    fn frame(&self, kind: FrameKind, flags: u8, number: Option<u32>, body: Bytes) -> Frame {
        let flags = if self.key.input { flags | flag::INPUT } else { flags };
        Frame { kind, flags, id: self.key.id, extensions: Extensions { number, ..Extensions::default() }, body }
    }

    fn send(&self, frame: Frame) -> Result<()> {
        match self.links.upgrade() {
            Some(links) => links.send_part(&self.link, frame),
            None => self.link.send(frame),
        }
    }
}

/// Names a link among the streams of a node: it outlives its streams there.
pub(super) fn link_key(link: &Arc<Link>) -> u64 {
    Arc::as_ptr(link) as u64
}

impl ToReceiver for OnLink {
    fn items(&self, number: u32, items: &[Bytes]) -> Result<()> {
        let (flags, body) = match items {
            [one] => (0, one.clone()),
            many => (flag::MANY, pack(many)),
        };
        self.send(self.frame(FrameKind::Item, flags, Some(number), body))
    }

    fn end(&self, number: u32, error: Option<&Error>) -> Result<()> {
        let body = error.map(|error| error.encode().into()).unwrap_or_default();
        self.send(self.frame(FrameKind::End, 0, Some(number), body))
    }

    fn over(&self, unwanted: bool) {
        if let Some(streams) = self.streams.upgrade() {
            streams.leave(self.key, self.sends);
        }
        if unwanted && let Some(links) = self.links.upgrade() {
            links.drop_items(&self.link, self.key.id, self.key.input);
        }
    }
}

impl ToSender for OnLink {
    fn credit(&self, items: u32, bytes: u32) {
        let body = [items.to_le_bytes(), bytes.to_le_bytes()].concat().into();
        // A link that takes no credit any more ends, and the stream with it.
        let _ = self.link.send(self.frame(FrameKind::Credit, 0, None, body));
    }

    fn stop(&self) {
        if self.key.input {
            let _ = self.link.send(self.frame(FrameKind::End, flag::STOP, None, Bytes::new()));
        } else {
            self.link.cancel(self.key.id);
        }
    }

    fn over(&self) {
        if let Some(streams) = self.streams.upgrade() {
            streams.leave(self.key, self.sends);
        }
    }
}
