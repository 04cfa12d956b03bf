//! `twinspan call`.

use super::{
    arguments::Given as GivenArguments,
    cluster::Cluster,
    console::Console,
    exit::{self, Done, Stop},
    feed,
    json::{self, Json},
    session::{Service, Session},
};
use crate::{
    bridge::{self, Given, Op},
    config::MethodSpec,
    error::{Error, Kind, Result},
};
use bytes::Bytes;
use clap::Args;
use serde::Serialize;
use std::fmt::Display;

/// Most items, and most bytes of them, that are taken from a stream at once.
const ITEMS: usize = 256;
const BYTES: usize = 1 << 20;

const EXAMPLES: &str = "Examples:
  twinspan call pricing.quote '{\"sku\": \"A1\", \"day\": \"2026-11-23\"}'   one object: named arguments
  twinspan call pricing.quote '[\"A1\", 2]'                            one array: positional arguments
  twinspan call pricing.quote '\"A1\"' 2 --named discount=0.1          several: each is one positional argument
  twinspan call pricing.quote - <order.json                          an argument from standard input
  twinspan call pricing.watch '\"A1\"' | head -3                       a stream, a line an item
  twinspan call stats.sum --items - <numbers.jsonl                   a stream as argument
  twinspan call cache.clear --all                                    every provider, results by node

JSON's texts and numbers become what the method's types say: \"12.50\" a decimal, \"2026-11-23T09:30:00Z\" a date-time, base64 bytes.";

/// Call a method and print its result as JSON; a stream is printed as JSON lines while it comes.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Call {
    /// What to call
    #[arg(value_name = "SERVICE.METHOD")]
    target: String,
    /// Arguments; `-` reads one from standard input
    #[arg(value_name = "JSON", allow_negative_numbers = true)]
    arguments: Vec<String>,
    /// A named argument; may be repeated
    #[arg(long, value_name = "NAME=JSON")]
    named: Vec<String>,
    /// The stream among the arguments: a file of JSON lines, `-` is standard input
    #[arg(long, value_name = "FILE")]
    items: Option<String>,
    /// Call every provider of the service, and print results and errors by node
    #[arg(long, conflicts_with_all = ["balance", "affinity", "items"])]
    all: bool,
    /// Tries of the call, the first included
    #[arg(long, value_name = "N")]
    attempts: Option<u8>,
    /// How a provider is chosen: least_loaded, round_robin, hash, local_first
    #[arg(long, value_name = "POLICY")]
    balance: Option<String>,
    /// Calls of one key go to one provider
    #[arg(long, value_name = "KEY")]
    affinity: Option<String>,
    /// Running it twice does no harm: it may be tried again after it was sent
    #[arg(long)]
    idempotent: bool,
    #[command(flatten)]
    cluster: Cluster,
}

/// The options of a method at the neck.
#[derive(Clone, Serialize)]
struct Options<'a> {
    service: &'a str,
    method: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    timeout_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attempts: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    balance: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    affinity: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    idempotent: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<&'a str>,
}

