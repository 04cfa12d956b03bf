//! The first words on a link: `Hello` from the dialler, then `Welcome` or `Refuse` from the acceptor.
//!
//! Each is a little-endian u32 length and one encoded value (a map with text keys, of which `what` says which of the three it is).
//! This layout never changes; what it carries may grow, so keys that this version doesn't know are skipped.

use crate::{
    config::NodeId,
    error::{Error, Kind, Result},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// The protocol version that this build speaks; it speaks no other yet.
pub const VERSION: u16 = 1;
/// Longest encoded value of a first word, in bytes.
pub const FIRST_WORD_MOST: usize = 16 << 10;

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// The one link of a pair of nodes.
    Pair,
    /// Bodies above 64 KiB that were announced on the pair link.
    Bulk,
}

/// What each side of a link says about itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// Its node id.
    pub from: NodeId,
    /// Its name.
    pub name: String,
    /// `python`, `java` or `rust`.
    #[serde(default)]
    pub language: String,
    /// Optional abilities, one bit each.
    #[serde(default)]
    pub features: u64,
    /// Version of its node record; 0 when it has none yet.
    #[serde(default)]
    pub record_version: u64,
    /// SHA-256 of its node record, if it has one.
    #[serde(default, with = "serde_bytes", skip_serializing_if = "Option::is_none")]
    pub record_digest: Option<Vec<u8>>,
}

/// The dialler's first word.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// Lowest protocol version that it speaks.
    pub min: u16,
    /// Highest protocol version that it speaks.
    pub max: u16,
    /// Which cluster it means: the first 16 bytes of SHA-256(root's public key info ‖ cluster name).
    #[serde(with = "serde_bytes")]
    pub cluster: Vec<u8>,
    /// Which life of the cluster it means; 0 until there is a meta group.
    #[serde(default)]
    pub incarnation: u64,
    /// Whom it means to reach; nobody in particular only towards a seed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<NodeId>,
    /// What the link is for.
    pub purpose: Purpose,
    /// The dialler.
    #[serde(flatten)]
    pub about: About,
}

/// The acceptor's word that opens the link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    /// The version that both sides speak from here on.
    pub version: u16,
    /// The acceptor.
    #[serde(flatten)]
    pub about: About,
}

/// The acceptor's word that ends the link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refuse {
    /// Number of the error's kind.
    pub kind: u16,
    /// What happened, naming both sides.
    pub text: String,
}

/// What the acceptor may say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reception {
    /// The link is open.
    Welcome(Welcome),
    /// The link is refused.
    Refuse(Refuse),
}

impl Hello {
    /// The bytes to send.
    pub fn encode(&self) -> Result<Vec<u8>> {
        encode("hello", self)
    }

    /// Reads the encoded value (without its length).
    pub fn decode(value: &[u8]) -> Result<Hello> {
        match what(value)?.as_str() {
            "hello" => decode("hello", value),
            other => Err(unexpected("hello", other)),
        }
    }
}

impl Reception {
    /// The bytes to send.
    pub fn encode(&self) -> Result<Vec<u8>> {
        match self {
            Reception::Welcome(welcome) => encode("welcome", welcome),
            Reception::Refuse(refuse) => encode("refuse", refuse),
        }
    }

    /// Reads the encoded value (without its length).
    pub fn decode(value: &[u8]) -> Result<Reception> {
        match what(value)?.as_str() {
            "welcome" => Ok(Reception::Welcome(decode("welcome", value)?)),
            "refuse" => Ok(Reception::Refuse(decode("refuse", value)?)),
            other => Err(unexpected("welcome", other)),
        }
    }
}

impl Refuse {
    /// A refusal that carries this error's kind and text.
    pub fn of(error: &Error) -> Refuse {
        let mut text: String = error.message().chars().take(1000).collect();
        if text.is_empty() {
            text = error.kind().name().to_owned();
        }
        Refuse { kind: error.kind() as u16, text }
    }

    /// The error that the dialler raises.
    pub fn error(&self, peer: &str) -> Error {
        let text: String = self.text.chars().filter(|c| !c.is_control()).take(1000).collect();
        Error::new(Kind::from_number(self.kind), text).node(peer)
    }
}

/// Looks whether `buffer` begins with a whole first word: the range of its value once it is all there.
/// A length beyond the limit is refused before anything is kept for it.
pub fn first_word(buffer: &[u8]) -> Result<Option<std::ops::Range<usize>>> {
    let Some(head) = buffer.first_chunk::<4>() else { return Ok(None) };
    let length = u32::from_le_bytes(*head) as usize;
    if length == 0 || length > FIRST_WORD_MOST {
        return Err(protocol(format!("a first word of {length} bytes, 1 to {FIRST_WORD_MOST} are allowed")));
    }
    Ok((buffer.len() >= 4 + length).then_some(4..4 + length))
}

