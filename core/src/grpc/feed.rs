//! A client's messages on their way to the handler: items of the call's input, held back by its credit.

use super::{
    invoke::{Failed, Underway},
    items::{first_item, later_item},
    schema::Rpc,
    stream::{Received, Requests},
};
use crate::{
    error::{Error, Executed, Result},
    lane::Answer,
    link::Reserved,
    stream::{End, Input, Sender},
};
use bytes::Bytes;
use std::sync::Arc;
use tokio::sync::oneshot;

/// The producer of a call's input.
pub(super) struct Feed<'f> {
    rpc: &'f Rpc,
    sender: Arc<Sender>,
    /// The item that the first message brought, and the memory for that message.
    first: Option<(Bytes, Option<Reserved>)>,
    /// Items that came so far.
    items: u64,
}

impl<'f> Feed<'f> {
    /// A feed that begins with the client's first message, and the input for the call, with which it ends.
    pub(super) fn open(rpc: &'f Rpc, message: Option<Received>) -> Result<(Feed<'f>, Input)> {
        let first = match message {
            Some(message) => {
                first_item(rpc, &message.bytes).map_err(|error| numbered(&error, 1))?.map(|item| (item, message.into_memory()))
            }
            None => None,
        };
        let sender = Sender::input();
        let input = Input::take(End::Sender(sender.clone()).enter())?;
        Ok((Feed { rpc, sender, first, items: 0 }, input))
    }

    /// Takes the client's further messages until it has sent all, or the handler wants no more: then what still comes stays where it is,
    /// and the client is held back until the call ends. An error ends the call.
    pub(super) async fn run(mut self, requests: &mut Requests) -> std::result::Result<(), Failed> {
        if let Some((item, memory)) = self.first.take()
            && !self.give(item, memory, requests).await?
        {
            return Err(requests.hold().await.into());
        }
        loop {
            let Some(message) = requests.next().await?.map_err(|error| self.told(&error))? else {
                self.sender.finish(None);
                return Ok(());
            };
            let item = later_item(self.rpc, &message.bytes).map_err(|error| self.told(&error))?;
            if !self.give(item, message.into_memory(), requests).await? {
                return Err(requests.hold().await.into());
            }
        }
    }

    /// Sends an item, and waits until another is welcome; its message's memory is kept for so long. False: nobody wants any more.
    async fn give(&mut self, item: Bytes, memory: Option<Reserved>, requests: &mut Requests) -> std::result::Result<bool, Failed> {
        self.items += 1;
        match self.sender.send(vec![item]) {
            Ok(true) => return Ok(true),
            Ok(false) => {}
            // The call's own end says why.
            Err(_) => return Ok(false),
        }
        let (sender, heard) = oneshot::channel();
        let mut wait = Underway(self.sender.room(Answer::task(sender)));
        let room = tokio::select! {
            biased;
            room = heard => room,
            gone = requests.hold() => return Err(gone.into()),
        };
        wait.0 = None;
        drop(memory);
        Ok(matches!(room, Ok(Ok(_))))
    }

    /// Which item it was that did not fit, of a call that runs.
    fn told(&self, error: &Error) -> Error {
        numbered(error, self.items + 1).executed(Executed::Maybe)
    }
}

fn numbered(error: &Error, item: u64) -> Error {
    Error::new(error.kind(), format!("item {item}: {}", error.message())).advice(error.advice_text())
}
