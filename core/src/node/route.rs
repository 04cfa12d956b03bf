//! How a call finds its provider.

use super::Node;
use crate::{
    call::{Attempt, OpenCall, Route},
    config::NodeId,
    error::{Error, Kind, Result},
    lane::Outcome,
    serve::{Incoming, Origin},
};
use std::sync::Arc;

/// The caller is in this process.
struct Here {
    call: Arc<OpenCall>,
    number: u8,
}

impl Origin for Here {
    fn answer(self: Box<Self>, outcome: Outcome, _load: u32) {
        self.call.ended(self.number, outcome);
    }
}

impl Route for Node {
    fn attempt(&self, call: &Arc<OpenCall>, number: u8, tried: &[NodeId]) -> Result<Attempt> {
        if tried.contains(&self.id) {
            return Err(Error::new(Kind::Unavailable, format!("no other provider of `{}`", call.method.service)));
        }
        let key = (0, Arc::as_ptr(call) as u64);
        self.serve.accept(Incoming {
            target: call.method.target.clone(),
            deadline: call.deadline,
            depth: call.depth,
            attempt: number,
            baggage: call.baggage.clone(),
            payload: call.payload.clone(),
            caller: self.caller.clone(),
            key,
            origin: Box::new(Here { call: call.clone(), number }),
        });
        let serve = self.serve.clone();
        Ok(Attempt { node: self.id, name: self.caller.name.clone(), idempotent: false, give_up: Box::new(move || serve.cancel(key)) })
    }
}
