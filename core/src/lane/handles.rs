//! Handles are ids: slot and generation in a u64, never pointers.

use parking_lot::Mutex;
use std::sync::Arc;

/// A table of things that a language holds by id. A stale id finds nothing.
#[derive(Debug)]
pub struct Handles<T: ?Sized> {
    inner: Mutex<Inner<T>>,
}

#[derive(Debug)]
struct Inner<T: ?Sized> {
    entries: Vec<Entry<T>>,
    free: Vec<u32>,
}

#[derive(Debug)]
struct Entry<T: ?Sized> {
    generation: u32,
    held: Option<Arc<T>>,
}

impl<T: ?Sized> Handles<T> {
    /// An empty table.
    pub const fn new() -> Handles<T> {
        Handles { inner: Mutex::new(Inner { entries: Vec::new(), free: Vec::new() }) }
    }

    /// Enters what `make` builds from its own id; ids are never 0.
    pub fn enter_with(&self, make: impl FnOnce(u64) -> Arc<T>) -> (u64, Arc<T>) {
        let mut inner = self.inner.lock();
        let slot = inner.free.pop().unwrap_or_else(|| {
            inner.entries.push(Entry { generation: 0, held: None });
            (inner.entries.len() - 1) as u32
        });
        let entry = &mut inner.entries[slot as usize];
        entry.generation = entry.generation.wrapping_add(1).max(1);
        let id = u64::from(entry.generation) << 32 | u64::from(slot);
        let thing = make(id);
        entry.held = Some(thing.clone());
        (id, thing)
    }

    /// Enters a thing.
    pub fn enter(&self, thing: Arc<T>) -> u64 {
        self.enter_with(|_| thing).0
    }

    /// The thing with this id, if it is still there.
    pub fn get(&self, id: u64) -> Option<Arc<T>> {
        let inner = self.inner.lock();
        let entry = inner.entries.get(id as u32 as usize)?;
        if u64::from(entry.generation) == id >> 32 { entry.held.clone() } else { None }
    }

    /// Takes it out; the id is stale from now on.
    pub fn remove(&self, id: u64) -> Option<Arc<T>> {
        let mut inner = self.inner.lock();
        let entry = inner.entries.get_mut(id as u32 as usize)?;
        if u64::from(entry.generation) != id >> 32 {
            return None;
        }
        let held = entry.held.take()?;
        inner.free.push(id as u32);
        Some(held)
    }

    /// Whether one of those that are held is such.
    pub fn any(&self, such: impl Fn(&T) -> bool) -> bool {
        self.inner.lock().entries.iter().filter_map(|entry| entry.held.as_deref()).any(such)
    }

    /// How many are held.
    pub fn len(&self) -> usize {
        let inner = self.inner.lock();
        inner.entries.len() - inner.free.len()
    }

    /// Whether none is held.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<T: ?Sized> Default for Handles<T> {
    fn default() -> Handles<T> {
        Handles::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stale_ids_find_nothing() {
        let table = Handles::new();
        let first = table.enter(Arc::new(1));
        assert_ne!(first, 0);
        assert_eq!(table.get(first).as_deref(), Some(&1));
        assert_eq!(table.remove(first).as_deref(), Some(&1));
        let second = table.enter(Arc::new(2));
        assert_eq!(first as u32, second as u32);
        assert_eq!((table.get(first), table.remove(first)), (None, None));
        assert_eq!(table.get(second).as_deref(), Some(&2));
        assert_eq!((table.get(0), table.get(u64::MAX)), (None, None));
        assert_eq!(table.len(), 1);
    }
}
