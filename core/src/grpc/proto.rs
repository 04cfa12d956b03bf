//! The protobuf wire format, as much of it as messages need that are known only at run time.

use crate::error::{Error, Kind, Result};

pub(super) const VARINT: u32 = 0;
const FIXED64: u32 = 1;
pub(super) const LEN: u32 = 2;
const FIXED32: u32 = 5;

/// A message being written.
#[derive(Clone, Debug, Default)]
pub(super) struct Message(pub(super) Vec<u8>);

impl Message {
    pub(super) fn new() -> Message {
        Message::default()
    }

    pub(super) fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    pub(super) fn tag(&mut self, field: u32, wire: u32) {
        self.varint(u64::from(field << 3 | wire));
    }

    pub(super) fn uint(&mut self, field: u32, value: u64) {
        self.tag(field, VARINT);
        self.varint(value);
    }

    pub(super) fn boolean(&mut self, field: u32, value: bool) {
        self.uint(field, u64::from(value));
    }

    pub(super) fn double(&mut self, field: u32, value: f64) {
        self.tag(field, FIXED64);
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    pub(super) fn bytes(&mut self, field: u32, value: &[u8]) {
        self.tag(field, LEN);
        self.varint(value.len() as u64);
        self.0.extend_from_slice(value);
    }

    pub(super) fn text(&mut self, field: u32, value: &str) {
        self.bytes(field, value.as_bytes());
    }

    /// A message inside, written in place: its length is put in front once it is known.
    pub(super) fn nested<T>(&mut self, field: u32, write: impl FnOnce(&mut Message) -> T) -> T {
        self.tag(field, LEN);
        let start = self.0.len();
        let result = write(self);
        let mut length = Message::new();
        length.varint((self.0.len() - start) as u64);
        self.0.splice(start..start, length.0);
        result
    }
}

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Wire<'a> {
    Varint(u64),
    Fixed64(u64),
    Fixed32(u32),
    Len(&'a [u8]),
}

impl<'a> Wire<'a> {
    pub(super) fn bytes(self) -> Result<&'a [u8]> {
        match self {
            Wire::Len(bytes) => Ok(bytes),
            _ => Err(bad("a field has another type than its definition")),
        }
    }

    pub(super) fn text(self) -> Result<&'a str> {
        std::str::from_utf8(self.bytes()?).map_err(|_| bad("a string isn't UTF-8"))
    }

    pub(super) fn varint(self) -> Result<u64> {
        match self {
            Wire::Varint(value) => Ok(value),
            _ => Err(bad("a field has another type than its definition")),
        }
    }

    pub(super) fn double(self) -> Result<f64> {
        match self {
            Wire::Fixed64(bits) => Ok(f64::from_bits(bits)),
            _ => Err(bad("a field has another type than its definition")),
        }
    }
}

/// Reads the fields of one message, in their order.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    pub(super) fn new(message: &'a [u8]) -> Fields<'a> {
        Fields(message)
    }

    /// The next field and its number; nothing at the end. Every length is checked against the bytes that are there.
    pub(super) fn next(&mut self) -> Result<Option<(u32, Wire<'a>)>> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let key = self.varint()?;
        let field =
            u32::try_from(key >> 3).ok().filter(|field| (1..1 << 29).contains(field)).ok_or_else(|| bad("a field number is wrong"))?;
        let value = match (key & 7) as u32 {
            VARINT => Wire::Varint(self.varint()?),
            FIXED64 => Wire::Fixed64(u64::from_le_bytes(self.fixed()?)),
            FIXED32 => Wire::Fixed32(u32::from_le_bytes(self.fixed()?)),
            LEN => {
                let length = self.varint()?;
                let length = usize::try_from(length).ok().filter(|length| *length <= self.0.len()).ok_or_else(cut_off)?;
                let (bytes, rest) = self.0.split_at(length);
                self.0 = rest;
                Wire::Len(bytes)
            }
            _ => return Err(bad("a field has an unknown wire type")),
        };
        Ok(Some((field, value)))
    }

    /// The next number of a packed field; nothing at the end.
    pub(super) fn packed(&mut self, fixed: bool) -> Result<Option<Wire<'a>>> {
        if self.0.is_empty() {
            return Ok(None);
        }
        Ok(Some(if fixed { Wire::Fixed64(u64::from_le_bytes(self.fixed()?)) } else { Wire::Varint(self.varint()?) }))
    }

    fn varint(&mut self) -> Result<u64> {
        let mut value = 0u64;
        for at in 0..10 {
            let (byte, rest) = self.0.split_first().ok_or_else(cut_off)?;
            self.0 = rest;
            // The tenth byte holds one bit only.
            if at == 9 && *byte > 1 {
                break;
            }
            value |= u64::from(byte & 0x7f) << (7 * at);
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(bad("a number is too long"))
    }

    fn fixed<const N: usize>(&mut self) -> Result<[u8; N]> {
        let (bytes, rest) = self.0.split_first_chunk::<N>().ok_or_else(cut_off)?;
        self.0 = rest;
        Ok(*bytes)
    }
}

/// A request that isn't what its definition says.
pub(super) fn bad(why: impl std::fmt::Display) -> Error {
    Error::new(Kind::BadArguments, format!("the message can't be read: {why}"))
        .advice("Take the service's definition again from this node's reflection: it is made from the live service.")
}

fn cut_off() -> Error {
    bad("it ends inside of a field")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let mut message = Message::new();
        message.uint(1, u64::MAX);
        message.double(2, -0.5);
        message.text(300, "ä");
        message.nested(4, |inner| inner.bytes(1, &[7; 200]));
        let mut fields = Fields::new(&message.0);
        assert_eq!(fields.next(), Ok(Some((1, Wire::Varint(u64::MAX)))));
        assert_eq!(fields.next().unwrap().unwrap().1.double(), Ok(-0.5));
        assert_eq!(fields.next().unwrap().unwrap().1.text(), Ok("ä"));
        let inner = fields.next().unwrap().unwrap().1.bytes().unwrap();
        assert_eq!(Fields::new(inner).next(), Ok(Some((1, Wire::Len(&[7; 200])))));
        assert_eq!(fields.next(), Ok(None));
    }

    #[test]
    fn lies_are_refused() {
        for lie in [
            &[0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f][..],
            &[0x0a, 0x02, 0x00],
            &[0x08],
            &[0x09, 1, 2, 3],
            &[0x00, 0x00],
            &[0x0b],
            &[0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02],
        ] {
            assert!(Fields::new(lie).next().is_err_and(|e| e.kind() == Kind::BadArguments), "{lie:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..100)) {
            let mut fields = Fields::new(&bytes);
            while let Ok(Some(_)) = fields.next() {}
        }
    }
}
