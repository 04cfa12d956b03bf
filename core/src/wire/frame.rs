//! Frames of the data plane: one at a time to bytes, and back from plaintext that comes in any pieces.

use super::extensions::{Extensions, MAX_EXTENSIONS};
use crate::error::{Error, Kind, Result};
use bytes::Bytes;

/// `u32 length · u8 kind · u8 flags · u16 length of extensions · u64 call id`; `length` counts what follows it.
pub const HEADER: usize = 16;
/// Largest body unless the settings say otherwise.
pub const MAX_PAYLOAD: usize = 256 << 20;
/// Largest piece of a body on a bulk link, whatever the receiver's `max_payload`.
pub const MAX_PIECE: usize = (1 << 20) + (64 << 10);
/// Largest node record, and largest packet of the detector (a joiner gets the whole member list in one).
const MAX_RECORD: usize = 256 << 10;
const LENGTH: usize = 4;
/// A body is allocated at once up to this; beyond it grows with what really came, so that a header alone costs nothing.
const AT_ONCE: usize = (1 << 20) + (64 << 10);

/// Flags of frames; their meaning depends on the kind.
pub mod flag {
    /// Of a `Call`: it has an input stream. Of `Item`, `Credit` and `End`: of the caller's input, else of the answer.
    pub const INPUT: u8 = 1;
    /// Of a `Reply`: the answer is a stream.
    pub const STREAM: u8 = 1;
    /// Of an `Item`: the body holds many, each u32 length and payload.
    pub const MANY: u8 = 2;
    /// Of an `End`: the receiver wants no more.
    pub const STOP: u8 = 4;
    /// In the flags of a `Bulk` frame, beside the kind: the announced frame has [`INPUT`].
    pub const BULK_INPUT: u8 = 0x80;
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $number:literal,)*) => {
        /// What a frame is for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum FrameKind { $($(#[$doc])* $name = $number,)* }

        impl FrameKind {
            /// The kind with this number, if there is one.
            pub fn from_number(number: u8) -> Option<FrameKind> {
                match number { $($number => Some(FrameKind::$name),)* _ => None }
            }
        }
    };
}

kinds! {
    /// Asks for a method: body = arguments.
    Call = 1,
    /// Answers a call: body = result.
    Reply = 2,
    /// Answers a call: body = encoded error.
    Fail = 3,
    /// The caller doesn't wait any longer.
    Cancel = 4,
    /// Items of a stream.
    Item = 5,
    /// More may be sent in a stream: body = u32 items, u32 bytes.
    Credit = 6,
    /// Ends a stream: body = encoded error, if it failed.
    End = 7,
    /// Announces a body that travels by the bulk link; there, the body itself.
    Bulk = 8,
    /// Asks for a sign of life: body = nonce.
    Ping = 9,
    /// Gives it: body = the same nonce.
    Pong = 10,
    /// No call above the id in the body will be accepted.
    GoAway = 11,
    /// The sender ends the link on purpose.
    Bye = 12,
    /// A packet of the failure detector.
    Gossip = 13,
    /// Asks for the peer's own record.
    RecordGet = 14,
    /// A node record.
    Record = 15,
}

impl FrameKind {
    /// Least and greatest length of a body.
    fn limits(self, max_payload: usize) -> (usize, usize) {
        match self {
            FrameKind::Call | FrameKind::Reply | FrameKind::Fail | FrameKind::Item | FrameKind::End => (0, max_payload),
            // Also of a body that is refused: it is thrown away piece by piece, and the link goes on.
            FrameKind::Bulk => (0, MAX_PIECE),
            FrameKind::Cancel | FrameKind::Bye | FrameKind::RecordGet => (0, 0),
            FrameKind::Ping | FrameKind::Pong | FrameKind::GoAway | FrameKind::Credit => (8, 8),
            FrameKind::Gossip | FrameKind::Record => (0, MAX_RECORD),
        }
    }
}

/// One frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// What it is for.
    pub kind: FrameKind,
    /// Meaning depends on the kind; 0 where none is defined.
    pub flags: u8,
    /// The call (or transfer) it belongs to, drawn by the caller; 0 if none.
    pub id: u64,
    /// Small typed fields.
    pub extensions: Extensions,
    /// The body.
    pub body: Bytes,
}

