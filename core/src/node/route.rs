//! How a call reaches its provider: the directory knows who, a policy chooses, a link carries.

use super::Node;
use crate::{
    call::{
        Attempt, Brought, OpenCall, Outcome, Route,
        balance::{Balance, InFlight, Wish, retry_budget},
    },
    config::NodeId,
    directory::{Candidate, Candidates, End},
    env,
    error::{Error, Executed, Kind, Result},
    link::{Address, Answer, Answered, Link, Links},
    serve::{Incoming, Origin, Serve},
    stream::{self, About, OnLink, Receiver, Sender, Streams, Taken},
    wire::Extensions,
};
use bytes::Bytes;
use parking_lot::Mutex;
use std::{
    sync::{Arc, Weak},
    time::Duration,
};

/// One attempt on its way: what its end means for the call and for the statistics of its provider.
struct Underway {
    call: Arc<OpenCall>,
    /// `service.method` as the provider spells it.
    target: Arc<str>,
    number: u8,
    provider: Arc<str>,
    flight: Mutex<Option<InFlight>>,
    streams: Arc<Streams>,
    links: Weak<Links>,
}

impl Underway {
    /// The receiving end of an answer that is a stream.
    fn receiver(&self) -> Result<Arc<Receiver>> {
        let about = About { target: self.target.clone(), peer: self.provider.clone(), trace: self.call.context.trace.id() };
        let receiver = Receiver::answer(about, self.streams.budget(), self.call.deadline());
        receiver.map_err(|error| error.executed(Executed::Yes))
    }

    /// The answer is a stream, whose items come on this link.
    fn streams(&self, link: &Arc<Link>, id: u64, load: u32) {
        let outcome = self.receiver().map(|receiver| {
            OnLink::bind_receiver(&self.streams, self.links.clone(), link, id, &receiver);
            Brought::Stream(Taken::new(receiver))
        });
        if outcome.is_err() {
            link.cancel(id);
        }
        self.end(outcome, Some(load));
    }

    fn end(&self, outcome: Outcome, load: Option<u32>) {
        // Taken in any case: then it counts as under way no longer.
        let flight = self.flight.lock().take();
        if let (Some(flight), Some(end)) = (flight, self.judge(&outcome)) {
            flight.finish(env::now(), end, load);
        }
        self.call.ended(self.number, outcome);
    }

    /// The attempt was given up: a deadline that passed counts against the provider, a cancel only after far more time than is usual.
    fn give_up(&self) {
        let Some(flight) = self.flight.lock().take() else { return };
        let now = env::now();
        if self.call.deadline() <= now { flight.finish(now, End::Failed, None) } else { flight.give_up(now) }
    }

    /// What an end says about the provider. A caller's mistake says nothing, and what a handler raises for one key says nothing either
    /// where each key has its provider.
    fn judge(&self, outcome: &Outcome) -> Option<End> {
        Some(match outcome.as_ref().map_err(Error::kind) {
            Err(Kind::Overloaded) => End::Refused,
            Err(Kind::Unavailable | Kind::Closed | Kind::MaybeExecuted | Kind::DeadlineExceeded | Kind::Internal) => End::Failed,
            Err(Kind::Remote) if self.call.method.affinity.is_none() => End::Raised,
            Err(_) => return None,
            Ok(_) => End::Fine,
        })
    }
}

impl Answered for Underway {
    fn entering(&self, link: &Arc<Link>, id: u64) {
        if let Some(input) = &self.call.input {
            OnLink::bind_sender(&self.streams, self.links.clone(), link, id, input);
        }
    }

    fn answered(self: Arc<Self>, answer: Answer) {
        match answer {
            Answer::Reply { payload, load } => self.end(Ok(payload.into()), Some(load)),
            Answer::Stream { link, id, load } => self.streams(&link, id, load),
            Answer::Fail { error, load } => self.end(Err(Error::decode(&error).raised_at(&self.provider)), Some(load)),
            Answer::Lost { executed, why } => {
                let kind = if executed == Executed::No { Kind::Unavailable } else { Kind::MaybeExecuted };
                let error =
                    Error::new(kind, format!("the link to node `{}` ended: {why}", self.provider)).executed(executed).node(&*self.provider);
                self.end(Err(error), None);
            }
        }
    }
}

/// The provider is this node.
struct Here {
    underway: Arc<Underway>,
    serve: Arc<Serve>,
    key: (u64, u64),
}

