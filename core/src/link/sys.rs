//! The system calls of the reactor, all of them non-blocking but one.

use crate::{env::fork::Descriptor, error};
use rustix::{
    event::{
        EventfdFlags,
        epoll::{self, CreateFlags, EventData, EventFlags},
        eventfd,
    },
    io::Errno,
    net::{RecvFlags, SendFlags, Shutdown},
};
use std::{
    os::fd::{AsFd, OwnedFd},
    time::Duration,
};

pub(super) use rustix::event::epoll::Event;

/// What a descriptor is watched for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Watch {
    /// Input, level-triggered.
    Input,
    /// Input, and room for output.
    InputOutput,
    /// Input, once.
    Once,
    /// Nothing, until it is armed again.
    Nothing,
}

impl Watch {
    fn flags(self) -> EventFlags {
        match self {
            Watch::Input => EventFlags::IN,
            Watch::InputOutput => EventFlags::IN | EventFlags::OUT,
            Watch::Once => EventFlags::IN | EventFlags::ONESHOT,
            Watch::Nothing => EventFlags::empty(),
        }
    }
}

/// An epoll.
pub(super) struct Poll(Descriptor);

impl Poll {
    pub(super) fn new() -> error::Result<Poll> {
        epoll::create(CreateFlags::CLOEXEC).map(|fd| Poll(Descriptor::new(fd))).map_err(|e| error::io("making an epoll", e.into()))
    }

    pub(super) fn add(&self, fd: impl AsFd, watch: Watch, data: u64) -> error::Result<()> {
        epoll::add(&self.0, fd, EventData::new_u64(data), watch.flags()).map_err(|e| error::io("watching a descriptor", e.into()))
    }

    /// Watches for something else from now on; what is ready already counts.
    pub(super) fn set(&self, fd: impl AsFd, watch: Watch, data: u64) {
        // Fails only for a descriptor that was removed, which nobody waits for any more.
        let _ = epoll::modify(&self.0, fd, EventData::new_u64(data), watch.flags());
    }

    pub(super) fn remove(&self, fd: impl AsFd) {
        let _ = epoll::delete(&self.0, fd);
    }

    /// Waits for events, at most `left` (for ever if `None`). A signal is `Errno::INTR`: the caller's language wants to see it.
    pub(super) fn wait(&self, events: &mut [Event], left: Option<Duration>) -> Result<usize, Errno> {
        let left =
            left.map(|d| rustix::fs::Timespec { tv_sec: i64::try_from(d.as_secs()).unwrap_or(i64::MAX), tv_nsec: d.subsec_nanos().into() });
        epoll::wait(&self.0, events, left.as_ref())
    }
}

impl AsFd for Poll {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// Room for what one wait brings.
pub(super) fn events() -> [Event; 32] {
    [Event { flags: EventFlags::empty(), data: EventData::new_u64(0) }; 32]
}

/// Whether the event says something besides room for output.
pub(super) fn is_input(event: &Event) -> bool {
    let flags = event.flags;
    flags.intersects(EventFlags::IN | EventFlags::HUP | EventFlags::ERR)
}

/// Whether the event says that there is room for output.
pub(super) fn is_output(event: &Event) -> bool {
    let flags = event.flags;
    flags.contains(EventFlags::OUT)
}

/// Something that makes whoever waits on the epoll look up.
pub(super) struct Bell(Descriptor);

impl Bell {
    pub(super) fn new() -> error::Result<Bell> {
        eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)
            .map(|fd| Bell(Descriptor::new(fd)))
            .map_err(|e| error::io("making an eventfd", e.into()))
    }

    pub(super) fn ring(&self) {
        let _ = rustix::io::write(&self.0, &1u64.to_ne_bytes());
    }

    pub(super) fn silence(&self) {
        let _ = rustix::io::read(&self.0, &mut [0; 8][..]);
    }
}

impl AsFd for Bell {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// A connected stream socket that never blocks.
pub(super) struct Socket(Descriptor);

impl Socket {
    pub(super) fn new(fd: OwnedFd) -> error::Result<Socket> {
        rustix::io::ioctl_fionbio(&fd, true).map_err(|e| error::io("preparing a socket", e.into()))?;
        Ok(Socket(Descriptor::new(fd)))
    }

    /// Receives what is there: 0 at the end of the stream, `None` if nothing is there now.
    pub(super) fn receive(&self, room: &mut [u8]) -> Result<Option<usize>, Errno> {
        loop {
            match rustix::net::recv(&self.0, &mut *room, RecvFlags::DONTWAIT) {
                Ok((received, _)) => return Ok(Some(received)),
                Err(Errno::AGAIN) => return Ok(None),
                Err(Errno::INTR) => {}
                Err(e) => return Err(e),
            }
        }
    }

    /// Sends as much as there is room for; `None` if there is none now.
    pub(super) fn send(&self, bytes: &[u8]) -> Result<Option<usize>, Errno> {
        loop {
            match rustix::net::send(&self.0, bytes, SendFlags::DONTWAIT | SendFlags::NOSIGNAL) {
                Ok(sent) => return Ok(Some(sent)),
                Err(Errno::AGAIN) => return Ok(None),
                Err(Errno::INTR) => {}
                Err(e) => return Err(e),
            }
        }
    }

    /// Ends our direction; what was sent still arrives.
    pub(super) fn finish(&self) {
        let _ = rustix::net::shutdown(&self.0, Shutdown::Write);
    }

    /// Ends both directions, which makes the socket readable (end of stream) for whoever leads.
    pub(super) fn cut(&self) {
        let _ = rustix::net::shutdown(&self.0, Shutdown::Both);
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        self.0.as_fd()
    }
}