impl Frame {
    /// A frame without flags and extensions.
    pub fn new(kind: FrameKind, id: u64, body: Bytes) -> Frame {
        Frame { kind, flags: 0, id, extensions: Extensions::default(), body }
    }

    /// A frame whose body is one number: Ping, Pong, GoAway.
    pub fn number(kind: FrameKind, number: u64) -> Frame {
        Frame::new(kind, 0, Bytes::copy_from_slice(&number.to_le_bytes()))
    }

    /// The kind of the frame that a `Bulk` frame of a pair link announces; none in one that withdraws.
    pub fn announced(&self) -> Option<FrameKind> {
        (self.kind == FrameKind::Bulk).then(|| FrameKind::from_number(self.flags & !flag::BULK_INPUT)).flatten()
    }

    /// The number in the body of Ping, Pong, GoAway.
    pub fn to_number(&self) -> Option<u64> {
        self.body.as_ref().try_into().ok().map(u64::from_le_bytes)
    }

    /// Appends header and extensions; the body follows them on the wire. On an error `out` is as before.
    pub fn encode_head(&self, out: &mut Vec<u8>) -> Result<()> {
        let start = out.len();
        let written = self.put_head(out);
        if written.is_err() {
            out.truncate(start);
        }
        written
    }

    fn put_head(&self, out: &mut Vec<u8>) -> Result<()> {
        let start = out.len();
        out.resize(start + HEADER, 0);
        self.extensions.encode(out)?;
        let block = out.len() - start - HEADER;
        let length = HEADER - LENGTH + block + self.body.len();
        let (Ok(length), Ok(block)) = (u32::try_from(length), u16::try_from(block)) else {
            return Err(Error::new(Kind::PayloadTooLarge, format!("a body of {} bytes fits in no frame", self.body.len())));
        };
        let mut header = [0; HEADER];
        header[..4].copy_from_slice(&length.to_le_bytes());
        header[4] = self.kind as u8;
        header[5] = self.flags;
        header[6..8].copy_from_slice(&block.to_le_bytes());
        header[8..].copy_from_slice(&self.id.to_le_bytes());
        if let Some(place) = out.get_mut(start..start + HEADER) {
            place.copy_from_slice(&header);
        }
        Ok(())
    }

    /// Appends the whole frame.
    pub fn encode(&self, out: &mut Vec<u8>) -> Result<()> {
        self.encode_head(out)?;
        out.extend_from_slice(&self.body);
        Ok(())
    }
}

/// A header that was read and found sane.
#[derive(Clone, Copy)]
struct Header {
    kind: FrameKind,
    flags: u8,
    id: u64,
    block: usize,
    body: usize,
}

impl Header {
    fn read(bytes: &[u8; HEADER], max_payload: usize) -> Result<Header> {
        let [l0, l1, l2, l3, kind, flags, b0, b1, id @ ..] = *bytes;
        let length = u32::from_le_bytes([l0, l1, l2, l3]) as usize;
        let block = usize::from(u16::from_le_bytes([b0, b1]));
        let kind =
            FrameKind::from_number(kind).ok_or_else(|| Error::new(Kind::Protocol, format!("a frame has the unknown kind {kind}")))?;
        if block > MAX_EXTENSIONS {
            return Err(Error::new(
                Kind::Protocol,
                format!("a {kind:?} frame has {block} bytes of extensions, {MAX_EXTENSIONS} are allowed"),
            ));
        }
        let Some(body) = length.checked_sub(HEADER - LENGTH + block) else {
            return Err(Error::new(Kind::Protocol, format!("a {kind:?} frame is shorter than its own header says")));
        };
        let (least, most) = kind.limits(max_payload);
        if body < least || body > most {
            return Err(Error::new(Kind::Protocol, format!("a {kind:?} frame has a body of {body} bytes, {least} to {most} are allowed")));
        }
        Ok(Header { kind, flags, id: u64::from_le_bytes(id), block, body })
    }
}

/// Puts frames together from pieces of plaintext. A body is filled in place, in an allocation of its own, so that a small view
/// of it never pins a large buffer. After an error the stream can't be read any further.
pub struct Frames {
    max_payload: usize,
    /// Beginning of a frame whose header or extensions are not complete.
    head: Vec<u8>,
    /// The frame whose body is being filled.
    filling: Option<(Frame, Vec<u8>, usize)>,
}

