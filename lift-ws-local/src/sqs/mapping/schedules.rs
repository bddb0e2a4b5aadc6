//! No schedule of sending, failing, crashing and waiting loses a message, or gives away one that is done with.

use std::collections::{HashMap, HashSet};

use proptest::prelude::*;
use serde_json::json;

use super::tests::{World, world};
use super::{BatchId, BatchVerdict};
use crate::core::Outcome;

/// As in the world of the tests.
const MAX_RECEIVES: u64 = 3;
const VISIBILITY_SECONDS: u64 = 30;

/// What may happen next; numbers choose among what is under way at that time.
#[derive(Clone, Debug)]
enum Happening {
    Send(u64),
    Succeed(usize),
    /// All records whose position is set in the mask have failed.
    Fail(usize, u16),
    Crash(usize),
    Wait(u64),
}

fn happening() -> impl Strategy<Value = Happening> {
    let any_one = any::<usize>;
    prop_oneof![
        5 => prop_oneof![3 => Just(0), 1 => 0..900_u64].prop_map(Happening::Send),
        3 => any_one().prop_map(Happening::Succeed),
        2 => (any_one(), any::<u16>()).prop_map(|(which, mask)| Happening::Fail(which, mask)),
        1 => any_one().prop_map(Happening::Crash),
        3 => prop_oneof![2 => 0..40_u64, 1 => 0..1_000_u64].prop_map(Happening::Wait),
    ]
}

/// What an observer knows of a message.
#[derive(Default)]
struct Seen {
    receives: u64,
    hidden_until: u64,
    has_succeeded: bool,
    is_done: bool,
}

/// A message in a batch.
struct Delivered {
    id: String,
    /// How often it was received by then.
    receives: u64,
}

/// A world, and what its observer has seen.
struct Observed {
    world: World,
    window: u64,
    seconds: u64,
    sent: usize,
    messages: HashMap<String, Seen>,
    under_way: Vec<(BatchId, Vec<Delivered>)>,
    dead: HashSet<String>,
}

impl Observed {
    fn happen(&mut self, happening: &Happening) {
        match happening {
            Happening::Send(delay) => {
                self.sent += 1;
                let body = json!({ "QueueUrl": "jobs", "MessageBody": "x", "DelaySeconds": delay });
                self.world.ask("SendMessage", &body);
            }
            Happening::Succeed(which) => self.finish(*which, |_| json!({ "batchItemFailures": [] })),
            Happening::Fail(which, mask) => self.finish(*which, |batch| {
                let failed = batch.iter().enumerate().filter(|(place, _)| mask >> place & 1 == 1);
                let failed: Vec<_> =
                    failed.map(|(_, message)| json!({ "itemIdentifier": message.id })).collect();
                json!({ "batchItemFailures": failed })
            }),
            Happening::Crash(which) => {
                if let Some((batch, _)) = self.take(*which) {
                    self.world.finish(
                        batch,
                        Outcome::FunctionError { message: "crashed".to_owned(), error_message: None },
                    );
                }
            }
            Happening::Wait(seconds) => self.wait(*seconds),
        }
        self.observe();
    }

    /// Lets time pass, and stops where the mapping wants to be woken.
    fn wait(&mut self, seconds: u64) {
        let end = self.seconds + seconds;
        while self.seconds < end {
            let wakeup = self.world.mapping.next_wakeup(&self.world.queues);
            let until_wakeup = wakeup.map_or(u64::MAX, |due| due.since(self.world.now).as_secs());
            let step = until_wakeup.clamp(1, end - self.seconds);
            self.seconds += step;
            self.world.wait(step);
            self.observe();
        }
    }

    fn take(&mut self, which: usize) -> Option<(BatchId, Vec<Delivered>)> {
        let place = which.checked_rem(self.under_way.len())?;
        Some(self.under_way.swap_remove(place))
    }

    fn finish(&mut self, which: usize, answer: impl Fn(&[Delivered]) -> serde_json::Value) {
        let Some((batch, messages)) = self.take(which) else { return };
        let answer = answer(&messages);
        let failed: HashSet<&str> = answer["batchItemFailures"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|item| item["itemIdentifier"].as_str())
            .collect();
        let finished = self.world.answer(batch, &answer);
        assert!(matches!(finished.verdict, BatchVerdict::Succeeded | BatchVerdict::PartlyFailed));
        for message in messages.iter().filter(|message| !failed.contains(message.id.as_str())) {
            let seen = self.messages.get_mut(&message.id).expect("it was seen");
            seen.has_succeeded = true;
            // Behind its timeout a later receiver may have it, who decides then.
            seen.is_done |= seen.receives == message.receives && seen.hidden_until > self.seconds;
        }
    }

    /// Looks at what the function gets, and at the dead letters.
    fn observe(&mut self) {
        for (batch, event) in self.world.poll() {
            let mut messages = Vec::new();
            for record in event["Records"].as_array().unwrap() {
                let id = record["messageId"].as_str().unwrap().to_owned();
                let seen = self.messages.entry(id.clone()).or_default();
                assert!(!seen.is_done, "a message that is done with comes again");
                assert!(seen.hidden_until <= self.seconds, "a message comes while it is hidden");
                seen.receives += 1;
                assert!(seen.receives <= MAX_RECEIVES, "a message comes too often");
                assert_eq!(record["attributes"]["ApproximateReceiveCount"], seen.receives.to_string());
                // It may have been received a window ago.
                seen.hidden_until = self.seconds + VISIBILITY_SECONDS - self.window;
                messages.push(Delivered { id, receives: seen.receives });
            }
            assert!((1..=4).contains(&messages.len()));
            self.under_way.push((batch, messages));
        }
        assert!(self.under_way.len() <= 3, "more batches than allowed");
        for letter in self.world.queues.take_dead_letters() {
            let seen = &self.messages[&letter.message_id];
            assert!(!seen.is_done && seen.receives == MAX_RECEIVES, "a dead letter that need not be one");
            assert!(self.dead.insert(letter.message_id), "a dead letter twice");
        }
    }

    /// Lets everything that is left succeed.
    fn end(&mut self) {
        for _ in 0..100 {
            while !self.under_way.is_empty() {
                self.happen(&Happening::Succeed(0));
            }
            if self.messages.len() == self.sent && self.world.left() == json!(["0", "0"]) {
                break;
            }
            self.happen(&Happening::Wait(VISIBILITY_SECONDS));
        }
        assert_eq!(self.world.left(), json!(["0", "0"]));
        assert_eq!(self.messages.len(), self.sent, "every message is delivered");
        let mut deleted = self.messages.iter().filter(|(id, _)| !self.dead.contains(*id));
        assert!(deleted.all(|(_, seen)| seen.has_succeeded), "a message is lost");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_schedule_loses_a_message_or_gives_away_one_that_is_done_with(
        happenings in prop::collection::vec(happening(), 0..60),
        window in 0_u64..3,
    ) {
        let mut observed = Observed {
            world: world(4, window, 3),
            window,
            seconds: 0,
            sent: 0,
            messages: HashMap::new(),
            under_way: Vec::new(),
            dead: HashSet::new(),
        };
        for happening in &happenings {
            observed.happen(happening);
        }
        observed.end();
    }
}
