//! `grpc.health.v1.Health`: a service is serving while some provider takes calls; the empty name stands for the node itself.

use super::{
    Server,
    catalog::Catalog,
    exchange::one,
    names::service_of,
    proto::{Fields, Message},
    server::Phase,
    status::{self, Code},
    stream::{Answers, Gone, Requests},
};
use crate::{
    directory::{Service, Services},
    error::Result,
};
use std::{sync::Arc, time::Duration};
use tokio::time::timeout;

pub(super) const SERVICE: &str = "grpc.health.v1.Health";
/// Services that `List` names at most, as its definition wishes.
const LIST_MOST: usize = 100;
/// A provider that fell silent changes no record, so `Watch` looks again after this time.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// Time for the request to come.
const REQUEST_TIME: Duration = Duration::from_secs(30);

const SERVING: u64 = 1;
const NOT_SERVING: u64 = 2;
const SERVICE_UNKNOWN: u64 = 3;

pub(super) async fn serve(server: &Arc<Server>, method: &str, mut requests: Requests, mut answers: Answers, most: Option<Duration>) {
    if !matches!(method, "Check" | "List" | "Watch") {
        return answers.refuse(Code::Unimplemented, "grpc.health.v1.Health has Check, List and Watch");
    }
    let asked = match timeout(most.unwrap_or(REQUEST_TIME), one(&mut requests)).await {
        Ok(Ok(asked)) => asked,
        Ok(Err(Gone)) => return,
        Err(_) => return answers.refuse(Code::DeadlineExceeded, "the request did not come in time"),
    };
    let asked = match asked.and_then(|message| service_in(&message.bytes)) {
        Ok(asked) => asked,
        Err(error) => return answers.fail(&error),
    };
    match method {
        "Check" => match state(server, &server.cluster.services(), &asked) {
            SERVICE_UNKNOWN => answers.refuse(Code::NotFound, &format!("no service `{asked:.200}` in the cluster")),
            state => reply(answers, &response(state)).await,
        },
        "List" => match list(server) {
            Some(message) => reply(answers, &message).await,
            None => answers.refuse(Code::ResourceExhausted, &format!("there are more than {LIST_MOST} services; ask for one with Check")),
        },
        _ => {
            let watched = watch(server, &asked, &mut answers);
            let over = match most {
                Some(most) => timeout(most, watched).await.unwrap_or(Some(Code::DeadlineExceeded)),
                None => watched.await,
            };
            if let Some(code) = over {
                answers.refuse(code, "the node leaves its cluster, or the time is over");
            }
        }
    }
}

async fn reply(mut answers: Answers, message: &[u8]) {
    if let Ok(Ok(())) = timeout(REQUEST_TIME, answers.send(message)).await {
        answers.end(status::ok());
    }
}

fn service_in(message: &[u8]) -> Result<String> {
    let mut service = "";
    let mut fields = Fields::new(message);
    while let Some((field, wire)) = fields.next()? {
        if field == 1 {
            service = wire.text()?;
        }
    }
    Ok(service.to_owned())
}

fn response(state: u64) -> Vec<u8> {
    let mut message = Message::new();
    message.uint(1, state);
    message.0
}

fn state(server: &Server, services: &Services, asked: &str) -> u64 {
    let up = if server.cluster.is_up() { SERVING } else { NOT_SERVING };
    if matches!(asked, "" | SERVICE | super::reflection::V1 | super::reflection::V1_ALPHA) {
        return up;
    }
    // By its full name, or by its own.
    match service_of(asked).and_then(|name| services.get(name)).or_else(|| services.get(asked)) {
        None => SERVICE_UNKNOWN,
        Some(service) => of(service),
    }
}

fn of(service: &Service) -> u64 {
    if service.providers().iter().any(|provider| provider.takes_calls()) { SERVING } else { NOT_SERVING }
}

fn list(server: &Server) -> Option<Vec<u8>> {
    let services = server.cluster.services();
    let names = Catalog::full_names(&services);
    if names.len() >= LIST_MOST {
        return None;
    }
    let mut message = Message::new();
    for name in std::iter::once(String::new()).chain(names) {
        let state = state(server, &services, &name);
        message.nested(1, |entry| {
            entry.text(1, &name);
            entry.nested(2, |status| status.uint(1, state));
        });
    }
    Some(message.0)
}

/// Tells the state now and whenever it changes; a code when the stream is to end with one.
async fn watch(server: &Server, asked: &str, answers: &mut Answers) -> Option<Code> {
    let (mut changes, mut phase) = (server.cluster.changes(), server.phase());
    let mut told = None;
    loop {
        changes.borrow_and_update();
        let leaving = *phase.borrow_and_update() != Phase::Open;
        let state = if leaving { NOT_SERVING } else { state(server, &server.cluster.services(), asked) };
        if told != Some(state) {
            answers.send(&response(state)).await.ok()?;
            told = Some(state);
        }
        if leaving {
            return Some(Code::Unavailable);
        }
        tokio::select! {
            biased;
            () = answers.given_up() => return None,
            changed = phase.changed() => changed.ok()?,
            // A node that is gone changes nothing any more; its phase ends this.
            _ = timeout(LOOK_AGAIN, changes.changed()) => {}
        }
    }
}
