//! The events that wait for an environment.

use std::collections::{BTreeMap, HashMap, VecDeque};

use crate::environments::{Invocation, Source, Work};

/// Waiting events: their sources take turns, and the events of one stay in order.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    /// No queue is empty.
    queues: HashMap<Source, Queue>,
    /// Every source that has a queue, once, by its turn: whatever leaves, the others need not be looked at.
    turns: BTreeMap<i64, Source>,
    len: usize,
}

/// The events of one source.
#[derive(Debug)]
struct Queue {
    /// Its place among the turns.
    turn: i64,
    events: VecDeque<Invocation>,
}

impl Waiting {
    pub(super) fn push(&mut self, invocation: Invocation) {
        self.len += 1;
        if let Some(queue) = self.queues.get_mut(&invocation.source) {
            return queue.events.push_back(invocation);
        }
        let turn = self.last_turn();
        self.turns.insert(turn, invocation.source.clone());
        self.queues.insert(invocation.source.clone(), Queue { turn, events: [invocation].into() });
    }

    pub(super) fn pop(&mut self) -> Option<Invocation> {
        let (_, source) = self.turns.pop_first()?;
        let turn = self.last_turn();
        let queue = self.queues.get_mut(&source)?;
        let invocation = queue.events.pop_front()?;
        if queue.events.is_empty() {
            self.queues.remove(&source);
        } else {
            queue.turn = turn;
            self.turns.insert(turn, source);
        }
        self.len -= 1;
        Some(invocation)
    }

    /// Takes back what [`pop`](Self::pop) has given, as if it had never left.
    pub(super) fn give_back(&mut self, invocation: Invocation) {
        let source = invocation.source.clone();
        let mut events = VecDeque::new();
        if let Some(queue) = self.queues.remove(&source) {
            self.turns.remove(&queue.turn);
            events = queue.events;
        }
        let turn = self.turns.first_key_value().map_or(0, |(first, _)| first - 1);
        events.push_front(invocation);
        self.turns.insert(turn, source.clone());
        self.queues.insert(source, Queue { turn, events });
        self.len += 1;
    }

    /// Forgets an event of this source; nothing if it does not wait any more.
    pub(super) fn remove(&mut self, source: &Source, work: Work) {
        let Some(queue) = self.queues.get_mut(source) else { return };
        // What has timed out came first, so it is found first.
        let Some(place) = queue.events.iter().position(|waiting| waiting.work == work) else { return };
        queue.events.remove(place);
        self.len -= 1;
        if queue.events.is_empty() {
            self.turns.remove(&queue.turn);
            self.queues.remove(source);
        }
    }

    /// The turn after all others.
    fn last_turn(&self) -> i64 {
        self.turns.last_key_value().map_or(0, |(last, _)| last + 1)
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
        let work = Work::Event(InvocationId(id));
        Invocation { work, source: source(connection), event: bytes::Bytes::new() }
    }

    fn source(connection: &str) -> Source {
        Source::Connection(connection.into())
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
        for (connection, id) in [("b", 3), ("a", 1), ("a", 7), ("d", 4)] {
            all.remove(&source(connection), Work::Event(InvocationId(id)));
        }
        assert_eq!(rest(all), [2, 4]);
    }

    #[test]
    fn nothing_is_left_of_a_source_whose_events_are_all_removed() {
        let mut all = waiting(&[("a", 1), ("b", 2)]);
        all.remove(&source("a"), Work::Event(InvocationId(1)));
        all.push(invocation("a", 3));
        assert_eq!((all.queues.len(), all.turns.len()), (2, 2));
        assert_eq!(rest(all), [2, 3], "it has lost its turn");
    }
}
