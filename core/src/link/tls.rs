//! TLS 1.3 as a machine without I/O: bytes of records in, plaintext out, and the other way round.
//!
//! The handshake is stepped by whoever owns the socket then. A finished [`Tls`] serves a connection from outside to its end; a link
//! between nodes takes its keys over, see [`Records`](super::records::Records).

use crate::{
    error::{Error, Kind, Result},
    security,
};
use rustls::{
    ClientConfig, CommonState, ConnectionTrafficSecrets, ServerConfig, SupportedCipherSuite,
    client::{ClientConnectionData, UnbufferedClientConnection},
    kernel::KernelConnection,
    pki_types::{CertificateDer, ServerName},
    server::{ServerConnectionData, UnbufferedServerConnection},
    unbuffered::{ConnectionState, EncodeError, EncodeTlsData, EncryptError, UnbufferedStatus},
};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

/// Largest plaintext of one record.
pub const RECORD: usize = 16 << 10;
/// What a record adds to its plaintext at most: header, inner type, tag.
pub(super) const RECORD_EXTRA: usize = 5 + 1 + 16;
/// Most bytes that one party may send before its handshake is done.
const MAX_HANDSHAKE: usize = 64 << 10;

enum Side {
    Client(UnbufferedClientConnection),
    Server(UnbufferedServerConnection),
}

/// Both connections have the same methods but no common trait.
macro_rules! each {
    ($side:expr, $connection:ident => $body:expr) => {
        match $side {
            Side::Client($connection) => $body,
            Side::Server($connection) => $body,
        }
    };
}

impl Side {
    fn state(&self) -> &CommonState {
        each!(self, connection => connection)
    }
}

/// What a handshake wants next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Append more bytes of the peer to `incoming`, then step again.
    NeedRead,
    /// Send everything in `out`, clear it, then step again.
    Write,
    /// Finished, as far as this side knows. `out` is empty; what the peer sent beyond the handshake is kept.
    Done,
}

/// A handshake in progress.
pub struct Handshake {
    side: Side,
    unread: Vec<u8>,
    failed: bool,
}

impl Handshake {
    /// The dialling side. The configuration's verifier decides whom it accepts; the name sent is a placeholder.
    pub fn new_client(config: Arc<ClientConfig>) -> Result<Handshake> {
        let name = ServerName::try_from("twinspan").map_err(|e| Error::internal(e.to_string()))?;
        let connection = UnbufferedClientConnection::new(config, name).map_err(refused)?;
        Ok(Handshake { side: Side::Client(connection), unread: Vec::new(), failed: false })
    }

    /// The accepting side.
    pub fn new_server(config: Arc<ServerConfig>) -> Result<Handshake> {
        let connection = UnbufferedServerConnection::new(config).map_err(refused)?;
        Ok(Handshake { side: Side::Server(connection), unread: Vec::new(), failed: false })
    }

