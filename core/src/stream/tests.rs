//! Both ends as pure machines: what they send, hold back, put in order and refuse.

use super::*;
use crate::{
    env,
    error::{Error, Kind, Result},
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
    Unwanted,
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
    fn over(&self, unwanted: bool) {
        self.told.lock().push(if unwanted { Told::Unwanted } else { Told::Over });
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

#[test]
fn the_first_item_goes_at_once_and_those_behind_it_gather() {
    let (sender, way, owner) = sender();
    assert!(sender.send(items(&[1])).unwrap());
    assert_eq!(way.take(), [], "nothing goes before the stream is open");
    sender.open();
    assert_eq!(way.take(), [Told::Items(0, vec![1])]);
    assert!(owner.lifted.load(SeqCst));
    // Together they are as many as gather at most.
    assert!(sender.send(items(&[2; 60])).is_ok());
    sender.send(items(&[2; 3])).unwrap();
    sender.flush_due();
    let told = way.take();
    let sizes: Vec<usize> = told.iter().flat_map(|told| if let Told::Items(_, sizes) = told { sizes.clone() } else { panic!() }).collect();
    assert_eq!(sizes, [2; 63]);
    assert!(told.len() <= 3, "{told:?}");
}

#[test]
fn nothing_goes_beyond_the_credit() {
    let (sender, way, _) = sender();
    sender.open();
    assert!(!sender.send(items(&[1; 100])).unwrap());
    assert_eq!(way.take(), [Told::Items(0, vec![1; 64])]);
    sender.credit(10, 0);
    assert_eq!(way.take(), [Told::Items(1, vec![1; 10])]);
    sender.credit(1000, 0);
    assert_eq!(way.take(), [Told::Items(2, vec![1; 26])]);
    // Of the bytes one item may take more than is left.
    assert!(!sender.send(items(&[60_000, 60_000, 60_000])).unwrap());
    assert_eq!(way.take(), [Told::Items(3, vec![60_000]), Told::Items(4, vec![60_000])]);
    sender.credit(0, 1);
    assert_eq!(way.take(), []);
    sender.credit(0, 60_000);
    assert_eq!(way.take(), [Told::Items(5, vec![60_000])]);
}

#[test]
fn frames_are_small_and_large_items_travel_alone() {
    let (sender, way, _) = sender();
    sender.credit(1000, 100 << 20);
    sender.send(items(&[10, 20, 1 << 20, 30, 15_000, 15_000, 15_000, 15_000, 15_000])).unwrap();
    sender.open();
    let told = way.take();
    assert_eq!(
        told,
        [
            Told::Items(0, vec![10, 20]),
            Told::Items(1, vec![1 << 20]),
            Told::Items(2, vec![30, 15_000, 15_000, 15_000, 15_000]),
            Told::Items(3, vec![15_000]),
        ]
    );
}

#[test]
fn room_comes_with_credit_and_lends_the_permit_meanwhile() {
    let (sender, way, owner) = sender();
    sender.open();
    assert!(!sender.send(items(&[1; 64])).unwrap());
    let (parked, wait) = room(&sender);
    assert!(wait.is_some() && parked.take().is_none());
    assert_eq!(owner.lent.load(SeqCst), 1);
    let (second, none) = room(&sender);
    assert!(none.is_none() && second.take().unwrap().unwrap_err().kind() == Kind::Misuse);
    sender.credit(1, 0);
    assert_eq!((parked.take(), owner.lent.load(SeqCst)), (Some(Ok(Given::Value(Bytes::new()))), 0));
    let (at_once, none) = room(&sender);
    assert!(none.is_none() && at_once.take().unwrap().is_ok());
    // A cancel ends the wait alone.
    sender.send(items(&[1])).unwrap();
    sender.flush_due();
    let (parked, wait) = room(&sender);
    wait.unwrap().cancel();
    assert_eq!(parked.take().unwrap().unwrap_err().kind(), Kind::Cancelled);
    assert_eq!(owner.lent.load(SeqCst), 0);
    sender.credit(1, 0);
    assert!(sender.send(items(&[1])).is_ok());
    drop(way);
}

#[test]
fn the_end_comes_behind_what_waits_and_an_abort_at_once() {
    let (sender, way, _) = sender();
    sender.open();
    sender.send(items(&[1; 70])).unwrap();
    sender.finish(Some(Error::new(Kind::Remote, "broke")));
    assert_eq!(sender.send(items(&[1])).unwrap_err().kind(), Kind::Closed);
    assert_eq!(way.take(), [Told::Items(0, vec![1; 64])]);
    sender.credit(100, 0);
    assert_eq!(way.take(), [Told::Items(1, vec![1; 6]), Told::End(2, Some(Kind::Remote)), Told::Over]);
    sender.abort(Error::new(Kind::Closed, "late"));
    assert_eq!(way.take(), []);

    let (sender, way, _) = self::sender();
    sender.open();
    sender.send(items(&[1; 70])).unwrap();
    sender.finish(None);
    sender.abort(Error::new(Kind::Closed, "the node leaves"));
    assert_eq!(way.take(), [Told::Items(0, vec![1; 64]), Told::End(1, Some(Kind::Closed)), Told::Over]);
}

#[test]
fn nobody_wants_more() {
    let (sender, way, owner) = sender();
    sender.open();
    sender.send(items(&[1; 70])).unwrap();
    let (parked, _wait) = room(&sender);
    sender.stop(Error::new(Kind::Cancelled, "enough"));
    assert_eq!(parked.take().unwrap().unwrap_err().kind(), Kind::Cancelled);
    assert_eq!((owner.lent.load(SeqCst), sender.send(items(&[1])).unwrap_err().kind()), (0, Kind::Cancelled));
    assert_eq!(room(&sender).0.take().unwrap().unwrap_err().kind(), Kind::Cancelled);
    assert_eq!(way.take(), [Told::Items(0, vec![1; 64]), Told::Unwanted]);
    sender.finish(None);
    sender.credit(9, 9);
    assert_eq!(way.take(), []);
    // A way that comes too late is over at once.
    assert!(!sender.bind(way.clone()));
    assert_eq!(way.take(), [Told::Unwanted]);
}

#[test]
fn a_full_link_is_tried_again() {
    let (sender, way, _) = sender();
    sender.open();
    way.full.store(true, SeqCst);
    sender.send(items(&[1, 2])).unwrap();
    sender.finish(None);
    sender.flush_due();
    way.full.store(false, SeqCst);
    sender.flush_due();
    assert_eq!(way.take(), [Told::Items(0, vec![1, 2]), Told::End(1, None), Told::Over]);
}

#[test]
fn whoever_never_waits_for_room_is_refused_at_last() {
    let (sender, _way, _) = sender();
    let refused = (0..40).find_map(|_| sender.send(items(&[1; 1024])).err()).unwrap();
    assert_eq!(refused.kind(), Kind::Overloaded);
    assert!(sender.stats().2 <= 18 << 10);
}

#[test]
fn frames_are_put_in_order() {
    let (receiver, _way) = receiver(WINDOW);
    receiver.items(2, items(&[4]));
    receiver.items(1, items(&[3]));
    receiver.end(4, None);
    let (parked, wait) = next(&receiver, 9);
    assert!(wait.is_some() && parked.take().is_none());
    receiver.items(0, items(&[1, 2]));
    assert_eq!(got(parked.take()), [1, 2, 3, 4]);
    let (last, _wait) = next(&receiver, 9);
    assert!(last.take().is_none(), "one frame is missing");
    receiver.items(3, items(&[5]));
    assert_eq!(got(last.take()), [5]);
    for _ in 0..2 {
        assert_eq!(got(next(&receiver, 9).0.take()), [0; 0]);
    }
}

#[test]
fn what_is_asked_for_is_taken_and_one_item_always() {
    let (receiver, _way) = receiver(WINDOW);
    receiver.items(0, items(&[100, 100, 100, 100]));
    let take = |most, bytes| {
        let parked = Arc::new(Parked::default());
        receiver.next(most, bytes, None, Answer::parked(parked.clone()));
        got(parked.take())
    };
    assert_eq!((take(9, 50), take(9, 200), take(0, 0)), (vec![100], vec![100, 100], vec![100]));
}

#[test]
fn credit_is_granted_by_halves() {
    let (receiver, way) = receiver(WINDOW);
    assert_eq!(way.take(), [Told::Credit(1024 - 64, (4 << 20) - (64 << 10))]);
    receiver.items(0, items(&[10; 511]));
    assert_eq!(got(next(&receiver, 999).0.take()).len(), 511);
    assert_eq!(way.take(), []);
    receiver.items(1, items(&[10; 513]));
    assert_eq!(got(next(&receiver, 1).0.take()).len(), 1);
    assert_eq!(way.take(), [Told::Credit(512, 5120)]);
    receiver.items(2, items(&[3 << 20]));
    assert_eq!(got(next(&receiver, 999).0.take()).len(), 513);
    assert_eq!(way.take(), [Told::Credit(513, 5120 - 10 + (3 << 20) + 10)]);
    // The smallest window has its bytes out already, not its items.
    let (_tight, way) = self::receiver(100 << 10);
    assert_eq!(way.take(), [Told::Credit(1024 - 64, 0)]);
}

#[test]
fn more_than_was_granted_ends_the_stream() {
    for (frames, over) in
        [(vec![vec![1; 1025]], true), (vec![vec![1; 1024]], false), (vec![vec![4 << 20], vec![1]], true), (vec![vec![5 << 20]], false)]
    {
        let (receiver, way) = receiver(WINDOW);
        way.take();
        for (number, sizes) in frames.iter().enumerate() {
            receiver.items(number as u32, items(sizes));
        }
        assert_eq!(way.take().contains(&Told::Stop), over);
    }
    for numbers in [[0, 0], [1, 1], [0, u32::MAX]] {
        let (receiver, way) = receiver(WINDOW);
        way.take();
        numbers.into_iter().for_each(|number| receiver.items(number, items(&[1])));
        assert_eq!(way.take(), [Told::Stop, Told::Over], "{numbers:?}");
    }
}

#[test]
fn an_end_before_the_last_frame_is_refused() {
    let (receiver, _way) = receiver(WINDOW);
    receiver.items(0, items(&[1]));
    receiver.items(1, items(&[2]));
    receiver.end(1, None);
    assert_eq!(got(next(&receiver, 9).0.take()), [1, 2]);
    assert_eq!(next(&receiver, 9).0.take().unwrap().unwrap_err().kind(), Kind::Protocol);
}

#[test]
fn an_error_comes_behind_the_items_and_tells_how_many() {
    let (receiver, way) = receiver(WINDOW);
    way.take();
    receiver.items(0, items(&[1, 2]));
    receiver.fail(Error::new(Kind::Unavailable, "the link ended"), true);
    assert_eq!(way.take(), [Told::Stop, Told::Over]);
    receiver.items(1, items(&[3]));
    assert_eq!(got(next(&receiver, 9).0.take()), [1, 2]);
    for _ in 0..2 {
        let error = next(&receiver, 9).0.take().unwrap().unwrap_err();
        assert_eq!(error.to_string().lines().next(), Some("stream of s.m, after 2 items: the link ended"));
    }
}

#[test]
fn closing_tells_the_sender_once_and_gives_the_window_back() {
    let budget = Budget::new(WINDOW);
    let about = About { target: "s.m".into(), peer: "p".into(), trace: String::new() };
    let receiver = Receiver::answer(about, &budget, env::now() + Duration::from_secs(30)).unwrap();
    let way = Arc::new(Way::default());
    receiver.bind(way.clone());
    way.take();
    assert_eq!(budget.used(), 4 << 20);
    receiver.items(0, items(&[1]));
    let (parked, _wait) = next(&receiver, 1);
    assert_eq!(got(parked.take()), [1]);
    let (parked, _wait) = next(&receiver, 1);
    receiver.close();
    receiver.close();
    assert_eq!((way.take(), budget.used()), (vec![Told::Stop, Told::Over], 0));
    assert_eq!(parked.take().unwrap().unwrap_err().kind(), Kind::Closed);
    receiver.items(1, items(&[1]));
    assert_eq!(next(&receiver, 1).0.take().unwrap().unwrap_err().kind(), Kind::Closed);
}

#[test]
fn the_first_item_has_a_deadline_and_no_other() {
    let about = About { target: "s.m".into(), peer: "p".into(), trace: String::new() };
    let soon = env::now() + Duration::from_millis(5);
    let receiver = Receiver::answer(about.clone(), &Budget::new(WINDOW), soon).unwrap();
    let (parked, wait) = next(&receiver, 1);
    let wait = wait.unwrap();
    assert_eq!(wait.expire(), Some(soon));
    while env::now() < soon {
        std::thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(wait.expire(), None);
    assert_eq!(parked.take().unwrap().unwrap_err().kind(), Kind::DeadlineExceeded);
    assert_eq!(next(&receiver, 1).0.take().unwrap().unwrap_err().kind(), Kind::DeadlineExceeded);
    let receiver = Receiver::answer(about, &Budget::new(WINDOW), soon).unwrap();
    receiver.items(0, items(&[1]));
    assert_eq!((receiver.deadline(), got(next(&receiver, 1).0.take())), (None, vec![1]));
    let (parked, wait) = next(&receiver, 1);
    assert_eq!((wait.unwrap().expire(), parked.take()), (None, None));
}

#[test]
fn an_input_is_granted_when_its_handler_starts() {
    let about = About { target: "s.m".into(), peer: "p".into(), trace: String::new() };
    let budget = Budget::new(WINDOW);
    let receiver = Receiver::input(about.clone(), &budget);
    let way = Arc::new(Way::default());
    receiver.bind(way.clone());
    assert_eq!((way.take(), budget.used()), (vec![], 0));
    let owner = Arc::new(Invocation::default());
    let this: std::sync::Weak<Invocation> = Arc::downgrade(&owner);
    receiver.start(this.clone()).unwrap();
    assert_eq!(way.take(), [Told::Credit(1024, 4 << 20)]);
    // Its wait lends the permit, the first item lifts the deadline.
    let parked = Arc::new(Parked::default());
    let wait = receiver.next(1, 1, Some(owner.clone()), Answer::parked(parked.clone()));
    assert_eq!((owner.lent.load(SeqCst), owner.lifted.load(SeqCst)), (1, false));
    receiver.items(0, items(&[1]));
    assert_eq!((owner.lent.load(SeqCst), owner.lifted.load(SeqCst), got(parked.take())), (0, true, vec![1]));
    drop(wait);
    // Without memory it doesn't start, and what comes unasked ends it.
    let short = Receiver::input(about, &Budget::new(1000));
    short.bind(way.clone());
    assert_eq!(short.start(this).unwrap_err().kind(), Kind::Overloaded);
    short.items(0, items(&[1]));
    assert_eq!(way.take(), [Told::Stop, Told::Over]);
}

#[test]
fn items_of_a_wait_that_was_given_up_are_not_lost() {
    let (receiver, _way) = receiver(WINDOW);
    let (parked, wait) = next(&receiver, 9);
    wait.unwrap().cancel();
    receiver.items(0, items(&[1, 2]));
    assert_eq!(parked.take().unwrap().unwrap_err().kind(), Kind::Cancelled);
    let outcome = next(&receiver, 9).0.take_items().unwrap().unwrap();
    let Given::Items(taken) = outcome else { panic!("{outcome:?}") };
    receiver.put_back(taken);
    receiver.items(1, items(&[3]));
    assert_eq!(got(next(&receiver, 9).0.take()), [1, 2, 3]);
}

#[test]
fn long_streams_number_their_frames_in_32_bits() {
    let (receiver, _way) = receiver(WINDOW);
    receiver.start_at(u64::from(u32::MAX) - 1);
    receiver.items(0, items(&[3]));
    receiver.items(u32::MAX, items(&[2]));
    receiver.items(u32::MAX - 1, items(&[1]));
    receiver.end(1, None);
    assert_eq!(got(next(&receiver, 9).0.take()), [1, 2, 3]);
    assert_eq!(got(next(&receiver, 9).0.take()), [0; 0]);
}

#[test]
fn both_ends_together_conserve_everything() {
    let about = About { target: "s.m".into(), peer: "p".into(), trace: String::new() };
    let receiver = Receiver::answer(about, &Budget::new(WINDOW), env::now() + Duration::from_secs(30)).unwrap();
    let (sender, _, _) = self::sender();
    connect(&sender, &receiver, None);
    sender.open();
    let (mut sent, mut taken) = (0u64, 0u64);
    while taken < 5000 {
        while sent < 5000 && sender.send(vec![Bytes::copy_from_slice(&sent.to_le_bytes())]).unwrap() {
            sent += 1;
        }
        // The one that found no room was taken all the same.
        sent += u64::from(sent < 5000);
        if sent == 5000 {
            sender.finish(None);
        }
        sender.flush_due();
        assert!(receiver.stats().2 <= 1024);
        let outcome = next(&receiver, 100).0.take().unwrap().unwrap();
        let Given::Items(items) = outcome else { panic!() };
        for item in items {
            assert_eq!(item, taken.to_le_bytes()[..]);
            taken += 1;
        }
    }
    assert_eq!(got(next(&receiver, 9).0.take()), [0; 0]);
}
