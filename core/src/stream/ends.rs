//! The handles under which a language knows the ends of its streams, and who must close them.

use super::{Receiver, Sender};
use crate::{
    error::{Error, Kind, Result},
    lane::{self, Cancel, Handles},
};
use std::{fmt, sync::Arc};

/// One end of a stream.
#[derive(Clone, Debug)]
pub enum End {
    /// Where items are sent.
    Sender(Arc<Sender>),
    /// Where they are taken.
    Receiver(Arc<Receiver>),
}

static ENDS: Handles<End> = Handles::new();

/// How many ends have a handle.
pub fn count() -> usize {
    ENDS.len()
}

/// The end with this handle; a stale one is `Closed`.
pub fn end(handle: u64) -> Result<End> {
    let found = ENDS.get(handle).map(|end| End::clone(&end));
    found.ok_or_else(|| Error::new(Kind::Closed, "this stream was closed").advice("Call the method again for another stream."))
}

impl End {
    /// Enters it.
    pub fn enter(self) -> u64 {
        // An answer that nobody hears may be a stream.
        lane::unheard_streams(close);
        ENDS.enter(Arc::new(self))
    }

    /// Takes a handle back; the end goes on.
    pub fn forget(handle: u64) -> Option<End> {
        ENDS.remove(handle).map(|end| End::clone(&end))
    }
}

/// Gives an end up, whichever it is: the other side is told, what waits is dropped. A stale handle is ignored.
pub fn close(handle: u64) {
    match End::forget(handle) {
        Some(End::Sender(sender)) => {
            sender.abort(Error::new(Kind::Cancelled, "the sender gave the stream up"));
        }
        Some(End::Receiver(receiver)) => receiver.close(),
        None => {}
    }
}

/// The input of a call: ends, and gives its handle back, when it is dropped.
pub struct Input {
    handle: u64,
    sender: Arc<Sender>,
}

impl Input {
    /// Takes over a sending end that its language opened. Errors: `Closed` for a stale handle, `Misuse` for another kind of end.
    pub fn take(handle: u64) -> Result<Input> {
        match end(handle)? {
            End::Sender(sender) if sender.input && sender.take() => Ok(Input { handle, sender }),
            _ => Err(Error::new(Kind::Misuse, "this stream can't be an argument of the call").advice("Open a stream for each call.")),
        }
    }

    /// The sending end.
    pub fn sender(&self) -> &Arc<Sender> {
        &self.sender
    }
}

impl Drop for Input {
    fn drop(&mut self) {
        self.sender.stop(Error::new(Kind::Cancelled, "the call that took this stream has ended"));
        End::forget(self.handle);
    }
}

/// The receiving end of an answer that nobody has yet: closed when it is dropped.
pub struct Taken(Option<Arc<Receiver>>);

impl Taken {
    /// Takes care of it.
    pub fn new(receiver: Arc<Receiver>) -> Taken {
        Taken(Some(receiver))
    }

    /// What cancels it.
    pub fn as_cancel(&self) -> Option<Arc<dyn Cancel>> {
        self.0.clone().map(|receiver| receiver as Arc<dyn Cancel>)
    }

    /// Gives it to the language, which closes it: its handle. The input of the same call ends with it.
    pub fn give(mut self, input: Option<Input>) -> u64 {
        let Some(receiver) = self.0.take() else { return 0 };
        if let Some(input) = input {
            receiver.adopt(input);
        }
        End::Receiver(receiver).enter()
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        if let Some(receiver) = self.0.take() {
            receiver.close();
        }
    }
}

impl fmt::Debug for Taken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Taken({:?})", self.0)
    }
}
