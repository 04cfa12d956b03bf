//! Many engines in one thread with a fake clock and a queue as the network. Nothing sleeps.

use super::{Effect, Membership, NodeRecord, Place, ServiceSpec};
use crate::{config::NodeId, env, error::Kind};
use bytes::Bytes;
use rand::{RngExt, SeedableRng, rngs::StdRng, seq::SliceRandom};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet},
    time::{Duration, Instant},
};

enum Event {
    Wake(NodeId),
    Gossip { from: NodeId, to: NodeId, packet: Bytes },
    RecordGet { from: NodeId, to: NodeId },
    Record { from: NodeId, to: NodeId, record: Bytes },
}

struct World {
    now: Instant,
    dice: StdRng,
    nodes: BTreeMap<NodeId, Membership>,
    /// Which side of a partition each node is on.
    side: HashMap<NodeId, u8>,
    dead: HashSet<NodeId>,
    /// Whether the host of a dead node still refuses connections; otherwise packets to it vanish.
    refuses: bool,
    links: BTreeSet<(NodeId, NodeId)>,
    queue: BinaryHeap<Reverse<(Instant, u64)>>,
    events: HashMap<u64, Event>,
    sequence: u64,
    packets: u64,
    largest: usize,
    rejoins: u64,
    left: BTreeMap<NodeId, Kind>,
}

fn node(n: usize) -> NodeId {
    let mut bytes = [7; 16];
    bytes[0] = (n >> 8) as u8;
    bytes[1] = n as u8;
    NodeId::from_bytes(bytes)
}

impl World {
    fn new(seed: u64) -> World {
        World {
            now: env::now(),
            dice: StdRng::seed_from_u64(seed),
            nodes: BTreeMap::new(),
            side: HashMap::new(),
            dead: HashSet::new(),
            refuses: false,
            links: BTreeSet::new(),
            queue: BinaryHeap::new(),
            events: HashMap::new(),
            sequence: 0,
            packets: 0,
            largest: 0,
            rejoins: 0,
            left: BTreeMap::new(),
        }
    }

    fn add(&mut self, n: usize, name: &str) {
        let mut record = NodeRecord::new(node(n), name);
        record.addresses = vec![format!("10.0.0.{n}:7700")];
        record.place = Place { boot_id: format!("host-{n}"), mount_ns: "m".into(), net_ns: "n".into(), uid: 1 };
        record.services = vec![ServiceSpec { name: "geo".into(), ..ServiceSpec::default() }];
        let seed = self.dice.random();
        self.nodes.insert(node(n), Membership::new(record, seed, self.now).unwrap());
        self.side.insert(node(n), 0);
    }

    fn push(&mut self, after: Duration, event: Event) {
        self.sequence += 1;
        self.queue.push(Reverse((self.now + after, self.sequence)));
        self.events.insert(self.sequence, event);
    }

    fn reaches(&self, a: NodeId, b: NodeId) -> bool {
        !self.dead.contains(&a) && !self.dead.contains(&b) && self.side[&a] == self.side[&b]
    }

    fn with(&mut self, n: NodeId, input: impl FnOnce(&mut Membership, Instant) -> Vec<Effect>) {
        let now = self.now;
        let effects = input(self.nodes.get_mut(&n).unwrap(), now);
        for effect in effects {
            match effect {
                Effect::Send { to, packet } => {
                    self.packets += 1;
                    self.largest = self.largest.max(packet.len());
                    self.transmit(n, to, Event::Gossip { from: n, to, packet });
                }
                Effect::Wake(at) => self.push(at.saturating_duration_since(now), Event::Wake(n)),
                Effect::WantRecord(to) => self.transmit(n, to, Event::RecordGet { from: n, to }),
                Effect::Rejoin => self.rejoins += 1,
                Effect::Leave(error) => {
                    self.left.insert(n, error.kind());
                }
                Effect::Up(_) | Effect::Suspect(_) | Effect::Down(_) | Effect::Changed(_) => {}
            }
        }
    }

