//! Membership as a pure engine: what happened goes in with the time, what is to be done comes out.

use super::{
    Place,
    codec::{Announced, Entry, MAX_ASKED, Packet, source},
    detector::Detector,
    identity::Identity,
    members::{Member, MemberState, Members},
    peer::{Peer, slowest_greeting},
    record::{NodeRecord, Sealed, mark, place_tag},
};
use crate::{
    config::NodeId,
    error::{Error, Kind, Result},
};
use bytes::Bytes;
use foca::State;
use rand::{RngExt, SeedableRng, rngs::StdRng, seq::IteratorRandom};
use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

/// Pause between two rounds of housekeeping, while there is any other node.
const SWEEP: Duration = Duration::from_secs(1);
/// A list tells of nodes that went down this recently.
const TELL_DOWN: Duration = Duration::from_secs(600);
/// Most peers that hear at once of a new own record; the others hear of it with the next probe.
const TELL_AT_ONCE: usize = 128;

/// What the engine wants done.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Send this in a `Gossip` frame; open a link for it if there is none. When that fails, say so with `gone` or `silent`.
    Send {
        /// To whom.
        to: NodeId,
        /// Body of the frame.
        packet: Bytes,
    },
    /// Call `tick` at this time; replaces every earlier wish.
    Wake(Instant),
    /// Pull the node's record from it (`RecordGet`) and hand it to `record`. Wanted again after 2 s if nothing came.
    WantRecord(NodeId),
    /// It is visible (again), and trusted.
    Up(NodeId),
    /// It doesn't answer: no new calls.
    Suspect(NodeId),
    /// It is gone, for good in this generation.
    Down(NodeId),
    /// The members changed. Once an input at most.
    Changed(Arc<Members>),
    /// The others had declared this node down; it came back with a higher generation. Nothing to do.
    Rejoin,
    /// This node must leave, with this error.
    Leave(Error),
}

/// The members as one node sees them: failure detection, and the records that nodes publish about themselves.
pub struct Membership {
    me: NodeId,
    own: Arc<Sealed>,
    detector: Detector,
    /// Ordered, so that a run with the same seed goes the same way.
    peers: BTreeMap<NodeId, Peer>,
    snapshot: Arc<Members>,
    changed: bool,
    /// Another node has told whom it knows.
    informed: bool,
    sweep: Option<Instant>,
    woken: Option<Instant>,
    ended: bool,
    dice: StdRng,
}

impl Membership {
    /// Alone at first. `seed` comes from `env::random`, in a test from the test.
    pub fn new(record: NodeRecord, seed: [u8; 32], now: Instant) -> Result<Membership> {
        let me = record.id;
        let own = Arc::new(Sealed::seal(record)?);
        Ok(Membership {
            me,
            detector: Detector::new(me, seed, now),
            peers: BTreeMap::new(),
            snapshot: Arc::new(Members::new(1, vec![Member::new(own.clone(), false, true)], Vec::new())),
            own,
            changed: false,
            informed: false,
            sweep: None,
            woken: None,
            ended: false,
            dice: StdRng::from_seed(seed.map(|byte| byte ^ 0x5a)),
        })
    }

    /// This node.
    pub fn me(&self) -> NodeId {
        self.me
    }

    /// Its own record: version and digest go into `Hello`, the bytes answer `RecordGet`.
    pub fn own(&self) -> &Arc<Sealed> {
        &self.own
    }

    /// The visible members.
    pub fn members(&self) -> &Arc<Members> {
        &self.snapshot
    }

    /// Where to dial a node: from its record, or as others told.
    pub fn addresses(&self, node: NodeId) -> Vec<String> {
        self.peers.get(&node).map(|peer| peer.addresses(&self.own.record().place)).unwrap_or_default()
    }

    /// When `tick` has something to do.
    pub fn due(&self) -> Option<Instant> {
        [self.detector.due(), self.sweep].into_iter().flatten().min()
    }

    /// Runs what is due.
    pub fn tick(&mut self, now: Instant) -> Vec<Effect> {
        if self.ended {
            return Vec::new();
        }
        self.woken = None;
        let stopped = self.detector.tick(now);
        self.peers.values_mut().filter(|peer| peer.state == State::Suspect).for_each(|peer| peer.since += stopped);
        if self.sweep.is_some_and(|due| due <= now) {
            self.sweep = None;
            self.observe(now);
            self.sweep_peers(now);
        }
        self.settle(now, None, Vec::new())
    }