impl Call {
    pub(super) fn run(&self, console: &mut Console<'_>) -> Done {
        let (service, method) =
            self.target.rsplit_once('.').filter(|(service, method)| !service.is_empty() && !method.is_empty()).ok_or_else(|| {
                Error::new(Kind::BadConfig, format!("`{}` names no method", self.target))
                    .advice("Write it as SERVICE.METHOD, such as pricing.quote.")
            })?;
        let mut given = GivenArguments::read(&self.arguments, &self.named)?;
        // The timeout is that of the call; joining has its own.
        let session = Session::open(&Cluster { timeout: None, ..self.cluster.clone() })?;
        let services = session.services()?;
        let service_found = services.iter().find(|found| found.name == service);
        let signature = service_found.and_then(|found| find(found, method));
        if self.items.is_some() {
            given.stream_in(signature)?;
        }
        let arguments = json::arguments(&given.positional, &given.named, signature)?;
        let options = Options {
            service,
            method,
            timeout_ms: self.cluster.timeout.map(|timeout| u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX)),
            attempts: self.attempts,
            balance: self.balance.as_deref(),
            affinity: self.affinity.as_deref(),
            idempotent: self.idempotent.then_some(true),
            node: None,
        };
        let payload = Bytes::from(arguments.payload);
        if self.all {
            return self.call_all(&session, service_found, &options, &payload, console);
        }
        let feed = match (arguments.stream, &self.items) {
            (Some((_, kind)), Some(file)) => Some(feed::from_file(file, kind)?),
            (Some((items, kind)), None) => Some(feed::from_list(items, kind)?),
            (None, _) => None,
        };
        let call = bridge::Call {
            method: session.method(&options)?,
            parent: 0,
            timeout: self.cluster.timeout,
            context: Bytes::new(),
            payload,
            input: feed.as_ref().map_or(0, |feed| feed.stream),
        };
        let answered = session.run(Op::Call(call)).map_err(located);
        if let Some(error) = feed.and_then(|feed| feed.failed()) {
            return Err(error.into());
        }
        match answered? {
            Given::Value(payload) => print(&result(&payload)?, console),
            Given::Stream(stream) => {
                let printed = print_stream(&session, stream, console);
                bridge::stream_close(stream);
                printed
            }
            Given::Items(_) => Err(Error::internal("items came where a result was awaited").into()),
        }
    }

    /// Calls each provider by itself, all at once.
    fn call_all(
        &self,
        session: &Session,
        service: Option<&Service>,
        options: &Options<'_>,
        payload: &Bytes,
        console: &mut Console<'_>,
    ) -> Done {
        let providers = service.map(|service| service.providers.as_slice()).unwrap_or_default();
        if providers.is_empty() {
            return Err(Error::new(Kind::NotFound, format!("no service `{}` in the cluster `{}`", options.service, session.cluster))
                .advice("`twinspan services` lists what the cluster offers.")
                .into());
        }
        let mut started = Vec::new();
        for provider in providers {
            let options = Options { node: Some(&provider.id), ..options.clone() };
            let method = session.method(&options)?;
            let call = bridge::Call {
                method,
                parent: 0,
                timeout: self.cluster.timeout,
                context: Bytes::new(),
                payload: payload.clone(),
                input: 0,
            };
            started.push((&provider.name, bridge::start(Op::Call(call))));
        }
        let (mut members, mut failed) = (Vec::new(), Vec::new());
        for (name, started) in started {
            let outcome = match started {
                Ok(pending) => session.wait(pending),
                Err(error) => Err(error.into()),
            };
            let outcome = match outcome {
                Ok(Given::Value(payload)) => result(&payload),
                Ok(Given::Stream(stream)) => {
                    bridge::stream_close(stream);
                    Err(Error::new(Kind::BadConfig, "its answer is a stream").advice("Call one provider: leave --all out."))
                }
                Ok(Given::Items(_)) => Err(Error::internal("items came where a result was awaited")),
                Err(Stop::Failed(error)) => Err(error),
                Err(stop) => return Err(stop),
            };
            let (word, value) = match outcome {
                Ok(value) => ("result", value),
                Err(error) => {
                    let told = Json::from(&exit::to_json(&error));
                    failed.push((name, error));
                    ("error", told)
                }
            };
            members.push((name.clone(), Json::Object(vec![(word.to_owned(), value)])));
        }
        print(&Json::Object(members), console)?;
        let Some((first, error)) = failed.first() else { return Ok(()) };
        let text = format!("{} of {} providers failed; `{first}`: {}", failed.len(), providers.len(), error.message());
        Err(Error::new(error.kind(), text).advice(error.advice_text()).executed(error.was_executed()).node(first.as_str()).into())
    }
}

/// The method, by its name or in the other language's style.
fn find<'s>(service: &'s Service, name: &str) -> Option<&'s MethodSpec> {
    let bare = |name: &str| name.replace('_', "").to_lowercase();
    let exact = service.methods.iter().find(|method| method.name == name);
    exact.or_else(|| service.methods.iter().find(|method| bare(&method.name) == bare(name)))
}

fn result(payload: &[u8]) -> Result<Json> {
    json::decode(payload).map_err(|fault| fault.error("result"))
}

/// Indented for people, one line with --json.
fn print(value: &Json, console: &mut Console<'_>) -> Done {
    if console.json {
        return console.line(value);
    }
    console.line(Indented(value))
}

struct Indented<'a>(&'a Json);

impl Display for Indented<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:#}", self.0)
    }
}

fn print_stream(session: &Session, stream: u64, console: &mut Console<'_>) -> Done {
    loop {
        let next = Op::Next { stream, parent: 0, most: ITEMS, bytes: BYTES };
        let Given::Items(items) = session.run(next).map_err(located)? else {
            return Err(Error::internal("a value came where items were awaited").into());
        };
        if items.is_empty() {
            return Ok(());
        }
        let lines: Result<Vec<String>> = items.iter().map(|item| Ok(result(item)?.to_string())).collect();
        console.line(lines?.join("\n"))?;
    }
}

/// What a handler raised says where: the frames don't fit on one line.
fn located(stop: Stop) -> Stop {
    let Stop::Failed(error) = stop else { return stop };
    let place = error.failure().and_then(|failure| failure.frames.last().map(|frame| (failure.node.clone(), frame.clone())));
    match place {
        Some((node, frame)) => {
            let advice = format!("The handler on `{node}` raised this, in {} at {}:{}.", frame.function, frame.file, frame.line);
            Stop::Failed(error.advice(advice))
        }
        None => Stop::Failed(error),
    }
}
