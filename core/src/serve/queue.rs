//! Calls that wait, fair between callers: they are taken round robin over the calling nodes, and each caller's in their order.

use crate::config::NodeId;
use std::collections::{BTreeMap, VecDeque};

/// What waits.
#[derive(Debug)]
pub(super) struct Queue<T> {
    /// The next to be served first. None is empty.
    callers: VecDeque<OfCaller<T>>,
    order: u64,
    len: usize,
}

#[derive(Debug)]
struct OfCaller<T> {
    id: NodeId,
    /// By method, because one of them may have to wait while another may run.
    methods: BTreeMap<u32, Line<T>>,
}

/// What one caller has waiting of one method.
#[derive(Debug)]
struct Line<T> {
    waiting: VecDeque<Waiting<T>>,
    /// Their sum, because a full queue asks for it at each call that comes.
    bytes: usize,
}

#[derive(Debug)]
struct Waiting<T> {
    order: u64,
    bytes: usize,
    item: T,
}

/// What one caller has waiting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Share {
    pub(super) calls: usize,
    pub(super) bytes: usize,
}

impl<T> Default for Line<T> {
    fn default() -> Line<T> {
        Line { waiting: VecDeque::new(), bytes: 0 }
    }
}

impl<T> Line<T> {
    fn push(&mut self, waiting: Waiting<T>) {
        self.bytes += waiting.bytes;
        self.waiting.push_back(waiting);
    }

    fn take(&mut self, at: usize) -> Option<Waiting<T>> {
        let taken = self.waiting.remove(at)?;
        self.bytes -= taken.bytes;
        Some(taken)
    }
}

impl<T> Default for Queue<T> {
    fn default() -> Queue<T> {
        Queue { callers: VecDeque::new(), order: 0, len: 0 }
    }
}

impl<T> Queue<T> {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Enters a call; a caller that had none waits for its turn behind the others.
    pub(super) fn push(&mut self, caller: NodeId, method: u32, bytes: usize, item: T) {
        self.order += 1;
        self.len += 1;
        let waiting = Waiting { order: self.order, bytes, item };
        let at = self.callers.iter().position(|of| of.id == caller).unwrap_or_else(|| {
            self.callers.push_back(OfCaller { id: caller, methods: BTreeMap::new() });
            self.callers.len() - 1
        });
        self.callers[at].methods.entry(method).or_default().push(waiting);
    }

    /// Whether anything waits of a method that may run.
    pub(super) fn any(&self, may_run: impl Fn(u32) -> bool) -> bool {
        self.callers.iter().any(|of| of.methods.keys().any(|method| may_run(*method)))
    }

    /// How many calls are served before one more of this caller: its own, and of each other as many turns as come before.
    pub(super) fn ahead(&self, caller: NodeId) -> usize {
        let count = |of: &OfCaller<T>| of.methods.values().map(|line| line.waiting.len()).sum::<usize>();
        let own = self.callers.iter().find(|of| of.id == caller).map_or(0, count);
        self.callers.iter().map(|of| count(of).min(if of.id == caller { own } else { own + 1 })).sum()
    }

    /// Takes the next call of a method that may run; its caller goes to the end.
    pub(super) fn take(&mut self, may_run: impl Fn(u32) -> bool) -> Option<T> {
        let found = self.callers.iter().enumerate().find_map(|(at, of)| {
            let heads = of.methods.iter().filter(|(method, _)| may_run(**method));
            let (method, _) = heads.min_by_key(|(_, line)| line.waiting.front().map(|first| first.order))?;
            Some((at, *method))
        });
        let (at, method) = found?;
        let mut of = self.callers.remove(at)?;
        let item = of.methods.get_mut(&method).and_then(|line| line.take(0));
        of.methods.retain(|_, line| !line.waiting.is_empty());
        if !of.methods.is_empty() {
            self.callers.push_back(of);
        }
        self.len -= usize::from(item.is_some());
        item.map(|waiting| waiting.item)
    }

    /// Takes one call out, wherever it stands.
    pub(super) fn remove(&mut self, caller: NodeId, method: u32, is_it: impl Fn(&T) -> bool) -> Option<T> {
        self.pick(caller, |methods| {
            let line = methods.get_mut(&method)?;
            let at = line.waiting.iter().position(|waiting| is_it(&waiting.item))?;
            line.take(at)
        })
    }

