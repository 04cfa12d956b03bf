//! Calls and answers, small ones in a frame of the pair link, large ones announced there and sent on the bulk link.

use super::{
    Answer, Answered, Link, Links,
    bulk::{Body, INLINE_MOST, Pumped},
    dial,
    guest::Guest,
    links::{Entry, LOOK_PAUSE},
    rendezvous::announcement,
};
use crate::{
    config::NodeId,
    env,
    error::{Error, Executed, Kind, Result},
    security::Expect,
    wire::{self, Extensions, Frame, FrameKind, flag},
};
use bytes::Bytes;
use std::{
    sync::{
        Arc,
        atomic::Ordering::{Relaxed, SeqCst},
    },
    time::Duration,
};
use tokio::time::sleep;

/// Pause when a bulk link's queue is full.
const FULL_PAUSE: Duration = Duration::from_millis(1);

/// Bodies of items to one peer that may be announced before they are given to the bulk link.
const ITEMS_QUEUED: usize = 256;

impl Links {
    /// Waits until every body above 64 KiB is given to its link.
    pub async fn bodies_sent(&self) {
        while self.outgoing.is_busy() {
            sleep(LOOK_PAUSE).await;
        }
    }

    /// Waits until the peers have read the bodies that were sent: each ends its bulk link when it comes to the `Bye` behind them.
    pub async fn bodies_read(&self) {
        let links = self.outgoing.links();
        links.iter().for_each(|link| link.close(true));
        while links.iter().any(|link| !link.has_ended()) {
            sleep(LOOK_PAUSE).await;
        }
    }

    /// Sends a call to a peer that has a link, with an input stream or without; tells on which link and under which id it went. On an error nothing was sent, and `answered` is
    /// never told.
    pub fn call(
        &self,
        peer: NodeId,
        extensions: Extensions,
        payload: Bytes,
        input: bool,
        answered: Arc<dyn Answered>,
    ) -> Result<(Arc<Link>, u64)> {
        let live = |why: &str| {
            let found = self.live.load().get(&peer).cloned();
            found.ok_or_else(|| Error::new(Kind::Unavailable, format!("there is no link to node {}{why}", peer.short())))
        };
        let entry = live("")?;
        match self.call_on(&entry, extensions.clone(), payload.clone(), input, answered.clone()) {
            Ok(id) => Ok((entry.link.clone(), id)),
            // It left between the look and the call: its successor takes the call.
            Err(e) if e.kind() == Kind::Unavailable => match live(" any more")? {
                next if next.guest.serial != entry.guest.serial => {
                    let id = self.call_on(&next, extensions, payload, input, answered)?;
                    Ok((next.link.clone(), id))
                }
                _ => Err(e),
            },
            Err(e) => Err(e),
        }
    }

    fn call_on(&self, entry: &Entry, extensions: Extensions, payload: Bytes, input: bool, answered: Arc<dyn Answered>) -> Result<u64> {
        entry.guest.calls.fetch_add(1, Relaxed);
        let flags = if input { flag::INPUT } else { 0 };
        let frame = Frame { kind: FrameKind::Call, flags, id: 0, extensions, body: payload };
        if frame.body.len() <= INLINE_MOST {
            return entry.link.call_frame(frame, answered);
        }
        let (announcing, body) = self.announce(&entry.link, frame)?;
        let id = entry.link.call_frame(announcing, answered)?;
        self.send_body(&entry.link, Body { id, ..body });
        Ok(id)
    }

    /// Gives a call up: the provider is told, and what was not sent of its body stays here. True if it was still open.
    pub fn cancel(&self, link: &Arc<Link>, id: u64) -> bool {
        let open = link.forget(id);
        link.cancel(id);
        self.outgoing.drop_call(link, id);
        open
    }

    /// Answers a call that came on this link.
    pub fn reply(&self, link: &Arc<Link>, id: u64, payload: Bytes, load: u32) -> Result<()> {
        self.answer(link, FrameKind::Reply, id, payload, load)
    }

    /// Answers a call that came on this link with an encoded error.
    pub fn fail(&self, link: &Arc<Link>, id: u64, error: Bytes, load: u32) -> Result<()> {
        self.answer(link, FrameKind::Fail, id, error, load)
    }

    fn answer(&self, link: &Arc<Link>, kind: FrameKind, id: u64, body: Bytes, load: u32) -> Result<()> {
        let extensions = Extensions { load: Some(load), ..Extensions::default() };
        let frame = Frame { kind, flags: 0, id, extensions, body };
        if frame.body.len() <= INLINE_MOST {
            return link.send(frame);
        }
        let (announcing, body) = self.announce(link, frame)?;
        link.send(announcing)?;
        self.send_body(link, body);
        Ok(())
    }

    /// Sends an `Item` or `End` of a stream. `Overloaded`: not now, nothing was sent.
    pub fn send_part(&self, link: &Arc<Link>, frame: Frame) -> Result<()> {
        if frame.body.len() <= INLINE_MOST {
            return link.send(frame);
        }
        // The peer takes so many announcements only.
        if self.outgoing.queued(link.peer().node) >= ITEMS_QUEUED {
            return Err(Error::new(Kind::Overloaded, "many bodies wait already to be sent to this peer"));
        }
        let (announcing, body) = self.announce(link, frame)?;
        link.send(announcing)?;
        self.send_body(link, body);
        Ok(())
    }