    /// A `Gossip` frame of a peer. An error means that its link should end.
    pub fn packet(&mut self, now: Instant, from: NodeId, bytes: Bytes) -> Result<Vec<Effect>> {
        if self.ended {
            return Ok(Vec::new());
        }
        let refuse = |why: String| Error::new(Kind::Protocol, format!("node {from}: {why}")).node(from.to_string());
        let (announced, packet) = Packet::decode(bytes).map_err(|e| refuse(e.to_string()))?;
        let mut effects = Vec::new();
        match packet {
            Packet::Detector(bytes) if bytes.is_empty() => {}
            Packet::Detector(bytes) => {
                // The link proved who is there: nobody may speak for another node.
                let (said, _) = source(&bytes).map_err(|e| refuse(e.to_string()))?;
                if said.node != from {
                    return Err(refuse(format!("it sent gossip in the name of {}", said.node)));
                }
                match self.detector.packet(now, &bytes) {
                    Ok(()) => {}
                    Err(e @ (foca::Error::Decode(_) | foca::Error::MalformedPacket | foca::Error::DataTooBig)) => {
                        return Err(refuse(e.to_string()));
                    }
                    Err(error) => tracing::debug!(%error, %from, "failure detector"),
                }
            }
            Packet::List(entries) => self.merge(now, from, entries, &mut effects),
            Packet::Ask(nodes) => {
                let known: Vec<Entry> =
                    nodes.iter().filter_map(|node| self.entry(*node)).filter(|entry| !entry.addresses.is_empty()).collect();
                if !known.is_empty() {
                    effects.push(self.send(from, Packet::List(known)));
                }
            }
        }
        self.observe(now);
        if let Some(peer) = self.peers.get_mut(&from) {
            self.changed |= std::mem::take(&mut peer.doubted);
            peer.announce(announced);
        }
        Ok(self.settle(now, Some(from), effects))
    }

    /// A link to the node is open: `Welcome` was sent or received, so it is alive. Both sides learn each other at once.
    pub fn link_up(&mut self, now: Instant, node: NodeId) -> Vec<Effect> {
        if self.ended || node == self.me {
            return Vec::new();
        }
        // Its own list may come before this: only one whose record is here was met before.
        let met = self.peers.get(&node).is_some_and(|peer| peer.record.is_some());
        let trusted = met && self.detector.member(node).is_some_and(|member| member.state() == State::Alive);
        if self.detector.member(node).is_none() {
            self.detector.apply(now, [foca::Member::alive(Identity { node, generation: 0 })].into_iter());
        }
        self.observe(now);
        if let Some(peer) = self.peers.get_mut(&node) {
            peer.linked = true;
            self.changed |= std::mem::take(&mut peer.doubted);
            // What was asked on a link that another one replaces may be lost with it.
            peer.asked = None;
        }
        // One that was known needs no list, but it may have missed our newest record while there was no link. One that was suspect or down
        // learns from the list what is said of it, and answers.
        let effects = if trusted { vec![self.send(node, Packet::Detector(Bytes::new()))] } else { vec![self.send_list(now, node)] };
        self.settle(now, None, effects)
    }

    /// No link to the node is open any more. Says nothing about the node, unless others say that it is down.
    pub fn link_down(&mut self, now: Instant, node: NodeId) -> Vec<Effect> {
        if let Some(peer) = self.peers.get_mut(&node) {
            peer.linked = false;
            self.changed |= peer.end_dispute(now);
        }
        self.settle(now, None, Vec::new())
    }

    /// The node's `Hello` or `Welcome` told which record it has published.
    pub fn announced(&mut self, now: Instant, node: NodeId, version: u64, digest: &[u8; 32]) -> Vec<Effect> {
        if let Some(peer) = self.peers.get_mut(&node) {
            peer.announce(Announced { version, mark: mark(digest) });
        }
        self.settle(now, Some(node), Vec::new())
    }

    /// Where a node listens, learned elsewhere (this host's state directory).
    pub fn hint(&mut self, now: Instant, node: NodeId, place: &Place, addresses: Vec<String>) -> Vec<Effect> {
        if let Some(peer) = self.peers.get_mut(&node) {
            peer.hint(place_tag(place), addresses);
        }
        self.settle(now, None, Vec::new())
    }

