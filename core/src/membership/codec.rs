//! The bytes of a `Gossip` frame.
//!
//! `u8 kind · u64 version of the sender's record · 8 bytes of its digest`, little-endian, then by kind:
//! 1 the failure detector's own packet (empty: only the header counts), 2 a member list, 3 node ids whose addresses the sender wants.
//! So every packet, whatever it is for, also tells which record its sender has published.

use super::{
    identity::Identity,
    record::{MAX_ADDRESS, MAX_ADDRESSES},
};
use crate::config::NodeId;
use bytes::{Buf, BufMut, Bytes, BytesMut, TryGetError};
use foca::{Header, Member, Message, State};
use std::fmt;

/// Largest packet of the detector. A stream carries it, so that no datagram limit applies.
pub(crate) const MAX_DETECTOR: usize = 16 << 10;
/// Largest member list: below the size at which a body would travel by the bulk link.
pub(crate) const MAX_LIST: usize = 60 << 10;
/// Most ids of one question.
pub(crate) const MAX_ASKED: usize = 256;

const DETECTOR: u8 = 1;
const LIST: u8 = 2;
const ASK: u8 = 3;
const IDENTITY: usize = 16 + 4;
const MEMBER: usize = IDENTITY + 2 + 1;

/// Bytes that are no packet.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Malformed(&'static str);

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "malformed gossip: {}", self.0)
    }
}

impl std::error::Error for Malformed {}

impl From<TryGetError> for Malformed {
    fn from(_: TryGetError) -> Malformed {
        Malformed("it ends early")
    }
}

/// Which record a node has published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Announced {
    pub(crate) version: u64,
    pub(crate) mark: [u8; 8],
}

/// One line of a member list.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    pub(crate) member: Member<Identity>,
    /// Where the node runs (`Place::tag`) and listens: a hint for dialling, proven by the handshake.
    pub(crate) place: u64,
    pub(crate) addresses: Vec<String>,
}

/// What a `Gossip` frame holds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Packet {
    Detector(Bytes),
    List(Vec<Entry>),
    Ask(Vec<NodeId>),
}

impl Packet {
    /// Encodes it. A list is cut at [`MAX_LIST`]: its first entries count most.
    pub(crate) fn encode(&self, from: Announced) -> Bytes {
        let mut out = BytesMut::new();
        out.put_u8(match self {
            Packet::Detector(_) => DETECTOR,
            Packet::List(_) => LIST,
            Packet::Ask(_) => ASK,
        });
        out.put_u64_le(from.version);
        out.put_slice(&from.mark);
        match self {
            Packet::Detector(bytes) => out.put_slice(bytes),
            Packet::List(entries) => {
                for entry in entries {
                    let before = out.len();
                    put_entry(&mut out, entry);
                    if out.len() > MAX_LIST {
                        out.truncate(before);
                        break;
                    }
                }
            }
            Packet::Ask(nodes) => nodes.iter().take(MAX_ASKED).for_each(|node| out.put_slice(&node.bytes())),
        }
        out.freeze()
    }

    /// Reads it; bounded, since a peer wrote it.
    pub(crate) fn decode(mut bytes: Bytes) -> Result<(Announced, Packet), Malformed> {
        let kind = bytes.try_get_u8()?;
        let version = bytes.try_get_u64_le()?;
        let mut mark = [0; 8];
        bytes.try_copy_to_slice(&mut mark)?;
        let packet = match kind {
            DETECTOR if bytes.len() <= MAX_DETECTOR => Packet::Detector(bytes),
            LIST if bytes.len() <= MAX_LIST => {
                let mut entries = Vec::new();
                while bytes.has_remaining() {
                    entries.push(get_entry(&mut bytes)?);
                }
                Packet::List(entries)
            }
            ASK if bytes.len() <= MAX_ASKED * 16 => {
                let mut nodes = Vec::new();
                while bytes.has_remaining() {
                    nodes.push(get_node(&mut bytes)?);
                }
                Packet::Ask(nodes)
            }
            DETECTOR | LIST | ASK => return Err(Malformed("it is too long")),
            _ => return Err(Malformed("unknown kind")),
        };
        Ok((Announced { version, mark }, packet))
    }
}

/// Who wrote a packet of the detector, and with which incarnation: its first fields.
pub(crate) fn source(mut packet: &[u8]) -> Result<(Identity, u16), Malformed> {
    Ok((get_identity(&mut packet)?, packet.try_get_u16_le()?))
}

