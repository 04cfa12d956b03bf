//! What a call carries besides its arguments, from its root to whatever is called inside it: texts by name.

use crate::error::{Error, Kind, Result};
use bytes::Bytes;
use minicbor_serde::{from_slice, to_vec};
use std::collections::BTreeMap;

/// Most bytes of encoded baggage: every call pays for them.
pub const MAX_BAGGAGE: usize = 2048;

/// Texts by name.
pub type Baggage = BTreeMap<String, String>;

/// The encoded form; nothing for no baggage. Errors: `PayloadTooLarge`.
pub fn encode_baggage(baggage: &Baggage) -> Result<Bytes> {
    if baggage.is_empty() {
        return Ok(Bytes::new());
    }
    let encoded = to_vec(baggage).map_err(|e| Error::internal(format!("baggage: {e}")))?;
    if encoded.len() > MAX_BAGGAGE {
        let text = format!("the baggage has {} bytes, {MAX_BAGGAGE} are allowed", encoded.len());
        return Err(Error::new(Kind::PayloadTooLarge, text).advice("Carry less baggage, or pass it as an argument."));
    }
    Ok(encoded.into())
}

/// Reads the encoded form. Errors: `Protocol`.
pub fn decode_baggage(encoded: &[u8]) -> Result<Baggage> {
    if encoded.is_empty() {
        return Ok(Baggage::new());
    }
    from_slice(encoded).map_err(|e| Error::new(Kind::Protocol, format!("the baggage of a call can't be read: {e}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(length: usize) -> Baggage {
        Baggage::from([("tenant".to_owned(), "x".repeat(length))])
    }

    #[test]
    fn leads_back_within_its_limit() {
        // A map's head, the name with its head, the text with its head of three bytes.
        let most = MAX_BAGGAGE - 1 - 7 - 3;
        assert_eq!(decode_baggage(&encode_baggage(&one(most)).unwrap()).unwrap(), one(most));
        assert_eq!(encode_baggage(&one(most + 1)).unwrap_err().kind(), Kind::PayloadTooLarge);
        assert_eq!(encode_baggage(&Baggage::new()).unwrap(), Bytes::new());
        assert_eq!(decode_baggage(&[]).unwrap(), Baggage::new());
    }

    #[test]
    fn garbage_is_refused() {
        for bytes in [&[0xff][..], &[0xa1, 0x61, b'x'], &[0xa1, 1, 1], &[0x80]] {
            assert_eq!(decode_baggage(bytes).unwrap_err().kind(), Kind::Protocol);
        }
    }
}
