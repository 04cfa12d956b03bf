//! A body that comes in pieces.

use super::INLINE_MOST;
use crate::value;
use bytes::Bytes;

/// A body is placed so that its first large content lies at a multiple of this: processors like it, and Arrow asks for it. So a
/// receiver can look at an array of numbers where it lies.
const ALIGNMENT: usize = 64;

/// A body that grows, without a copy if it comes in one piece.
pub(super) enum Growing {
    /// Nothing came yet.
    Empty,
    /// One piece was all of it.
    Whole(Bytes),
    /// What came, behind so many bytes that only move it to its place.
    Parts(Vec<u8>, usize),
}

impl Growing {
    /// How many bytes came.
    pub(super) fn len(&self) -> usize {
        match self {
            Growing::Empty => 0,
            Growing::Whole(bytes) => bytes.len(),
            Growing::Parts(bytes, before) => bytes.len() - before,
        }
    }

    /// Takes the next piece of a body that will have `length` bytes, which the caller has checked.
    pub(super) fn push(&mut self, piece: Bytes, length: usize) {
        match self {
            Growing::Empty if piece.len() == length => *self = Growing::Whole(piece),
            Growing::Parts(bytes, _) => bytes.extend_from_slice(&piece),
            _ => {
                let mut bytes = Vec::with_capacity(length + ALIGNMENT);
                let content = value::large_content(&piece, INLINE_MOST as u64).unwrap_or_default();
                let before = (bytes.as_ptr() as usize + content).wrapping_neg() % ALIGNMENT;
                bytes.resize(before, 0);
                bytes.extend_from_slice(&piece);
                *self = Growing::Parts(bytes, before);
            }
        }
    }

    /// The body, without a copy.
    pub(super) fn take(self) -> Bytes {
        match self {
            Growing::Empty => Bytes::new(),
            Growing::Whole(bytes) => bytes,
            Growing::Parts(bytes, before) => Bytes::from(bytes).split_off(before),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{Writer, tag};

    #[test]
    fn a_large_array_lies_aligned_whatever_stands_before_it() {
        for before in 0..70 {
            let mut out = Writer::new();
            out.array(2);
            out.text(&"x".repeat(before));
            out.tag(tag::TABLE);
            out.bytes(&vec![7; 300_000]);
            let whole = Bytes::from(out.0);
            let mut growing = Growing::Empty;
            for piece in [0..100_000, 100_000..200_000, 200_000..whole.len()] {
                growing.push(whole.slice(piece), whole.len());
            }
            assert_eq!(growing.len(), whole.len());
            let body = growing.take();
            assert_eq!(body, whole);
            let at = value::large_content(&body, 300_000).unwrap();
            assert_eq!(body[at..].as_ptr() as usize % ALIGNMENT, 0);
        }
    }

    #[test]
    fn one_piece_is_the_body_itself() {
        let whole = Bytes::from(vec![1; 100]);
        let mut growing = Growing::Empty;
        growing.push(whole.clone(), 100);
        assert_eq!(growing.take().as_ptr(), whole.as_ptr());
    }
}