fn put_entry(out: &mut BytesMut, entry: &Entry) {
    put_member(out, &entry.member);
    out.put_u64_le(entry.place);
    let fitting = || entry.addresses.iter().filter(|a| a.len() <= MAX_ADDRESS).take(MAX_ADDRESSES);
    out.put_u8(fitting().count() as u8);
    for address in fitting() {
        out.put_u8(address.len() as u8);
        out.put_slice(address.as_bytes());
    }
}

fn get_entry(bytes: &mut Bytes) -> Result<Entry, Malformed> {
    let member = get_member(&mut *bytes)?;
    let place = bytes.try_get_u64_le()?;
    let count = usize::from(bytes.try_get_u8()?);
    if count > MAX_ADDRESSES {
        return Err(Malformed("too many addresses"));
    }
    let mut addresses = Vec::with_capacity(count);
    for _ in 0..count {
        let length = usize::from(bytes.try_get_u8()?);
        if bytes.len() < length {
            return Err(Malformed("it ends early"));
        }
        let text = bytes.split_to(length);
        addresses.push(std::str::from_utf8(&text).map_err(|_| Malformed("an address is no text"))?.to_owned());
    }
    Ok(Entry { member, place, addresses })
}

fn put_identity(out: &mut impl BufMut, identity: &Identity) {
    out.put_slice(&identity.node.bytes());
    out.put_u32_le(identity.generation);
}

fn get_node(bytes: &mut impl Buf) -> Result<NodeId, Malformed> {
    let mut node = [0; 16];
    bytes.try_copy_to_slice(&mut node)?;
    Ok(NodeId::from_bytes(node))
}

fn get_identity(bytes: &mut impl Buf) -> Result<Identity, Malformed> {
    Ok(Identity { node: get_node(bytes)?, generation: bytes.try_get_u32_le()? })
}

fn put_member(out: &mut impl BufMut, member: &Member<Identity>) {
    put_identity(out, member.id());
    out.put_u16_le(member.incarnation());
    out.put_u8(match member.state() {
        State::Alive => 0,
        State::Suspect => 1,
        State::Down => 2,
    });
}

fn get_member(bytes: &mut impl Buf) -> Result<Member<Identity>, Malformed> {
    let identity = get_identity(bytes)?;
    let incarnation = bytes.try_get_u16_le()?;
    let state = match bytes.try_get_u8()? {
        0 => State::Alive,
        1 => State::Suspect,
        2 => State::Down,
        _ => return Err(Malformed("unknown state")),
    };
    Ok(Member::new(identity, incarnation, state))
}

/// The detector's packets in fixed-size fields.
pub(crate) struct Codec;

impl foca::Codec<Identity> for Codec {
    type Error = Malformed;

    fn encode_header(&mut self, header: &Header<Identity>, mut out: impl BufMut) -> Result<(), Malformed> {
        put_identity(&mut out, &header.src);
        out.put_u16_le(header.src_incarnation);
        put_identity(&mut out, &header.dst);
        let (tag, number, third) = match &header.message {
            Message::Ping(number) => (1, Some(number), None),
            Message::Ack(number) => (2, Some(number), None),
            Message::PingReq { target, probe_number } => (3, Some(probe_number), Some(target)),
            Message::IndirectPing { origin, probe_number } => (4, Some(probe_number), Some(origin)),
            Message::IndirectAck { target, probe_number } => (5, Some(probe_number), Some(target)),
            Message::ForwardedAck { origin, probe_number } => (6, Some(probe_number), Some(origin)),
            Message::Announce => (7, None, None),
            Message::Feed => (8, None, None),
            Message::Gossip => (9, None, None),
            Message::Broadcast => (10, None, None),
            Message::TurnUndead => (11, None, None),
        };
        out.put_u8(tag);
        if let Some(number) = number {
            out.put_u8(*number);
        }
        if let Some(third) = third {
            put_identity(&mut out, third);
        }
        Ok(())
    }

