//! Both ends are in this process.

use super::{Receiver, Sender, ToReceiver, ToSender};
use crate::error::{Error, Kind, Result};
use bytes::Bytes;
use std::sync::{Arc, Weak};

/// Called when the receiving end wants no more.
type Stopped = Box<dyn Fn() + Send + Sync>;

/// The way of a sender to the receiving end in the same process.
struct Forth(Weak<Receiver>);

/// The way of a receiver. It keeps the sender, which may have more to send when its handler has ended.
struct Back {
    sender: Arc<Sender>,
    stopped: Option<Stopped>,
}

/// Connects two ends; `stopped` is called when the receiving end wants no more. Nothing is sent before the sender is opened.
pub fn connect(sender: &Arc<Sender>, receiver: &Arc<Receiver>, stopped: Option<Stopped>) {
    sender.bind(Arc::new(Forth(Arc::downgrade(receiver))));
    receiver.bind(Arc::new(Back { sender: sender.clone(), stopped }));
}

impl ToReceiver for Forth {
    fn items(&self, number: u32, items: &[Bytes]) -> Result<()> {
        let gone = || Error::new(Kind::Cancelled, "nobody reads this stream any more");
        self.0.upgrade().ok_or_else(gone)?.items(number, items.to_vec());
        Ok(())
    }

    fn end(&self, number: u32, error: Option<&Error>) -> Result<()> {
        if let Some(receiver) = self.0.upgrade() {
            receiver.end(number, error.cloned());
        }
        Ok(())
    }

    fn over(&self, _unwanted: bool) {}
}

impl ToSender for Back {
    fn credit(&self, items: u32, bytes: u32) {
        self.sender.credit(items, bytes);
    }

    fn stop(&self) {
        self.sender.stop(Error::new(Kind::Cancelled, "the other side wants no more items"));
        if let Some(stopped) = &self.stopped {
            stopped();
        }
    }

    fn over(&self) {}
}
