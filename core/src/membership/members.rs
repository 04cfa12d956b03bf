//! Who is in the cluster, as a snapshot, and waiting until it looks a certain way.

use super::record::{NodeRecord, Sealed};
use crate::{
    config::NodeId,
    error::{Error, Kind, Result},
};
use arc_swap::{ArcSwap, Guard};
use parking_lot::Mutex;
use serde::Serialize;
use std::sync::Arc;

/// Most waiters of one node at a time.
const MAX_WAITING: usize = 1024;

/// What a member is good for at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum MemberState {
    /// Takes calls.
    Ready,
    /// Is here, its handlers don't take calls yet.
    Joining,
    /// Finishes what it has and leaves.
    Draining,
    /// Its handlers make no progress: no new calls while others can take them.
    Stalled,
    /// Doesn't answer: no new calls, none failed.
    Suspect,
}

/// One visible member.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// What it says about itself.
    pub sealed: Arc<Sealed>,
    /// What it is good for.
    pub state: MemberState,
    /// Whether it is this node.
    pub me: bool,
}

impl Member {
    pub(super) fn new(sealed: Arc<Sealed>, suspect: bool, me: bool) -> Member {
        let record = sealed.record();
        let state = match (suspect, record.draining, record.ready) {
            (true, ..) => MemberState::Suspect,
            (_, true, _) => MemberState::Draining,
            (.., true) if record.stalled => MemberState::Stalled,
            (.., true) => MemberState::Ready,
            (.., false) => MemberState::Joining,
        };
        Member { sealed, state, me }
    }

    /// What it says about itself.
    pub fn record(&self) -> &NodeRecord {
        self.sealed.record()
    }

    /// The line of `members()`.
    pub fn view(&self) -> MemberView<'_> {
        let record = self.record();
        MemberView {
            id: record.id,
            name: &record.name,
            language: &record.language,
            pid: record.pid,
            host: &record.host,
            version: &record.twinspan,
            app: &record.app,
            app_version: &record.app_version,
            started: record.started,
            addresses: &record.addresses,
            state: self.state,
            me: self.me,
            services: record.services.iter().map(|service| service.name.as_str()).collect(),
        }
    }
}

/// A member with the keys that the neck promises.
#[derive(Clone, Debug, Serialize)]
pub struct MemberView<'a> {
    /// Node id.
    pub id: NodeId,
    /// Node name.
    pub name: &'a str,
    /// `python`, `java` or `rust`.
    pub language: &'a str,
    /// Process id.
    pub pid: u32,
    /// Host name.
    pub host: &'a str,
    /// Version of Twinspan.
    pub version: &'a str,
    /// Name of the App.
    pub app: &'a str,
    /// Version of the App.
    pub app_version: &'a str,
    /// When it started, in milliseconds since 1970 by its own clock.
    pub started: u64,
    /// Where it listens.
    pub addresses: &'a [String],
    /// What it is good for.
    pub state: MemberState,
    /// Whether it is this node.
    pub me: bool,
    /// Names of its services.
    pub services: Vec<&'a str>,
}

/// Every visible member (alive, and its record is here) at one moment, this node included, ordered by name.
#[derive(Clone, Debug, Default)]
pub struct Members {
    generation: u64,
    list: Vec<Member>,
    pending: Vec<NodeId>,
    informed: bool,
}

impl Members {
    pub(super) fn new(generation: u64, mut list: Vec<Member>, mut pending: Vec<NodeId>) -> Members {
        list.sort_by(|a, b| (&a.record().name, a.record().id).cmp(&(&b.record().name, b.record().id)));
        pending.sort_unstable();
        Members { generation, list, pending, informed: false }
    }

    /// The same, once another node has told whom it knows.
    pub(super) fn informed_by(mut self, informed: bool) -> Members {
        self.informed = informed;
        self
    }

    /// Whether another node has told whom it knows: until then, nobody pending means nothing.
    pub fn informed(&self) -> bool {
        self.informed
    }

    /// Rises with every change.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// All of them.
    pub fn all(&self) -> &[Member] {
        &self.list
    }

    /// The member with this id.
    pub fn get(&self, node: NodeId) -> Option<&Member> {
        self.list.iter().find(|member| member.record().id == node)
    }

    /// The member with this name.
    pub fn named(&self, name: &str) -> Option<&Member> {
        self.list.iter().find(|member| member.record().name == name)
    }

    /// Nodes that are alive and whose record is still on its way.
    pub fn pending(&self) -> &[NodeId] {
        &self.pending
    }

    /// How many members could take a call of this service now.
    pub fn ready_providers(&self, service: &str) -> usize {
        let serves = |member: &&Member| member.record().services.iter().any(|offered| offered.name == service);
        self.list.iter().filter(|member| member.state == MemberState::Ready).filter(serves).count()
    }
}

