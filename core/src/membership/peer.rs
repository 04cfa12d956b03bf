//! What this node knows about one other node.

use super::{
    Place,
    codec::Announced,
    detector::SUSPECT_TO_DOWN,
    identity::Identity,
    record::{Sealed, dialable, place_tag},
};
use foca::State;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// How long the record of a node that is down is kept: it may have been cut off only.
const KEEP_RECORD: Duration = Duration::from_secs(60);
/// A suspicion that others raised ends here when they don't end it: they may have died meanwhile.
const SUSPECT_AT_MOST: Duration = Duration::from_secs(6);
/// Pause before a missing record is asked for again.
const ASK_AGAIN: Duration = Duration::from_secs(2);
/// For so long a node whose link is sound stays what it was although others say that it is suspect or down: a node that was cut off thought
/// so of everybody, and the one concerned needs a moment to contradict.
const DISPUTED_SUSPICION: Duration = Duration::from_secs(1);
const DISPUTED_DEATH: Duration = Duration::from_secs(5);
/// Pauses between two greetings of a node that fell silent.
const GREET_FIRST: Duration = Duration::from_secs(5);
const GREET_SLOWEST: Duration = Duration::from_secs(60);
/// A few that are silent are greeted often: a partition between few nodes heals within 5 s. Each further one costs all of them this much.
const GREET_OFTEN: Duration = Duration::from_secs(4);
const GREET_EACH: Duration = Duration::from_millis(500);

/// The longest pause between two greetings of a node, when so many are silent.
pub(super) fn slowest_greeting(silent: usize) -> Duration {
    (GREET_EACH * silent as u32).clamp(GREET_OFTEN, GREET_SLOWEST)
}

/// One other node.
pub(super) struct Peer {
    pub(super) identity: Identity,
    pub(super) incarnation: u16,
    pub(super) state: State,
    /// When it got this state.
    pub(super) since: Instant,
    /// The suspicion is our own: a redial met silence.
    pub(super) silent: bool,
    /// The pulse of its link stopped: no new calls. Only this node thinks so.
    pub(super) doubted: bool,
    /// A link to it is open.
    pub(super) linked: bool,
    /// It was declared suspect or down although its link here is sound.
    disputed: bool,
    /// It said goodbye, or its address answered that nobody is there.
    pub(super) certain: bool,
    pub(super) record: Option<Arc<Sealed>>,
    pub(super) announced: Option<Announced>,
    pub(super) asked: Option<Instant>,
    /// Where to dial it while its record isn't here, and where that is.
    pub(super) hints: Vec<String>,
    pub(super) hints_place: u64,
    greet_at: Instant,
    greet_pause: Duration,
}

impl Peer {
    pub(super) fn new(identity: Identity, now: Instant) -> Peer {
        Peer {
            identity,
            incarnation: 0,
            state: State::Alive,
            since: now,
            silent: false,
            doubted: false,
            linked: false,
            disputed: false,
            certain: false,
            record: None,
            announced: None,
            asked: None,
            hints: Vec::new(),
            hints_place: 0,
            greet_at: now + GREET_FIRST,
            greet_pause: GREET_FIRST,
        }
    }

    /// Takes over what the detector says. True = it changed.
    pub(super) fn observe(&mut self, member: &foca::Member<Identity>, now: Instant) -> bool {
        self.identity = *member.id();
        let refuted = self.incarnation != member.incarnation();
        self.incarnation = member.incarnation();
        if self.state == member.state() {
            if refuted {
                self.since = now;
            }
            return false;
        }
        let trusted = self.state == State::Alive || self.is_disputed(now);
        self.disputed = member.state() != State::Alive && trusted && self.linked && !self.doubted && !self.silent;
        self.state = member.state();
        self.since = now;
        match self.state {
            State::Alive => (self.silent, self.certain) = (false, false),
            State::Suspect => {}
            State::Down => {
                (self.silent, self.doubted, self.asked) = (false, false, None);
                (self.greet_at, self.greet_pause) = (now + GREET_FIRST, GREET_FIRST);
            }
        }
        true
    }

    pub(super) fn is_active(&self) -> bool {
        self.state != State::Down
    }

    /// Whether it is listed: it is active, or only hearsay says that it is not.
    pub(super) fn is_visible(&self, now: Instant) -> bool {
        self.is_active() || self.is_disputed(now)
    }

