//! What a forked child does: it closes its copies of our descriptors and is told `Forked` by every entry.
//!
//! A child that keeps an epoll drives its parent's; one that keeps a socket, a listener or a lock makes a ghost of a dead parent. The child's
//! hook runs between `fork` and the return to user code, where only atomics and raw system calls are safe.
#![allow(unsafe_code)]

use crate::error::{Error, Kind, Result};
use std::{
    mem::ManuallyDrop,
    os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd},
    sync::{
        Once,
        atomic::{AtomicI32, AtomicU32, Ordering::*},
    },
};

const MOST: usize = 4096;
const FREE: i32 = -1;

static OWNED: [AtomicI32; MOST] = [const { AtomicI32::new(FREE) }; MOST];
static GENERATION: AtomicU32 = AtomicU32::new(0);
static GUARD: Once = Once::new();

extern "C" fn in_child() {
    GENERATION.fetch_add(1, SeqCst);
    for place in &OWNED {
        let fd = place.swap(FREE, Relaxed);
        if fd >= 0 {
            // SAFETY: closing a number is always sound for memory; the number is our own, entered by `own` and not yet given back.
            unsafe { libc::close(fd) };
        }
    }
}

/// Installs the hook; called before the first descriptor or thread is made.
pub fn guard() {
    GUARD.call_once(|| {
        // SAFETY: the handler touches only atomics and calls close, both of which are allowed between fork and exec. The library is never
        // unloaded (`-z nodelete`), so the handler's address stays valid.
        let failed = unsafe { libc::pthread_atfork(None, None, Some(in_child)) };
        if failed != 0 {
            tracing::warn!("no hook for forked children (error {failed}): don't fork this process");
        }
    });
}

/// A forked child is to close this descriptor. False if the list is full: then a child keeps it.
pub fn own(fd: RawFd) -> bool {
    guard();
    OWNED.iter().any(|place| place.load(Relaxed) == FREE && place.compare_exchange(FREE, fd, AcqRel, Relaxed).is_ok())
}

/// The descriptor is about to be closed by its owner. False if it isn't on the list: in a forked child it was closed already and must not
/// be closed again, because its number may belong to somebody else by now.
pub fn disown(fd: RawFd) -> bool {
    OWNED.iter().any(|place| place.load(Relaxed) == fd && place.compare_exchange(fd, FREE, AcqRel, Relaxed).is_ok())
}

/// How many forks lie between the process that loaded the library (0) and this one.
pub fn generation() -> u32 {
    GENERATION.load(Relaxed)
}

/// `Forked` in a child of a process that used the library. Every entry asks before it takes any lock.
pub fn check() -> Result<()> {
    if generation() == 0 {
        return Ok(());
    }
    Err(Error::new(Kind::Forked, "this process was forked from one that had already joined a cluster").advice(
        "Join after the fork only, or start the child with `spawn` or `forkserver` (Python's multiprocessing) so that it begins afresh.",
    ))
}

/// A descriptor that a forked child closes by itself, and that is closed exactly once.
#[derive(Debug)]
pub struct Descriptor {
    fd: ManuallyDrop<OwnedFd>,
    listed: bool,
}

impl Descriptor {
    /// Enters the descriptor in the list.
    pub fn new(fd: OwnedFd) -> Descriptor {
        let listed = own(fd.as_raw_fd());
        Descriptor { fd: ManuallyDrop::new(fd), listed }
    }
}

impl AsFd for Descriptor {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl Drop for Descriptor {
    fn drop(&mut self) {
        // In a forked child the hook closed it, and its number may belong to somebody else by now.
        if !self.listed || disown(self.fd.as_raw_fd()) {
            // SAFETY: dropped once, here; nothing uses it afterwards.
            unsafe { ManuallyDrop::drop(&mut self.fd) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::event::{EventfdFlags, eventfd};

    #[test]
    fn a_child_closes_its_copies_and_is_told() {
        guard();
        let kept = Descriptor::new(eventfd(0, EventfdFlags::CLOEXEC).unwrap());
        let number = kept.as_fd().as_raw_fd();
        // SAFETY: the child only uses atomics and system calls, then exits without running anything else.
        let child = unsafe { libc::fork() };
        if child == 0 {
            // SAFETY: as above.
            let closed = unsafe { libc::fcntl(number, libc::F_GETFD) } == -1;
            let well = closed && generation() == 1 && !disown(number) && check().is_err_and(|e| e.kind() == Kind::Forked);
            // SAFETY: ends the child at once.
            unsafe { libc::_exit(i32::from(!well)) };
        }
        assert!(child > 0);
        let mut status = -1;
        // SAFETY: waits for the child made above.
        assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
        assert_eq!(status, 0);
        // SAFETY: only asks.
        assert_ne!(unsafe { libc::fcntl(number, libc::F_GETFD) }, -1);
        assert!(check().is_ok());
        drop(kept);
    }
}