    /// As the links do: dials where there is no link, if an address is known.
    fn transmit(&mut self, from: NodeId, to: NodeId, event: Event) {
        let linked = self.links.contains(&(from.min(to), from.max(to)));
        if !linked && self.nodes[&from].addresses(to).is_empty() {
            return;
        }
        if self.dead.contains(&to) && self.refuses {
            self.links.remove(&(from.min(to), from.max(to)));
            self.with(from, |m, now| m.gone(now, to));
            return;
        }
        let latency = Duration::from_millis(self.dice.random_range(1..20));
        self.push(latency, event);
    }

    fn link(&mut self, a: NodeId, b: NodeId) {
        if self.links.insert((a.min(b), a.max(b))) {
            for (here, there) in [(a, b), (b, a)] {
                let (version, digest) = (self.nodes[&there].own().version(), *self.nodes[&there].own().digest());
                self.with(here, |m, now| m.link_up(now, there));
                self.with(here, |m, now| m.announced(now, there, version, &digest));
            }
        }
    }

    /// Cuts the first `count` nodes off, or joins them again. Links across end at some time before that.
    fn cut(&mut self, count: usize, side: u8) {
        (0..count).for_each(|n| {
            self.side.insert(node(n), side);
        });
        let side = &self.side;
        let (kept, ended): (BTreeSet<_>, BTreeSet<_>) = self.links.iter().partition(|(a, b)| side[a] == side[b]);
        self.links = kept;
        for (a, b) in ended {
            self.with(a, |m, now| m.link_down(now, b));
            self.with(b, |m, now| m.link_down(now, a));
        }
    }

    /// The node's process ended, and its host tells so on each of its links.
    fn end(&mut self, n: NodeId) {
        self.dead.insert(n);
        let (ended, kept): (BTreeSet<_>, BTreeSet<_>) = self.links.iter().partition(|(a, b)| *a == n || *b == n);
        self.links = kept;
        for (a, b) in ended {
            self.with(if a == n { b } else { a }, |m, now| m.link_down(now, n));
        }
    }

    fn step(&mut self, until: Instant) -> bool {
        let Some(Reverse((at, sequence))) = self.queue.peek().copied().filter(|due| due.0.0 <= until) else {
            self.now = until;
            return false;
        };
        self.queue.pop();
        self.now = at;
        let event = self.events.remove(&sequence).unwrap();
        if let Event::Gossip { from, to, .. } | Event::RecordGet { from, to } | Event::Record { from, to, .. } = event {
            if !self.reaches(from, to) {
                return true;
            }
            self.link(from, to);
        }
        match event {
            Event::Wake(n) if self.dead.contains(&n) => {}
            Event::Wake(n) => self.with(n, |m, now| m.tick(now)),
            Event::Gossip { from, to, packet } => self.with(to, |m, now| m.packet(now, from, packet).unwrap()),
            Event::RecordGet { from, to } => {
                let record = self.nodes[&to].own().bytes().clone();
                self.transmit(to, from, Event::Record { from: to, to: from, record });
            }
            Event::Record { from, to, record } => self.with(to, |m, now| m.record(now, from, None, record).unwrap()),
        }
        true
    }

    fn run(&mut self, time: Duration) {
        let until = self.now + time;
        while self.step(until) {}
    }

    /// How long it took until the condition held.
    fn until(&mut self, most: Duration, what: &str, holds: impl Fn(&World) -> bool) -> Duration {
        let (start, until) = (self.now, self.now + most);
        while !holds(self) {
            assert!(self.step(until), "{what}: not within {most:?}");
        }
        self.now - start
    }

    fn alive(&self) -> impl Iterator<Item = NodeId> {
        self.nodes.keys().copied().filter(|n| !self.dead.contains(n))
    }

    fn sees(&self, n: NodeId) -> Vec<NodeId> {
        let mut seen: Vec<_> = self.nodes[&n].members().all().iter().map(|m| m.record().id).collect();
        seen.sort_unstable();
        seen
    }

    /// Each living node sees exactly the living nodes of its side.
    fn agrees(&self) -> bool {
        self.alive().all(|n| {
            let expected: Vec<_> = self.alive().filter(|other| self.side[other] == self.side[&n]).collect();
            self.sees(n) == expected
        })
    }

