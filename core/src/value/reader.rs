//! Reads heads, and refuses whatever isn't preferred encoding.

use super::{Fault, half};

/// The head of an item; lengths are already known to fit the remaining bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Head {
    /// An integer from 0 up.
    Unsigned(u64),
    /// The integer -1 - n.
    Negative(u64),
    /// A string of so many bytes, which follow.
    Bytes(usize),
    /// A text of so many bytes, which follow.
    Text(usize),
    /// An array of so many items.
    Array(usize),
    /// A map of so many pairs.
    Map(usize),
    /// A tag; its item follows.
    Tag(u64),
    /// A boolean.
    Boolean(bool),
    /// `null`.
    Null,
    /// A float of any width.
    Float(f64),
}

impl Head {
    /// What the item is, for messages: "an integer", "a text", ...
    pub fn noun(&self) -> &'static str {
        match self {
            Head::Unsigned(_) | Head::Negative(_) => "an integer",
            Head::Bytes(_) => "bytes",
            Head::Text(_) => "a text",
            Head::Array(_) => "an array",
            Head::Map(_) => "a map",
            Head::Tag(_) => "a tagged value",
            Head::Boolean(_) => "a boolean",
            Head::Null => "null",
            Head::Float(_) => "a float",
        }
    }
}

/// A place in a payload. Copying it remembers the place.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    /// A reader at the start of the payload.
    pub fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader { bytes, at: 0 }
    }

    /// How many bytes were read.
    #[inline]
    pub fn position(&self) -> usize {
        self.at
    }

    /// How many bytes are left.
    #[inline]
    pub fn remaining(&self) -> usize {
        self.bytes.len() - self.at
    }

    /// The bytes from `start` to here.
    #[inline]
    pub fn since(&self, start: usize) -> &'a [u8] {
        self.bytes.get(start..self.at).unwrap_or_default()
    }

    /// The next so many bytes.
    #[inline]
    pub fn take(&mut self, length: usize) -> Result<&'a [u8], Fault> {
        match self.bytes.get(self.at..self.at.saturating_add(length)) {
            Some(taken) => {
                self.at += length;
                Ok(taken)
            }
            None => Err(cut_off()),
        }
    }

    #[inline]
    fn fixed<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        match self.bytes.get(self.at..).and_then(|rest| rest.first_chunk::<N>()) {
            Some(taken) => {
                self.at += N;
                Ok(*taken)
            }
            None => Err(cut_off()),
        }
    }

    /// The next head. A string's bytes, an array's items and a map's pairs are checked against the remaining bytes.
    #[inline]
    pub fn head(&mut self) -> Result<Head, Fault> {
        let [first] = self.fixed()?;
        let (major, info) = (first >> 5, first & 0x1f);
        if major == 7 {
            return self.simple(info);
        }
        let argument = if info < 24 { u64::from(info) } else { self.argument(info)? };
        match major {
            0 => Ok(Head::Unsigned(argument)),
            1 => Ok(Head::Negative(argument)),
            2 => Ok(Head::Bytes(self.length(argument, 1)?)),
            3 => Ok(Head::Text(self.length(argument, 1)?)),
            4 => Ok(Head::Array(self.length(argument, 1)?)),
            5 => Ok(Head::Map(self.length(argument, 2)?)),
            _ => Ok(Head::Tag(argument)),
        }
    }

    /// The head of the next item, which stays unread.
    #[inline]
    pub fn peek(&self) -> Result<Head, Fault> {
        let mut copy = *self;
        copy.head()
    }

    /// The head's argument when it doesn't stand in the first byte.
    fn argument(&mut self, info: u8) -> Result<u64, Fault> {
        let (argument, least) = match info {
            24 => (u64::from(self.fixed::<1>()?[0]), 24),
            25 => (u64::from(u16::from_be_bytes(self.fixed()?)), 0x100),
            26 => (u64::from(u32::from_be_bytes(self.fixed()?)), 0x1_0000),
            27 => (u64::from_be_bytes(self.fixed()?), 0x1_0000_0000),
            31 => return Err(Fault::new("an indefinite length, which payloads don't have")),
            _ => return Err(Fault::new("a reserved head")),
        };
        if argument < least { Err(Fault::new("a head that is longer than needed")) } else { Ok(argument) }
    }

    #[inline]
    fn length(&self, argument: u64, each: u64) -> Result<usize, Fault> {
        let rest = self.remaining() as u64;
        if argument.saturating_mul(each) > rest {
            return Err(Fault::new(format!("a length of {argument}, but only {rest} bytes are left")));
        }
        Ok(argument as usize)
    }

    fn simple(&mut self, info: u8) -> Result<Head, Fault> {
        match info {
            20 => Ok(Head::Boolean(false)),
            21 => Ok(Head::Boolean(true)),
            22 => Ok(Head::Null),
            25 => {
                let bits = u16::from_be_bytes(self.fixed()?);
                let number = half::widen(bits);
                if number.is_nan() && bits != 0x7e00 { Err(not_shortest()) } else { Ok(Head::Float(number)) }
            }
            26 => {
                let number = f32::from_be_bytes(self.fixed()?);
                if number.is_nan() || half::narrow(number).is_some() { Err(not_shortest()) } else { Ok(Head::Float(number.into())) }
            }
            27 => {
                let number = f64::from_be_bytes(self.fixed()?);
                if number.is_nan() || f64::from(number as f32) == number { Err(not_shortest()) } else { Ok(Head::Float(number)) }
            }
            31 => Err(Fault::new("a break outside of an indefinite length")),
            _ => Err(Fault::new("a simple value that isn't false, true or null")),
        }
    }

    /// The bytes of a text whose head was just read.
    #[inline]
    pub fn text(&mut self, length: usize) -> Result<&'a str, Fault> {
        let bytes = self.take(length)?;
        std::str::from_utf8(bytes).map_err(|e| Fault::new(format!("a text that isn't UTF-8 at its byte {}", e.valid_up_to())))
    }

    /// Nothing may follow the one item of a payload.
    pub fn end(&self) -> Result<(), Fault> {
        match self.remaining() {
            0 => Ok(()),
            more => Err(Fault::new(format!("{more} bytes after the end of the value"))),
        }
    }
}

fn cut_off() -> Fault {
    Fault::new("the payload ends inside of the value")
}

fn not_shortest() -> Fault {
    Fault::new("a float that isn't in its shortest form")
}
