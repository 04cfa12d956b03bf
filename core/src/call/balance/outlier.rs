//! Which provider a caller leaves out for a while: one that fails several times in a row, or whose calls fail, raise or are late far more
//! often than those of its peers. It comes back little by little, and is left out for longer when it is no better then.
//!
//! What the peers do alike is nobody's fault: a caller's bad argument raises everywhere, and a slow database makes everybody late.

use crate::{
    config::NodeId,
    directory::{Candidates, Stats, Tally},
};
use std::time::Instant;

/// Failures in a row after which nobody is asked how the peers do.
const IN_A_ROW: u32 = 5;
/// Bad calls that must be known before a provider is judged by its share; one is enough right after it came back.
const BAD_AT_LEAST: f64 = 2.5;
const BAD_AFTER_RETURN: f64 = 0.5;
/// Calls of the peers that must be known.
const PEERS_AT_LEAST: f64 = 2.5;
/// A share is far above the peers' when it is so many times theirs ...
const TIMES: f64 = 2.0;
/// ... and so much more, by what was bad: a handler raises for many reasons, and calls of one method differ in length.
const FAILED_MORE: f64 = 0.2;
const RAISED_MORE: f64 = 0.3;
const SLOW_MORE: f64 = 0.5;

/// A call of `stats`' provider `node` went badly: leaves the provider out if it does far worse than its peers, and if they are enough.
pub(super) fn judge(candidates: &Candidates, node: NodeId, stats: &Stats, now: Instant) {
    if stats.is_out(now) {
        return;
    }
    let (mut peers, mut all, mut out) = (Tally::default(), 1, 0);
    for candidate in candidates.list().iter().filter(|other| other.provider.node != node && other.provider.takes_calls()) {
        all += 1;
        if candidate.provider.stats.is_out(now) {
            out += 1;
        } else {
            peers += candidate.provider.stats.tally(now);
        }
    }
    if out < at_most(all) && is_outlier(&stats.tally(now), &peers, stats.weight(now) < 1.0) {
        tracing::info!(node = %node, service = candidates.service(), "a provider is left out for a while: it does far worse than the others");
        stats.eject(now);
    }
}

/// How many of so many providers may be left out at once: never the last one, and never more than half.
fn at_most(providers: usize) -> usize {
    providers / 2
}

fn is_outlier(own: &Tally, peers: &Tally, returning: bool) -> bool {
    if own.in_a_row >= IN_A_ROW && peers.failed < peers.calls * 0.5 + 0.1 {
        return true;
    }
    let at_least = if returning { BAD_AFTER_RETURN } else { BAD_AT_LEAST };
    let far_worse = |bad: fn(&Tally) -> f64, more: f64| {
        bad(own) >= at_least && peers.calls >= PEERS_AT_LEAST && bad(own) / own.calls > TIMES * bad(peers) / peers.calls + more
    };
    far_worse(|tally| tally.failed, FAILED_MORE) || far_worse(|tally| tally.raised, RAISED_MORE) || far_worse(|tally| tally.slow, SLOW_MORE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        let tally = |calls, failed, raised, slow, in_a_row| {
            let mut tally = Tally::default();
            (tally.calls, tally.failed, tally.raised, tally.slow, tally.in_a_row) = (calls, failed, raised, slow, in_a_row);
            tally
        };
        let sound = tally(100.0, 1.0, 2.0, 3.0, 0);
        for (own, peers, returning, expected) in [
            (tally(100.0, 1.0, 2.0, 3.0, 0), sound, false, false),
            // In a row, whoever the peers are; not when they fail as well.
            (tally(5.0, 5.0, 0.0, 0.0, 5), tally(0.0, 0.0, 0.0, 0.0, 0), false, true),
            (tally(4.0, 4.0, 0.0, 0.0, 4), tally(0.0, 0.0, 0.0, 0.0, 0), false, false),
            (tally(5.0, 5.0, 0.0, 0.0, 5), tally(10.0, 9.0, 0.0, 0.0, 2), false, false),
            // By share.
            (tally(100.0, 25.0, 0.0, 0.0, 1), sound, false, true),
            (tally(100.0, 20.0, 0.0, 0.0, 1), sound, false, false),
            (tally(100.0, 0.0, 40.0, 0.0, 0), sound, false, true),
            (tally(100.0, 0.0, 40.0, 0.0, 0), tally(100.0, 0.0, 20.0, 0.0, 0), false, false),
            (tally(100.0, 0.0, 100.0, 0.0, 0), tally(100.0, 0.0, 90.0, 0.0, 0), false, false),
            (tally(100.0, 0.0, 0.0, 95.0, 0), sound, false, true),
            (tally(100.0, 0.0, 0.0, 40.0, 0), sound, false, false),
            // Too little is known of it, or of the others.
            (tally(2.0, 0.0, 2.0, 0.0, 0), sound, false, false),
            (tally(9.0, 0.0, 9.0, 0.0, 0), tally(1.0, 0.0, 0.0, 0.0, 0), false, false),
            // Back on trial.
            (tally(1.0, 0.0, 1.0, 0.0, 0), sound, true, true),
            (tally(20.0, 0.0, 1.0, 0.0, 0), sound, true, false),
        ] {
            assert_eq!(is_outlier(&own, &peers, returning), expected, "{own:?} beside {peers:?}");
        }
        assert_eq!([1, 2, 3, 4, 5].map(at_most), [0, 1, 1, 2, 2]);
    }
}
