//! The records of a link between nodes (TLS 1.3, RFC 8446 section 5), sealed and opened with the keys that rustls agreed on.
//!
//! rustls does the handshake, checks the certificates and derives every key, also the later ones; AWS-LC does the ciphers. This file only
//! puts records together, because rustls copies each one twice on its way out: a body is sealed from where it lies to where the socket
//! takes it. Connections from outside the cluster stay with rustls altogether, see `Session`.

use super::tls::{Extracted, Opened, RECORD, Rekey, record_length};
use crate::error::{Error, Kind, Result};
use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use rustls::ConnectionTrafficSecrets;

/// Content type, version and length of a record.
const HEADER: usize = 5;
/// The type of the content, which ends the plaintext.
const TYPE: usize = 1;
const TAG: usize = 16;
/// RFC 8446, section 5.2: ciphertexts may be this much longer than the longest plaintext.
const LONGEST: usize = RECORD + 256;

/// Types of content.
const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;
const APPLICATION: u8 = 23;

/// Messages of a session after its handshake.
const NEW_SESSION_TICKET: u8 = 4;
const KEY_UPDATE: u8 = 24;
const UPDATE_NOT_REQUESTED: u8 = 0;
const UPDATE_REQUESTED: u8 = 1;

const WARNING: u8 = 1;
const CLOSE_NOTIFY: u8 = 0;

/// Sealed bytes on their way to the socket. Its room stays, so that no byte of it is written twice.
#[derive(Default)]
pub(super) struct Sealed {
    room: Vec<u8>,
    length: usize,
}

impl Sealed {
    /// What is sealed.
    pub(super) fn bytes(&self) -> &[u8] {
        self.room.get(..self.length).unwrap_or_default()
    }

    pub(super) fn len(&self) -> usize {
        self.length
    }

    pub(super) fn clear(&mut self) {
        self.length = 0;
    }

    /// So many bytes more, to be written over.
    fn add(&mut self, more: usize) -> &mut [u8] {
        let start = self.length;
        self.length += more;
        if self.room.len() < self.length {
            self.room.resize(self.length, 0);
        }
        self.room.get_mut(start..self.length).unwrap_or_default()
    }
}

/// The keys of one direction.
struct Direction {
    key: LessSafeKey,
    iv: [u8; NONCE_LEN],
    /// Of the next record.
    sequence: u64,
}

impl Direction {
    fn new((sequence, secrets): (u64, ConnectionTrafficSecrets)) -> Result<Direction> {
        let (algorithm, key, iv) = match &secrets {
            ConnectionTrafficSecrets::Aes128Gcm { key, iv } => (&AES_128_GCM, key, iv),
            ConnectionTrafficSecrets::Aes256Gcm { key, iv } => (&AES_256_GCM, key, iv),
            ConnectionTrafficSecrets::Chacha20Poly1305 { key, iv } => (&CHACHA20_POLY1305, key, iv),
            _ => return Err(Error::internal("no cipher is known for the keys of this session")),
        };
        let key = UnboundKey::new(algorithm, key.as_ref()).map_err(|_| Error::internal("a key has the wrong length for its cipher"))?;
        let iv = iv.as_ref().try_into().map_err(|_| Error::internal("an initialization vector has the wrong length"))?;
        Ok(Direction { key: LessSafeKey::new(key), iv, sequence })
    }

    /// RFC 8446, section 5.3. Each is drawn once.
    fn nonce(&mut self) -> Result<Nonce> {
        let mut nonce = self.iv;
        for (byte, number) in nonce.iter_mut().rev().zip(self.sequence.to_le_bytes()) {
            *byte ^= number;
        }
        self.sequence = self.sequence.checked_add(1).ok_or_else(|| Error::internal("a session has no record numbers left"))?;
        Ok(Nonce::assume_unique_for_key(nonce))
    }

    /// Appends one record.
    fn seal(&mut self, kind: u8, content: &[u8], out: &mut Sealed) -> Result<()> {
        let length = u16::try_from(content.len() + TYPE + TAG).map_err(|_| Error::internal("a record is too long to be sealed"))?;
        let [high, low] = length.to_be_bytes();
        let header = [APPLICATION, 3, 3, high, low];
        let nonce = self.nonce()?;
        let (head, rest) = out.add(HEADER + usize::from(length)).split_at_mut(HEADER);
        head.copy_from_slice(&header);
        let (body, end) = rest.split_at_mut(content.len());
        self.key
            .seal_out_of_place_scatter(nonce, Aad::from(header), content, body, &[kind], end)
            .map_err(|_| Error::internal("a record can't be sealed"))
    }

    /// Opens a complete record where it lies: the type of its content, and the content.
    fn open<'r>(&mut self, record: &'r mut [u8]) -> Result<(u8, &'r [u8])> {
        let nonce = self.nonce()?;
        let Some((header, sealed)) = record.split_first_chunk_mut::<HEADER>() else { return Err(bad("is cut off")) };
        if header[0] != APPLICATION {
            return Err(bad("is not protected"));
        }
        let plain = self.key.open_in_place(nonce, Aad::from(*header), sealed).map_err(|_| bad("was changed on its way"))?;
        // Padding stands behind the type.
        let at = plain.iter().rposition(|byte| *byte != 0).ok_or_else(|| bad("has no type"))?;
        if at > RECORD {
            return Err(bad("is too long"));
        }
        let (content, kind) = plain.split_at(at);
        Ok((kind.first().copied().unwrap_or_default(), content))
    }
}

