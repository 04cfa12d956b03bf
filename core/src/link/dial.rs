//! Reaching a node: every address it gave, in order, until one leads to it.

use super::{
    Address,
    handshake::{self, Me, Met},
    socket::Socket,
};
use crate::{
    env,
    error::{Error, Kind, Result},
    security::{Expect, Identity},
    wire::Purpose,
};
use std::{
    io::{self, ErrorKind},
    path::Path,
    time::Duration,
};
use tokio::{
    net::{TcpStream, UnixStream},
    time::{sleep, timeout},
};

/// Time for one connection to be made, before the handshake.
const CONNECT_TIME: Duration = Duration::from_secs(3);
/// A Unix socket whose backlog is full gives no event when there is room again.
const BACKLOG_PAUSE: Duration = Duration::from_millis(10);
/// Most addresses of one node that are tried.
const ADDRESSES_MOST: usize = 16;

/// What failing to reach a node says about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It answered.
    Alive,
    /// It didn't answer: silence, or an answer that says nothing about it.
    Suspect,
    /// It isn't there any more: refused, no such file, or another node answers.
    Down,
}

/// No address led to the node.
#[derive(Clone, Debug)]
pub struct Failed {
    /// Why, address by address.
    pub error: Error,
    /// What that says about the node.
    pub verdict: Verdict,
}

/// A connection to the node that was wanted.
pub(super) struct Dialled {
    pub(super) met: Met,
    pub(super) socket: Socket,
    pub(super) address: Address,
}

/// Tries the addresses in order. The error tells of each why it failed.
pub(super) async fn dial(
    identity: &Identity,
    me: &Me,
    expect: &Expect,
    purpose: Purpose,
    addresses: &[Address],
) -> Result<Dialled, Box<Failed>> {
    let who = match (&expect.name, expect.node) {
        (Some(name), _) => format!("node `{name}`"),
        (None, Some(id)) => format!("node {}", id.short()),
        (None, None) => "the seed".into(),
    };
    if addresses.is_empty() {
        let error = Error::new(Kind::Unavailable, format!("{who} can't be reached: no address of it is known"));
        return Err(Box::new(Failed { error, verdict: Verdict::Suspect }));
    }
    let mut verdict = Verdict::Down;
    let mut told: Option<Error> = None;
    let mut why = Vec::new();
    for address in addresses.iter().take(ADDRESSES_MOST) {
        match once(identity, me, expect, purpose, address).await {
            Ok((met, socket)) => return Ok(Dialled { met, socket, address: address.clone() }),
            Err(failed) => {
                why.push(format!("{address}: {}", failed.error.message()));
                if failed.verdict != Verdict::Down {
                    verdict = failed.verdict;
                }
                // What an answering peer said is worth more than a connection that was never made.
                if told.as_ref().is_none_or(|e| e.kind() == Kind::Unavailable) {
                    told = Some(failed.error);
                }
            }
        }
    }
    let told = told.unwrap_or_else(|| Error::internal("no address was tried"));
    let error = Error::new(told.kind(), format!("{who} can't be reached: {}", why.join("; ")))
        .advice(told.advice_text())
        .node(expect.name.clone().unwrap_or_default());
    Err(Box::new(Failed { error, verdict }))
}

async fn once(identity: &Identity, me: &Me, expect: &Expect, purpose: Purpose, address: &Address) -> Result<(Met, Socket), Box<Failed>> {
    let connected = match timeout(CONNECT_TIME, connect(address)).await {
        Ok(Ok(socket)) => socket,
        Ok(Err(e)) => {
            let verdict = match e.kind() {
                ErrorKind::ConnectionRefused | ErrorKind::NotFound => Verdict::Down,
                _ => Verdict::Suspect,
            };
            return Err(Box::new(Failed { error: Error::new(Kind::Unavailable, plain(&e)), verdict }));
        }
        Err(_) => {
            let error = Error::new(Kind::Unavailable, format!("no answer within {CONNECT_TIME:?}"));
            return Err(Box::new(Failed { error, verdict: Verdict::Suspect }));
        }
    };
    let mut socket = connected;
    let met = match &mut socket {
        Socket::Unix(stream, _) => handshake::dial(stream, identity, me, expect, purpose).await,
        Socket::Tcp(stream, _) => handshake::dial(stream, identity, me, expect, purpose).await,
    };
    match met {
        Ok(met) => Ok((met, socket)),
        Err(error) => {
            let gone = error.kind() == Kind::Closed || handshake::is_other_node(&error);
            Err(Box::new(Failed { error, verdict: if gone { Verdict::Down } else { Verdict::Suspect } }))
        }
    }
}

async fn connect(address: &Address) -> io::Result<Socket> {
    match address {
        Address::Unix(path) => Ok(Socket::unix(connect_unix(path).await?)),
        Address::Tcp(text) => {
            let stream = TcpStream::connect(text.as_str()).await?;
            // On loopback a socket can meet itself when nobody listens.
            if stream.local_addr()? == stream.peer_addr()? {
                return Err(ErrorKind::ConnectionRefused.into());
            }
            Socket::tcp(stream)
        }
    }
}

async fn connect_unix(path: &Path) -> io::Result<UnixStream> {
    let until = env::now() + CONNECT_TIME;
    loop {
        match UnixStream::connect(path).await {
            Err(e) if e.kind() == ErrorKind::WouldBlock && env::now() < until => sleep(BACKLOG_PAUSE).await,
            other => return other,
        }
    }
}

/// The system's text without its number.
fn plain(e: &io::Error) -> String {
    match e.kind() {
        ErrorKind::ConnectionRefused => "connection refused".into(),
        ErrorKind::NotFound => "no such socket".into(),
        ErrorKind::WouldBlock => "its backlog is full".into(),
        _ => e.to_string(),
    }
}