    /// The sending end of a stream needs its way no more: drops what was announced but not sent.
    pub fn drop_items(&self, link: &Arc<Link>, id: u64, input: bool) {
        self.outgoing.drop_items(link, id, input);
    }

    /// The frame that announces a body, and the body with its share of the budget.
    fn announce(&self, link: &Arc<Link>, frame: Frame) -> Result<(Frame, Body)> {
        let Frame { kind, flags, id, extensions, body: bytes } = frame;
        // Answers have another meaning of this flag, and are announced without any.
        let input = flags & flag::INPUT != 0;
        let length = bytes.len();
        if length > self.limits.max_payload {
            let most = self.limits.max_payload;
            return Err(Error::new(Kind::PayloadTooLarge, format!("a body of {length} bytes, {most} are allowed")));
        }
        let reserved = self.limits.budget.reserve(length).ok_or_else(|| {
            Error::new(Kind::Overloaded, format!("no memory is left for a body of {length} bytes"))
                .advice("Send less at once, or raise `memory`.")
        })?;
        let transfer = self.outgoing.draw();
        let flags = if input { kind as u8 | flag::BULK_INPUT } else { kind as u8 };
        let frame = Frame { kind: FrameKind::Bulk, flags, id, extensions, body: announcement(transfer, length as u64) };
        let body = Body { transfer, pair: link.clone(), kind, id, input, bytes, at: 0, since: env::now(), _reserved: reserved };
        Ok((frame, body))
    }

    fn send_body(&self, link: &Arc<Link>, body: Body) {
        let peer = link.peer().node;
        let pumped = self.outgoing.start(peer, body);
        self.pumped(peer, pumped);
        if link.has_ended() {
            // Its end forgot what it had announced until then.
            self.outgoing.drop_bodies(link);
        } else if link.peer().dialled_by_us {
            self.need_bulk(link);
        }
    }

    /// Comes back a little later when the bulk link's queue is full.
    fn pumped(&self, peer: NodeId, pumped: Pumped) {
        let weak = self.itself();
        if pumped == Pumped::Full
            && let Err(e) = env::spawn(async move {
                loop {
                    sleep(FULL_PAUSE).await;
                    let Some(links) = weak.upgrade() else { return };
                    if links.outgoing.go_on(peer) == Pumped::Rest {
                        return;
                    }
                }
            })
        {
            tracing::error!("bodies can't be sent on: {}", e.message());
        }
    }

    /// Dials a bulk link beside a pair link that we dialled, unless there is one.
    pub(super) fn need_bulk(&self, pair: &Arc<Link>) {
        let peer = pair.peer().node;
        if !self.outgoing.must_dial(peer) {
            return;
        }
        let (weak, name) = (self.itself(), pair.peer().name.clone());
        let task = env::spawn(async move {
            let Some(links) = weak.upgrade() else { return };
            let expect = Expect { node: Some(peer), name: Some(name) };
            let addresses = links.found_at(peer);
            let started = match dial::dial(links.identity(), links.me(), &expect, wire::Purpose::Bulk, &addresses).await {
                Ok(dialled) => links.start(dialled.met, dialled.socket, true),
                Err(failed) => Err(failed.error),
            };
            match started {
                Ok((link, guest)) => links.bulk_up(&link, &guest),
                Err(e) => links.bulk_failed(peer, &e),
            }
        });
        if let Err(e) = task {
            self.bulk_failed(peer, &e);
        }
    }

    pub(super) fn bulk_up(&self, link: &Arc<Link>, guest: &Guest) {
        let (old, pumped) = self.outgoing.link_up(guest.peer, guest.serial, link);
        if let Some(old) = old {
            old.close(true);
        }
        self.pumped(guest.peer, pumped);
        // It may have ended before it was entered, or have lost its pair link.
        let alone = !self.state.lock().pairs.values().any(|entry| entry.guest.peer == guest.peer);
        if guest.ended.load(SeqCst) {
            self.bulk_closed(guest, link);
        } else if alone || self.is_closed() {
            self.outgoing.forget(guest.peer);
            link.close(true);
        }
    }

    /// A bulk link ended. Runs on the leading thread.
    pub(super) fn bulk_closed(&self, guest: &Guest, _link: &Arc<Link>) {
        let peer = guest.peer;
        let waits = self.outgoing.link_down(peer, guest.serial);
        if (waits || self.rendezvous.awaits(peer))
            && let Some(pair) = self.live(peer).filter(|pair| pair.peer().dialled_by_us)
        {
            self.need_bulk(&pair);
        }
    }

    fn bulk_failed(&self, peer: NodeId, error: &Error) {
        for body in self.outgoing.dial_failed(peer) {
            self.give_up(&body, error.message());
        }
        self.put_out(self.rendezvous.give_up(peer));
    }

    /// A body that never left: its call was not executed, its answer is lost.
    pub(super) fn give_up(&self, body: &Body, why: &str) {
        body.withdraw();
        if body.kind == FrameKind::Call {
            let why = format!("no link for a body above 64 KiB: {why}");
            body.pair.resolve(body.id, Answer::Lost { executed: Executed::No, why });
        }
    }
}