    /// Nodes join in random order, each by a random seed that is in, 30 ms apart.
    fn grow(seed: u64, count: usize) -> World {
        let mut world = World::new(seed);
        let mut order: Vec<usize> = (0..count).collect();
        order.shuffle(&mut world.dice);
        for (at, n) in order.iter().enumerate() {
            world.add(*n, &format!("node-{n}"));
            if at > 0 {
                let to = order[world.dice.random_range(0..at)];
                world.link(node(*n), node(to));
            }
            world.run(Duration::from_millis(30));
        }
        world
    }
}

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn twenty_join_in_random_order_and_see_each_other() {
    for seed in 0..5 {
        let mut world = World::grow(seed, 20);
        world.until(5 * SECOND, "all see all", World::agrees);
        let rejoins = world.rejoins;
        world.run(60 * SECOND);
        assert!(world.agrees() && rejoins == 0, "and it stays so: {} rejoins", world.rejoins);
    }
}

#[test]
fn joiner_and_seed_know_each_other_at_once() {
    let mut world = World::grow(1, 2);
    let took = world.until(SECOND, "a pair", World::agrees);
    assert!(took < Duration::from_millis(200), "{took:?}");
}

#[test]
fn two_that_join_at_once_find_each_other() {
    let mut world = World::new(3);
    (0..3).for_each(|n| world.add(n, &format!("node-{n}")));
    // Neither is in the list that the other gets, and gossip tells no address.
    world.link(node(1), node(0));
    world.link(node(2), node(0));
    world.until(4 * SECOND, "three", World::agrees);
}

#[test]
fn a_silent_death_is_known_everywhere_within_12_seconds() {
    for seed in 0..10 {
        let mut world = World::grow(seed, 20);
        world.until(5 * SECOND, "all see all", World::agrees);
        world.run(Duration::from_millis(300 * seed));
        world.dead.insert(node(seed as usize));
        let took = world.until(12 * SECOND, "the death is known", World::agrees);
        assert!(took > SECOND, "it took time to find out: {took:?}");
        // Never back without a higher generation.
        world.run(120 * SECOND);
        assert!(world.agrees() && world.rejoins == 0);
    }
}

#[test]
fn a_refused_address_is_known_at_once() {
    let mut world = World::grow(2, 20);
    world.until(5 * SECOND, "all see all", World::agrees);
    world.end(node(4));
    world.refuses = true;
    let watcher = world.alive().next().unwrap();
    world.with(watcher, |m, now| m.gone(now, node(4)));
    let took = world.until(3 * SECOND, "the death is known", World::agrees);
    assert!(took < 2 * SECOND, "{took:?}");
}

#[test]
fn a_silent_link_makes_a_suspect_and_then_a_death() {
    let mut world = World::grow(2, 5);
    world.until(5 * SECOND, "all see all", World::agrees);
    world.dead.insert(node(4));
    world.with(node(0), |m, now| m.silent(now, node(4)));
    world.until(7 * SECOND, "the death is known", World::agrees);
}

#[test]
fn a_wrong_suspicion_is_refuted() {
    let mut world = World::grow(4, 8);
    world.until(5 * SECOND, "all see all", World::agrees);
    world.with(node(0), |m, now| m.silent(now, node(5)));
    assert_eq!(world.nodes[&node(0)].members().get(node(5)).unwrap().state, super::MemberState::Suspect);
    world.run(20 * SECOND);
    assert!(world.agrees());
    assert_eq!(world.rejoins, 0);
}

#[test]
fn a_wrong_death_is_survived_with_a_higher_generation() {
    let mut world = World::grow(5, 8);
    world.until(5 * SECOND, "all see all", World::agrees);
    world.with(node(0), |m, now| m.gone(now, node(5)));
    world.run(SECOND);
    world.until(15 * SECOND, "it is back", World::agrees);
    assert!(world.rejoins >= 1);
}

