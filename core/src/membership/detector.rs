//! The failure detector: SWIM by foca, made pure. It keeps its own timers, so that its owner only asks when to come back.

use super::{
    codec::{Codec, MAX_DETECTOR, source},
    identity::Identity,
};
use crate::config::NodeId;
use bytes::Bytes;
use foca::{Config, Foca, Member, NoCustomBroadcast, Notification, PeriodicParams, Runtime, State};
use rand::{SeedableRng, rngs::StdRng};
use std::{
    cmp::{Ordering, Reverse},
    collections::BinaryHeap,
    num::{NonZeroU8, NonZeroUsize},
    time::{Duration, Instant},
};

/// How long a suspect may take to answer before it is down.
pub(crate) const SUSPECT_TO_DOWN: Duration = Duration::from_secs(4);
/// How long a node that is down is remembered, so that stale gossip can't bring it back.
const REMEMBER_DOWN: Duration = Duration::from_secs(3600);
/// When the owner comes back later than this, it was stopped (a suspended machine, SIGSTOP), and nobody else is to blame.
const STOPPED: Duration = Duration::from_secs(1);

type Swim = Foca<Identity, Codec, StdRng, NoCustomBroadcast>;

fn settings() -> Config {
    const fn members(count: usize) -> NonZeroUsize {
        match NonZeroUsize::new(count) {
            Some(count) => count,
            None => NonZeroUsize::MIN,
        }
    }
    Config {
        probe_period: Duration::from_secs(1),
        probe_rtt: Duration::from_millis(300),
        num_indirect_probes: members(3),
        max_transmissions: NonZeroU8::new(10).unwrap_or(NonZeroU8::MIN),
        suspect_to_down_after: SUSPECT_TO_DOWN,
        remove_down_after: Some(REMEMBER_DOWN),
        max_packet_size: members(MAX_DETECTOR),
        notify_down_members: true,
        // Heals what gossip lost.
        periodic_announce: Some(PeriodicParams { frequency: Duration::from_secs(30), num_members: members(1) }),
        // `Membership` does it with a back-off a node, knowing which nodes ended for certain.
        periodic_announce_to_down_members: None,
        // Only while there is news.
        periodic_gossip: Some(PeriodicParams { frequency: Duration::from_millis(200), num_members: members(3) }),
    }
}

struct Due {
    at: Instant,
    sequence: u64,
    timer: foca::Timer<Identity>,
}

impl Ord for Due {
    /// By time; foca wants timers that are due together in its own order.
    fn cmp(&self, other: &Due) -> Ordering {
        self.at.cmp(&other.at).then_with(|| self.timer.cmp(&other.timer)).then(self.sequence.cmp(&other.sequence))
    }
}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Due) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Due {
    fn eq(&self, other: &Due) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Due {}

/// What foca wants done, collected while it runs.
struct Outbox {
    now: Instant,
    sequence: u64,
    timers: BinaryHeap<Reverse<Due>>,
    packets: Vec<(NodeId, Bytes)>,
    rejoined: bool,
    defunct: bool,
    /// Own incarnation, read from the packets: foca doesn't tell it otherwise.
    said: (Identity, u16),
}

impl Runtime<Identity> for &mut Outbox {
    fn notify(&mut self, notification: Notification<'_, Identity>) {
        match notification {
            Notification::Rejoin(_) => self.rejoined = true,
            Notification::Defunct => self.defunct = true,
            // What others are is read from foca's state, where it is complete.
            _ => {}
        }
    }

    fn send_to(&mut self, to: Identity, data: &[u8]) {
        if let Ok(said) = source(data) {
            self.said = said;
        }
        self.packets.push((to.node, Bytes::copy_from_slice(data)));
    }

    fn submit_after(&mut self, timer: foca::Timer<Identity>, after: Duration) {
        self.sequence += 1;
        self.timers.push(Reverse(Due { at: self.now + after, sequence: self.sequence, timer }));
    }
}

/// Foca, its timers and what it wants to send.
pub(crate) struct Detector {
    swim: Swim,
    out: Outbox,
}

impl Detector {
    pub(crate) fn new(node: NodeId, seed: [u8; 32], now: Instant) -> Detector {
        let me = Identity { node, generation: 0 };
        Detector {
            swim: Foca::new(me, settings(), StdRng::from_seed(seed), Codec),
            out: Outbox {
                now,
                sequence: 0,
                timers: BinaryHeap::new(),
                packets: Vec::new(),
                rejoined: false,
                defunct: false,
                said: (me, 0),
            },
        }
    }

    /// Itself, as others should know it.
    pub(crate) fn me(&self) -> Member<Identity> {
        let me = *self.swim.identity();
        let incarnation = if self.out.said.0 == me { self.out.said.1 } else { 0 };
        Member::new(me, incarnation, State::Alive)
    }

    /// Everybody else it remembers, those that are down included.
    pub(crate) fn others(&self) -> impl Iterator<Item = &Member<Identity>> {
        let me = self.swim.identity().node;
        // After a rejoin foca also remembers its own former identity, as down.
        self.swim.iter_membership_state().filter(move |member| member.id().node != me)
    }

    pub(crate) fn member(&self, node: NodeId) -> Option<&Member<Identity>> {
        self.others().find(|member| member.id().node == node)
    }

    /// Takes a packet of a peer.
    pub(crate) fn packet(&mut self, now: Instant, packet: &[u8]) -> Result<(), foca::Error> {
        self.out.now = now;
        self.swim.handle_data(packet, &mut self.out)
    }

    /// Takes evidence; news among it are gossiped.
    pub(crate) fn apply(&mut self, now: Instant, evidence: impl Iterator<Item = Member<Identity>>) {
        self.out.now = now;
        let result = self.swim.apply_many(evidence, true, &mut self.out);
        log(result);
    }

    /// Tells a node that is thought to be down who is here: one that is alive answers, and both sides renew.
    pub(crate) fn announce(&mut self, now: Instant, to: Identity) {
        self.out.now = now;
        let result = self.swim.announce(to, &mut self.out);
        log(result);
    }

    /// Declares itself down.
    pub(crate) fn leave(&mut self, now: Instant) {
        self.out.now = now;
        let result = self.swim.leave_cluster(&mut self.out);
        log(result);
    }

    /// When [`Detector::tick`] has something to do.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.out.timers.peek().map(|first| first.0.at)
    }

    /// Runs the timers that are due. The answer is for how long this process seems to have been stopped; its timers wait that much longer.
    pub(crate) fn tick(&mut self, now: Instant) -> Duration {
        self.out.now = now;
        let late = self.due().map_or(Duration::ZERO, |due| now.saturating_duration_since(due));
        let stopped = if late > STOPPED { late } else { Duration::ZERO };
        if !stopped.is_zero() {
            let mut timers = std::mem::take(&mut self.out.timers).into_vec();
            timers.iter_mut().for_each(|timer| timer.0.at += stopped);
            self.out.timers = timers.into();
        }
        while self.due().is_some_and(|due| due <= now)
            && let Some(Reverse(due)) = self.out.timers.pop()
        {
            let result = self.swim.handle_timer(due.timer, &mut self.out);
            log(result);
        }
        stopped
    }

    /// What it wants sent since the last time.
    pub(crate) fn packets(&mut self) -> Vec<(NodeId, Bytes)> {
        std::mem::take(&mut self.out.packets)
    }

    /// Whether it was declared down and took a new generation since the last time.
    pub(crate) fn rejoined(&mut self) -> bool {
        std::mem::take(&mut self.out.rejoined)
    }

    /// Whether it ended: it left, or no generation is left to take.
    pub(crate) fn defunct(&self) -> bool {
        self.out.defunct
    }
}

