//! Rendezvous hashing: each key has its own ranking of the providers, so that a provider that comes or goes moves its own keys only, and
//! every caller ranks alike.

use super::Field;
use crate::{config::NodeId, directory::Candidate};

pub(super) fn pick<'a>(field: &Field<'a, '_>, key: &str) -> Option<&'a Candidate> {
    let key = fingerprint(key.as_bytes());
    let best = |fits: &dyn Fn(&Candidate, u64) -> bool| {
        let ranked = field.eligible(|_| true).map(|candidate| (rank(key, candidate.provider.node), candidate));
        ranked.filter(|(rank, candidate)| fits(candidate, *rank)).max_by_key(|(rank, _)| *rank).map(|(_, candidate)| candidate)
    };
    // No dice: they would send a key to and fro. One that comes back gets more and more of its keys, each once: that one, whose place in
    // line its trust has reached. Otherwise trust goes up and down with single failures, which must move no key.
    let settled = |candidate: &Candidate, rank: u64| {
        let glance = candidate.provider.stats.glance(field.now);
        if glance.weight < 1.0 { place_in_line(rank) < glance.trust } else { glance.trust > 0.1 }
    };
    best(&settled).or_else(|| best(&|_, _| true))
}

/// FNV-1a: the same in every process and version.
fn fingerprint(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

fn rank(key: u64, node: NodeId) -> u64 {
    let id = u128::from_le_bytes(node.bytes());
    scramble(scramble(key ^ scramble(id as u64)) ^ (id >> 64) as u64)
}

/// When a key comes back to a provider, from 0 to 1; it has nothing to do with the ranking that it is made of.
fn place_in_line(rank: u64) -> f64 {
    (scramble(rank) >> 11) as f64 / (1u64 << 53) as f64
}

fn scramble(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
