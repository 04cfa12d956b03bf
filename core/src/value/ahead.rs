//! Where large contents will lie in a payload of which only the beginning is there.

/// Beginning that is looked at: whatever stands before a message's first large content is short, or not worth the search.
const LOOKED_AT: usize = 4096;

/// Offset of the first string of at least `least` bytes, if it begins early in the payload. Nothing is checked.
///
/// Whoever puts a growing payload into memory can place it so that this content lies aligned, and its receiver needs no copy.
pub fn large_content(beginning: &[u8], least: u64) -> Option<usize> {
    let mut rest = beginning.get(..LOOKED_AT).unwrap_or(beginning);
    let all = rest.len();
    while let Some((first, after)) = rest.split_first() {
        let width = match first & 0x1f {
            0..=23 => 0,
            info @ 24..=27 => 1 << (info - 24),
            _ => return None,
        };
        let argument = after.get(..width)?;
        rest = after.get(width..)?;
        let length = if width == 0 { u64::from(first & 0x1f) } else { argument.iter().fold(0, |all, b| all << 8 | u64::from(*b)) };
        if matches!(first >> 5, 2 | 3) {
            if length >= least {
                return Some(all - rest.len());
            }
            rest = rest.get(usize::try_from(length).ok()?..)?;
        }
    }
    None
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
    fn what_comes_late_or_never_is_not_found() {
        assert_eq!(large_content(&arguments(&"x".repeat(5000), 100_000), 65_536), None);
        assert_eq!(large_content(&arguments("orders", 100), 65_536), None);
        assert_eq!(large_content(&[], 1), None);
        assert_eq!(large_content(&[0x9f], 1), None);
        assert_eq!(large_content(&[0x5b, 0xff], 1), None);
        assert_eq!(large_content(&[0x5b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], 1), Some(9));
    }
}
