//! From a fresh connection to an open link: TLS with both certificates, then `Hello` and `Welcome`.
//!
//! It runs on tokio; the finished session moves to the reactor with whatever bytes came early. In TLS 1.3 the dialler is finished before
//! its certificate was checked, so a link is open only at `Welcome`.

use super::{Handshake, Progress, Tls};
use crate::{
    config::NodeId,
    error::{Error, Kind, Result},
    security::{ALPN, ALPN_OUTSIDE, Expect, Identity, PeerCertificate, Role},
    wire::{self, About, Hello, Purpose, Reception, Refuse, Welcome},
};
use parking_lot::Mutex;
use std::{
    io::{self, ErrorKind},
    time::Duration,
};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Most bytes of one read.
const READ: usize = 4096;
/// Time for everything from the first byte to `Welcome`.
pub(super) const HANDSHAKE_TIME: Duration = Duration::from_secs(5);
/// Most bytes that a stranger may send before we answered for the first time: a ClientHello fits.
const CLIENT_HELLO_MOST: usize = 16 << 10;
/// Most bytes of a whole handshake, certificates and first words included.
const HANDSHAKE_MOST: usize = 128 << 10;

/// What this node tells about itself on every link.
#[derive(Debug)]
pub struct Me {
    /// Its id.
    pub node: NodeId,
    /// Its name.
    pub name: String,
    /// `python`, `java` or `rust`.
    pub language: String,
    /// Optional abilities, one bit each.
    pub features: u64,
    record: Mutex<(u64, Option<[u8; 32]>)>,
}

impl Me {
    /// A node without a record yet.
    pub fn new(node: NodeId, name: &str, language: &str, features: u64) -> Me {
        Me { node, name: name.into(), language: language.into(), features, record: Mutex::new((0, None)) }
    }

    /// Sets version and SHA-256 of the node record, told on links made from now on.
    pub fn set_record(&self, version: u64, digest: [u8; 32]) {
        *self.record.lock() = (version, Some(digest));
    }

    fn about(&self) -> About {
        let (record_version, digest) = *self.record.lock();
        About {
            from: self.node,
            name: self.name.clone(),
            language: self.language.clone(),
            features: self.features,
            record_version,
            record_digest: digest.map(|d| d.to_vec()),
        }
    }
}

/// A connection after its handshake.
pub(super) struct Met {
    /// The session.
    pub(super) tls: Tls,
    /// Records that came early.
    pub(super) early: Vec<u8>,
    /// What the peer told about itself, checked against its certificate.
    pub(super) about: About,
    /// What the link is for.
    pub(super) purpose: Purpose,
}

/// What connected.
#[derive(Debug)]
pub(super) enum Arrived {
    /// A member of the cluster.
    Node(Met),
    /// A client that is no node: it asked for HTTP/2, and its certificate is one of the cluster.
    Client {
        /// The session.
        tls: Tls,
        /// Records that came early.
        early: Vec<u8>,
        /// Who it is.
        who: PeerCertificate,
    },
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tls")
    }
}

impl std::fmt::Debug for Met {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Met")
            .field("about", &self.about)
            .field("purpose", &self.purpose)
            .field("early", &self.early.len())
            .finish_non_exhaustive()
    }
}

/// The dialling side. `expect` says who must be there; `to` is its id as far as known.
pub(super) async fn dial<S>(stream: &mut S, identity: &Identity, me: &Me, expect: &Expect, purpose: Purpose) -> Result<Met>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let who = expect.node.map(|id| id.short()).or_else(|| expect.name.clone()).unwrap_or_else(|| "the seed".into());
    in_time(&who, async {
        let handshake = Handshake::new_client(identity.client_config(expect))?;
        let mut talk = Talk::shake(stream, handshake, HANDSHAKE_MOST).await?;
        if talk.alpn != ALPN {
            return Err(Error::new(Kind::Protocol, "the peer didn't ask for `twinspan/1`"));
        }
        let certificate = identity.peer(talk.tls.peer_certificates())?;
        let hello = Hello {
            min: wire::VERSION,
            max: wire::VERSION,
            cluster: identity.cluster_id().to_vec(),
            incarnation: 0,
            to: expect.node,
            purpose,
            about: me.about(),
        };
        talk.say(&hello.encode()?).await?;
        let value = talk.hear().await.map_err(|e| refused_certificate(&me.name, &who, e))?;
        let welcome = match Reception::decode(&value)? {
            Reception::Welcome(welcome) => welcome,
            Reception::Refuse(refuse) => return Err(refuse.error(&who)),
        };
        wire::agree(&me.name, &welcome.about.name, welcome.version, welcome.version)?;
        check_certificate(&certificate, &welcome.about)?;
        if let Some(id) = expect.node.filter(|id| *id != welcome.about.from) {
            return Err(other_node(id, &welcome.about));
        }
        Ok(talk.finish(welcome.about, purpose))
    })
    .await
}