    /// Goes as far as it can with `incoming`, from which it removes what it used; appends what must be sent to `out`.
    /// After an error `out` holds the alert that tells the peer, to be sent before closing.
    pub fn step(&mut self, incoming: &mut Vec<u8>, out: &mut Vec<u8>) -> Result<Progress> {
        if self.failed {
            return Err(Error::new(Kind::Unauthenticated, "the handshake failed before"));
        }
        loop {
            let Handshake { side, unread, .. } = self;
            let (used, next) = each!(side, connection => {
                let UnbufferedStatus { discard, state, .. } = connection.process_tls_records(incoming);
                (discard, match state {
                    Ok(ConnectionState::EncodeTlsData(mut data)) => encode(&mut data, out).map(|()| None),
                    Ok(ConnectionState::TransmitTlsData(data)) => {
                        data.done();
                        Ok(Some(Progress::Write))
                    }
                    Ok(ConnectionState::BlockedHandshake) => Ok(Some(Progress::NeedRead)),
                    Ok(ConnectionState::WriteTraffic(_)) => Ok(Some(Progress::Done)),
                    Ok(ConnectionState::ReadTraffic(mut traffic)) => {
                        while let Some(record) = traffic.next_record() {
                            unread.extend_from_slice(record.map_err(refused)?.payload);
                        }
                        Ok(None)
                    }
                    Ok(ConnectionState::PeerClosed | ConnectionState::Closed) => {
                        Err(Error::new(Kind::Unavailable, "the peer closed the connection during the handshake"))
                    }
                    Ok(_) => Err(Error::new(Kind::Protocol, "the handshake came into an unexpected state")),
                    Err(e) => Err(refused(e)),
                })
            });
            incoming.drain(..used.min(incoming.len()));
            match next {
                Ok(None) => {}
                Ok(Some(Progress::NeedRead)) if incoming.len() > MAX_HANDSHAKE => {
                    self.failed = true;
                    return Err(Error::new(Kind::Protocol, "the peer's handshake is too long"));
                }
                Ok(Some(progress)) => return Ok(progress),
                Err(e) => {
                    self.failed = true;
                    // A peer that isn't known yet may have brought rustls into a state in which asking for the alert panics.
                    let _ = catch_unwind(AssertUnwindSafe(|| self.alert(incoming, out)));
                    return Err(e);
                }
            }
        }
    }

    /// Collects the alert that rustls queued when it failed. Asked once only: with nothing queued it would go on with `incoming`, of which
    /// it keeps ranges, and fail again.
    fn alert(&mut self, incoming: &mut [u8], out: &mut Vec<u8>) {
        each!(&mut self.side, connection => {
            if let Ok(ConnectionState::EncodeTlsData(mut data)) = connection.process_tls_records(incoming).state {
                // Whether the peer learns why is its own affair.
                let _ = encode(&mut data, out);
            }
        });
    }

    /// The peer's certificates, its own first; empty until they were verified.
    pub fn peer_certificates(&self) -> &[CertificateDer<'static>] {
        self.side.state().peer_certificates().unwrap_or_default()
    }

    /// The protocol that both sides agreed on.
    pub fn alpn(&self) -> Option<&[u8]> {
        self.side.state().alpn_protocol()
    }

    /// The finished session.
    pub fn into_tls(self) -> Tls {
        Tls { side: self.side, unread: self.unread, control: Vec::new(), failed: false }
    }
}

/// What [`Tls::open`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opened {
    /// Bytes of the records that were used up; the rest is an incomplete record.
    pub used: usize,
    /// The peer ended the session.
    pub closed: bool,
    /// The session itself has something to send: seal (even nothing) soon.
    pub answer: bool,
}

/// A session after its handshake.
pub struct Tls {
    side: Side,
    /// Plaintext that was opened before anybody wanted it.
    unread: Vec<u8>,
    /// Records of the session itself (alerts); they leave before the next sealed byte.
    control: Vec<u8>,
    /// After an error rustls may hold on to bytes that are gone; it must not be asked again.
    failed: bool,
}

impl Tls {
    /// Opens the complete records at the front of `records` and gives their plaintext to `sink`, piece by piece.
    /// `sink` runs inside the session's lock: it may only collect.
    pub fn open(&mut self, records: &mut [u8], sink: impl FnMut(&[u8]) -> Result<()>) -> Result<Opened> {
        self.usable()?;
        let opened = self.open_all(records, sink);
        self.failed |= opened.is_err();
        opened
    }

    fn usable(&self) -> Result<()> {
        if self.failed { Err(Error::new(Kind::Unavailable, "the TLS session failed before")) } else { Ok(()) }
    }