    /// Takes out what a caller entered last, of the methods that are meant.
    pub(super) fn newest(&mut self, caller: NodeId, meant: impl Fn(u32) -> bool) -> Option<T> {
        self.pick(caller, |methods| {
            let ends = methods.iter_mut().filter(|(method, _)| meant(**method));
            let (_, line) = ends.max_by_key(|(_, line)| line.waiting.back().map(|last| last.order))?;
            line.take(line.waiting.len().checked_sub(1)?)
        })
    }

    fn pick(&mut self, caller: NodeId, take: impl FnOnce(&mut BTreeMap<u32, Line<T>>) -> Option<Waiting<T>>) -> Option<T> {
        let at = self.callers.iter().position(|of| of.id == caller)?;
        let methods = &mut self.callers[at].methods;
        let taken = take(methods);
        methods.retain(|_, line| !line.waiting.is_empty());
        if methods.is_empty() {
            self.callers.remove(at);
        }
        self.len -= usize::from(taken.is_some());
        taken.map(|waiting| waiting.item)
    }

    /// What each caller has waiting of the methods that are meant.
    pub(super) fn shares(&self, meant: impl Fn(u32) -> bool) -> impl Iterator<Item = (NodeId, Share)> {
        self.callers.iter().map(move |of| {
            let lines = of.methods.iter().filter(|(method, _)| meant(**method));
            let add = |share: Share, line: &Line<T>| Share { calls: share.calls + line.waiting.len(), bytes: share.bytes + line.bytes };
            (of.id, lines.fold(Share::default(), |share, (_, line)| add(share, line)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(n: u8) -> NodeId {
        NodeId::from_bytes([n; 16])
    }

    fn all(queue: &mut Queue<u32>, may_run: impl Fn(u32) -> bool) -> Vec<u32> {
        std::iter::from_fn(|| queue.take(&may_run)).collect()
    }

    #[test]
    fn what_stands_ahead_counts_turns() {
        let mut queue = Queue::default();
        (0..9).for_each(|n| queue.push(node(1), n % 2, 1, n));
        queue.push(node(2), 0, 1, 20);
        assert_eq!([1, 2, 3].map(|n| queue.ahead(node(n))), [10, 3, 2]);
    }

    #[test]
    fn callers_take_turns_and_each_keeps_its_order() {
        let mut queue = Queue::default();
        (0..5).for_each(|n| queue.push(node(1), 0, 1, 10 + n));
        (0..2).for_each(|n| queue.push(node(2), 0, 1, 20 + n));
        queue.push(node(3), 1, 1, 30);
        assert_eq!(all(&mut queue, |_| true), [10, 20, 30, 11, 21, 12, 13, 14]);
        assert_eq!(queue.len(), 0);
    }

    #[test]
    fn a_method_that_may_not_run_holds_nobody_up() {
        let mut queue = Queue::default();
        queue.push(node(1), 0, 1, 1);
        queue.push(node(1), 1, 1, 2);
        queue.push(node(2), 0, 1, 3);
        queue.push(node(1), 1, 1, 4);
        assert!(queue.any(|method| method == 0) && !queue.any(|method| method == 2));
        assert_eq!(all(&mut queue, |method| method == 1), [2, 4]);
        assert_eq!(all(&mut queue, |_| true), [3, 1], "who was served last waits for the others");
    }

    #[test]
    fn what_is_taken_out_leaves_no_trace() {
        let mut queue = Queue::default();
        (0..3).for_each(|n| queue.push(node(1), n % 2, 10, n));
        queue.push(node(2), 0, 5, 9);
        let shares: Vec<_> = queue.shares(|method| method == 0).collect();
        assert_eq!(shares, [(node(1), Share { calls: 2, bytes: 20 }), (node(2), Share { calls: 1, bytes: 5 })]);
        assert_eq!(queue.newest(node(1), |_| true), Some(2));
        assert_eq!(queue.newest(node(1), |method| method == 0), Some(0));
        assert_eq!(queue.newest(node(1), |method| method == 0), None);
        assert_eq!((queue.remove(node(2), 0, |item| *item == 8), queue.remove(node(2), 0, |item| *item == 9)), (None, Some(9)));
        assert_eq!((queue.len(), queue.take(|_| true), queue.len()), (1, Some(1), 0));
        assert_eq!(queue.shares(|_| true).count(), 0);
    }
}