    fn decode_header(&mut self, mut bytes: impl Buf) -> Result<Header<Identity>, Malformed> {
        let src = get_identity(&mut bytes)?;
        let src_incarnation = bytes.try_get_u16_le()?;
        let dst = get_identity(&mut bytes)?;
        let tag = bytes.try_get_u8()?;
        let probe_number = if tag <= 6 { bytes.try_get_u8()? } else { 0 };
        let mut third = || get_identity(&mut bytes);
        let message = match tag {
            1 => Message::Ping(probe_number),
            2 => Message::Ack(probe_number),
            3 => Message::PingReq { target: third()?, probe_number },
            4 => Message::IndirectPing { origin: third()?, probe_number },
            5 => Message::IndirectAck { target: third()?, probe_number },
            6 => Message::ForwardedAck { origin: third()?, probe_number },
            7 => Message::Announce,
            8 => Message::Feed,
            9 => Message::Gossip,
            10 => Message::Broadcast,
            11 => Message::TurnUndead,
            _ => return Err(Malformed("unknown message")),
        };
        Ok(Header { src, src_incarnation, dst, message })
    }

    fn encode_member(&mut self, member: &Member<Identity>, mut out: impl BufMut) -> Result<(), Malformed> {
        // The detector fills a packet until a member doesn't fit; a half-written one would spoil it.
        if out.remaining_mut() < MEMBER {
            return Err(Malformed("no room"));
        }
        put_member(&mut out, member);
        Ok(())
    }

    fn decode_member(&mut self, mut bytes: impl Buf) -> Result<Member<Identity>, Malformed> {
        get_member(&mut bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use foca::Codec as _;
    use proptest::prelude::*;

    fn identity(n: u8) -> Identity {
        Identity { node: NodeId::from_bytes([n; 16]), generation: u32::from(n) }
    }

    #[test]
    fn every_message_round_trips() {
        let third = identity(9);
        let messages = [
            Message::Ping(1),
            Message::Ack(2),
            Message::PingReq { target: third, probe_number: 3 },
            Message::IndirectPing { origin: third, probe_number: 4 },
            Message::IndirectAck { target: third, probe_number: 5 },
            Message::ForwardedAck { origin: third, probe_number: 6 },
            Message::Announce,
            Message::Feed,
            Message::Gossip,
            Message::Broadcast,
            Message::TurnUndead,
        ];
        for message in messages {
            let header = Header { src: identity(1), src_incarnation: 513, dst: identity(2), message };
            let mut bytes = Vec::new();
            Codec.encode_header(&header, &mut bytes).unwrap();
            assert_eq!(Codec.decode_header(&bytes[..]), Ok(header));
            assert_eq!(source(&bytes), Ok((identity(1), 513)));
            for end in 0..bytes.len() {
                assert!(Codec.decode_header(&bytes[..end]).is_err());
            }
        }
    }

    #[test]
    fn a_member_that_does_not_fit_leaves_the_buffer_clean() {
        let mut bytes = Vec::new().limit(MEMBER - 1);
        assert!(Codec.encode_member(&Member::alive(identity(1)), &mut bytes).is_err());
        assert!(bytes.get_ref().is_empty());
    }

    #[test]
    fn packets_round_trip() {
        let from = Announced { version: 7, mark: *b"12345678" };
        let entry =
            Entry { member: Member::new(identity(3), 4, State::Suspect), place: 5, addresses: vec!["h:1".into(), "unix:/x".into()] };
        let packets = [
            Packet::Detector(Bytes::from_static(b"abc")),
            Packet::List(vec![entry.clone(), Entry { addresses: Vec::new(), ..entry }]),
            Packet::Ask(vec![identity(1).node, identity(2).node]),
        ];
        for packet in packets {
            assert_eq!(Packet::decode(packet.encode(from)), Ok((from, packet)));
        }
    }

    #[test]
    fn a_long_list_is_cut() {
        let entry = Entry { member: Member::alive(identity(3)), place: 5, addresses: vec!["h".repeat(200)] };
        let bytes = Packet::List(vec![entry; 2000]).encode(Announced { version: 1, mark: [0; 8] });
        assert!(bytes.len() <= MAX_LIST);
        assert!(matches!(Packet::decode(bytes), Ok((_, Packet::List(kept))) if kept.len() > 200));
    }

    proptest! {
        #[test]
        fn junk_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..400), kind in 0u8..5) {
            let mut bytes = bytes;
            if let Some(first) = bytes.first_mut() {
                *first = kind;
            }
            let _ = Packet::decode(bytes.clone().into());
            let _ = Codec.decode_header(&bytes[..]);
            let _ = Codec.decode_member(&bytes[..]);
        }
    }
}
