//! The lead without sockets: a list of messages stands for what the links hold. Under `--cfg twinspan_loom` every interleaving (up to a number of
//! preemptions) is tried, and a lost wake-up is a deadlock; otherwise the same programs run many times on real threads.

use super::*;
use std::sync::Arc;

#[cfg(twinspan_loom)]
use loom::{
    sync::{Condvar, Mutex as Plain},
    thread,
};
#[cfg(not(twinspan_loom))]
use std::sync::{Condvar, Mutex as Plain};

#[cfg(not(twinspan_loom))]
mod thread {
    pub(super) use std::thread::yield_now;

    pub(super) fn spawn(body: impl FnOnce() + Send + 'static) -> std::thread::JoinHandle<()> {
        crate::env::thread("model", body).unwrap()
    }
}

#[derive(Default)]
struct Socket {
    messages: Vec<usize>,
    armed: bool,
    stopped: bool,
}

/// One link, its epolls, and the slots that its messages finish.
struct World {
    socket: Plain<Socket>,
    change: Condvar,
    slots: Vec<Arc<Slot>>,
}

struct Sim(Arc<World>);

impl Os for Sim {
    fn arm(&self) {
        self.0.socket.lock().unwrap().armed = true;
        self.0.change.notify_all();
    }
    fn disarm(&self) {
        self.0.socket.lock().unwrap().armed = false;
    }
}

impl World {
    fn send(&self, message: usize) {
        self.socket.lock().unwrap().messages.push(message);
        self.change.notify_all();
    }

    /// Reads what is there, waiting for it if asked; false if nothing was.
    fn read(&self, wait: bool) -> bool {
        let mut socket = self.socket.lock().unwrap();
        while wait && socket.messages.is_empty() {
            socket = self.change.wait(socket).unwrap();
        }
        let messages = std::mem::take(&mut socket.messages);
        drop(socket);
        messages.iter().for_each(|at| self.slots[*at].finish());
        !messages.is_empty()
    }

    /// What the epolls do for the standby: true when fired, false when stopped.
    fn fires(&self) -> bool {
        let mut socket = self.socket.lock().unwrap();
        loop {
            if socket.stopped {
                return false;
            }
            if socket.armed && !socket.messages.is_empty() {
                socket.armed = false;
                return true;
            }
            socket = self.change.wait(socket).unwrap();
        }
    }

    fn stop(&self) {
        self.socket.lock().unwrap().stopped = true;
        self.change.notify_all();
    }
}

struct Model {
    world: Arc<World>,
    lead: Arc<Lead<Sim>>,
}

impl Model {
    fn new(slots: usize) -> Model {
        let world = Arc::new(World {
            socket: Plain::new(Socket::default()),
            change: Condvar::new(),
            slots: (0..slots).map(|_| Arc::new(Slot::default())).collect(),
        });
        Model { lead: Arc::new(Lead::new(Sim(world.clone()))), world }
    }

    fn standby(&self) -> impl FnOnce() + Send + 'static {
        let (world, lead) = (self.world.clone(), self.lead.clone());
        move || {
            while world.fires() {
                if let Some(_leading) = lead.fired() {
                    while world.read(false) {}
                }
            }
        }
    }

    /// Waits for its slot; a signal comes each time it leads, as often as said.
    fn waiter(&self, at: usize, role: Role, mut signals: usize) -> impl FnOnce() + Send + 'static {
        let (world, lead) = (self.world.clone(), self.lead.clone());
        move || {
            let slot = &world.slots[at];
            while lead.wait(slot, None, role, || {
                while !slot.is_done() {
                    if signals > 0 {
                        signals -= 1;
                        return Waited::Interrupted;
                    }
                    world.read(true);
                }
                Waited::Done
            }) != Waited::Done
            {}
        }
    }

    /// After everything was answered nobody leads and the standby is armed; nobody holds a late offer.
    fn check_rest(&self) {
        let state = self.lead.state.lock();
        assert!(!state.held && state.callers.is_empty() && state.workers.is_empty());
        assert!(self.world.socket.lock().unwrap().armed);
        assert!(self.world.slots.iter().all(|slot| !slot.take_lead()));
    }
}

