//! Both ends as pure machines: what they send, hold back, put in order and refuse.

use super::*;
use crate::{
    env,
    error::{Error, Executed, Kind, Result},
    lane::{Answer, Cancel, Given, Outcome, Parked},
    link::Budget,
};
use bytes::Bytes;
use parking_lot::Mutex;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::*},
    },
    time::Duration,
};

/// What a way was told.
#[derive(Clone, Debug, PartialEq)]
enum Told {
    Items(u32, Vec<usize>),
    End(u32, Option<Kind>),
    Credit(u32, u32),
    Stop,
    Over,
}

#[derive(Default)]
struct Way {
    told: Mutex<Vec<Told>>,
    full: AtomicBool,
}

impl Way {
    fn take(&self) -> Vec<Told> {
        std::mem::take(&mut self.told.lock())
    }

    fn tell(&self, told: Told) -> Result<()> {
        if self.full.load(SeqCst) {
            return Err(Error::new(Kind::Overloaded, "full"));
        }
        self.told.lock().push(told);
        Ok(())
    }
}

impl ToReceiver for Way {
    fn items(&self, number: u32, items: &[Bytes]) -> Result<()> {
        self.tell(Told::Items(number, items.iter().map(Bytes::len).collect()))
    }
    fn end(&self, number: u32, error: Option<&Error>) -> Result<()> {
        self.tell(Told::End(number, error.map(Error::kind)))
    }
    fn over(&self) {
        self.told.lock().push(Told::Over);
    }
}

impl ToSender for Way {
    fn credit(&self, items: u32, bytes: u32) {
        self.told.lock().push(Told::Credit(items, bytes));
    }
    fn stop(&self) {
        self.told.lock().push(Told::Stop);
    }
    fn over(&self) {
        self.told.lock().push(Told::Over);
    }
}

#[derive(Default)]
struct Invocation {
    lent: Arc<AtomicUsize>,
    lifted: AtomicBool,
}

struct Lent(Arc<AtomicUsize>);
impl Drop for Lent {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

impl Owner for Invocation {
    fn lend(self: Arc<Self>) -> Guard {
        self.lent.fetch_add(1, SeqCst);
        Box::new(Lent(self.lent.clone()))
    }
    fn lift(&self) {
        self.lifted.store(true, SeqCst);
    }
}

fn items(sizes: &[usize]) -> Vec<Bytes> {
    sizes.iter().map(|size| Bytes::from(vec![7; *size])).collect()
}

fn sender() -> (Arc<Sender>, Arc<Way>, Arc<Invocation>) {
    let owner = Arc::new(Invocation::default());
    let this: std::sync::Weak<Invocation> = Arc::downgrade(&owner);
    let (sender, way) = (Sender::answer(this), Arc::new(Way::default()));
    assert!(sender.bind(way.clone()));
    (sender, way, owner)
}

fn receiver(budget: usize) -> (Arc<Receiver>, Arc<Way>) {
    let about = About { target: "s.m".into(), peer: "p".into(), trace: String::new() };
    let receiver = Receiver::answer(about, &Budget::new(budget), env::now() + Duration::from_secs(30)).unwrap();
    let way = Arc::new(Way::default());
    assert!(receiver.bind(way.clone()));
    (receiver, way)
}

fn next(receiver: &Arc<Receiver>, most: usize) -> (Arc<Parked>, Option<Arc<dyn Cancel>>) {
    let parked = Arc::new(Parked::default());
    let wait = receiver.next(most, usize::MAX, None, Answer::parked(parked.clone()));
    (parked, wait)
}

fn got(outcome: Option<Outcome>) -> Vec<usize> {
    match outcome {
        Some(Ok(Given::Items(items))) => items.iter().map(Bytes::len).collect(),
        other => panic!("{other:?}"),
    }
}

fn room(sender: &Arc<Sender>) -> (Arc<Parked>, Option<Arc<dyn Cancel>>) {
    let parked = Arc::new(Parked::default());
    let wait = sender.room(Answer::parked(parked.clone()));
    (parked, wait)
}

const WINDOW: usize = 64 << 20;
