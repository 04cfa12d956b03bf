//! A connection on its way to become a link: tokio's until the handshake is done, then a bare descriptor.

use crate::env::fork;
use rustix::net::sockopt;
use std::{
    io,
    os::fd::{AsFd, AsRawFd, OwnedFd, RawFd},
    time::Duration,
};
use tokio::net::{TcpStream, UnixStream};

/// Unacknowledged bytes end a TCP connection after this time.
const USER_TIMEOUT_MS: u32 = 3000;
/// Silence after which the system itself asks whether the other host is there.
const KEEP_IDLE: Duration = Duration::from_secs(2);
const KEEP_INTERVAL: Duration = Duration::from_secs(1);
const KEEP_COUNT: u32 = 3;

/// A descriptor on the list of those that a forked child closes.
pub(super) struct Listed(RawFd);

impl Listed {
    pub(super) fn new(fd: &impl AsRawFd) -> Listed {
        fork::own(fd.as_raw_fd());
        Listed(fd.as_raw_fd())
    }
}

impl Drop for Listed {
    fn drop(&mut self) {
        fork::disown(self.0);
    }
}

/// A connection that tokio drives. Its place on the fork list is given back before the descriptor is closed or moves on.
pub(super) enum Socket {
    Unix(UnixStream, Listed),
    Tcp(TcpStream, Listed),
}

impl Socket {
    pub(super) fn unix(stream: UnixStream) -> Socket {
        let listed = Listed::new(&stream);
        Socket::Unix(stream, listed)
    }

    /// Sets what every TCP link has: no delay, and a dead host is noticed.
    pub(super) fn tcp(stream: TcpStream) -> io::Result<Socket> {
        let listed = Listed::new(&stream);
        stream.set_nodelay(true)?;
        let fd = stream.as_fd();
        sockopt::set_tcp_user_timeout(fd, USER_TIMEOUT_MS)?;
        sockopt::set_socket_keepalive(fd, true)?;
        sockopt::set_tcp_keepidle(fd, KEEP_IDLE)?;
        sockopt::set_tcp_keepintvl(fd, KEEP_INTERVAL)?;
        sockopt::set_tcp_keepcnt(fd, KEEP_COUNT)?;
        Ok(Socket::Tcp(stream, listed))
    }

    /// Takes it away from tokio. It stays non-blocking.
    pub(super) fn into_fd(self) -> io::Result<OwnedFd> {
        match self {
            Socket::Unix(stream, listed) => {
                let fd = stream.into_std()?.into();
                drop(listed);
                Ok(fd)
            }
            Socket::Tcp(stream, listed) => {
                let fd = stream.into_std()?.into();
                drop(listed);
                Ok(fd)
            }
        }
    }
}
