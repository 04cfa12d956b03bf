//! One request: which service is meant, how much time it has, and who answers it.

use super::{
    Server, health, invoke, reflection,
    stream::{Answers, Gone, Received, Requests},
};
use crate::{
    call::MOST_TIMEOUT,
    error::{Error, Kind, Result},
};
use bytes::Bytes;
use h2::{RecvStream, server::SendResponse};
use http::{HeaderMap, Method, Request, StatusCode, header::CONTENT_TYPE};
use std::{sync::Arc, time::Duration};

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
        _ => invoke::serve(server, (service, method), &head.headers, timeout, requests, answers).await,
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

/// The one message of a request, and its end.
pub(super) async fn one(requests: &mut Requests) -> std::result::Result<Result<Received>, Gone> {
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
