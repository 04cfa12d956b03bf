//! Where the contents of strings lie in a payload, without decoding it; also of one of which only the beginning is there.

/// Beginning that is looked at: whatever stands before a message's first large content is short, or not worth the search.
const LOOKED_AT: usize = 4096;

/// Heads that are passed at most: a payload may have as many as it has bytes, and the search must not take longer than its decoding.
const MOST_HEADS: usize = 1 << 16;

/// The content of a string, as its head claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Content {
    /// Whether they are bytes, else text.
    pub is_bytes: bool,
    /// Where it begins in the payload.
    pub start: usize,
    /// How long it is, in bytes; it may end beyond what is there.
    pub length: u64,
}

/// The strings of a payload in their order. A payload is a plain sequence of heads and contents, because only definite lengths are legal.
/// What isn't legal ends the search, and so does a content that isn't all there, or the 65,536th head. Nothing is checked.
pub fn contents(payload: &[u8]) -> impl Iterator<Item = Content> {
    let (mut at, mut left) = (Some(0), MOST_HEADS);
    std::iter::from_fn(move || {
        loop {
            left = left.checked_sub(1)?;
            let (major, argument, start) = head(payload, at?)?;
            let is_bytes = major == 2;
            if !is_bytes && major != 3 {
                at = Some(start);
                continue;
            }
            at = usize::try_from(argument).ok().and_then(|length| start.checked_add(length));
            return Some(Content { is_bytes, start, length: argument });
        }
    })
}

/// Major type and argument of the head at `at`, and where it ends.
fn head(payload: &[u8], at: usize) -> Option<(u8, u64, usize)> {
    let first = *payload.get(at)?;
    let width = match first & 0x1f {
        info @ 0..=23 => return Some((first >> 5, info.into(), at + 1)),
        info @ 24..=27 => 1 << (info - 24),
        _ => return None,
    };
    let argument = payload.get(at + 1..at + 1 + width)?;
    Some((first >> 5, argument.iter().fold(0, |all, byte| all << 8 | u64::from(*byte)), at + 1 + width))
}

/// Offset of the first string of at least `least` bytes, if it begins early in the payload.
///
/// Whoever puts a growing payload into memory can place it so that this content lies aligned, and its receiver needs no copy.
pub fn large_content(beginning: &[u8], least: u64) -> Option<usize> {
    let looked_at = beginning.get(..LOOKED_AT).unwrap_or(beginning);
    contents(looked_at).find(|content| content.length >= least).map(|content| content.start)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{Writer, tag};

    fn arguments(before: &str, length: usize) -> Vec<u8> {
        let mut out = Writer::new();
        out.array(2);
        out.array(2);
        out.text(before);
        out.tag(tag::TABLE);
        out.bytes(&vec![7; length]);
        out.map(0);
        out.0
    }

    #[test]
    fn the_first_large_content_is_found() {
        let payload = arguments("orders", 100_000);
        let at = large_content(&payload[..300], 65_536).unwrap();
        assert_eq!(at, 2 + 7 + 5 + 5);
        assert_eq!(payload[at..at + 100_000], vec![7; 100_000]);
        assert_eq!(large_content(&payload, 100_001), None);
    }

    #[test]
    fn the_search_ends_after_so_many_heads() {
        let behind = |heads: usize| [vec![0; heads], vec![0x43, 1, 2, 3]].concat();
        assert_eq!(contents(&behind(MOST_HEADS - 1)).count(), 1);
        assert_eq!(contents(&behind(MOST_HEADS)).count(), 0);
    }

    #[test]
    fn what_comes_late_or_never_is_not_found() {
        assert_eq!(large_content(&arguments(&"x".repeat(5000), 100_000), 65_536), None);
        assert_eq!(large_content(&arguments("orders", 100), 65_536), None);
        assert_eq!(large_content(&[], 1), None);
        assert_eq!(large_content(&[0x9f], 1), None);
        assert_eq!(large_content(&[0x5b, 0xff], 1), None);
        assert_eq!(large_content(&[0x5b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], 1), Some(9));
    }
}
