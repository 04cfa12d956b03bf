//! One request: which service is meant, how much time it has, and who answers it.

use super::{
    Ask, Server,
    arguments::arguments,
    catalog::Catalog,
    health, reflection,
    results::response,
    schema::Rpc,
    status,
    stream::{Answers, Gone, MESSAGE_MOST, Requests},
};
use crate::{
    call::{Context, DEFAULT_TIMEOUT, MOST_TIMEOUT},
    env,
    error::{Error, Executed, Kind, Result},
    lane::Cancel,
};
use bytes::Bytes;
use h2::{RecvStream, server::SendResponse};
use http::{HeaderMap, Method, Request, StatusCode, header::CONTENT_TYPE};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{sync::oneshot, time::timeout_at};

/// Time beyond a call's deadline for its answer to reach a slow client.
const GRACE: Duration = Duration::from_secs(30);

/// Answers one request.
pub(super) async fn serve(server: &Arc<Server>, request: Request<RecvStream>, respond: SendResponse<Bytes>) {
    let (head, body) = request.into_parts();
    let answers = Answers::new(respond);
    let is_grpc = head.headers.get(CONTENT_TYPE).is_some_and(|kind| {
        let kind = kind.as_bytes();
        kind == b"application/grpc" || kind.starts_with(b"application/grpc+proto") || kind.starts_with(b"application/grpc;")
    });
    if head.method != Method::POST {
        return answers.no_grpc(StatusCode::METHOD_NOT_ALLOWED);
    }
    if !is_grpc {
        return answers.no_grpc(StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }
    let timeout = match timeout(&head.headers) {
        Ok(timeout) => timeout,
        Err(error) => return answers.fail(&error),
    };
    let requests = Requests::new(body, server.cluster.clone());
    let Some((service, method)) = head.uri.path().strip_prefix('/').and_then(|path| path.split_once('/')) else {
        return answers.fail(&unknown(head.uri.path()));
    };
    match service {
        health::SERVICE => health::serve(server, method, requests, answers, timeout).await,
        reflection::V1 | reflection::V1_ALPHA => reflection::serve(server, method, requests, answers, timeout).await,
        _ => call(server, (service, method), &head.headers, timeout.unwrap_or(DEFAULT_TIMEOUT), requests, answers).await,
    }
}

/// `grpc-timeout`: digits and a unit.
fn timeout(headers: &HeaderMap) -> Result<Option<Duration>> {
    let Some(value) = headers.get("grpc-timeout") else { return Ok(None) };
    let parse = || -> Option<Duration> {
        let text = value.to_str().ok()?;
        let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
        if digits.is_empty() || digits.len() > 8 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let number = digits.parse::<u64>().ok()?;
        Some(match unit {
            "H" => Duration::from_secs(number * 3600),
            "M" => Duration::from_secs(number * 60),
            "S" => Duration::from_secs(number),
            "m" => Duration::from_millis(number),
            "u" => Duration::from_micros(number),
            "n" => Duration::from_nanos(number),
            _ => return None,
        })
    };
    match parse() {
        Some(timeout) => Ok(Some(timeout.min(MOST_TIMEOUT))),
        None => Err(Error::new(Kind::BadArguments, "the header grpc-timeout can't be read").advice("Write it as `500m` or `2S`.")),
    }
}

fn unknown(path: &str) -> Error {
    let path: String = path.chars().take(200).collect();
    Error::new(Kind::NotFound, format!("there is no method `{}`", path.escape_debug()))
        .advice("List the services by reflection; docs/grpc.md says how they are called.")
}

/// A call of a live service.
async fn call(
    server: &Arc<Server>,
    (service, name): (&str, &str),
    headers: &HeaderMap,
    timeout: Duration,
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
    let deadline = env::now() + timeout;
    let done = async {
        let payload = match timeout_at(deadline.into(), one(&mut requests)).await {
            Ok(asked) => asked?.and_then(|message| arguments(rpc, &message.bytes)),
            Err(_) => Err(Error::new(Kind::DeadlineExceeded, "the request did not come before its deadline")),
        };
        let payload = match payload {
            Ok(payload) => payload,
            Err(error) => return Ok(Err(error.operation(format!("call {}.{}", schema.service, rpc.method)))),
        };
        let ask = Ask {
            service: schema.service.clone(),
            method: rpc.method.clone(),
            deadline,
            context: context(headers),
            payload,
        };
        answer(server, rpc, ask, &mut answers).await
    };
    // What the client still has to send counts too. The call itself ends at its deadline, so this is for a slow client only.
    let outcome = match timeout_at((deadline + GRACE).into(), done).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(Gone)) | Err(_) => return,
    };
    match outcome {
        Ok(message) => {
            if let Ok(Ok(())) = timeout_at((deadline + GRACE).into(), answers.send(&message)).await {
                answers.end(status::ok());
            }
        }
        Err(error) => answers.fail(&error),
    }
}

fn no_service(services: &crate::directory::Services, full: &str) -> Error {
    let near = crate::directory::nearest(full, Catalog::full_names(services).iter().map(String::as_str)).join("` or `");
    let error = Error::new(Kind::NotFound, format!("no service `{full:.200}` in the cluster"));
    if near.is_empty() { error.advice("List the services by reflection; docs/grpc.md says how they are called.") } else { error.advice(format!("Did you mean `{near}`?")) }
}

/// The one message of a request, and its end.
pub(super) async fn one(requests: &mut Requests) -> std::result::Result<Result<super::stream::Received>, Gone> {
    let first = match requests.next().await? {
        Ok(Some(message)) => message,
        Ok(None) => return Ok(Err(Error::new(Kind::BadArguments, "the request has no message"))),
        Err(error) => return Ok(Err(error)),
    };
    match requests.next().await? {
        Ok(None) => Ok(Ok(first)),
        Ok(Some(_)) => Ok(Err(Error::new(Kind::BadArguments, "the request has more than one message"))),
        Err(error) => Ok(Err(error)),
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

/// A call under way; dropping it tells the provider that nobody waits.
struct Underway(Option<Arc<dyn Cancel>>);

impl Drop for Underway {
    fn drop(&mut self) {
        if let Some(call) = self.0.take() {
            call.cancel();
        }
    }
}

/// Makes the call and converts its result.
async fn answer(server: &Server, rpc: &Rpc, ask: Ask, answers: &mut Answers) -> std::result::Result<Result<Vec<u8>>, Gone> {
    let (sender, mut heard) = oneshot::channel();
    let deadline: Instant = ask.deadline;
    let mut underway = match server.cluster.call(ask, sender) {
        Ok(call) => Underway(Some(call)),
        Err(error) => return Ok(Err(error)),
    };
    let outcome = tokio::select! {
        biased;
        outcome = &mut heard => outcome,
        () = answers.given_up() => return Err(Gone),
        () = tokio::time::sleep_until(deadline.into()) => {
            if let Some(call) = &underway.0 {
                call.expire();
            }
            heard.await
        }
    };
    underway.0 = None;
    let payload = match outcome {
        Ok(outcome) => outcome.and_then(|given| given.value()),
        Err(_) => Err(Error::internal("a call ended without an answer")),
    };
    Ok(payload.and_then(|payload| {
        let most = server.cluster.max_payload().min(MESSAGE_MOST);
        response(rpc, &payload, most).map_err(|error| error.executed(Executed::Yes))
    }))
}
