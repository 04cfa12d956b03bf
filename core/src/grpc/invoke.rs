//! A call of a live service for a client: by the node's own call path, so that balancing, admission and deadlines are the same.

use super::{
    Ask, Server,
    arguments::arguments,
    catalog::Catalog,
    exchange::one,
    feed::Feed,
    results::response,
    schema::Rpc,
    status,
    stream::{Answers, Gone, MESSAGE_MOST, Received, Requests},
};
use crate::{
    call::{Context, DEFAULT_TIMEOUT},
    directory::{Services, nearest},
    env,
    error::{Error, Kind},
    lane::{Answer, Cancel, Given, Outcome},
    stream::{self, End, Receiver},
};
use http::HeaderMap;
use std::{
    pin::pin,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    sync::oneshot,
    time::{sleep_until, timeout_at},
};

/// Time beyond a call's deadline for its answer to reach a slow client.
const GRACE: Duration = Duration::from_secs(30);
/// What is taken out of a stream at once.
const ITEMS_AT_ONCE: usize = 64;
const BYTES_AT_ONCE: usize = 256 << 10;

/// The client went away, or the call ended with an error that it should hear.
pub(super) enum Failed {
    Gone,
    With(Error),
}

impl From<Gone> for Failed {
    fn from(_: Gone) -> Failed {
        Failed::Gone
    }
}

impl From<Error> for Failed {
    fn from(error: Error) -> Failed {
        Failed::With(error)
    }
}

/// Answers a request for `service`'s method `name`. Without a timeout of the client a call has 30 s, a stream until its first item.
pub(super) async fn serve(
    server: &Arc<Server>,
    (service, name): (&str, &str),
    headers: &HeaderMap,
    timeout: Option<Duration>,
    mut requests: Requests,
    mut answers: Answers,
) {
    let services = server.cluster.services();
    let Some(schema) = server.catalog.by_full_name(&services, service) else {
        return answers.fail(&no_service(&services, service));
    };
    let Some(rpc) = schema.rpcs.get(name) else {
        let known: Vec<&str> = schema.rpcs.keys().take(20).map(String::as_str).collect();
        let error = Error::new(Kind::NoSuchMethod, format!("`{service}` has no method `{name:.100}`"));
        return answers.fail(&error.advice(format!("It has: {}.", known.join(", "))));
    };
    drop(services);
    let now = env::now();
    let call = Call { server, rpc, deadline: now + timeout.unwrap_or(DEFAULT_TIMEOUT), limit: timeout.map(|timeout| now + timeout) };
    let told = |error: Error| Failed::With(error.operation(format!("call {}.{}", schema.service, rpc.method)));
    let done = async {
        let message = call.first(&mut requests).await?;
        let payload = arguments(rpc, message.as_ref().map_or(&[][..], |message| &message.bytes)).map_err(told)?;
        let ask = |input| Ask {
            service: schema.service.clone(),
            method: rpc.method.clone(),
            deadline: call.deadline,
            context: context(headers),
            payload,
            input,
        };
        if rpc.input().is_none() {
            drop(message);
            return call.answer(ask(None), &mut answers).await;
        }
        let (feed, input) = Feed::open(rpc, message).map_err(told)?;
        call.in_time(fed(feed.run(&mut requests), call.answer(ask(Some(input)), &mut answers), told)).await?
    };
    match done.await {
        Ok(()) => answers.end(status::ok()),
        Err(Failed::With(error)) => answers.fail(&error),
        Err(Failed::Gone) => {}
    }
}

/// A call and what brings its input. The call's end ends both, and so does an input that breaks off.
async fn fed(
    feed: impl Future<Output = std::result::Result<(), Failed>>,
    answer: impl Future<Output = std::result::Result<(), Failed>>,
    told: impl Fn(Error) -> Failed,
) -> std::result::Result<(), Failed> {
    let (mut feed, mut answer) = (pin!(feed), pin!(answer));
    tokio::select! {
        biased;
        answered = &mut answer => return answered,
        ended = &mut feed => ended.map_err(|failed| match failed {
            Failed::With(error) => told(error),
            Failed::Gone => Failed::Gone,
        })?,
    }
    answer.await
}

/// One call of a client.
struct Call<'s> {
    server: &'s Arc<Server>,
    rpc: &'s Rpc,
    /// When the result, or a stream's first item, must have come.
    deadline: Instant,
    /// When the client stops waiting in any case, if it said so.
    limit: Option<Instant>,
}