impl Origin for Here {
    fn answer(self: Box<Self>, outcome: Result<Bytes>, load: u32) {
        self.underway.end(outcome.map(Into::into), Some(load));
    }

    fn stream(self: Box<Self>, sender: &Arc<Sender>, load: u32) {
        let Here { underway, serve, key } = *self;
        match underway.receiver() {
            Ok(receiver) => {
                let stopped = move || {
                    serve.cancel(key);
                };
                stream::connect(sender, &receiver, Some(Box::new(stopped)));
                underway.end(Ok(Brought::Stream(Taken::new(receiver))), Some(load));
                sender.open();
            }
            Err(error) => {
                sender.stop(error.clone());
                underway.end(Err(error), Some(load));
            }
        }
    }
}

impl Route for Node {
    fn attempt(&self, call: &Arc<OpenCall>, number: u8, tried: &[NodeId]) -> Result<Attempt> {
        // Also for a second attempt: what a closing node would still send is lost with its links.
        if self.is_closed() {
            return Err(self.closed());
        }
        let method = &call.method;
        let candidates = self.directory.lookup(&method.service, &method.method)?;
        let target = if candidates.method() == method.method {
            method.target.clone()
        } else {
            format!("{}.{}", method.service, candidates.method()).into()
        };
        let now = env::now();
        if number == 1 {
            retry_budget::earn(&candidates, now);
        }
        let policy = Balance::resolve(method.balance, &candidates);
        let wish = Wish { tried, affinity: method.affinity.as_deref(), node: method.node };
        let Some(candidate) = policy.pick(&candidates, wish, &self.dice, now) else {
            return Err(nobody_left(&candidates, method.node.filter(|node| !tried.contains(node))));
        };
        let provider = &candidate.provider;
        let underway = Arc::new(Underway {
            call: call.clone(),
            target,
            number,
            provider: provider.name.clone(),
            flight: Mutex::new(Some(InFlight::start(&candidates, candidate, now))),
            streams: self.streams.clone(),
            links: Arc::downgrade(&self.links),
        });
        let give_up = if provider.me { self.attempt_here(underway) } else { self.attempt_there(candidate, underway) };
        let idempotent = method.idempotent.unwrap_or(candidate.method.idempotent);
        Ok(Attempt { node: provider.node, name: provider.name.clone(), idempotent, give_up })
    }

    fn afford(&self, call: &OpenCall) -> bool {
        let candidates = self.directory.lookup(&call.method.service, &call.method.method);
        candidates.is_ok_and(|candidates| retry_budget::spend(&candidates, env::now()))
    }

    fn patience(&self, call: &OpenCall) -> Option<Duration> {
        let candidates = self.directory.lookup(&call.method.service, &call.method.method).ok()?;
        // A stream of answers goes on for long, and what it brought can't be brought again.
        let answers = candidates.list().iter().all(|candidate| !candidate.method.in_stream && !candidate.method.out_stream);
        call.method.hedge.filter(|_| answers).and_then(|share| candidates.latencies().quantile(1.0 - share))
    }
}

fn nobody_left(candidates: &Candidates, pinned: Option<NodeId>) -> Error {
    let (service, method) = (candidates.service(), candidates.method());
    let Some(node) = pinned else { return Error::new(Kind::Unavailable, format!("every provider of `{service}` was tried")) };
    let found = candidates.list().iter().find(|candidate| candidate.provider.node == node);
    let text = found.map_or_else(
        || format!("node {node} has no `{service}.{method}`, or it left"),
        |candidate| format!("node `{}` takes no calls of `{service}.{method}` now", candidate.provider.name),
    );
    Error::new(Kind::Unavailable, text).advice("Look at the providers again, or leave `node` out.")
}

type GiveUp = Box<dyn FnOnce() -> Executed + Send>;