impl Frames {
    /// For a stream whose bodies have at most this many bytes.
    pub fn new(max_payload: usize) -> Frames {
        Frames { max_payload, head: Vec::new(), filling: None }
    }

    /// Whether a large body is under way: more is certain to come.
    pub fn is_filling(&self) -> bool {
        self.filling.is_some()
    }

    /// Takes the next piece and appends the frames that it completes.
    pub fn push(&mut self, mut piece: &[u8], done: &mut Vec<Frame>) -> Result<()> {
        while !piece.is_empty() {
            piece = match self.filling.take() {
                Some((frame, body, length)) => self.fill(frame, body, length, piece, done),
                None => self.start(piece, done)?,
            };
        }
        Ok(())
    }

    /// Goes on with a body; returns what is left of the piece.
    fn fill<'p>(&mut self, mut frame: Frame, mut body: Vec<u8>, length: usize, piece: &'p [u8], done: &mut Vec<Frame>) -> &'p [u8] {
        let (mine, rest) = piece.split_at(piece.len().min(length - body.len()));
        if body.capacity() - body.len() < mine.len() {
            // Doubling, but never beyond the end: the finished vector becomes `Bytes` without a copy.
            body.reserve_exact((length - body.len()).min(body.len().max(mine.len())));
        }
        body.extend_from_slice(mine);
        if body.len() == length {
            frame.body = body.into();
            done.push(frame);
        } else {
            self.filling = Some((frame, body, length));
        }
        rest
    }

    /// Reads the beginning of a frame, across pieces if need be; returns what is left of the piece.
    fn start<'p>(&mut self, mut piece: &'p [u8], done: &mut Vec<Frame>) -> Result<&'p [u8]> {
        if self.head.is_empty()
            && let Some(used) = self.begin(piece, done)?
        {
            return Ok(piece.get(used..).unwrap_or_default());
        }
        // Collect the header first, then exactly its extensions.
        loop {
            let want = match self.head.first_chunk::<HEADER>() {
                None => HEADER,
                Some(header) => HEADER + Header::read(header, self.max_payload)?.block,
            };
            let (mine, rest) = piece.split_at(piece.len().min(want.saturating_sub(self.head.len())));
            self.head.extend_from_slice(mine);
            piece = rest;
            if self.head.len() < want {
                return Ok(piece);
            }
            if want > HEADER || self.head.first_chunk::<HEADER>().is_some_and(|h| h[6..8] == [0, 0]) {
                let head = std::mem::take(&mut self.head);
                self.begin(&head, done)?;
                self.head = head;
                self.head.clear();
                return Ok(piece);
            }
        }
    }

    /// Begins the frame at the front of `bytes`, if its head is all there; returns how much was used (the head, and a body that was there).
    fn begin(&mut self, bytes: &[u8], done: &mut Vec<Frame>) -> Result<Option<usize>> {
        let Some(header) = bytes.first_chunk::<HEADER>() else { return Ok(None) };
        let header = Header::read(header, self.max_payload)?;
        let start = HEADER + header.block;
        let Some(block) = bytes.get(HEADER..start) else { return Ok(None) };
        let extensions = Extensions::decode(block)?;
        let mut frame = Frame { kind: header.kind, flags: header.flags, id: header.id, extensions, body: Bytes::new() };
        if let Some(body) = bytes.get(start..start + header.body) {
            frame.body = Bytes::copy_from_slice(body);
            done.push(frame);
            return Ok(Some(start + header.body));
        }
        self.filling = Some((frame, Vec::with_capacity(header.body.min(AT_ONCE)), header.body));
        Ok(Some(start))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Trace;
    use proptest::prelude::*;

    fn kind() -> impl Strategy<Value = FrameKind> {
        (1u8..=15).prop_map(|n| FrameKind::from_number(n).unwrap())
    }

    prop_compose! {
        fn frame()(kind in kind(), flags: u8, id: u64, deadline_us: Option<u64>, depth: u8, attempt: u8, load: Option<u32>,
                   target in proptest::option::of("[a-z.]{0,60}"), baggage in prop::collection::vec(any::<u8>(), 0..600), traced in any::<bool>(), number: Option<u32>,
                   body in prop::collection::vec(any::<u8>(), 0..3000)) -> Frame {
            let (least, most) = kind.limits(MAX_PAYLOAD);
            let body: Vec<u8> = body.into_iter().chain(std::iter::repeat(0)).take(least.max(most.min(2000))).collect();
            let extensions = Extensions { target: target.map(Into::into), deadline_us, depth, attempt, baggage: baggage.into(), trace: traced.then(Trace::fresh), load, number };
            Frame { kind, flags, id, extensions, body: body.into() }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn any_pieces_give_the_same_frames(frames in prop::collection::vec(frame(), 1..12), cuts in prop::collection::vec(1usize..700, 1..40)) {
            let mut bytes = Vec::new();
            for frame in &frames { frame.encode(&mut bytes).unwrap(); }
            let (mut reader, mut done, mut rest) = (Frames::new(MAX_PAYLOAD), Vec::new(), &bytes[..]);
            for cut in cuts.iter().cycle() {
                if rest.is_empty() { break; }
                let (piece, next) = rest.split_at(rest.len().min(*cut));
                reader.push(piece, &mut done).unwrap();
                rest = next;
            }
            prop_assert_eq!(done, frames);
        }

        #[test]
        fn byte_by_byte(frame in frame()) {
            let mut bytes = Vec::new();
            frame.encode(&mut bytes).unwrap();
            let (mut reader, mut done) = (Frames::new(MAX_PAYLOAD), Vec::new());
            for (at, byte) in bytes.iter().enumerate() {
                prop_assert!(done.is_empty(), "complete at {at} of {}", bytes.len());
                reader.push(&[*byte], &mut done).unwrap();
            }
            prop_assert_eq!(done, vec![frame]);
        }

        #[test]
        fn garbage_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..600), cut in 1usize..100, length in 0u32..200, kind in 0u8..17) {
            let _ = Frames::new(1000).push(&bytes, &mut Vec::new());
            let mut likely = length.to_le_bytes().to_vec();
            likely.push(kind);
            likely.extend(bytes);
            let (mut reader, mut done) = (Frames::new(1000), Vec::new());
            for piece in likely.chunks(cut) {
                if reader.push(piece, &mut done).is_err() { break; }
            }
        }
    }

    #[test]
    fn a_piece_is_no_larger_than_any_sender_makes_it() {
        for (length, taken) in [(MAX_PIECE, true), (MAX_PIECE + 1, false)] {
            let mut bytes = Vec::new();
            Frame::new(FrameKind::Bulk, 1, Bytes::from(vec![0; length])).encode_head(&mut bytes).unwrap();
            for max_payload in [1000, MAX_PAYLOAD] {
                assert_eq!(Frames::new(max_payload).push(&bytes, &mut Vec::new()).is_ok(), taken, "{length} {max_payload}");
            }
        }
    }

    #[test]
    fn limits_come_before_allocation() {
        let mut bytes = Vec::new();
        Frame::new(FrameKind::Call, 1, Bytes::from(vec![0; 1001])).encode_head(&mut bytes).unwrap();
        assert_eq!(Frames::new(1000).push(&bytes, &mut Vec::new()).unwrap_err().kind(), Kind::Protocol);
        let mut reader = Frames::new(MAX_PAYLOAD);
        bytes[..4].copy_from_slice(&(200u32 << 20).to_le_bytes());
        reader.push(&bytes, &mut Vec::new()).unwrap();
        assert!(reader.filling.unwrap().1.capacity() <= AT_ONCE);
    }

    #[test]
    fn a_large_body_owns_its_allocation() {
        let frame = Frame::new(FrameKind::Reply, 7, Bytes::from(vec![9; 5 << 20]));
        let mut bytes = Vec::new();
        frame.encode(&mut bytes).unwrap();
        let (mut reader, mut done) = (Frames::new(MAX_PAYLOAD), Vec::new());
        for piece in bytes.chunks(16 << 10) {
            reader.push(piece, &mut done).unwrap();
        }
        assert_eq!(done, [frame]);
    }

    #[test]
    fn sane_headers_only() {
        let mut ping = Vec::new();
        Frame::number(FrameKind::Ping, 5).encode(&mut ping).unwrap();
        for (at, value) in [(4, 0), (4, 16), (4, FrameKind::Cancel as u8), (0, 3), (7, 0xff)] {
            let mut bytes = ping.clone();
            bytes[at] = value;
            assert!(Frames::new(MAX_PAYLOAD).push(&bytes, &mut Vec::new()).is_err(), "{at} {value}");
        }
    }
}