/// The accepting side. `admit` decides about a peer whose certificate and `Hello` are right.
pub(super) async fn accept<S, F>(stream: &mut S, identity: &Identity, me: &Me, admit: impl FnOnce(Hello) -> F) -> Result<Arrived>
where
    S: AsyncRead + AsyncWrite + Unpin,
    F: Future<Output = Result<()>>,
{
    in_time("the dialler", async {
        let handshake = Handshake::new_server(identity.server_config())?;
        let mut talk = Talk::shake(stream, handshake, CLIENT_HELLO_MOST).await?;
        // The client's certificate is verified from here on: only now may it read a word of ours.
        let certificate = identity.peer(talk.tls.peer_certificates())?;
        if talk.alpn == ALPN_OUTSIDE {
            return Ok(Arrived::Client { tls: talk.tls, early: talk.records, who: certificate });
        }
        let verdict = match talk.hear().await.and_then(|value| Hello::decode(&value)) {
            Ok(hello) => match check_hello(&hello, &certificate, identity, me) {
                Ok(version) => admit(hello.clone()).await.map(|()| (hello, version)),
                Err(e) => Err(e),
            },
            Err(e) if e.kind() == Kind::Protocol => Err(e),
            Err(e) => return Err(e),
        };
        match verdict {
            Ok((hello, version)) => {
                talk.say(&Reception::Welcome(Welcome { version, about: me.about() }).encode()?).await?;
                Ok(Arrived::Node(talk.finish(hello.about, hello.purpose)))
            }
            Err(e) => {
                talk.say(&Reception::Refuse(Refuse::of(&e)).encode()?).await?;
                talk.close().await;
                Err(e)
            }
        }
    })
    .await
}

fn check_hello(hello: &Hello, certificate: &PeerCertificate, identity: &Identity, me: &Me) -> Result<u16> {
    let them = &hello.about.name;
    let version = wire::agree(&me.name, them, hello.min, hello.max)?;
    if hello.cluster != identity.cluster_id() || hello.incarnation != 0 {
        return Err(Error::new(
            Kind::Unauthenticated,
            format!("node `{}` belongs to another cluster than node `{them}` means (here it is `{}`)", me.name, identity.cluster()),
        ));
    }
    check_certificate(certificate, &hello.about)?;
    if hello.about.from == me.node {
        return Err(Error::new(Kind::AlreadyExists, format!("node `{}`{ITSELF}", me.name)));
    }
    match hello.to {
        Some(to) if to != me.node => Err(other_node(to, &me.about())),
        None if hello.purpose == Purpose::Bulk => Err(Error::new(Kind::Protocol, format!("node `{them}` opens a bulk link to nobody"))),
        _ => Ok(version),
    }
}

/// What a peer says about itself must be what the cluster certified.
fn check_certificate(certificate: &PeerCertificate, about: &About) -> Result<()> {
    if certificate.role == Role::Client {
        return Err(Error::new(
            Kind::Unauthenticated,
            format!("the certificate of `{}` is for a client, which may call and can be no node", certificate.name),
        ));
    }
    if certificate.id.is_some_and(|id| id != about.from) || certificate.name != about.name {
        let id = certificate.id.map_or_else(|| "any id".into(), |id| format!("id {id}"));
        return Err(Error::new(
            Kind::Unauthenticated,
            format!(
                "a node says it is `{}` with id {}, but its certificate is for `{}` with {id}",
                about.name, about.from, certificate.name
            ),
        ));
    }
    crate::config::check_node(&about.name).map_err(|e| Error::new(Kind::Unauthenticated, e.message().to_owned()))
}

fn other_node(wanted: NodeId, found: &About) -> Error {
    Error::new(Kind::NotFound, format!("node {wanted} was dialled, node `{}` with id {} answered", found.name, found.from))
        .advice("The node that was there has gone; look for its successor with `node.members`.")
}

/// Whether the error says that another node sits at the address. The certificate's verifier says it in the same words.
pub(super) fn is_other_node(error: &Error) -> bool {
    error.message().contains(" was dialled, ")
}

const ITSELF: &str = " dialled itself";

/// Whether the error says that this node sits at the address that it dialled.
pub fn is_itself(error: &Error) -> bool {
    error.kind() == Kind::AlreadyExists && error.message().contains(ITSELF)
}

/// An alert in place of a `Welcome` is the acceptor's verdict on our certificate.
fn refused_certificate(me: &str, who: &str, e: Error) -> Error {
    if e.message().contains("fatal alert") {
        return Error::new(Kind::Unauthenticated, format!("{who} refused the certificate of node `{me}`: {}", e.message()));
    }
    e
}

async fn in_time<T>(who: &str, work: impl Future<Output = Result<T>>) -> Result<T> {
    match tokio::time::timeout(HANDSHAKE_TIME, work).await {
        Ok(result) => result,
        Err(_) => Err(Error::new(Kind::Unavailable, format!("the handshake with {who} was not finished within {HANDSHAKE_TIME:?}"))),
    }
}

