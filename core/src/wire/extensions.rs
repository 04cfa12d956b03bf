//! What a frame says besides its body: small typed fields, so that a frame can grow without a new layout.

use super::{MAX_BAGGAGE, Trace};
use crate::error::{Error, Kind, Result};
use bytes::{Bytes, BytesMut};
use std::sync::Arc;

/// Longest block of extensions that is read.
pub const MAX_EXTENSIONS: usize = 4096;

const TARGET: u8 = 0x81;
const DEADLINE: u8 = 0x82;
const BAGGAGE: u8 = 0x02;
const DEPTH: u8 = 0x03;
const LOAD: u8 = 0x04;
const ATTEMPT: u8 = 0x06;
const NUMBER: u8 = 0x8a;
const TRACE: u8 = 0x09;
/// Whoever doesn't know an extension with this bit must refuse the frame.
const CRITICAL: u8 = 0x80;

/// The extensions of one frame; what is absent on the wire has its default here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extensions {
    /// `service.method` of a call.
    pub target: Option<Arc<str>>,
    /// Time that is left for the call, in microseconds.
    pub deadline_us: Option<u64>,
    /// How many calls stand above this one.
    pub depth: u8,
    /// Number of the attempt, from 0.
    pub attempt: u8,
    /// Encoded baggage; beyond 255 bytes its extension is repeated.
    pub baggage: Bytes,
    /// Where the call stands in its trace.
    pub trace: Option<Trace>,
    /// Invocations that run and wait at the provider.
    pub load: Option<u32>,
    /// Number of the frame in its stream, its low bits.
    pub number: Option<u32>,
}

impl Extensions {
    /// Whether they can be written. Errors: `BadArguments` for a target, `PayloadTooLarge` for too much baggage.
    pub fn check(&self) -> Result<()> {
        let most = usize::from(u8::MAX);
        if self.target.as_ref().is_some_and(|target| target.len() > most) {
            return Err(Error::new(Kind::BadArguments, "the names of service and method have more than 255 bytes together"));
        }
        if self.baggage.len() > MAX_BAGGAGE {
            let error = Error::new(Kind::PayloadTooLarge, format!("the baggage has more than {MAX_BAGGAGE} bytes"));
            return Err(error.advice("Carry less baggage, or pass it as an argument."));
        }
        Ok(())
    }

    /// Appends the block. Errors as [`Extensions::check`].
    pub fn encode(&self, out: &mut Vec<u8>) -> Result<()> {
        self.check()?;
        if let Some(target) = &self.target {
            out.extend_from_slice(&[TARGET, target.len() as u8]);
            out.extend_from_slice(target.as_bytes());
        }
        if let Some(deadline) = self.deadline_us {
            out.extend_from_slice(&[DEADLINE, 8]);
            out.extend_from_slice(&deadline.to_le_bytes());
        }
        for part in self.baggage.chunks(usize::from(u8::MAX)) {
            out.extend_from_slice(&[BAGGAGE, part.len() as u8]);
            out.extend_from_slice(part);
        }
        if let Some(trace) = &self.trace {
            out.extend_from_slice(&[TRACE, Trace::LENGTH as u8]);
            out.extend_from_slice(&trace.bytes());
        }
        for (id, value) in [(DEPTH, self.depth), (ATTEMPT, self.attempt)] {
            if value != 0 {
                out.extend_from_slice(&[id, 1, value]);
            }
        }
        if let Some(load) = self.load {
            out.extend_from_slice(&[LOAD, 4]);
            out.extend_from_slice(&load.to_le_bytes());
        }
        if let Some(number) = self.number {
            out.extend_from_slice(&[NUMBER, 4]);
            out.extend_from_slice(&number.to_le_bytes());
        }
        Ok(())
    }

    /// Reads a block: unknown extensions are skipped, unless they say that they are critical.
    pub fn decode(mut block: &[u8]) -> Result<Extensions> {
        let mut extensions = Extensions::default();
        let mut baggage = BytesMut::new();
        while let [id, length, rest @ ..] = block {
            let Some((value, rest)) = rest.split_at_checked(usize::from(*length)) else {
                return Err(bad(*id, "is cut off"));
            };
            block = rest;
            match *id {
                TARGET => {
                    let text = str::from_utf8(value).map_err(|_| bad(*id, "is not UTF-8"))?;
                    extensions.target = Some(text.into());
                }
                DEADLINE => extensions.deadline_us = Some(u64::from_le_bytes(fixed(*id, value)?)),
                BAGGAGE if baggage.len() + value.len() > MAX_BAGGAGE => return Err(bad(*id, "is too long")),
                BAGGAGE => baggage.extend_from_slice(value),
                TRACE => extensions.trace = Some(Trace::from_bytes(&fixed(*id, value)?).ok_or_else(|| bad(*id, "is all zeros"))?),
                DEPTH => [extensions.depth] = fixed(*id, value)?,
                ATTEMPT => [extensions.attempt] = fixed(*id, value)?,
                NUMBER => extensions.number = Some(u32::from_le_bytes(fixed(*id, value)?)),
                LOAD => extensions.load = Some(u32::from_le_bytes(fixed(*id, value)?)),
                id if id & CRITICAL != 0 => return Err(bad(id, "is unknown and critical")),
                _ => {}
            }
        }
        extensions.baggage = baggage.freeze();
        if block.is_empty() { Ok(extensions) } else { Err(Error::new(Kind::Protocol, "a frame's extensions are cut off")) }
    }
}

fn fixed<const N: usize>(id: u8, value: &[u8]) -> Result<[u8; N]> {
    value.try_into().map_err(|_| bad(id, "has a wrong length"))
}

fn bad(id: u8, what: &str) -> Error {
    Error::new(Kind::Protocol, format!("extension {id:#04x} of a frame {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_ones_are_skipped_unless_critical() {
        let known = Extensions { depth: 3, ..Extensions::default() };
        let mut block = vec![0x70, 2, 9, 9];
        known.encode(&mut block).unwrap();
        assert_eq!(Extensions::decode(&block).unwrap(), known);
        assert_eq!(Extensions::decode(&[0xf0, 0]).unwrap_err().kind(), Kind::Protocol);
    }

    #[test]
    fn cut_off_and_ill_sized_ones_are_refused() {
        let mut zeros = [0; 27];
        zeros[..2].copy_from_slice(&[9, 25]);
        for block in [&[3u8][..], &[3, 1], &[3, 2, 0, 0], &[0x82, 4, 0, 0, 0, 0], &[0x81, 1, 0xff], &[9, 1, 0], &zeros] {
            assert!(Extensions::decode(block).is_err(), "{block:?}");
        }
    }

    #[test]
    fn long_texts_are_refused() {
        let long = "x".repeat(256);
        let target = Extensions { target: Some(long.as_str().into()), ..Extensions::default() };
        assert_eq!(target.encode(&mut Vec::new()).unwrap_err().kind(), Kind::BadArguments);
        let baggage = |length| Extensions { baggage: vec![7; length].into(), ..Extensions::default() };
        let mut block = Vec::new();
        baggage(MAX_BAGGAGE).encode(&mut block).unwrap();
        assert_eq!(Extensions::decode(&block).unwrap(), baggage(MAX_BAGGAGE));
        block.extend_from_slice(&[BAGGAGE, 1, 7]);
        assert_eq!(Extensions::decode(&block).unwrap_err().kind(), Kind::Protocol);
        let baggage = baggage(MAX_BAGGAGE + 1);
        assert_eq!(baggage.encode(&mut Vec::new()).unwrap_err().kind(), Kind::PayloadTooLarge);
    }
}