    /// The node is gone for certain: it said `Bye`, or its address refused, vanished or belongs to another node.
    pub fn gone(&mut self, now: Instant, node: NodeId) -> Vec<Effect> {
        if self.ended || node == self.me {
            return Vec::new();
        }
        let identity = self.detector.member(node).map_or(Identity { node, generation: 0 }, |member| *member.id());
        self.detector.apply(now, [foca::Member::down(identity)].into_iter());
        self.observe(now);
        if let Some(peer) = self.peers.get_mut(&node) {
            peer.certain = true;
            self.changed |= peer.end_dispute(now);
        }
        self.settle(now, None, Vec::new())
    }

    /// The node's link ended and its address is silent: the cluster suspects it, and unless it answers it is down after 4 s.
    pub fn silent(&mut self, now: Instant, node: NodeId) -> Vec<Effect> {
        if self.ended {
            return Vec::new();
        }
        if let Some(member) = self.detector.member(node).cloned()
            && member.state() != State::Down
        {
            self.detector.apply(now, [foca::Member::new(*member.id(), member.incarnation(), State::Suspect)].into_iter());
            self.observe(now);
            if let Some(peer) = self.peers.get_mut(&node) {
                peer.silent = true;
            }
        }
        self.settle(now, None, Vec::new())
    }

    /// The pulse of the node's link stopped: no new calls from here. Others aren't told. Ends with `trust`, or with its next packet.
    pub fn suspect(&mut self, now: Instant, node: NodeId) -> Vec<Effect> {
        self.doubt(now, node, true)
    }

    /// The pulse of the node's link is back.
    pub fn trust(&mut self, now: Instant, node: NodeId) -> Vec<Effect> {
        self.doubt(now, node, false)
    }

    fn doubt(&mut self, now: Instant, node: NodeId, doubted: bool) -> Vec<Effect> {
        if let Some(peer) = self.peers.get_mut(&node).filter(|peer| peer.is_visible(now) && peer.doubted != doubted) {
            peer.doubted = doubted;
            self.changed = true;
        }
        self.settle(now, None, Vec::new())
    }

    /// The record that `from` sent over its own link. `certified` is the name in its certificate.
    pub fn record(&mut self, now: Instant, from: NodeId, certified: Option<&str>, bytes: Bytes) -> Result<Vec<Effect>> {
        let sealed = Sealed::open(bytes)?;
        let record = sealed.record();
        if record.id != from || certified.is_some_and(|name| name != record.name) {
            return Err(Error::new(
                Kind::Protocol,
                format!("node {from} sent a record of node {} with the name `{}`", record.id, record.name),
            )
            .node(from.to_string()));
        }
        if let Some(peer) = self.peers.get_mut(&from)
            && peer.store(Arc::new(sealed))
        {
            self.changed = true;
        }
        Ok(self.settle(now, Some(from), Vec::new()))
    }

    /// Changes the own record, raises its version and tells the others. Id and name stay.
    pub fn publish(&mut self, now: Instant, change: impl FnOnce(&mut NodeRecord)) -> Result<Vec<Effect>> {
        let known = self.own.record();
        let mut record = known.clone();
        change(&mut record);
        (record.id, record.name, record.version) = (known.id, known.name.clone(), known.version);
        if record == *known || self.ended {
            return Ok(Vec::new());
        }
        record.version += 1;
        self.own = Arc::new(Sealed::seal(record)?);
        self.changed = true;
        let told: Vec<NodeId> = self.active().filter(|(_, peer)| peer.is_reachable()).map(|(node, _)| *node).collect();
        let told = told.into_iter().sample(&mut self.dice, TELL_AT_ONCE);
        let effects = told.into_iter().map(|to| self.send(to, Packet::Detector(Bytes::new()))).collect();
        Ok(self.settle(now, None, effects))
    }

    /// Leaves: a few peers hear that this node is down, the rest from them. The engine answers nothing afterwards.
    pub fn leave(&mut self, now: Instant) -> Vec<Effect> {
        if self.ended {
            return Vec::new();
        }
        self.detector.leave(now);
        self.ended = true;
        self.detector_packets()
    }

    /// The full member list as a packet, as sent by itself when a link to a new node opens.
    pub fn members_packet(&self, now: Instant) -> Bytes {
        Packet::List(self.entries(now, None)).encode(self.announcement())
    }