/// The session of a link.
pub(super) struct Records {
    sealing: Direction,
    opening: Direction,
    rekey: Rekey,
    /// Records that one key may seal (RFC 8446, section 5.5).
    limit: u64,
    /// Plaintext that was opened before anybody wanted it.
    unread: Vec<u8>,
    /// The peer asked for new keys of our direction.
    asked: bool,
    failed: bool,
}

impl Records {
    /// Takes a session over. Nothing of it may wait to be sent.
    pub(super) fn new(extracted: Extracted) -> Result<Records> {
        let Extracted { tx, rx, rekey, limit, unread } = extracted;
        Ok(Records { sealing: Direction::new(tx)?, opening: Direction::new(rx)?, rekey, limit, unread, asked: false, failed: false })
    }

    /// Opens the complete records at the front of `records` and gives their plaintext to `sink`, piece by piece.
    /// `sink` runs inside the session's lock: it may only collect.
    pub(super) fn open(&mut self, records: &mut [u8], sink: impl FnMut(&[u8]) -> Result<()>) -> Result<Opened> {
        self.usable()?;
        let opened = self.open_all(records, sink);
        self.failed |= opened.is_err();
        opened
    }

    fn open_all(&mut self, records: &mut [u8], mut sink: impl FnMut(&[u8]) -> Result<()>) -> Result<Opened> {
        if !self.unread.is_empty() {
            sink(&std::mem::take(&mut self.unread))?;
        }
        let mut used = 0;
        let mut closed = false;
        while !closed {
            let rest = records.get_mut(used..).unwrap_or_default();
            let Some(length) = record_length(rest) else { break };
            if length > HEADER + LONGEST {
                return Err(bad("is too long"));
            }
            let Some(record) = rest.get_mut(..length) else { break };
            used += length;
            match self.opening.open(record)? {
                (APPLICATION, content) => sink(content)?,
                (HANDSHAKE, messages) => {
                    let messages = messages.to_vec();
                    self.messages(&messages)?;
                }
                (ALERT, [_, CLOSE_NOTIFY]) => closed = true,
                (ALERT, [_, alert]) => return Err(Error::new(Kind::Unavailable, format!("the peer ended the session by alert {alert}"))),
                (kind, _) => return Err(bad(&format!("of type {kind} has no place here"))),
            }
        }
        Ok(Opened { used, closed, answer: self.asked })
    }

    /// What may come after the handshake, each message whole within its record.
    fn messages(&mut self, mut messages: &[u8]) -> Result<()> {
        if messages.is_empty() {
            return Err(bad("has no message"));
        }
        while let [kind, a, b, c, rest @ ..] = messages {
            let length = usize::try_from(u32::from_be_bytes([0, *a, *b, *c])).unwrap_or(usize::MAX);
            let (Some(body), Some(behind)) = (rest.get(..length), rest.get(length..)) else { break };
            match (*kind, body) {
                // Nothing follows under the old key.
                (KEY_UPDATE, [asked @ (UPDATE_NOT_REQUESTED | UPDATE_REQUESTED)]) if behind.is_empty() => {
                    self.opening = Direction::new(self.rekey.receiving()?)?;
                    self.asked |= *asked == UPDATE_REQUESTED;
                }
                // Nodes don't resume sessions.
                (NEW_SESSION_TICKET, _) => {}
                _ => return Err(bad(&format!("has a message {kind} that has no place here"))),
            }
            messages = behind;
        }
        if messages.is_empty() { Ok(()) } else { Err(bad("splits a message")) }
    }

    /// Appends the records of `plain` to `out`, after what the session itself has to say.
    pub(super) fn seal(&mut self, plain: &[u8], out: &mut Sealed) -> Result<()> {
        self.usable()?;
        let sealed = self.seal_all(plain, out);
        self.failed |= sealed.is_err();
        sealed
    }

    fn seal_all(&mut self, plain: &[u8], out: &mut Sealed) -> Result<()> {
        if self.asked {
            self.update_key(out)?;
        }
        for content in plain.chunks(RECORD) {
            if self.sealing.sequence >= self.limit {
                self.update_key(out)?;
            }
            self.sealing.seal(APPLICATION, content, out)?;
        }
        Ok(())
    }

    /// Tells the peer that all that follows is sealed with the next key.
    fn update_key(&mut self, out: &mut Sealed) -> Result<()> {
        self.sealing.seal(HANDSHAKE, &[KEY_UPDATE, 0, 0, 1, UPDATE_NOT_REQUESTED], out)?;
        self.sealing = Direction::new(self.rekey.sending()?)?;
        self.asked = false;
        Ok(())
    }

    /// Appends the record that ends our direction.
    pub(super) fn close(&mut self, out: &mut Sealed) {
        if !self.failed {
            // Without it the peer takes the end of the stream for a lost link, which it may be.
            let _ = self.sealing.seal(ALERT, &[WARNING, CLOSE_NOTIFY], out);
        }
    }

    fn usable(&self) -> Result<()> {
        if self.failed { Err(Error::new(Kind::Unavailable, "the TLS session failed before")) } else { Ok(()) }
    }

    /// So many records under one key.
    #[cfg(test)]
    pub(super) fn limit_to(&mut self, records: u64) {
        self.limit = records;
    }

    /// One record of any type.
    #[cfg(test)]
    pub(super) fn seal_as(&mut self, kind: u8, content: &[u8], out: &mut Sealed) {
        self.sealing.seal(kind, content, out).unwrap();
    }
}

fn bad(what: &str) -> Error {
    Error::new(Kind::Protocol, format!("TLS: a record {what}"))
}