/// Says whether the wait is over. It may only look and queue: it runs under the lock of the [`Watch`].
pub type Check = Box<dyn Fn(&Members) -> bool + Send>;

/// Names one waiter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket(u64);

/// The current snapshot, and who waits for another.
#[derive(Default)]
pub struct Watch {
    current: ArcSwap<Members>,
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    issued: u64,
    checks: Vec<(Ticket, Check)>,
}

impl Watch {
    /// Starts with a first snapshot.
    pub fn new(members: Arc<Members>) -> Watch {
        Watch { current: ArcSwap::new(members), waiting: Mutex::default() }
    }

    /// The newest snapshot, without a lock.
    pub fn current(&self) -> Guard<Arc<Members>> {
        self.current.load()
    }

    /// Shows a new snapshot and ends the waits that it fulfils. Call it when the directory already knows the snapshot,
    /// so that a call right after `wait_for` finds its provider. One that is older than the current is dropped.
    pub fn publish(&self, members: Arc<Members>) {
        let mut waiting = self.waiting.lock();
        if members.generation < self.current.load().generation {
            return;
        }
        self.current.store(members.clone());
        waiting.checks.retain(|(_, check)| !check(&members));
    }

    /// Calls `check` with the current snapshot and with each new one until it says that it is done. `None` = it was done at once.
    pub fn wait(&self, check: Check) -> Result<Option<Ticket>> {
        let mut waiting = self.waiting.lock();
        if check(&self.current.load()) {
            return Ok(None);
        }
        if waiting.checks.len() >= MAX_WAITING {
            return Err(Error::new(Kind::Overloaded, format!("{MAX_WAITING} waits for members are already open"))
                .advice("Wait for fewer things at once."));
        }
        waiting.issued += 1;
        let ticket = Ticket(waiting.issued);
        waiting.checks.push((ticket, check));
        Ok(Some(ticket))
    }

    /// Drops a waiter, whose time is up. False = it was done before.
    pub fn forget(&self, ticket: Ticket) -> bool {
        let mut waiting = self.waiting.lock();
        let before = waiting.checks.len();
        waiting.checks.retain(|(other, _)| *other != ticket);
        waiting.checks.len() != before
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::membership::ServiceSpec;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn member(n: u8, ready: bool, suspect: bool) -> Member {
        let mut record = NodeRecord::new(NodeId::from_bytes([n; 16]), format!("n{n}"));
        record.ready = ready;
        record.services = vec![ServiceSpec { name: "geo".into(), ..ServiceSpec::default() }];
        Member::new(Arc::new(Sealed::seal(record).unwrap()), suspect, n == 1)
    }

    fn members(generation: u64, list: Vec<Member>) -> Arc<Members> {
        Arc::new(Members::new(generation, list, vec![]))
    }

    #[test]
    fn only_ready_providers_count() {
        let list = members(1, vec![member(3, true, true), member(2, true, false), member(1, false, false)]);
        assert_eq!(list.ready_providers("geo"), 1);
        assert_eq!(list.ready_providers("ge"), 0);
        let states: Vec<_> = list.all().iter().map(|m| m.state).collect();
        assert_eq!(states, [MemberState::Joining, MemberState::Ready, MemberState::Suspect]);
        assert!(list.named("n1").unwrap().me);
        let bytes = minicbor_serde::to_vec(list.all()[2].view()).unwrap();
        assert!(bytes.windows(7).any(|w| w == b"suspect"));
    }

    #[test]
    fn waiting_ends_with_the_snapshot_that_fulfils_it() {
        let watch = Watch::new(members(1, vec![]));
        let done = Arc::new(AtomicUsize::new(0));
        let check = |done: &Arc<AtomicUsize>, count| -> Check {
            let done = done.clone();
            Box::new(move |m| {
                let fulfilled = m.ready_providers("geo") >= count;
                done.fetch_add(fulfilled.into(), Ordering::Relaxed);
                fulfilled
            })
        };
        let ticket = watch.wait(check(&done, 1)).unwrap().unwrap();
        let later = watch.wait(check(&done, 2)).unwrap().unwrap();
        watch.publish(members(3, vec![member(1, true, false)]));
        assert_eq!(done.load(Ordering::Relaxed), 1);
        assert!(!watch.forget(ticket) && watch.forget(later) && !watch.forget(later));
        // Older: dropped. Already fulfilled: done at once.
        watch.publish(members(2, vec![]));
        assert_eq!(watch.current().generation(), 3);
        assert_eq!(watch.wait(check(&done, 1)).unwrap(), None);
    }

    #[test]
    fn waiters_are_bounded() {
        let watch = Watch::default();
        for _ in 0..MAX_WAITING {
            assert!(watch.wait(Box::new(|_| false)).unwrap().is_some());
        }
        assert_eq!(watch.wait(Box::new(|_| false)).unwrap_err().kind(), Kind::Overloaded);
    }
}