fn two_waiters(first: Role, signals: usize) {
    let model = Model::new(2);
    let standby = thread::spawn(model.standby());
    let a = thread::spawn(model.waiter(0, first, signals));
    let b = thread::spawn(model.waiter(1, Role::Caller, 0));
    model.world.send(1);
    model.world.send(0);
    a.join().unwrap();
    b.join().unwrap();
    model.world.stop();
    standby.join().unwrap();
    model.check_rest();
}

/// `preemptions`: two are enough for most defects, a late offer takes three; more make the larger models endless.
#[cfg_attr(not(twinspan_loom), expect(unused_variables))]
fn check(preemptions: usize, model: impl Fn() + Send + Sync + 'static) {
    #[cfg(twinspan_loom)]
    {
        let mut builder = loom::model::Builder::new();
        builder.preemption_bound = Some(preemptions);
        builder.check(model);
    }
    #[cfg(not(twinspan_loom))]
    (0..300).for_each(|_| model());
}

#[test]
fn two_callers_are_both_answered() {
    check(2, || two_waiters(Role::Caller, 0));
}

#[test]
fn a_worker_and_a_caller_are_both_answered() {
    check(2, || two_waiters(Role::Worker, 0));
}

#[test]
fn a_signal_in_the_leader_loses_nothing() {
    check(2, || two_waiters(Role::Caller, 1));
}

/// The second caller's answer doesn't come by a link (an answer of this process, a cancel, the end of its node): it may be offered the lead
/// in the very moment in which it is finished, and then has to pass it on.
#[test]
fn an_offer_that_comes_too_late_is_passed_on() {
    check(4, || {
        let model = Model::new(2);
        let (world, lead) = (model.world.clone(), model.lead.clone());
        let leader = thread::spawn(move || {
            lead.wait(&world.slots[0], None, Role::Caller, || Waited::Interrupted);
        });
        let world = model.world.clone();
        let finisher = thread::spawn(move || world.slots[1].finish());
        // Whether it leads or not, it goes on only when it is finished.
        let slot = &model.world.slots[1];
        let waited = model.lead.wait(slot, None, Role::Caller, || {
            while !slot.is_done() {
                thread::yield_now();
            }
            Waited::Done
        });
        assert_eq!(waited, Waited::Done);
        // The other one may still wait for the lead to come; it has it once this one passed it on.
        leader.join().unwrap();
        finisher.join().unwrap();
        model.check_rest();
    });
}

#[test]
fn a_lone_caller_leads_and_arms_the_standby_again() {
    check(4, || {
        let model = Model::new(1);
        let standby = thread::spawn(model.standby());
        let caller = thread::spawn(model.waiter(0, Role::Caller, 0));
        model.world.send(0);
        caller.join().unwrap();
        model.world.stop();
        standby.join().unwrap();
        model.check_rest();
    });
}

#[cfg(not(twinspan_loom))]
#[test]
fn time_passes_while_somebody_else_leads() {
    let model = Model::new(2);
    let leader = thread::spawn(model.waiter(0, Role::Worker, 0));
    while !model.lead.state.lock().held {
        std::thread::yield_now();
    }
    let until = env::now() + std::time::Duration::from_millis(5);
    assert_eq!(model.lead.wait(&model.world.slots[1], Some(until), Role::Caller, || unreachable!()), Waited::TimedOut);
    model.world.send(0);
    leader.join().unwrap();
    model.check_rest();
}

#[cfg(not(twinspan_loom))]
#[test]
fn many_callers_and_workers() {
    let model = Model::new(12);
    let standby = thread::spawn(model.standby());
    let threads: Vec<_> =
        (0..12).map(|at| thread::spawn(model.waiter(at, if at < 3 { Role::Worker } else { Role::Caller }, at % 3))).collect();
    (0..12).rev().for_each(|at| model.world.send(at));
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    model.world.stop();
    standby.join().unwrap();
    model.check_rest();
}
