//! Many items in the body of one frame: each u32 length and payload.

use crate::{
    error::{Error, Kind, Result},
    link::INLINE_MOST,
};
use bytes::Bytes;

/// What one item takes besides its payload.
pub(super) const PREFIX: usize = 4;

/// One body of several items.
pub(super) fn pack(items: &[Bytes]) -> Bytes {
    let mut body = Vec::with_capacity(items.iter().map(|item| item.len() + PREFIX).sum());
    for item in items {
        // Bodies of many items are small, see `Sender`.
        body.extend_from_slice(&(item.len() as u32).to_le_bytes());
        body.extend_from_slice(item);
    }
    body.into()
}

/// The items of a body, as slices of it.
pub(super) fn unpack(body: &Bytes) -> Result<Vec<Bytes>> {
    if body.len() > INLINE_MOST {
        return Err(Error::new(
            Kind::Protocol,
            format!("a frame for many items has a body of {} bytes, {INLINE_MOST} are allowed", body.len()),
        ));
    }
    let mut items = Vec::new();
    let mut at = 0;
    while let Some(rest) = body.get(at..).filter(|rest| !rest.is_empty()) {
        let length = rest.first_chunk::<PREFIX>().map(|length| u32::from_le_bytes(*length) as usize);
        let end = length.and_then(|length| (at + PREFIX).checked_add(length)).filter(|end| *end <= body.len());
        let Some(end) = end else { return Err(Error::new(Kind::Protocol, "the items of a frame are cut off")) };
        items.push(body.slice(at + PREFIX..end));
        at = end;
    }
    if items.is_empty() { Err(Error::new(Kind::Protocol, "a frame for many items has none")) } else { Ok(items) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn there_and_back(items in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..50), 1..40)) {
            let items: Vec<Bytes> = items.into_iter().map(Bytes::from).collect();
            prop_assert_eq!(unpack(&pack(&items)).unwrap(), items);
        }

        #[test]
        fn junk_never_panics(body in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = unpack(&Bytes::from(body));
        }
    }

    #[test]
    fn what_is_cut_off_is_refused() {
        let whole = pack(&[Bytes::from_static(b"abc"), Bytes::new()]);
        for length in [0, 3, 6, 9] {
            assert!(unpack(&whole.slice(..length)).is_err(), "{length}");
        }
        assert!(unpack(&Bytes::from_static(&[0xff; 8])).is_err());
        assert!(unpack(&Bytes::from(vec![0; INLINE_MOST + 4])).is_err());
    }
}
