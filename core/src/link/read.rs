//! The read half of a link: only whoever holds the lead touches it.

use super::{records::Records, sys::Socket, tls::record_length};
use crate::{
    error::{Error, Kind, Result},
    wire::{Frame, Frames},
};
use parking_lot::Mutex;

/// Room that a reactor lends its leader for reading.
pub(super) const ROOM: usize = 256 << 10;

/// What one read brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Got {
    /// Something came, be it only a part of a frame.
    pub(super) heard: bool,
    /// The socket probably holds more.
    pub(super) more: bool,
    /// A large body is under way: more is certain to come, and soon.
    pub(super) filling: bool,
    /// The session has something to send.
    pub(super) answer: bool,
    /// The peer's direction ended.
    pub(super) end: bool,
}

pub(super) struct Reader {
    /// The beginning of a record whose end hasn't come yet.
    rest: Vec<u8>,
    frames: Frames,
}

impl Reader {
    /// `early` are sealed bytes that came with the handshake.
    pub(super) fn new(early: Vec<u8>, max_payload: usize) -> Reader {
        Reader { rest: early, frames: Frames::new(max_payload) }
    }

    /// Receives once, opens what is complete and appends the frames. The session's lock is held only while records are opened, so that
    /// whatever the frames lead to may seal again. Frames that came before an error are in `done` all the same.
    pub(super) fn read(&mut self, socket: &Socket, tls: &Mutex<Records>, room: &mut Vec<u8>, done: &mut Vec<Frame>) -> Result<Got> {
        room.resize(ROOM.max(self.rest.len() + (ROOM / 2)), 0);
        let held = self.rest.len();
        if let Some(place) = room.get_mut(..held) {
            place.copy_from_slice(&self.rest);
        }
        let free = room.get_mut(held..).unwrap_or_default();
        let free_length = free.len();
        let received = socket.receive(free).map_err(|e| Error::new(Kind::Unavailable, format!("receiving failed: {e}")))?;
        let filled = held + received.unwrap_or(0);
        let records = room.get_mut(..filled).unwrap_or_default();
        let frames = &mut self.frames;
        let opened = tls.lock().open(records, |piece| frames.push(piece, done))?;
        let rest = records.get(opened.used..).unwrap_or_default();
        if record_length(rest).is_some_and(|length| length > ROOM / 2) {
            return Err(Error::new(Kind::Protocol, "a record is too long"));
        }
        self.rest.clear();
        self.rest.extend_from_slice(rest);
        let more = received.is_some_and(|n| n == free_length || (n > 0 && self.frames.is_filling()));
        let filling = self.frames.is_filling();
        Ok(Got { heard: received.is_some_and(|n| n > 0), more, filling, answer: opened.answer, end: opened.closed || received == Some(0) })
    }
}
