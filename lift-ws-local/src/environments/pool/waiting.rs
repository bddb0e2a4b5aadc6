//! The events that wait for an environment.

use std::collections::{HashMap, VecDeque};

use crate::environments::{Invocation, Source, Work};

/// Waiting events: their sources take turns, and the events of one stay in order.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    /// No queue is empty.
    queues: HashMap<Source, VecDeque<Invocation>>,
    /// Every source that has a queue, once.
    turns: VecDeque<Source>,
    len: usize,
}

impl Waiting {
    pub(super) fn push(&mut self, invocation: Invocation) {
        let queue = self.queues.entry(invocation.source.clone()).or_default();
        if queue.is_empty() {
            self.turns.push_back(invocation.source.clone());
        }
        queue.push_back(invocation);
        self.len += 1;
    }

    pub(super) fn pop(&mut self) -> Option<Invocation> {
        let source = self.turns.pop_front()?;
        let queue = self.queues.get_mut(&source)?;
        let invocation = queue.pop_front()?;
        if queue.is_empty() {
            self.queues.remove(&source);
        } else {
            self.turns.push_back(source);
        }
        self.len -= 1;
        Some(invocation)
    }

    /// Takes back what [`pop`](Self::pop) has given, as if it had never left.
    pub(super) fn give_back(&mut self, invocation: Invocation) {
        self.turns.retain(|source| *source != invocation.source);
        self.turns.push_front(invocation.source.clone());
        self.queues.entry(invocation.source.clone()).or_default().push_front(invocation);
        self.len += 1;
    }

    pub(super) fn remove(&mut self, work: Work) {
        let queues = &mut self.queues;
        self.turns.retain(|source| {
            let Some(queue) = queues.get_mut(source) else { return false };
            let before = queue.len();
            queue.retain(|waiting| waiting.work != work);
            self.len -= before - queue.len();
            let is_left = !queue.is_empty();
            if !is_left {
                queues.remove(source);
            }
            is_left
        });
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::InvocationId;

    fn waiting(events: &[(&str, u64)]) -> Waiting {
        let mut waiting = Waiting::default();
        for (connection, id) in events {
            waiting.push(invocation(connection, *id));
        }
        waiting
    }

    fn invocation(connection: &str, id: u64) -> Invocation {
        let source = Source::Connection(connection.into());
        Invocation { work: Work::Event(InvocationId(id)), source, event: bytes::Bytes::new() }
    }

    fn rest(mut waiting: Waiting) -> Vec<u64> {
        let len = waiting.len();
        let ids: Vec<u64> = std::iter::from_fn(|| waiting.pop())
            .map(|invocation| match invocation.work {
                Work::Event(InvocationId(id)) => id,
                other => panic!("{other:?} was never put in"),
            })
            .collect();
        assert!(waiting.is_empty() && ids.len() == len);
        ids
    }

    #[test]
    fn connections_take_turns_and_the_events_of_each_stay_in_order() {
        assert_eq!(
            rest(waiting(&[("a", 1), ("a", 2), ("a", 3), ("b", 4), ("c", 5), ("b", 6)])),
            [1, 4, 5, 2, 6, 3]
        );
    }

    #[test]
    fn what_is_given_back_is_first_again() {
        let mut all = waiting(&[("a", 1), ("a", 2), ("b", 3)]);
        let first = all.pop().unwrap();
        all.give_back(first);
        assert_eq!(rest(all), [1, 3, 2]);
        let mut one = waiting(&[("a", 1), ("b", 2)]);
        let first = one.pop().unwrap();
        one.give_back(first);
        assert_eq!(rest(one), [1, 2]);
    }

    #[test]
    fn what_is_removed_does_not_come() {
        let mut all = waiting(&[("a", 1), ("a", 2), ("b", 3), ("c", 4)]);
        all.remove(Work::Event(InvocationId(3)));
        all.remove(Work::Event(InvocationId(1)));
        all.remove(Work::Event(InvocationId(7)));
        assert_eq!(rest(all), [2, 4]);
    }
}