#[test]
fn a_partition_heals() {
    for (seed, minutes) in [(6, 1), (7, 5)] {
        let mut world = World::grow(seed, 20);
        world.until(5 * SECOND, "all see all", World::agrees);
        world.cut(8, 1);
        world.until(25 * SECOND, "each side sees itself", World::agrees);
        world.run(minutes * 60 * SECOND);
        assert!(world.agrees());
        world.cut(8, 0);
        world.until(30 * SECOND, "all see all again", World::agrees);
    }
}

#[test]
fn a_partition_of_few_heals_within_five_seconds() {
    for (seed, nodes, alone) in [(11, 2, 1), (12, 3, 1), (13, 6, 3)] {
        for minutes in [1, 10] {
            let mut world = World::grow(seed, nodes);
            world.until(5 * SECOND, "all see all", World::agrees);
            world.cut(alone, 1);
            world.until(25 * SECOND, "each side sees itself", World::agrees);
            world.run(minutes * 60 * SECOND);
            world.cut(alone, 0);
            world.until(5 * SECOND, "all see all again", World::agrees);
        }
    }
}

#[test]
fn those_who_stay_together_never_lose_each_other_to_what_a_lonely_node_thinks() {
    for seed in 20..40 {
        let mut world = World::grow(seed, 6);
        world.until(5 * SECOND, "all see all", World::agrees);
        // Everybody calls everybody.
        (0..6).for_each(|a| (0..a).for_each(|b| world.link(node(a), node(b))));
        world.cut(2, 1);
        world.until(25 * SECOND, "each side sees itself", World::agrees);
        world.cut(2, 0);
        let together: BTreeSet<NodeId> = (2..6).map(node).collect();
        let until = world.now + 15 * SECOND;
        while world.step(until) {
            for n in &together {
                let trusted = |member: &&super::Member| member.state != super::MemberState::Suspect;
                let seen: BTreeSet<NodeId> = world.nodes[n].members().all().iter().filter(trusted).map(|m| m.record().id).collect();
                assert!(seen.is_superset(&together), "seed {seed}: {n} lost {:?}", together.difference(&seen));
            }
        }
        assert!(world.agrees(), "seed {seed}");
    }
}

#[test]
fn hearsay_makes_no_suspect_of_a_peer_whose_link_is_sound_for_a_second() {
    let mut world = World::grow(42, 3);
    world.until(5 * SECOND, "all see all", World::agrees);
    (0..3).for_each(|a| (0..a).for_each(|b| world.link(node(a), node(b))));
    let suspects = |world: &World, n| world.nodes[&node(n)].members().get(node(2)).is_none_or(|m| m.state == super::MemberState::Suspect);
    world.dead.insert(node(2));
    world.with(node(1), |m, now| m.silent(now, node(2)));
    world.run(Duration::from_millis(800));
    assert!(suspects(&world, 1) && !suspects(&world, 0));
    world.run(2 * SECOND);
    assert!(suspects(&world, 0));
}

#[test]
fn a_disputed_peer_is_lost_with_its_link() {
    let mut world = World::grow(41, 3);
    world.until(5 * SECOND, "all see all", World::agrees);
    (0..3).for_each(|a| (0..a).for_each(|b| world.link(node(a), node(b))));
    world.dead.insert(node(2));
    // Others know that it is gone before this node's link ends.
    world.with(node(1), |m, now| m.gone(now, node(2)));
    world.run(SECOND);
    assert!(world.sees(node(0)).contains(&node(2)) && !world.sees(node(1)).contains(&node(2)));
    world.with(node(0), |m, now| m.link_down(now, node(2)));
    assert!(!world.sees(node(0)).contains(&node(2)));
}

#[test]
fn a_hundred_nodes_stay_cheap() {
    let mut world = World::grow(8, 100);
    world.until(10 * SECOND, "all see all", World::agrees);
    world.run(10 * SECOND);
    let before = world.packets;
    world.run(30 * SECOND);
    let rate = (world.packets - before) as f64 / 30.0 / 100.0;
    assert!(rate < 3.0, "{rate} packets a second and node in quiet times");
    assert!(world.largest < 16 << 10, "{} bytes", world.largest);
    let before = world.packets;
    world.dead.insert(node(40));
    world.until(12 * SECOND, "the death is known", World::agrees);
    let rate = (world.packets - before) as f64 / 12.0 / 100.0;
    assert!(rate < 20.0, "{rate} packets a second and node while there is news");
}

