//! Writes items in preferred encoding.

use super::{Reference, half, tag};

/// A payload being written. Every method appends one head, or one whole item.
#[derive(Clone, Debug, Default)]
pub struct Writer(pub Vec<u8>);

impl Writer {
    /// An empty payload with room for a small message.
    pub fn new() -> Writer {
        Writer(Vec::with_capacity(256))
    }

    #[inline]
    fn head(&mut self, major: u8, argument: u64) {
        let major = major << 5;
        if argument < 24 {
            self.0.push(major | argument as u8);
        } else if argument <= 0xff {
            self.0.extend_from_slice(&[major | 24, argument as u8]);
        } else if argument <= 0xffff {
            let b = (argument as u16).to_be_bytes();
            self.0.extend_from_slice(&[major | 25, b[0], b[1]]);
        } else if argument <= 0xffff_ffff {
            let b = (argument as u32).to_be_bytes();
            self.0.extend_from_slice(&[major | 26, b[0], b[1], b[2], b[3]]);
        } else {
            self.0.push(major | 27);
            self.0.extend_from_slice(&argument.to_be_bytes());
        }
    }

    /// `null`.
    #[inline]
    pub fn null(&mut self) {
        self.0.push(0xf6);
    }

    /// A boolean.
    #[inline]
    pub fn boolean(&mut self, value: bool) {
        self.0.push(0xf4 + u8::from(value));
    }

    /// An integer of at most 64 bits.
    #[inline]
    pub fn signed(&mut self, value: i64) {
        if value < 0 { self.head(1, !value as u64) } else { self.head(0, value as u64) }
    }

    /// An integer from 0 up.
    #[inline]
    pub fn unsigned(&mut self, value: u64) {
        self.head(0, value);
    }

    /// The integer `magnitude`, or `-1 - magnitude`, big-endian: a head when that holds it, else a bignum.
    pub fn integer(&mut self, negative: bool, magnitude: &[u8]) {
        let start = magnitude.iter().position(|b| *b != 0).unwrap_or(magnitude.len());
        let magnitude = &magnitude[start..];
        if magnitude.len() <= 8 {
            let value = magnitude.iter().fold(0u64, |all, b| all << 8 | u64::from(*b));
            self.head(u8::from(negative), value);
        } else {
            self.tag(if negative { tag::NEGATIVE_BIGNUM } else { tag::BIGNUM });
            self.bytes(magnitude);
        }
    }

    /// A float in the shortest form that holds it exactly.
    #[inline]
    pub fn float(&mut self, value: f64) {
        if value.is_nan() {
            self.0.extend_from_slice(&[0xf9, 0x7e, 0x00]);
            return;
        }
        let single = value as f32;
        if f64::from(single) != value {
            self.0.push(0xfb);
            self.0.extend_from_slice(&value.to_be_bytes());
        } else if let Some(bits) = half::narrow(single) {
            self.0.push(0xf9);
            self.0.extend_from_slice(&bits.to_be_bytes());
        } else {
            self.0.push(0xfa);
            self.0.extend_from_slice(&single.to_be_bytes());
        }
    }

    /// A text.
    #[inline]
    pub fn text(&mut self, value: &str) {
        self.head(3, value.len() as u64);
        self.0.extend_from_slice(value.as_bytes());
    }

    /// A string of bytes.
    #[inline]
    pub fn bytes(&mut self, value: &[u8]) {
        self.head(2, value.len() as u64);
        self.0.extend_from_slice(value);
    }

    /// The head of a string of bytes; as many bytes must follow.
    #[inline]
    pub fn bytes_head(&mut self, length: usize) {
        self.head(2, length as u64);
    }

    /// The head of an array; as many items must follow.
    #[inline]
    pub fn array(&mut self, length: usize) {
        self.head(4, length as u64);
    }

    /// The head of a map; as many pairs must follow.
    #[inline]
    pub fn map(&mut self, pairs: usize) {
        self.head(5, pairs as u64);
    }

    /// A tag; one item must follow.
    #[inline]
    pub fn tag(&mut self, number: u64) {
        self.head(6, number);
    }

    /// A reference with its tag.
    pub fn reference(&mut self, reference: &Reference<'_>) {
        self.tag(tag::REFERENCE);
        self.text(&reference.uri());
    }

    /// An instant or a duration with its tag: whole seconds floored, nanoseconds beyond them.
    pub fn moment(&mut self, tag: u64, seconds: i64, nanos: u32) {
        self.tag(tag);
        self.map(1 + usize::from(nanos != 0));
        self.signed(1);
        self.signed(seconds);
        if nanos != 0 {
            self.signed(-9);
            self.unsigned(nanos.into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Writer)) -> Vec<u8> {
        let mut writer = Writer::new();
        write(&mut writer);
        writer.0
    }

    #[test]
    fn heads_are_shortest() {
        assert_eq!(written(|w| w.signed(23)), [0x17]);
        assert_eq!(written(|w| w.signed(24)), [0x18, 24]);
        assert_eq!(written(|w| w.signed(-257)), [0x39, 1, 0]);
        assert_eq!(written(|w| w.unsigned(u64::MAX)), [0x1b, 255, 255, 255, 255, 255, 255, 255, 255]);
        assert_eq!(written(|w| w.signed(i64::MIN)), [0x3b, 127, 255, 255, 255, 255, 255, 255, 255]);
        assert_eq!(written(|w| w.tag(tag::RECORD)), [0xda, 0x54, 0x57, 0, 2]);
    }

    #[test]
    fn integers_lose_their_zeros() {
        assert_eq!(written(|w| w.integer(false, &[0, 0, 5])), [5]);
        assert_eq!(written(|w| w.integer(true, &[])), [0x20]);
        assert_eq!(written(|w| w.integer(false, &[0, 1, 0, 0, 0, 0, 0, 0, 0, 0])), [0xc2, 0x49, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
    }
}
