//! The streams of a node that run over links: found by link, call id and direction when a frame comes.

use super::{Receiver, Sender, items::unpack, on_link::link_key};
use crate::{
    error::{Error, Executed, Kind, Result},
    link::{Budget, Link},
    wire::{Frame, FrameKind, flag},
};
use parking_lot::Mutex;
use std::{collections::HashMap, hash::Hash, sync::Arc, time::Duration};
use tokio::time::sleep;

/// Pause between two looks whether the last items have gone.
const LOOK_PAUSE: Duration = Duration::from_millis(2);

/// Names a stream among those of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) link: u64,
    pub(super) id: u64,
    /// The input of the call, else its answer.
    pub(super) input: bool,
}

/// The streams of one node that run over links. A process may run both ends, each in the table of its own node.
pub struct Streams {
    budget: Arc<Budget>,
    senders: Mutex<HashMap<Key, Arc<Sender>>>,
    receivers: Mutex<HashMap<Key, Arc<Receiver>>>,
}

impl Streams {
    /// None yet. Windows come out of the budget.
    pub fn new(budget: Arc<Budget>) -> Arc<Streams> {
        Arc::new(Streams { budget, senders: Mutex::default(), receivers: Mutex::default() })
    }

    /// Where windows come from.
    pub fn budget(&self) -> &Arc<Budget> {
        &self.budget
    }

    /// How many ends are open.
    pub fn count(&self) -> usize {
        self.sending() + self.receivers.lock().len()
    }

    /// Waits until everything is sent.
    pub async fn sent(&self) {
        while self.sending() > 0 {
            sleep(LOOK_PAUSE).await;
        }
    }

    /// How many sending ends are open.
    pub fn sending(&self) -> usize {
        self.senders.lock().len()
    }

    pub(super) fn enter_sender(&self, key: Key, sender: &Arc<Sender>) {
        self.senders.lock().insert(key, sender.clone());
    }

    pub(super) fn enter_receiver(&self, key: Key, receiver: &Arc<Receiver>) {
        self.receivers.lock().insert(key, receiver.clone());
    }

    pub(super) fn leave(&self, key: Key, sender: bool) {
        // Dropped without the lock.
        let _gone: (Option<_>, Option<_>) =
            if sender { (self.senders.lock().remove(&key), None) } else { (None, self.receivers.lock().remove(&key)) };
    }

    fn sender(&self, key: Key) -> Option<Arc<Sender>> {
        self.senders.lock().get(&key).cloned()
    }

    fn receiver(&self, key: Key) -> Option<Arc<Receiver>> {
        self.receivers.lock().get(&key).cloned()
    }

    /// An `Item`, `Credit` or `End` came on a link. For a stream that is over it means nothing any more. An error ends the link.
    pub fn frame(&self, link: &Arc<Link>, frame: Frame) -> Result<()> {
        let key = Key { link: link_key(link), id: frame.id, input: frame.flags & flag::INPUT != 0 };
        match frame.kind {
            FrameKind::Item => {
                let Some(receiver) = self.receiver(key) else { return Ok(()) };
                let Some(number) = frame.extensions.number else { return Err(protocol("an item came without a number")) };
                let items = if frame.flags & flag::MANY != 0 { unpack(&frame.body)? } else { vec![frame.body] };
                receiver.items(number, items);
            }
            FrameKind::Credit => {
                let Some(sender) = self.sender(key) else { return Ok(()) };
                let (Some(items), Some(bytes)) = (frame.body.first_chunk::<4>(), frame.body.last_chunk::<4>()) else {
                    return Err(protocol("credit without figures"));
                };
                sender.credit(u32::from_le_bytes(*items), u32::from_le_bytes(*bytes));
            }
            FrameKind::End if frame.flags & flag::STOP != 0 => {
                if let Some(sender) = self.sender(key) {
                    sender.stop(Error::new(Kind::Cancelled, "the other side wants no more items"));
                }
            }
            FrameKind::End => {
                let Some(receiver) = self.receiver(key) else { return Ok(()) };
                let error = (!frame.body.is_empty()).then(|| Error::decode(&frame.body));
                match frame.extensions.number {
                    Some(number) => receiver.end(number, error),
                    // Part of it was lost.
                    None => receiver.fail(error.unwrap_or_else(|| Error::new(Kind::Unavailable, "the stream was cut off")), true),
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The caller gave its call up: nobody wants its answer, and its input ends.
    pub fn cancelled(&self, link: &Arc<Link>, id: u64) {
        let link = link_key(link);
        if let Some(sender) = self.sender(Key { link, id, input: false }) {
            sender.stop(Error::new(Kind::Cancelled, "the caller wants no more items"));
        }
        if let Some(receiver) = self.receiver(Key { link, id, input: true }) {
            receiver.fail(Error::new(Kind::Cancelled, "the caller gave the call up"), false);
        }
    }

    /// A link ended, and every stream on it.
    pub fn link_lost(&self, link: &Arc<Link>, why: &str) {
        let key = link_key(link);
        self.fail(|of| of.link == key, &link.peer().name, why);
    }

    /// The node ends, and every stream of it.
    pub fn close(&self, name: &str) {
        self.fail(|_| true, name, "this node was closed");
    }

    fn fail(&self, such: impl Fn(&Key) -> bool, peer: &str, why: &str) {
        let senders = chosen(&self.senders, &such);
        let receivers = chosen(&self.receivers, &such);
        let error = Error::new(Kind::Unavailable, format!("the link to node `{peer}` ended: {why}")).node(peer);
        for sender in senders {
            sender.stop(error.clone());
        }
        for receiver in receivers {
            receiver.fail(error.clone().executed(Executed::Yes), false);
        }
    }
}

fn chosen<K: Hash + Eq, T>(table: &Mutex<HashMap<K, Arc<T>>>, such: impl Fn(&K) -> bool) -> Vec<Arc<T>> {
    table.lock().iter().filter(|(key, _)| such(key)).map(|(_, end)| end.clone()).collect()
}

fn protocol(message: &str) -> Error {
    Error::new(Kind::Protocol, message)
}

impl std::fmt::Debug for Streams {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Streams").field("count", &self.count()).finish_non_exhaustive()
    }
}
