//! Server reflection, v1 and v1alpha: the same messages under two names. Definitions are made from the live services.

use super::{
    Server,
    catalog::Catalog,
    health,
    known::KNOWN,
    proto::{Fields, Message},
    status,
    stream::{Answers, Gone, Requests},
};
use crate::error::Result;
use bytes::Bytes;
use std::{sync::Arc, time::Duration};
use tokio::time::timeout;

pub(super) const V1: &str = "grpc.reflection.v1.ServerReflection";
pub(super) const V1_ALPHA: &str = "grpc.reflection.v1alpha.ServerReflection";
/// A stream on which nothing is asked for so long ends.
const IDLE: Duration = Duration::from_secs(300);
const NOT_FOUND: u64 = 5;
const UNIMPLEMENTED: u64 = 12;

pub(super) async fn serve(server: &Arc<Server>, method: &str, mut requests: Requests, mut answers: Answers, most: Option<Duration>) {
    if method != "ServerReflectionInfo" {
        return answers.refuse(status::Code::Unimplemented, "reflection has ServerReflectionInfo only");
    }
    let talk = async {
        loop {
            let asked = match timeout(IDLE, requests.next()).await {
                Ok(asked) => asked?,
                Err(_) => return Ok(status::plain(status::Code::DeadlineExceeded, "nothing was asked for five minutes")),
            };
            let answered = match asked {
                Ok(Some(message)) => answer(server, &message.bytes),
                Ok(None) => return Ok(status::ok()),
                Err(error) => Err(error),
            };
            match answered {
                Ok(message) => answers.send(&message).await?,
                Err(error) => return Ok(status::trailers(&error)),
            }
        }
    };
    let ended = match most {
        Some(most) => timeout(most, talk).await.unwrap_or_else(|_| Ok(status::plain(status::Code::DeadlineExceeded, "the time is over"))),
        None => talk.await,
    };
    if let Ok::<_, Gone>(trailers) = ended {
        answers.end(trailers);
    }
}

/// One `ServerReflectionResponse`.
fn answer(server: &Server, request: &[u8]) -> Result<Vec<u8>> {
    let (mut host, mut asked) = ("", None);
    let mut fields = Fields::new(request);
    while let Some((field, wire)) = fields.next()? {
        match field {
            1 => host = wire.text()?,
            3..=7 => asked = Some((field, wire)),
            _ => {}
        }
    }
    let services = server.cluster.services();
    let mut out = Message::new();
    out.text(1, host);
    out.bytes(2, request);
    match asked {
        Some((3, wire)) => {
            let name = wire.text()?;
            let known = KNOWN.iter().find(|known| known.name == name).map(|known| known.bytes.clone());
            let file = known.or_else(|| server.catalog.by_file(&services, name).map(|schema| schema.file.clone()));
            write_file(&mut out, file, &format!("no file `{name:.200}`"));
        }
        Some((4, wire)) => {
            let symbol = wire.text()?;
            let plain = symbol.strip_prefix('.').unwrap_or(symbol);
            let known = KNOWN.iter().find(|known| known.has(plain)).map(|known| known.bytes.clone());
            let file = known.or_else(|| server.catalog.by_symbol(&services, plain).map(|schema| schema.file.clone()));
            write_file(&mut out, file, &format!("no symbol `{symbol:.200}`"));
        }
        Some((7, _)) => out.nested(6, |list| {
            let own = [health::SERVICE, V1, V1_ALPHA].map(str::to_owned);
            for name in Catalog::full_names(&services).iter().chain(&own) {
                list.nested(1, |service| service.text(1, name));
            }
        }),
        Some((5 | 6, _)) => write_error(&mut out, NOT_FOUND, "proto3 without extensions"),
        _ => write_error(&mut out, UNIMPLEMENTED, "an unknown question"),
    }
    Ok(out.0)
}

fn write_file(out: &mut Message, file: Option<Bytes>, missing: &str) {
    match file {
        Some(file) => out.nested(4, |files| files.bytes(1, &file)),
        None => write_error(out, NOT_FOUND, missing),
    }
}

fn write_error(out: &mut Message, code: u64, text: &str) {
    out.nested(7, |error| {
        error.uint(1, code);
        error.text(2, text);
    });
}
