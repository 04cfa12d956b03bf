//! The one task in which a node's membership lives: events in, effects carried out, in order and without a lock.

use super::Node;
use crate::{
    config::NodeId,
    directory::Directory,
    env,
    error::{Error, Kind, Result},
    link::{Address, Links, Verdict},
    membership::{Effect, Membership, NodeRecord, Place, Watch},
    security::Identity,
    wire::{Frame, FrameKind},
};
use bytes::Bytes;
use std::{
    sync::{Arc, Weak},
    time::Duration,
};
use tokio::sync::{Semaphore, mpsc, mpsc::error::TrySendError, oneshot};

/// Events that wait for the engine. Gossip beyond it is dropped: it is repeated anyway.
pub(super) const WAITING: usize = 4096;
/// Peers that are being dialled for gossip at once.
const DIALS: usize = 32;
/// Pause between two looks at the certificate's age.
const RENEWAL: Duration = Duration::from_secs(60);

/// A change of the own record.
pub(super) type Change = Box<dyn FnOnce(&mut NodeRecord) + Send>;

/// What the engine hears of.
pub(super) enum Input {
    /// A `Gossip` frame.
    Packet { from: NodeId, bytes: Bytes },
    /// A pair link opened; version and digest of the record as the peer told them.
    LinkUp { peer: NodeId, version: u64, digest: Option<[u8; 32]> },
    /// No link to the peer is open any more.
    LinkDown { peer: NodeId },
    /// The peer said `Bye`.
    Bye { peer: NodeId },
    /// What redialling or dialling the peer said.
    Verdict { peer: NodeId, verdict: Verdict },
    /// The pulse of the link stopped, or came back.
    Pulse { peer: NodeId, suspect: bool },
    /// A `RecordGet` frame.
    RecordGet { from: NodeId },
    /// A `Record` frame; the name is the one in the peer's certificate.
    Record { from: NodeId, name: String, bytes: Bytes },
    /// This host's state directory lists the node.
    Hint { peer: NodeId, place: Place, addresses: Vec<String> },
    /// Change the own record and tell the others.
    Publish { change: Change, done: oneshot::Sender<Result<()>> },
    /// Tell the others that this node leaves; ends the engine.
    Leave { done: oneshot::Sender<()> },
}

/// Where inputs go.
pub(super) type Inputs = mpsc::Sender<Input>;

/// The parts that effects reach.
pub(super) struct Engine {
    membership: Membership,
    inputs: mpsc::Receiver<Input>,
    sender: mpsc::WeakSender<Input>,
    links: Arc<Links>,
    watch: Arc<Watch>,
    directory: Arc<Directory>,
    identity: Arc<Identity>,
    place: Place,
    unix: bool,
    owner: Weak<Node>,
    dials: Arc<Semaphore>,
}

impl Engine {
    /// The engine of a node that is about to meet the others.
    pub(super) fn new(membership: Membership, inputs: mpsc::Receiver<Input>, node: &Arc<Node>, identity: Arc<Identity>) -> Engine {
        Engine {
            membership,
            inputs,
            sender: node.inputs.downgrade(),
            links: node.links.clone(),
            watch: node.watch.clone(),
            directory: node.directory.clone(),
            identity,
            place: node.place.clone(),
            unix: node.unix,
            owner: Arc::downgrade(node),
            dials: Arc::new(Semaphore::new(DIALS)),
        }
    }