    fn open_all(&mut self, records: &mut [u8], mut sink: impl FnMut(&[u8]) -> Result<()>) -> Result<Opened> {
        if !self.unread.is_empty() {
            sink(&std::mem::take(&mut self.unread))?;
        }
        let Tls { side, control, .. } = self;
        let mut used = 0;
        let mut closed = false;
        loop {
            let rest = records.get_mut(used..).unwrap_or_default();
            let more = each!(side, connection => {
                let UnbufferedStatus { discard, state, .. } = connection.process_tls_records(rest);
                used += discard;
                match state.map_err(broken)? {
                    ConnectionState::ReadTraffic(mut traffic) => {
                        while let Some(record) = traffic.next_record() {
                            sink(record.map_err(broken)?.payload)?;
                        }
                        true
                    }
                    ConnectionState::EncodeTlsData(mut data) => {
                        encode(&mut data, control)?;
                        true
                    }
                    ConnectionState::TransmitTlsData(data) => {
                        data.done();
                        true
                    }
                    ConnectionState::PeerClosed | ConnectionState::Closed => {
                        closed = true;
                        false
                    }
                    _ => false,
                }
            });
            if !more {
                break;
            }
        }
        // A record that is complete and yet unused is part of a split handshake message. No honest peer sends one after the handshake,
        // and sealing in between would hand rustls a buffer without the message's beginning.
        let rest = records.get(used..).unwrap_or_default();
        if !closed && record_length(rest).is_some_and(|length| rest.len() >= length) {
            return Err(Error::new(Kind::Protocol, "the peer split a handshake message"));
        }
        Ok(Opened { used, closed, answer: !control.is_empty() })
    }

    /// Appends the records of `plain` to `out`, after what the session itself has to say.
    pub fn seal(&mut self, plain: &[u8], out: &mut Vec<u8>) -> Result<()> {
        self.usable()?;
        let Tls { side, control, .. } = self;
        out.append(control);
        if plain.is_empty() {
            return Ok(());
        }
        each!(side, connection => loop {
            match connection.process_tls_records(&mut []).state.map_err(broken)? {
                ConnectionState::WriteTraffic(mut traffic) => {
                    let start = out.len();
                    let mut room = plain.len() + RECORD_EXTRA * plain.len().div_ceil(RECORD);
                    loop {
                        out.resize(start + room, 0);
                        match traffic.encrypt(plain, out.get_mut(start..).unwrap_or_default()) {
                            Ok(written) => {
                                out.truncate(start + written);
                                return Ok(());
                            }
                            // A key update goes out in front.
                            Err(EncryptError::InsufficientSize(need)) if need.required_size > room => room = need.required_size,
                            Err(e) => {
                                out.truncate(start);
                                return Err(Error::new(Kind::Unavailable, format!("nothing more can be sealed: {e}")));
                            }
                        }
                    }
                }
                ConnectionState::EncodeTlsData(mut data) => encode(&mut data, out)?,
                ConnectionState::TransmitTlsData(data) => data.done(),
                _ => return Err(Error::new(Kind::Unavailable, "the session can't send any more")),
            }
        })
    }

    /// Appends the record that ends our direction.
    pub fn close(&mut self, out: &mut Vec<u8>) {
        out.append(&mut self.control);
        if self.failed {
            return;
        }
        each!(&mut self.side, connection => {
            if let Ok(ConnectionState::WriteTraffic(mut traffic)) = connection.process_tls_records(&mut []).state {
                let start = out.len();
                out.resize(start + 128, 0);
                let written = traffic.queue_close_notify(out.get_mut(start..).unwrap_or_default()).unwrap_or(0);
                out.truncate(start + written);
            }
        });
    }

    /// Gives the session's keys away, for what the kernel interface of rustls is made for: records by somebody else.
    pub(super) fn extract(self) -> Result<Extracted> {
        let Tls { side, unread, control, failed } = self;
        if failed || !control.is_empty() {
            return Err(Error::new(Kind::Unavailable, "the TLS session failed before"));
        }
        let (secrets, rekey) = match side {
            Side::Client(connection) => {
                connection.dangerous_into_kernel_connection().map(|(secrets, keys)| (secrets, Rekey::Client(Box::new(keys))))
            }
            Side::Server(connection) => {
                connection.dangerous_into_kernel_connection().map(|(secrets, keys)| (secrets, Rekey::Server(Box::new(keys))))
            }
        }
        .map_err(|e| Error::internal(format!("TLS: {e}")))?;
        let suite = rekey.suite();
        let limit = suite.tls13().ok_or_else(|| Error::internal("a session that is not TLS 1.3"))?.common.confidentiality_limit;
        Ok(Extracted { tx: secrets.tx, rx: secrets.rx, rekey, limit, unread })
    }

