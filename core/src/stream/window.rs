//! How much of a stream may be under way: reserved by the receiving end from its node's budget.

use crate::{
    error::{Error, Kind, Result},
    link::{Budget, Reserved},
};
use std::sync::Arc;

/// Most items under way, or waiting to be taken.
const ITEMS: u32 = 1024;
/// Most bytes, the largest first; the smaller ones are for a node whose memory gets short.
const BYTES: [u32; 4] = [4 << 20, 1 << 20, 256 << 10, 64 << 10];

/// The window of one stream.
#[derive(Debug)]
pub(super) struct Window {
    pub(super) items: u32,
    pub(super) bytes: u32,
    _reserved: Reserved,
}

impl Window {
    /// The largest that leaves others enough. Error: `Overloaded`.
    pub(super) fn reserve(budget: &Arc<Budget>) -> Result<Window> {
        let [large @ .., least] = BYTES;
        // Streams that stand still must not take what calls need.
        let taken = large.into_iter().find_map(|bytes| budget.reserve_from_half(bytes as usize).map(|reserved| (bytes, reserved)));
        let taken = taken.or_else(|| budget.reserve(least as usize).map(|reserved| (least, reserved)));
        match taken {
            Some((bytes, reserved)) => Ok(Window { items: ITEMS, bytes, _reserved: reserved }),
            None => Err(Error::new(Kind::Overloaded, format!("no memory is left for a stream's window of {least} bytes"))
                .advice("Close streams that nobody reads, or raise `memory`.")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_shrink_with_the_memory() {
        let budget = Budget::new(11 << 20);
        let mut held: Vec<Window> = (0..6).map(|_| Window::reserve(&budget).unwrap()).collect();
        assert_eq!(held.iter().map(|window| window.bytes >> 10).collect::<Vec<_>>(), [4096, 1024, 256, 256, 64, 64]);
        while let Ok(window) = Window::reserve(&budget) {
            held.push(window);
        }
        assert_eq!(Window::reserve(&budget).unwrap_err().kind(), Kind::Overloaded);
        drop(held);
        assert_eq!((budget.used(), Window::reserve(&budget).unwrap().bytes), (0, 4 << 20));
    }
}