fn log(result: Result<(), foca::Error>) {
    if let Err(error) = result {
        tracing::debug!(%error, "failure detector");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::env;

    fn node(n: u8) -> NodeId {
        NodeId::from_bytes([n; 16])
    }

    fn alive(n: u8) -> Member<Identity> {
        Member::alive(Identity { node: node(n), generation: 0 })
    }

    #[test]
    fn idle_without_peers() {
        let detector = Detector::new(node(1), [0; 32], env::now());
        assert_eq!(detector.due(), None);
    }

    #[test]
    fn a_silent_peer_is_suspect_and_then_down() {
        let mut now = env::now();
        let start = now;
        let mut detector = Detector::new(node(1), [0; 32], now);
        detector.apply(now, [alive(2)].into_iter());
        let mut states = vec![];
        while let Some(due) = detector.due() {
            now = due;
            detector.tick(now);
            let state = detector.member(node(2)).unwrap().state();
            if states.last() != Some(&state) {
                states.push(state);
            }
            if state == State::Down {
                break;
            }
        }
        assert_eq!(states, [State::Alive, State::Suspect, State::Down]);
        assert!(now - start <= Duration::from_millis(6100), "{:?}", now - start);
    }

    #[test]
    fn being_stopped_blames_nobody() {
        let mut now = env::now();
        let mut detector = Detector::new(node(1), [0; 32], now);
        detector.apply(now, [alive(2)].into_iter());
        for _ in 0..20 {
            // Each time it comes back 30 s late: no probe may count as unanswered.
            now = detector.due().unwrap() + Duration::from_secs(30);
            assert!(detector.tick(now) >= Duration::from_secs(30));
            let packets = detector.packets();
            let mut peer = Detector::new(node(2), [1; 32], now);
            for (to, packet) in packets {
                assert_eq!(to, node(2));
                peer.packet(now, &packet).unwrap();
            }
            for (_, packet) in peer.packets() {
                detector.packet(now, &packet).unwrap();
            }
            assert_eq!(detector.member(node(2)).unwrap().state(), State::Alive);
        }
    }

    #[test]
    fn declared_down_it_rejoins_with_a_higher_generation() {
        let now = env::now();
        let mut detector = Detector::new(node(1), [0; 32], now);
        detector.apply(now, [alive(2)].into_iter());
        detector.apply(now, [Member::down(Identity { node: node(1), generation: 0 })].into_iter());
        assert!(detector.rejoined() && !detector.rejoined());
        assert_eq!(detector.me().id().generation, 1);
        assert!(detector.others().all(|member| member.id().node == node(2)));
    }

    #[test]
    fn down_is_final_for_a_generation() {
        let now = env::now();
        let mut detector = Detector::new(node(1), [0; 32], now);
        detector.apply(now, [alive(2), Member::down(*alive(2).id()), alive(2)].into_iter());
        assert_eq!(detector.member(node(2)).unwrap().state(), State::Down);
        detector.apply(now, [Member::alive(Identity { node: node(2), generation: 1 })].into_iter());
        assert_eq!(detector.member(node(2)).unwrap().state(), State::Alive);
    }
}
