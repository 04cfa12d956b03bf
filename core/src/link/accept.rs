//! Being reached: listeners, and the handshakes with whoever connects.

use super::{
    Links, Session,
    handshake::{self, Arrived},
    socket::Socket,
};
use crate::{
    env,
    error::{Error, Kind, Result, io as io_error},
};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, bind, listen, socket_with};
use std::{
    io,
    net::SocketAddr,
    os::unix::net::UnixListener as StdUnixListener,
    path::Path,
    sync::{
        Arc, Weak,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpSocket, UnixListener},
    sync::Semaphore,
    time::sleep,
};

/// Connections that the kernel keeps for us.
const BACKLOG: u32 = 256;
/// Unfinished handshakes of one listener; further connections wait in the backlog.
const UNFINISHED_MOST: usize = 64;
/// Pause after an accept that failed, for instance because no descriptor is left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// What the listeners of a node met.
#[derive(Debug, Default)]
pub struct Met {
    /// Connections that became links, or clients' that are no nodes.
    pub welcomed: AtomicU64,
    /// Connections that did not: strangers, other clusters, refused members.
    pub refused: AtomicU64,
}

pub(super) enum Listener {
    Unix(UnixListener),
    Tcp(TcpListener),
}

impl Listener {
    /// Binds a socket file. The path must be free; whoever made its folder private decides who may connect, the peer's uid is checked besides.
    pub(super) fn unix(path: &Path) -> Result<Listener> {
        let bound = (|| -> io::Result<UnixListener> {
            let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC | SocketFlags::NONBLOCK, None)?;
            bind(&socket, &SocketAddrUnix::new(path)?)?;
            listen(&socket, BACKLOG as i32)?;
            UnixListener::from_std(StdUnixListener::from(socket))
        })();
        bound.map(Listener::Unix).map_err(|e| io_error(format_args!("cannot listen on {}", path.display()), e))
    }

    /// Binds `host:port`; port 0 takes a free one. Of a name that has several addresses the first that works is taken.
    pub(super) async fn tcp(address: &str) -> Result<(Listener, SocketAddr)> {
        let listening = |e| {
            io_error(format_args!("cannot listen on {address}"), e).advice("Choose a free port and an address of this host for `listen`.")
        };
        let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
        for candidate in tokio::net::lookup_host(address).await.map_err(listening)? {
            let bound = (|| -> io::Result<TcpListener> {
                let socket = if candidate.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
                socket.set_reuseaddr(true)?;
                socket.bind(candidate)?;
                socket.listen(BACKLOG)
            })();
            match bound {
                Ok(listener) => {
                    let local = listener.local_addr().map_err(listening)?;
                    return Ok((Listener::Tcp(listener), local));
                }
                Err(e) => last = e,
            }
        }
        Err(listening(last))
    }

    async fn accept(&self) -> io::Result<Socket> {
        match self {
            Listener::Unix(listener) => {
                let (stream, _) = listener.accept().await?;
                let uid = stream.peer_cred()?.uid();
                if uid != rustix::process::geteuid().as_raw() {
                    return Err(io::Error::new(io::ErrorKind::PermissionDenied, format!("a process of the user {uid} connected")));
                }
                Ok(Socket::unix(stream))
            }
            Listener::Tcp(listener) => Socket::tcp(listener.accept().await?.0),
        }
    }
}

/// Accepts until the links are closed. Holds them weakly: a forgotten node ends.
pub(super) async fn serve(listener: Listener, links: Weak<Links>) {
    let listed = match &listener {
        Listener::Unix(l) => super::socket::Listed::new(l),
        Listener::Tcp(l) => super::socket::Listed::new(l),
    };
    let permits = Arc::new(Semaphore::new(UNFINISHED_MOST));
    loop {
        let Ok(permit) = permits.clone().acquire_owned().await else { break };
        let accepted = listener.accept().await;
        let Some(links) = links.upgrade().filter(|links| !links.is_closed()) else { break };
        match accepted {
            Ok(socket) => {
                let started = env::spawn(async move {
                    if let Err(e) = meet(&links, socket).await {
                        links.met().refused.fetch_add(1, Relaxed);
                        tracing::debug!("a connection was refused: {}", e.message());
                    }
                    drop(permit);
                });
                if started.is_err() {
                    break;
                }
            }
            Err(e) => {
                links.met().refused.fetch_add(1, Relaxed);
                tracing::debug!("accepting failed: {e}");
                drop(links);
                if !matches!(e.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::ConnectionAborted) {
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }
    drop(listener);
    drop(listed);
}

async fn meet(links: &Arc<Links>, mut socket: Socket) -> Result<()> {
    let (identity, me) = (links.identity(), links.me());
    let met = match &mut socket {
        Socket::Unix(stream, _) => handshake::accept(stream, identity, me, |hello| links.admit(hello)).await,
        Socket::Tcp(stream, _) => handshake::accept(stream, identity, me, |hello| links.admit(hello)).await,
    }?;
    match met {
        Arrived::Node(met) => links.accepted(met, socket)?,
        Arrived::Client { tls, early, who } => {
            let outside = links.outside().ok_or_else(|| closed(&links.me().name))?;
            tracing::debug!(client = %who.name, "a client that is no node connected");
            // A task of its own: the handshake is over, and its place belongs to the next one.
            env::spawn(outside.serve(Session::new(socket, tls, early), who))?;
        }
    }
    links.met().welcomed.fetch_add(1, Relaxed);
    Ok(())
}

/// An error for a node that takes nobody any more.
pub(super) fn closed(name: &str) -> Error {
    Error::new(Kind::Closed, format!("node `{name}` is leaving the cluster"))
}