/// A session over a tokio stream, for the first words only.
struct Talk<'a, S> {
    stream: &'a mut S,
    tls: Tls,
    /// The protocol inside.
    alpn: &'static [u8],
    /// Records not opened yet.
    records: Vec<u8>,
    /// Plaintext not used yet.
    plain: Vec<u8>,
}

impl<'a, S: AsyncRead + AsyncWrite + Unpin> Talk<'a, S> {
    /// The TLS handshake. `first` limits what is read before the first answer.
    async fn shake(stream: &'a mut S, mut handshake: Handshake, first: usize) -> Result<Talk<'a, S>> {
        let (mut records, mut out) = (Vec::new(), Vec::new());
        let (mut read, mut most) = (0, first);
        loop {
            match handshake.step(&mut records, &mut out) {
                Ok(Progress::NeedRead) => {
                    if read >= most {
                        return Err(Error::new(Kind::Protocol, format!("more than {most} bytes of a handshake")));
                    }
                    read += receive(stream, &mut records, (most - read).min(CLIENT_HELLO_MOST)).await?;
                }
                Ok(Progress::Write) => {
                    send(stream, &out).await?;
                    out.clear();
                    most = HANDSHAKE_MOST;
                }
                Ok(Progress::Done) if let Some(alpn) = [ALPN, ALPN_OUTSIDE].into_iter().find(|alpn| handshake.alpn() == Some(alpn)) => {
                    return Ok(Talk { stream, tls: handshake.into_tls(), alpn, records, plain: Vec::new() });
                }
                Ok(Progress::Done) => return Err(Error::new(Kind::Protocol, "the peer didn't ask for `twinspan/1`")),
                Err(e) => {
                    // The alert tells the peer what was wrong; whether it arrives is its own affair.
                    let _ = send(stream, &out).await;
                    let _ = stream.shutdown().await;
                    return Err(e);
                }
            }
        }
    }

    async fn say(&mut self, plain: &[u8]) -> Result<()> {
        let mut out = Vec::new();
        self.tls.seal(plain, &mut out)?;
        send(self.stream, &out).await
    }

    /// One first word: its encoded value.
    async fn hear(&mut self) -> Result<Vec<u8>> {
        let mut read = 0;
        loop {
            let plain = &mut self.plain;
            let opened = self.tls.open(&mut self.records, |piece| {
                plain.extend_from_slice(piece);
                Ok(())
            })?;
            self.records.drain(..opened.used);
            if let Some(range) = wire::first_word(&self.plain)? {
                let value = self.plain.get(range.clone()).unwrap_or_default().to_vec();
                self.plain.drain(..range.end);
                return Ok(value);
            }
            if opened.closed {
                return Err(ended());
            }
            if read > HANDSHAKE_MOST {
                return Err(Error::new(Kind::Protocol, "too many bytes before the first word"));
            }
            read += receive(self.stream, &mut self.records, CLIENT_HELLO_MOST).await?;
        }
    }

    /// Ends our direction, so that the peer surely reads what we said last.
    async fn close(mut self) {
        let mut out = Vec::new();
        self.tls.close(&mut out);
        let _ = send(self.stream, &out).await;
        let _ = self.stream.shutdown().await;
        // Closing with unread bytes would reset the connection, and the refusal could be lost with it.
        let mut rest = vec![0; 1024];
        for _ in 0..64 {
            match tokio::time::timeout(Duration::from_millis(500), self.stream.read(&mut rest)).await {
                Ok(Ok(n)) if n > 0 => {}
                _ => return,
            }
        }
    }

    fn finish(mut self, about: About, purpose: Purpose) -> Met {
        self.tls.unread(&self.plain);
        Met { tls: self.tls, early: self.records, about, purpose }
    }
}

async fn send<S: AsyncWrite + Unpin>(stream: &mut S, bytes: &[u8]) -> Result<()> {
    stream.write_all(bytes).await.map_err(|e| lost(&e))?;
    stream.flush().await.map_err(|e| lost(&e))
}

async fn receive<S: AsyncRead + Unpin>(stream: &mut S, into: &mut Vec<u8>, most: usize) -> Result<usize> {
    let room = most.clamp(1, READ);
    into.reserve(room);
    match stream.take(room as u64).read_buf(into).await {
        Ok(0) => Err(ended()),
        Ok(n) => Ok(n),
        Err(e) => Err(lost(&e)),
    }
}

fn ended() -> Error {
    Error::new(Kind::Unavailable, "the peer ended the connection during the handshake")
}

fn lost(e: &io::Error) -> Error {
    match e.kind() {
        ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::UnexpectedEof => ended(),
        _ => Error::new(Kind::Unavailable, format!("the connection failed during the handshake: {e}")),
    }
}