/// The highest version that both speak; `us` and `them` name the sides in the error.
pub fn agree(us: &str, them: &str, min: u16, max: u16) -> Result<u16> {
    if min <= VERSION && VERSION <= max {
        return Ok(VERSION);
    }
    Err(Error::new(
        Kind::VersionMismatch,
        format!("node `{us}` speaks protocol version {VERSION} only, node `{them}` speaks {min} to {max}"),
    ))
}

#[derive(Serialize)]
struct Word<'a, T> {
    what: &'a str,
    #[serde(flatten)]
    value: &'a T,
}

#[derive(Deserialize)]
struct What {
    what: String,
}

fn encode<T: Serialize>(what: &str, value: &T) -> Result<Vec<u8>> {
    let value = minicbor_serde::to_vec(Word { what, value }).map_err(|e| Error::internal(format!("a first word can't be written: {e}")))?;
    if value.len() > FIRST_WORD_MOST {
        return Err(Error::internal(format!("a first word of {} bytes", value.len())));
    }
    let length = u32::try_from(value.len()).unwrap_or(u32::MAX);
    Ok([&length.to_le_bytes()[..], &value].concat())
}

fn what(value: &[u8]) -> Result<String> {
    minicbor_serde::from_slice::<What>(value).map(|w| w.what).map_err(|e| protocol(format!("a first word can't be read: {e}")))
}

fn decode<T: DeserializeOwned>(what: &str, value: &[u8]) -> Result<T> {
    minicbor_serde::from_slice(value).map_err(|e| protocol(format!("a `{what}` can't be read: {e}")))
}

fn unexpected(wanted: &str, got: &str) -> Error {
    protocol(format!("`{wanted}` expected as the first word, `{}` came", got.chars().take(32).collect::<String>()))
}

fn protocol(message: String) -> Error {
    Error::new(Kind::Protocol, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hello() -> Hello {
        Hello {
            min: 1,
            max: 3,
            cluster: vec![7; 16],
            incarnation: 0,
            to: Some(NodeId::from_bytes([2; 16])),
            purpose: Purpose::Bulk,
            about: About {
                from: NodeId::from_bytes([1; 16]),
                name: "ops".into(),
                language: "java".into(),
                features: 5,
                record_version: 9,
                record_digest: Some(vec![3; 32]),
            },
        }
    }

    fn value(bytes: &[u8]) -> &[u8] {
        &bytes[first_word(bytes).unwrap().unwrap()]
    }

    #[test]
    fn words_round_trip() {
        let bytes = hello().encode().unwrap();
        assert_eq!(Hello::decode(value(&bytes)).unwrap(), hello());
        let mut seed = hello();
        seed.to = None;
        seed.about.record_digest = None;
        assert_eq!(Hello::decode(value(&seed.encode().unwrap())).unwrap(), seed);
        for reception in [
            Reception::Welcome(Welcome { version: 1, about: hello().about }),
            Reception::Refuse(Refuse { kind: Kind::VersionMismatch as u16, text: "no".into() }),
        ] {
            assert_eq!(Reception::decode(value(&reception.encode().unwrap())).unwrap(), reception);
        }
        assert!(Reception::decode(value(&bytes)).is_err_and(|e| e.kind() == Kind::Protocol));
    }

    #[test]
    fn unknown_keys_are_skipped() {
        #[derive(Serialize)]
        struct Newer {
            what: &'static str,
            kind: u16,
            text: &'static str,
            shiny: Vec<u64>,
        }
        let bytes = minicbor_serde::to_vec(Newer { what: "refuse", kind: 2, text: "later", shiny: vec![1, 2] }).unwrap();
        assert_eq!(Reception::decode(&bytes).unwrap(), Reception::Refuse(Refuse { kind: 2, text: "later".into() }));
    }

    #[test]
    fn partial_and_oversized_words() {
        let bytes = hello().encode().unwrap();
        for cut in 0..bytes.len() {
            assert_eq!(first_word(&bytes[..cut]).unwrap(), None);
        }
        for length in [0, FIRST_WORD_MOST as u32 + 1, u32::MAX] {
            assert!(first_word(&length.to_le_bytes()).is_err());
        }
        for cut in 0..bytes.len() - 4 {
            assert!(Hello::decode(&bytes[4..4 + cut]).is_err(), "{cut}");
        }
    }

    #[test]
    fn versions_name_both_sides() {
        assert_eq!(agree("a", "b", 1, 9).unwrap(), 1);
        let error = agree("new", "old", 2, 3).unwrap_err();
        assert_eq!(error.kind(), Kind::VersionMismatch);
        assert!(error.message().contains("`new`") && error.message().contains("`old`") && error.message().contains("2 to 3"));
    }
}