    /// Runs until the node leaves or is dropped.
    pub(super) async fn run(mut self) {
        let mut renewal = tokio::time::interval(RENEWAL);
        loop {
            let due = self.membership.due().map(tokio::time::Instant::from_std);
            let tick = async {
                match due {
                    Some(due) => tokio::time::sleep_until(due).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                input = self.inputs.recv() => match input {
                    Some(Input::Leave { done }) => {
                        let effects = self.membership.leave(env::now());
                        self.carry_out(effects);
                        // Nobody waits any more when the node was dropped meanwhile.
                        let _ = done.send(());
                        return;
                    }
                    Some(input) => self.hear(input),
                    None => return,
                },
                () = tick => {
                    let effects = self.membership.tick(env::now());
                    self.carry_out(effects);
                }
                _ = renewal.tick() => self.renew(),
            }
        }
    }

    /// A new leaf, long before the old one ends. It may read files.
    fn renew(&self) {
        let identity = self.identity.clone();
        if identity.renewal_due() > env::wall_clock() {
            return;
        }
        tokio::task::spawn_blocking(move || {
            if let Err(error) = identity.renew_if_due(env::wall_clock()) {
                tracing::warn!(%error, "the node's certificate could not be renewed");
            }
        });
    }

    fn hear(&mut self, input: Input) {
        let now = env::now();
        let effects = match input {
            Input::Packet { from, bytes } => self.membership.packet(now, from, bytes),
            Input::LinkUp { peer, version, digest } => {
                let mut effects = self.membership.link_up(now, peer);
                if let Some(digest) = digest {
                    effects.extend(self.membership.announced(now, peer, version, &digest));
                }
                Ok(effects)
            }
            Input::LinkDown { peer } => Ok(self.membership.link_down(now, peer)),
            Input::Bye { peer } | Input::Verdict { peer, verdict: Verdict::Down } => Ok(self.membership.gone(now, peer)),
            Input::Verdict { peer, verdict: Verdict::Suspect } => Ok(self.membership.silent(now, peer)),
            Input::Verdict { verdict: Verdict::Alive, .. } => Ok(Vec::new()),
            Input::Pulse { peer, suspect: true } => Ok(self.membership.suspect(now, peer)),
            Input::Pulse { peer, suspect: false } => Ok(self.membership.trust(now, peer)),
            Input::RecordGet { from } => {
                self.send(from, Frame::new(FrameKind::Record, 0, self.membership.own().bytes().clone()));
                Ok(Vec::new())
            }
            Input::Record { from, name, bytes } => self.membership.record(now, from, Some(&name), bytes),
            Input::Hint { peer, place, addresses } => Ok(self.membership.hint(now, peer, &place, addresses)),
            Input::Publish { change, done } => {
                let outcome = self.membership.publish(now, change);
                let own = self.membership.own();
                self.links.me().set_record(own.version(), *own.digest());
                let (effects, outcome) = match outcome {
                    Ok(effects) => (effects, Ok(())),
                    Err(error) => (Vec::new(), Err(error)),
                };
                self.carry_out(effects);
                // Nobody waits any more when the operation was cancelled.
                let _ = done.send(outcome);
                Ok(Vec::new())
            }
            Input::Leave { .. } => Ok(Vec::new()),
        };
        match effects {
            Ok(effects) => self.carry_out(effects),
            Err(error) => tracing::warn!(%error, "a peer broke the protocol of the membership"),
        }
    }

    fn carry_out(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Send { to, packet } => self.send(to, Frame::new(FrameKind::Gossip, 0, packet)),
                Effect::WantRecord(node) => self.send(node, Frame::new(FrameKind::RecordGet, 0, Bytes::new())),
                Effect::Changed(members) => {
                    // The directory first: a call right after `wait_for` finds its provider.
                    self.directory.show(&members, &self.place, env::now());
                    self.watch.publish(members);
                }
                Effect::Leave(error) => {
                    if let Some(owner) = self.owner.upgrade() {
                        owner.expelled(error);
                    }
                }
                // The loop asks `due`, the directory learns the rest from the members, and a silent link ends by its own pulse.
                Effect::Wake(_) | Effect::Up(_) | Effect::Suspect(_) | Effect::Down(_) | Effect::Rejoin => {}
            }
        }
    }

    /// Sends on the pair link, which is opened when there is none.
    fn send(&mut self, to: NodeId, frame: Frame) {
        if let Some(link) = self.links.live(to) {
            // A link that just ended says so by itself.
            let _ = link.send(frame);
            return;
        }
        let usable = |address: &Address| self.unix || matches!(address, Address::Tcp(_));
        let addresses: Vec<Address> = self.membership.addresses(to).iter().filter_map(|a| a.parse().ok()).filter(usable).collect();
        // Gossip is repeated: while too many peers are being dialled already, this one waits for the next packet.
        let (false, Ok(permit)) = (addresses.is_empty(), self.dials.clone().try_acquire_owned()) else { return };
        let (links, sender) = (self.links.clone(), self.sender.clone());
        // A certificate made ahead carries no id: then the name says whether it is whom we mean.
        let name = self.watch.current().get(to).map(|member| member.record().name.clone());
        let dial = async move {
            let _permit = permit;
            match links.reach(to, name.as_deref(), &addresses).await {
                Ok(link) => {
                    // Another link may have replaced it already.
                    let _ = links.live(to).unwrap_or(link).send(frame);
                }
                Err(failed) => {
                    if let Some(sender) = sender.upgrade() {
                        let _ = sender.try_send(Input::Verdict { peer: to, verdict: failed.verdict });
                    }
                }
            }
        };
        // Without a runtime there is no engine.
        let _ = env::spawn(dial);
    }
}

/// Tells the engine without waiting. What doesn't fit is dropped if it will be said again, and else waits for its place.
pub(super) fn tell(inputs: &Inputs, input: Input) {
    let Err(TrySendError::Full(input)) = inputs.try_send(input) else { return };
    if matches!(input, Input::Packet { .. } | Input::RecordGet { .. } | Input::Record { .. } | Input::Hint { .. }) {
        tracing::debug!("the engine is behind, an event of the links was dropped");
        return;
    }
    // One for each change of a link, so they are few.
    let inputs = inputs.clone();
    let _ = env::spawn(async move {
        // The engine ended.
        let _ = inputs.send(input).await;
    });
}

/// Asks the engine to change the record, and waits until it is published.
pub(super) async fn publish(inputs: &Inputs, change: Change) -> Result<()> {
    let (done, heard) = oneshot::channel();
    let closed = || Error::new(Kind::Closed, "the node is leaving");
    inputs.send(Input::Publish { change, done }).await.map_err(|_| closed())?;
    heard.await.map_err(|_| closed())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_once_waits_for_its_place() {
        let (inputs, mut heard) = mpsc::channel(1);
        let peer = NodeId::draw();
        let packet = || Input::Packet { from: peer, bytes: Bytes::new() };
        [packet(), packet(), Input::Bye { peer }, Input::LinkDown { peer }].into_iter().for_each(|input| tell(&inputs, input));
        drop(inputs);
        let all = env::block_on(async move {
            let mut all = Vec::new();
            while let Some(input) = heard.recv().await {
                all.push(match input {
                    Input::Packet { .. } => "packet",
                    Input::Bye { .. } => "bye",
                    Input::LinkDown { .. } => "down",
                    _ => "else",
                });
            }
            all
        });
        assert_eq!(all.unwrap(), ["packet", "bye", "down"]);
    }
}