    /// Gives back plaintext that was opened but belongs to whoever opens next. It comes out first.
    pub fn unread(&mut self, plain: &[u8]) {
        self.unread.splice(0..0, plain.iter().copied());
    }

    /// The peer's certificates, its own first.
    pub fn peer_certificates(&self) -> &[CertificateDer<'static>] {
        self.side.state().peer_certificates().unwrap_or_default()
    }

    /// Takes new keys for this direction and asks the peer to do the same.
    #[cfg(test)]
    pub(super) fn refresh(&mut self) {
        each!(&mut self.side, connection => match connection.process_tls_records(&mut []).state {
            Ok(ConnectionState::WriteTraffic(traffic)) => traffic.refresh_traffic_keys().unwrap(),
            other => panic!("{other:?}"),
        });
    }
}

/// A session without its records.
pub(super) struct Extracted {
    /// The number of the next record that is sealed, and its keys.
    pub(super) tx: (u64, ConnectionTrafficSecrets),
    /// The same of the next one that is opened.
    pub(super) rx: (u64, ConnectionTrafficSecrets),
    pub(super) rekey: Rekey,
    /// How many records one key may seal.
    pub(super) limit: u64,
    /// Plaintext that was opened before anybody wanted it.
    pub(super) unread: Vec<u8>,
}

/// Derives the keys that follow the present ones.
pub(super) enum Rekey {
    Client(Box<KernelConnection<ClientConnectionData>>),
    Server(Box<KernelConnection<ServerConnectionData>>),
}

impl Rekey {
    fn suite(&self) -> SupportedCipherSuite {
        match self {
            Rekey::Client(keys) => keys.negotiated_cipher_suite(),
            Rekey::Server(keys) => keys.negotiated_cipher_suite(),
        }
    }

    pub(super) fn sending(&mut self) -> Result<(u64, ConnectionTrafficSecrets)> {
        match self {
            Rekey::Client(keys) => keys.update_tx_secret(),
            Rekey::Server(keys) => keys.update_tx_secret(),
        }
        .map_err(broken)
    }

    pub(super) fn receiving(&mut self) -> Result<(u64, ConnectionTrafficSecrets)> {
        match self {
            Rekey::Client(keys) => keys.update_rx_secret(),
            Rekey::Server(keys) => keys.update_rx_secret(),
        }
        .map_err(broken)
    }
}

/// Length of the record that starts here, header included, once its header is there.
pub(super) fn record_length(records: &[u8]) -> Option<usize> {
    match records {
        [_, _, _, high, low, ..] => Some(5 + usize::from(u16::from_be_bytes([*high, *low]))),
        _ => None,
    }
}

fn encode<D>(data: &mut EncodeTlsData<'_, D>, out: &mut Vec<u8>) -> Result<()> {
    let start = out.len();
    let mut room = 1024;
    loop {
        out.resize(start + room, 0);
        match data.encode(out.get_mut(start..).unwrap_or_default()) {
            Ok(written) => {
                out.truncate(start + written);
                return Ok(());
            }
            Err(EncodeError::InsufficientSize(need)) if need.required_size > room => room = need.required_size,
            Err(e) => {
                out.truncate(start);
                return Err(Error::internal(format!("TLS: {e}")));
            }
        }
    }
}

fn refused(e: rustls::Error) -> Error {
    if matches!(e, rustls::Error::InvalidCertificate(_)) {
        return security::explain(&e, "the peer");
    }
    Error::new(Kind::Unauthenticated, format!("TLS handshake: {e}"))
}

fn broken(e: rustls::Error) -> Error {
    Error::new(Kind::Protocol, format!("TLS: {e}"))
}