#[test]
fn a_new_record_reaches_everybody() {
    let mut world = World::grow(9, 20);
    world.until(5 * SECOND, "all see all", World::agrees);
    assert!(world.alive().all(|n| world.nodes[&n].members().ready_providers("geo") == 0));
    world.with(node(3), |m, now| m.publish(now, |record| record.ready = true).unwrap());
    let ready = |world: &World| world.alive().all(|n| world.nodes[&n].members().ready_providers("geo") == 1);
    let took = world.until(SECOND, "the record is here", ready);
    assert!(took < Duration::from_millis(200), "{took:?}");
}

#[test]
fn goodbye_is_heard() {
    let mut world = World::grow(10, 20);
    world.until(5 * SECOND, "all see all", World::agrees);
    world.with(node(3), |m, now| m.leave(now));
    world.run(Duration::from_millis(20));
    world.end(node(3));
    world.until(3 * SECOND, "it left", World::agrees);
}

#[test]
fn of_two_with_one_name_the_larger_id_leaves() {
    let mut world = World::new(11);
    (0..3).for_each(|n| world.add(n, if n == 0 { "other" } else { "twin" }));
    world.link(node(1), node(0));
    world.link(node(2), node(0));
    world.run(5 * SECOND);
    assert_eq!(world.left.into_iter().collect::<Vec<_>>(), [(node(2), Kind::AlreadyExists)]);
}

#[test]
fn records_come_from_their_owner_only() {
    let mut world = World::grow(12, 3);
    world.until(5 * SECOND, "all see all", World::agrees);
    let forged = world.nodes[&node(1)].own().bytes().clone();
    let now = world.now;
    let reader = world.nodes.get_mut(&node(0)).unwrap();
    assert_eq!(reader.record(now, node(2), None, forged.clone()).unwrap_err().kind(), Kind::Protocol);
    assert_eq!(reader.record(now, node(1), Some("somebody"), forged.clone()).unwrap_err().kind(), Kind::Protocol);
    assert!(reader.record(now, node(1), Some("node-1"), forged).is_ok());
    assert_eq!(reader.packet(now, node(1), Bytes::from_static(b"junk")).unwrap_err().kind(), Kind::Protocol);
}

#[test]
fn nobody_speaks_for_another() {
    let mut world = World::grow(13, 3);
    world.until(5 * SECOND, "all see all", World::agrees);
    let now = world.now;
    let effects = world.nodes.get_mut(&node(1)).unwrap().tick(now + 2 * SECOND);
    let probe = effects.into_iter().find_map(|effect| match effect {
        Effect::Send { packet, .. } => Some(packet),
        _ => None,
    });
    let error = world.nodes.get_mut(&node(0)).unwrap().packet(now, node(2), probe.unwrap()).unwrap_err();
    assert!(error.message().contains("in the name of"), "{error}");
}

#[test]
fn a_doubted_peer_is_listed_as_suspect_until_it_is_heard() {
    let mut world = World::grow(14, 2);
    world.until(5 * SECOND, "all see all", World::agrees);
    let state = |world: &World| world.nodes[&node(0)].members().get(node(1)).unwrap().state;
    world.with(node(0), |m, now| m.suspect(now, node(1)));
    assert_eq!(state(&world), super::MemberState::Suspect);
    world.run(3 * SECOND);
    assert_eq!(state(&world), super::MemberState::Joining);
}

#[test]
fn a_dead_nodes_record_is_dropped_after_a_minute() {
    let mut world = World::grow(15, 2);
    world.until(5 * SECOND, "all see all", World::agrees);
    world.dead.insert(node(1));
    world.with(node(0), |m, now| m.gone(now, node(1)));
    world.run(70 * SECOND);
    // It may still be dialled: it could have been cut off only.
    assert_eq!(world.nodes[&node(0)].addresses(node(1)), ["10.0.0.1:7700"]);
    world.run(3700 * SECOND);
    assert!(world.nodes[&node(0)].addresses(node(1)).is_empty());
}