    fn announcement(&self) -> Announced {
        Announced { version: self.own.version(), mark: self.own.mark() }
    }

    fn send(&self, to: NodeId, packet: Packet) -> Effect {
        Effect::Send { to, packet: packet.encode(self.announcement()) }
    }

    fn send_list(&self, now: Instant, to: NodeId) -> Effect {
        self.send(to, Packet::List(self.entries(now, Some(to))))
    }

    fn active(&self) -> impl Iterator<Item = (&NodeId, &Peer)> {
        self.peers.iter().filter(|(_, peer)| peer.is_active())
    }

    /// The own line, the receiver's, those that are alive, those that went down lately: a list that is too long loses its end.
    fn entries(&self, now: Instant, to: Option<NodeId>) -> Vec<Entry> {
        let own = self.own.record();
        let mut entries = vec![Entry { member: self.detector.me(), place: place_tag(&own.place), addresses: own.addresses.clone() }];
        entries.extend(to.and_then(|to| self.entry(to)));
        let others = || self.peers.iter().filter(|(node, _)| Some(**node) != to);
        entries.extend(others().filter(|(_, peer)| peer.is_active()).filter_map(|(node, _)| self.entry(*node)));
        let lately = |peer: &Peer| !peer.is_active() && now.saturating_duration_since(peer.since) < TELL_DOWN;
        entries.extend(others().filter(|(_, peer)| lately(peer)).filter_map(|(node, _)| self.entry(*node)));
        entries
    }

    fn entry(&self, node: NodeId) -> Option<Entry> {
        let peer = self.peers.get(&node)?;
        let member = foca::Member::new(peer.identity, peer.incarnation, peer.state);
        let addresses = if peer.is_active() { peer.hints.clone() } else { Vec::new() };
        Some(Entry { member, place: peer.hints_place, addresses })
    }

    fn merge(&mut self, now: Instant, from: NodeId, entries: Vec<Entry>, effects: &mut Vec<Effect>) {
        self.changed |= !std::mem::replace(&mut self.informed, true);
        let me = *self.detector.me().id();
        let wrong = entries.iter().any(|e| e.member.id().node == self.me && (*e.member.id() != me || e.member.state() != State::Alive));
        self.detector.apply(now, entries.iter().map(|entry| entry.member.clone()));
        self.observe(now);
        for entry in entries {
            if let Some(peer) = self.peers.get_mut(&entry.member.id().node) {
                peer.hint(entry.place, entry.addresses);
            }
        }
        if wrong {
            effects.push(self.send_list(now, from));
        }
    }

    /// Takes over what the detector thinks of everybody.
    fn observe(&mut self, now: Instant) {
        let mut count = 0;
        for member in self.detector.others() {
            count += 1;
            let peer = self.peers.entry(member.id().node).or_insert_with(|| {
                self.changed = true;
                Peer::new(*member.id(), now)
            });
            self.changed |= peer.observe(member, now);
        }
        if count < self.peers.len() {
            // The detector forgot some that are down for long.
            self.peers.retain(|node, _| self.detector.member(*node).is_some());
        }
    }

    fn sweep_peers(&mut self, now: Instant) {
        let overdue: Vec<_> = self.peers.values().filter(|p| p.is_overdue(now)).map(|p| foca::Member::down(p.identity)).collect();
        if !overdue.is_empty() {
            self.detector.apply(now, overdue.into_iter());
        }
        let slowest = slowest_greeting(self.peers.values().filter(|peer| peer.is_silent()).count());
        let mut greeted = Vec::new();
        for peer in self.peers.values_mut() {
            peer.expire(now);
            self.changed |= peer.end_dispute(now);
            if peer.greets_now(now, slowest, self.dice.random()) {
                greeted.push(peer.identity);
            }
        }
        greeted.into_iter().for_each(|identity| self.detector.announce(now, identity));
    }

    fn detector_packets(&mut self) -> Vec<Effect> {
        let packets = self.detector.packets();
        packets.into_iter().map(|(to, bytes)| self.send(to, Packet::Detector(bytes))).collect()
    }

