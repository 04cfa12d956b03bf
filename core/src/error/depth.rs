//! How deep an encoded value is nested, found out without recursion: what comes from a peer is decoded by recursive code only after this.

/// Deepest nesting that is decoded: a failure's chain of causes needs half of it.
const MOST: usize = 64;
/// An open item whose end is marked.
const MARKED: u64 = u64::MAX;

/// Whether the CBOR item at the front is nested no deeper than what recursive code bears. Says nothing else about it.
pub(super) fn is_shallow(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    let mut open: Vec<u64> = Vec::new();
    loop {
        let Some((first, after)) = rest.split_first() else { return true };
        rest = after;
        let (major, info) = (first >> 5, first & 31);
        let argument = match info {
            0..=23 => u64::from(info),
            24..=27 => {
                let size = 1usize << (info - 24);
                let Some((number, after)) = rest.split_at_checked(size) else { return true };
                rest = after;
                number.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte))
            }
            _ => MARKED,
        };
        let inner = match major {
            2 | 3 if info != 31 => {
                let Some(after) = usize::try_from(argument).ok().and_then(|length| rest.get(length..)) else { return true };
                rest = after;
                0
            }
            2..=4 => argument,
            5 if info != 31 => argument.saturating_mul(2).min(MARKED - 1),
            5 => MARKED,
            6 => 1,
            7 if info == 31 => {
                // The end mark of whatever is open.
                open.pop();
                0
            }
            _ => 0,
        };
        if inner > 0 {
            open.push(inner);
            if open.len() > MOST {
                return false;
            }
            continue;
        }
        // An item is complete, and perhaps those around it.
        while let Some(left) = open.last_mut() {
            if *left == MARKED {
                break;
            }
            *left -= 1;
            if *left > 0 {
                break;
            }
            open.pop();
        }
        if open.is_empty() {
            return true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Error, Failure, Kind, MAX_CHAIN};

    /// `{"kind": 9, "failure": {"cause": {"cause": … {} }}}`
    fn nested(depth: usize) -> Vec<u8> {
        let mut bytes = b"\xa2\x64kind\x09\x67failure".to_vec();
        (0..depth).for_each(|_| bytes.extend_from_slice(b"\xa1\x65cause"));
        bytes.push(0xa0);
        bytes
    }

    #[test]
    fn no_peer_can_overflow_the_stack() {
        for depth in [0, 5, 40] {
            assert_ne!(Error::decode(&nested(depth)).kind(), Kind::Protocol, "{depth}");
        }
        for bytes in [nested(100_000), vec![0x81; 100_000], vec![0x9f; 100_000], vec![0xc1; 100_000], vec![0xbf; 100_000]] {
            assert!(!is_shallow(&bytes));
            assert_eq!(Error::decode(&bytes).kind(), Kind::Protocol);
            assert!(Failure::decode(&bytes).is_err());
        }
        let array: Vec<u8> = [0x81u8].repeat(MOST).into_iter().chain([0]).collect();
        assert!(is_shallow(&array) && !is_shallow(&[&[0x81], &array[..]].concat()));
    }

    #[test]
    fn the_deepest_chain_passes() {
        let mut failure = Failure::default();
        for _ in 0..MAX_CHAIN {
            failure = Failure { suppressed: vec![failure.clone()], message: "x".repeat(300), ..Failure::default() };
        }
        assert!(is_shallow(&Error::remote(failure).encode()));
        assert!(is_shallow(b"") && is_shallow(b"\x1a\x00") && is_shallow(b"\x7a\xff\xff\xff\xff") && is_shallow(b"\x9f\x01\xff"));
    }
}