impl Node {
    fn attempt_here(&self, underway: Arc<Underway>) -> GiveUp {
        let call = underway.call.clone();
        let key = (0, Arc::as_ptr(&underway) as u64);
        let input = call.input.as_ref().map(|sender| {
            let about = About { target: underway.target.clone(), peer: self.caller.name.clone(), trace: call.context.trace.id() };
            let receiver = Receiver::input(about, self.streams.budget());
            stream::connect(sender, &receiver, None);
            receiver
        });
        self.serve.accept(Incoming {
            target: underway.target.clone(),
            deadline: call.deadline(),
            depth: call.depth,
            attempt: underway.number,
            baggage: call.context.baggage.clone(),
            trace: call.context.trace,
            payload: call.payload.clone(),
            caller: self.caller.clone(),
            key,
            origin: Box::new(Here { underway: underway.clone(), serve: self.serve.clone(), key }),
            input,
        });
        if let Some(input) = &call.input {
            input.open();
        }
        let serve = self.serve.clone();
        Box::new(move || {
            underway.give_up();
            serve.cancel(key)
        })
    }

    fn attempt_there(&self, candidate: &Candidate, underway: Arc<Underway>) -> GiveUp {
        let peer = candidate.provider.node;
        // Where the call went, so that giving it up reaches the provider.
        let sent: Arc<Mutex<Sent>> = Arc::default();
        if self.links.live(peer).is_some() {
            send(&self.links, peer, &underway, &sent);
        } else {
            self.dial_and_send(peer, &underway, &sent);
        }
        let links = self.links.clone();
        Box::new(move || {
            let before = std::mem::replace(&mut *sent.lock(), Sent::GivenUp);
            let executed = if matches!(before, Sent::On(..)) { Executed::Maybe } else { Executed::No };
            if let Sent::On(link, id) = before
                && let Some(link) = link.upgrade()
            {
                links.cancel(&link, id);
            }
            underway.give_up();
            executed
        })
    }

    fn dial_and_send(&self, peer: NodeId, underway: &Arc<Underway>, sent: &Arc<Mutex<Sent>>) {
        let addresses = self.addresses_of(peer);
        let (links, name) = (self.links.clone(), underway.provider.clone());
        let (underway, sent) = (underway.clone(), sent.clone());
        let failed = underway.clone();
        let dial = async move {
            match links.open(peer, Some(&name), &addresses).await {
                Ok(_) => send(&links, peer, &underway, &sent),
                Err(error) => underway.end(Err(unreachable(&name, &error)), None),
            }
        };
        if let Err(error) = env::spawn(dial) {
            failed.end(Err(error), None);
        }
    }

    /// Where a member can be dialled.
    pub(super) fn addresses_of(&self, peer: NodeId) -> Vec<Address> {
        let members = self.watch.current();
        let texts = members.get(peer).map(|member| member.record().addresses_from(&self.place)).unwrap_or_default();
        texts.iter().filter_map(|text| text.parse().ok()).filter(|address| self.unix || matches!(address, Address::Tcp(_))).collect()
    }
}

/// How far an attempt came.
#[derive(Default)]
enum Sent {
    #[default]
    NotYet,
    On(Weak<Link>, u64),
    GivenUp,
}

fn send(links: &Links, peer: NodeId, underway: &Arc<Underway>, sent: &Mutex<Sent>) {
    let mut state = sent.lock();
    if matches!(*state, Sent::GivenUp) {
        return;
    }
    let call = &underway.call;
    let remaining = call.deadline().saturating_duration_since(env::now());
    if remaining.is_zero() {
        *state = Sent::GivenUp;
        drop(state);
        let text = format!("node `{}` was reached only after the deadline", underway.provider);
        return underway.end(Err(Error::new(Kind::DeadlineExceeded, text).node(&*underway.provider)), None);
    }
    let extensions = Extensions {
        target: Some(underway.target.clone()),
        deadline_us: Some(remaining.as_micros() as u64),
        depth: call.depth,
        attempt: underway.number,
        baggage: call.context.baggage.clone(),
        trace: Some(call.context.trace),
        ..Extensions::default()
    };
    match links.call(peer, extensions, call.payload.clone(), call.input.is_some(), underway.clone()) {
        Ok((link, id)) => {
            *state = Sent::On(Arc::downgrade(&link), id);
            drop(state);
            if let Some(input) = &call.input {
                input.open();
            }
        }
        Err(error) => {
            drop(state);
            underway.end(Err(error.node(&*underway.provider)), None);
        }
    }
}

fn unreachable(name: &str, error: &Error) -> Error {
    let kind = match error.kind() {
        Kind::Unauthenticated | Kind::VersionMismatch | Kind::Protocol => error.kind(),
        _ => Kind::Unavailable,
    };
    Error::new(kind, error.message()).advice(error.advice_text()).node(name)
}
