//! Is the peer still there? The rules, as a pure function; the task that applies them stands in `links`.
//!
//! While calls are outstanding a link that brought nothing for 250 ms is pinged, an idle one after 1 s. 500 ms after an unanswered ping
//! the peer is suspect; after 3 s of silence it is dead. Whatever the peer sends counts as an answer.

use std::time::{Duration, Instant};

/// Silence after which a link with outstanding calls is pinged.
pub(super) const PING_BUSY: Duration = Duration::from_millis(250);
/// Silence after which an idle link is pinged.
pub(super) const PING_IDLE: Duration = Duration::from_secs(1);
/// Time from an unanswered ping until the peer is suspect.
pub(super) const SUSPECT: Duration = Duration::from_millis(500);
/// Silence after which the peer is dead.
pub(super) const DEAD: Duration = Duration::from_secs(3);
/// How often the rules are applied; a link's first outstanding call needs no notice to them.
pub(super) const BEAT: Duration = Duration::from_millis(125);
/// A beat that comes this late means that this process itself stood still: the peers' silence then says nothing.
pub(super) const STALLED: Duration = Duration::from_secs(1);

/// What is known about one link between two beats.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Pulse {
    pinged: Option<Instant>,
    suspect: bool,
    /// Silence counts from here at the earliest: the last time that this process woke from standing still.
    blind: Option<Instant>,
}

/// What the rules look at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    /// When the link last brought anything.
    pub(super) heard: Instant,
    /// Whether calls are outstanding on it.
    pub(super) busy: bool,
    /// Whether this process stood still since the last beat.
    pub(super) stalled: bool,
}

/// What is to be done now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Beat {
    /// Nothing.
    Rest,
    /// Send a ping.
    Ping,
    /// Tell that the peer is suspect: no new calls, none failed.
    Suspect,
    /// Tell that a suspect peer is back.
    Alive,
    /// Close the link: its peer is dead.
    Dead,
}

impl Pulse {
    /// One beat.
    pub(super) fn beat(&mut self, look: Look, now: Instant) -> Beat {
        if look.stalled {
            self.blind = Some(now);
            self.pinged = self.suspect.then_some(now);
        }
        if self.pinged.is_some_and(|at| look.heard > at) {
            self.pinged = None;
        }
        if self.suspect && self.pinged.is_none() && !look.stalled {
            self.suspect = false;
            return Beat::Alive;
        }
        let since = self.blind.map_or(look.heard, |blind| blind.max(look.heard));
        let silence = now.saturating_duration_since(since);
        match self.pinged {
            _ if silence >= DEAD => Beat::Dead,
            None if silence >= if look.busy { PING_BUSY } else { PING_IDLE } => {
                self.pinged = Some(now);
                Beat::Ping
            }
            Some(at) if !self.suspect && now.saturating_duration_since(at) >= SUSPECT => {
                self.suspect = true;
                Beat::Suspect
            }
            _ => Beat::Rest,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::env;

    /// Beats every 125 ms up to `until`; `heard` gives for a moment, and the last ping, when the link last brought something.
    fn run(until: u64, busy: bool, heard: impl Fn(u64, Option<u64>) -> u64) -> Vec<(u64, Beat)> {
        let start = env::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut pulse = Pulse::default();
        let mut beats = Vec::new();
        let mut pinged = None;
        for ms in (0..=until).step_by(125) {
            let beat = pulse.beat(Look { heard: at(heard(ms, pinged)), busy, stalled: false }, at(ms));
            if beat == Beat::Ping {
                pinged = Some(ms);
            }
            if beat != Beat::Rest {
                beats.push((ms, beat));
            }
            if beat == Beat::Dead {
                break;
            }
        }
        beats
    }

    #[test]
    fn silence_with_and_without_calls() {
        assert_eq!(run(4000, true, |_, _| 0), [(250, Beat::Ping), (750, Beat::Suspect), (3000, Beat::Dead)]);
        assert_eq!(run(4000, false, |_, _| 0), [(1000, Beat::Ping), (1500, Beat::Suspect), (3000, Beat::Dead)]);
    }

    #[test]
    fn answered_pings() {
        // Every ping is answered 10 ms later.
        let answer = |now, ping: Option<u64>| ping.filter(|p| now > *p).map_or(0, |p| p + 10);
        assert_eq!(run(1000, true, answer), [250, 625, 1000].map(|ms| (ms, Beat::Ping)));
        assert_eq!(run(3500, false, answer), [1000, 2125, 3250].map(|ms| (ms, Beat::Ping)));
    }

    #[test]
    fn a_suspect_comes_back() {
        let beats = run(1100, true, |now, _| if now < 1000 { 0 } else { now });
        assert_eq!(beats, [(250, Beat::Ping), (750, Beat::Suspect), (1000, Beat::Alive)]);
    }

    #[test]
    fn traffic_needs_no_ping() {
        assert_eq!(run(5000, true, |now, _| now), []);
    }

    #[test]
    fn own_standstill_kills_nobody() {
        let start = env::now();
        let mut pulse = Pulse::default();
        let look = |stalled| Look { heard: start, busy: true, stalled };
        assert_eq!(pulse.beat(look(false), start + Duration::from_millis(250)), Beat::Ping);
        // Ten seconds asleep: the peer gets a fresh chance.
        let woke = start + Duration::from_secs(10);
        assert_eq!(pulse.beat(look(true), woke), Beat::Rest);
        assert_eq!(pulse.beat(look(false), woke + Duration::from_millis(250)), Beat::Ping);
        assert_eq!(pulse.beat(look(false), woke + Duration::from_millis(750)), Beat::Suspect);
        assert_eq!(pulse.beat(look(false), woke + Duration::from_secs(3)), Beat::Dead);
    }
}