impl Call<'_> {
    /// The request's one message; of a stream of them the first, if there is any.
    async fn first(&self, requests: &mut Requests) -> std::result::Result<Option<Received>, Failed> {
        let message = async {
            match self.rpc.input() {
                Some(_) => requests.next().await,
                None => one(requests).await.map(|message| message.map(Some)),
            }
        };
        match timeout_at(self.deadline.into(), message).await {
            Ok(message) => Ok(message??),
            Err(_) => Err(Error::new(Kind::DeadlineExceeded, "the request did not come before its deadline").into()),
        }
    }

    /// Makes the call and sends what it brings.
    async fn answer(&self, ask: Ask, answers: &mut Answers) -> std::result::Result<(), Failed> {
        let (sender, heard) = oneshot::channel();
        let call = self.server.cluster.call(ask, sender)?;
        match (self.wait(call, Some(self.deadline), heard, answers).await?, self.rpc.streams) {
            (Given::Value(payload), _) => self.send(&payload, answers).await,
            (Given::Stream(handle), true) => self.pass_on(handle, answers).await,
            (Given::Stream(handle), false) => {
                stream::close(handle);
                let text = format!("`{}` answered a stream, but doesn't declare one", self.rpc.method);
                Err(Error::new(Kind::Unserializable, text).into())
            }
            (Given::Items(_), _) => Err(Error::internal("items came where a result was awaited").into()),
        }
    }

    /// Waits for an outcome; when the client goes away or the time is over, the operation hears it.
    async fn wait(
        &self,
        operation: Arc<dyn Cancel>,
        deadline: Option<Instant>,
        mut heard: oneshot::Receiver<Outcome>,
        answers: &mut Answers,
    ) -> std::result::Result<Given, Failed> {
        let mut underway = Underway(Some(operation));
        let mut deadline = deadline;
        let outcome = loop {
            let over = async {
                match deadline {
                    Some(deadline) => sleep_until(deadline.into()).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                outcome = &mut heard => break outcome,
                () = answers.given_up() => return Err(Failed::Gone),
                // It answers, or says when to look again.
                () = over => deadline = underway.0.as_ref().and_then(|operation| operation.expire()),
            }
        };
        underway.0 = None;
        outcome.map_err(|_| Error::internal("a call ended without an answer"))?.map_err(Failed::With)
    }

    async fn send(&self, payload: &[u8], answers: &mut Answers) -> std::result::Result<(), Failed> {
        let most = self.server.cluster.max_payload().min(MESSAGE_MOST);
        let message = response(self.rpc, payload, most)?;
        // With an input the answer may come long after the first deadline.
        let until = self.deadline.max(env::now()) + GRACE;
        match timeout_at(until.into(), answers.send(&message)).await {
            Ok(sent) => Ok(sent?),
            // A client that takes nothing gets no status either.
            Err(_) => Err(Failed::Gone),
        }
    }

    /// Sends the items of a stream; a client that takes none holds it back.
    async fn pass_on(&self, handle: u64, answers: &mut Answers) -> std::result::Result<(), Failed> {
        let open = Open(handle);
        let End::Receiver(receiver) = stream::end(handle)? else { return Err(Error::internal("an answer that is no stream").into()) };
        loop {
            let Given::Items(items) = self.items(&receiver, answers).await? else {
                return Err(Error::internal("a stream brought no items").into());
            };
            if items.is_empty() {
                drop(open);
                return Ok(());
            }
            for item in items {
                let message = response(self.rpc, &item, self.server.cluster.max_payload().min(MESSAGE_MOST))?;
                self.in_time(answers.send(&message)).await??;
            }
        }
    }

    async fn items(&self, receiver: &Receiver, answers: &mut Answers) -> std::result::Result<Given, Failed> {
        let (sender, heard) = oneshot::channel();
        let first = receiver.deadline();
        match receiver.next(ITEMS_AT_ONCE, BYTES_AT_ONCE, None, Answer::task(sender)) {
            Some(wait) => self.in_time(self.wait(wait, first, heard, answers)).await?,
            None => heard.await.map_err(|_| Error::internal("a stream ended without an answer"))?.map_err(Failed::With),
        }
    }

    /// No longer than the client waits.
    async fn in_time<T>(&self, work: impl Future<Output = T>) -> std::result::Result<T, Failed> {
        match self.limit {
            None => Ok(work.await),
            Some(limit) => timeout_at(limit.into(), work)
                .await
                .map_err(|_| Error::new(Kind::DeadlineExceeded, "the stream did not end before the client's deadline").into()),
        }
    }
}

/// A call or a wait under way; dropping it tells the provider that nobody waits.
pub(super) struct Underway(pub(super) Option<Arc<dyn Cancel>>);

impl Drop for Underway {
    fn drop(&mut self) {
        if let Some(operation) = self.0.take() {
            operation.cancel();
        }
    }
}

/// A stream that is closed whatever happens.
struct Open(u64);

impl Drop for Open {
    fn drop(&mut self) {
        stream::close(self.0);
    }
}

fn no_service(services: &Services, full: &str) -> Error {
    let near = nearest(full, Catalog::full_names(services).iter().map(String::as_str)).join("` or `");
    let error = Error::new(Kind::NotFound, format!("no service `{full:.200}` in the cluster"));
    match near.as_str() {
        "" => error.advice("List the services by reflection; docs/grpc.md says how they are called."),
        near => error.advice(format!("Did you mean `{near}`?")),
    }
}

/// The caller's trace, if it brings one that can be read; W3C wants a bad one to be ignored.
fn context(headers: &HeaderMap) -> Context {
    let mut context = Context::inside(None);
    if let Some(trace) = headers.get("traceparent").and_then(|value| value.to_str().ok()).and_then(|text| text.parse().ok()) {
        context.trace = trace;
    }
    context
}