    fn is_disputed(&self, now: Instant) -> bool {
        let most = if self.is_active() { DISPUTED_SUSPICION } else { DISPUTED_DEATH };
        self.disputed && self.linked && !self.certain && !self.silent && now.saturating_duration_since(self.since) < most
    }

    /// Ends a dispute: its link ended or fell silent, or the time is over. True = there was one.
    pub(super) fn end_dispute(&mut self, now: Instant) -> bool {
        let over = self.disputed && !self.is_disputed(now);
        self.disputed &= !over;
        over
    }

    pub(super) fn is_suspect(&self, now: Instant) -> bool {
        (self.state == State::Suspect && !self.is_disputed(now)) || self.doubted
    }

    /// Notes which record the node has published; an older claim arrived late.
    pub(super) fn announce(&mut self, claim: Announced) {
        if self.announced.is_none_or(|known| claim.version > known.version || (claim.version == known.version && claim.mark != known.mark))
        {
            self.announced = Some(claim);
            self.asked = None;
        }
    }

    fn wants_record(&self) -> bool {
        match (&self.record, &self.announced) {
            (None, _) => true,
            (Some(record), Some(claim)) => {
                claim.version > record.version() || (claim.version == record.version() && claim.mark != record.mark())
            }
            (Some(_), None) => false,
        }
    }

    /// Whether its record is to be asked for now.
    pub(super) fn asks_now(&self, now: Instant) -> bool {
        self.is_active() && self.wants_record() && self.asked.is_none_or(|at| now.saturating_duration_since(at) >= ASK_AGAIN)
    }

    /// Whether there is a way to reach it.
    pub(super) fn is_reachable(&self) -> bool {
        self.linked || self.record.is_some() || !self.hints.is_empty()
    }

    /// Where to dial it from `here`.
    pub(super) fn addresses(&self, here: &Place) -> Vec<String> {
        match &self.record {
            Some(record) => record.record().addresses_from(here),
            None => dialable(&self.hints, self.hints_place != 0 && self.hints_place == place_tag(here)),
        }
    }

    /// Takes a hint where it listens; its own record knows better.
    pub(super) fn hint(&mut self, place: u64, addresses: Vec<String>) {
        if self.record.is_none() && !addresses.is_empty() {
            if self.hints.is_empty() {
                self.asked = None;
            }
            (self.hints_place, self.hints) = (place, addresses);
        }
    }

    /// Takes its record. False = it is older than the one here.
    pub(super) fn store(&mut self, sealed: Arc<Sealed>) -> bool {
        if self.record.as_ref().is_some_and(|known| sealed.version() < known.version()) {
            return false;
        }
        // What was announced is fulfilled, whatever its mark: an owner that contradicts itself must not be asked for ever.
        if self.announced.is_some_and(|claim| claim.version <= sealed.version()) {
            self.announced = Some(Announced { version: sealed.version(), mark: sealed.mark() });
        }
        self.hints = sealed.record().addresses.clone();
        self.hints_place = place_tag(&sealed.record().place);
        self.record = Some(sealed);
        true
    }

    /// Drops the record when the node has been down for long; its addresses stay as hints, to greet it. True = dropped.
    pub(super) fn expire(&mut self, now: Instant) -> bool {
        let expired = !self.is_active() && self.record.is_some() && now.saturating_duration_since(self.since) >= KEEP_RECORD;
        if expired {
            (self.record, self.announced) = (None, None);
        }
        expired
    }

    /// Whether its time to answer a suspicion is over.
    pub(super) fn is_overdue(&self, now: Instant) -> bool {
        let most = if self.silent { SUSPECT_TO_DOWN } else { SUSPECT_AT_MOST };
        self.state == State::Suspect && now.saturating_duration_since(self.since) >= most
    }

    /// Whether it fell silent without a word, and there is a way to reach it.
    pub(super) fn is_silent(&self) -> bool {
        !self.is_active() && !self.certain && self.is_reachable()
    }

    /// Whether it is time to greet a node that fell silent: it may have been cut off only. Ever more seldom, and by `chance` (0 to 1)
    /// not when everybody else does: after a partition one contact is enough to begin with.
    pub(super) fn greets_now(&mut self, now: Instant, slowest: Duration, chance: f64) -> bool {
        let due = self.is_silent() && now >= self.greet_at;
        if due {
            self.greet_pause = (self.greet_pause * 2).min(slowest);
            self.greet_at = now + self.greet_pause.mul_f64(0.5 + chance / 2.0);
        }
        due
    }
}