    /// Ends every input: compares what was with what is now and says what follows.
    fn settle(&mut self, now: Instant, from: Option<NodeId>, mut effects: Vec<Effect>) -> Vec<Effect> {
        if self.ended {
            return effects;
        }
        if self.detector.rejoined() {
            effects.push(Effect::Rejoin);
            // Foca probes again only after evidence, even if there is none.
            self.detector.apply(now, std::iter::empty());
            let told: Vec<NodeId> = self.active().filter(|(_, peer)| peer.linked).map(|(node, _)| *node).collect();
            for to in told.into_iter().chain(from).take(TELL_AT_ONCE) {
                effects.push(self.send_list(now, to));
            }
        }
        self.observe(now);
        self.ask(now, from, &mut effects);
        if std::mem::take(&mut self.changed) {
            self.renew_snapshot(now, &mut effects);
        }
        if self.detector.defunct() {
            effects.push(Effect::Leave(Error::internal("the failure detector has no generation left to rejoin with")));
        }
        effects.extend(self.detector_packets());
        if self.sweep.is_none() && !self.peers.is_empty() {
            self.sweep = Some(now + SWEEP);
        }
        if let Some(due) = self.due().filter(|due| self.woken.is_none_or(|woken| *due < woken)) {
            self.woken = Some(due);
            effects.push(Effect::Wake(due));
        }
        effects
    }

    /// Wants the records that are missing or outdated; where no way leads to their owner, asks another node for one.
    fn ask(&mut self, now: Instant, from: Option<NodeId>, effects: &mut Vec<Effect>) {
        let mut lost = Vec::new();
        for (node, peer) in self.peers.iter_mut().filter(|(_, peer)| peer.asks_now(now)) {
            peer.asked = Some(now);
            if peer.is_reachable() {
                effects.push(Effect::WantRecord(*node));
            } else if lost.len() < MAX_ASKED {
                lost.push(*node);
            }
        }
        if lost.is_empty() {
            return;
        }
        let knowing = |node: &NodeId| self.peers.get(node).is_some_and(|peer| peer.is_active() && peer.is_reachable());
        let asked = match from.filter(knowing) {
            Some(from) => Some(from),
            None => self.peers.keys().copied().filter(knowing).choose(&mut self.dice),
        };
        if let Some(to) = asked {
            effects.push(self.send(to, Packet::Ask(lost)));
        }
    }

    fn renew_snapshot(&mut self, now: Instant, effects: &mut Vec<Effect>) {
        let mut list = vec![Member::new(self.own.clone(), false, true)];
        let mut pending = Vec::new();
        for (node, peer) in self.peers.iter().filter(|(_, peer)| peer.is_visible(now)) {
            match &peer.record {
                Some(record) => list.push(Member::new(record.clone(), peer.is_suspect(now), false)),
                None if peer.is_active() => pending.push(*node),
                None => {}
            }
        }
        let before = self.snapshot.clone();
        let after = Arc::new(Members::new(before.generation() + 1, list, pending).informed_by(self.informed));
        if before.all() == after.all() && before.pending() == after.pending() && before.informed() == after.informed() {
            return;
        }
        for member in after.all().iter().filter(|member| !member.me) {
            let node = member.record().id;
            let was = before.get(node).map(|member| member.state == MemberState::Suspect);
            match (was, member.state == MemberState::Suspect) {
                (Some(false) | None, true) => effects.push(Effect::Suspect(node)),
                (Some(true) | None, false) => effects.push(Effect::Up(node)),
                (Some(_), _) => {}
            }
        }
        let listed = before.all().iter().map(|member| member.record().id).chain(before.pending().iter().copied());
        let is_here = |node: &NodeId| after.get(*node).is_some() || after.pending().contains(node);
        effects.extend(listed.filter(|node| !is_here(node)).map(Effect::Down));
        self.snapshot = after.clone();
        effects.push(Effect::Changed(after));
        self.check_name(effects);
    }

    /// Two live nodes of one name: the larger id leaves. A suspect may be a dead holder of the name, so it doesn't count.
    fn check_name(&self, effects: &mut Vec<Effect>) {
        let name = &self.own.record().name;
        let holder = self.snapshot.all().iter().find(|member| {
            !member.me && member.record().name == *name && member.state != MemberState::Suspect && member.record().id < self.me
        });
        if let Some(holder) = holder {
            let holder = holder.record();
            let error = Error::new(
                Kind::AlreadyExists,
                format!("name: `{name}` is the name of another live node ({} of process {} on `{}`)", holder.id, holder.pid, holder.host),
            );
            effects.push(Effect::Leave(error.advice("Choose another `name`, or stop the other node.")));
        }
    }
}
