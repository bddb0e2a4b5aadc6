//! Segments of a broadcast whose table or network fails for a time.

use std::sync::Arc;
use std::time::Duration;

use super::World;
use super::counting::Call;
use super::scripted::{Scripted, in_virtual_time, within};
use crate::Error;
use crate::connection::{BroadcastId, BroadcastStatus, Connections, Settings, run_segment};
use crate::push::PostErrorKind;
use crate::queue::body::Body;
use crate::queue::memory::MemoryQueue;

/// How long an invocation lasts.
const TIME: Duration = Duration::from_secs(20);

/// A group, and a broadcast to it in one segment.
struct Queued {
    world: World,
    gateway: Arc<Scripted>,
    queue: Arc<MemoryQueue>,
    conns: Connections,
    id: BroadcastId,
    members: Vec<String>,
}

impl Queued {
    async fn to(
        members: usize,
        page: usize,
        script: impl Fn(usize) -> Option<PostErrorKind> + Send + Sync + 'static,
    ) -> Self {
        let (world, queue) = (World::new(), Arc::new(MemoryQueue::new()));
        let gateway = Scripted::new(Duration::from_millis(10), script);
        let mut members: Vec<String> = (0..members).map(|n| format!("{n}=")).collect();
        world.admit_into("red", members.clone()).await;
        members.sort_unstable();
        world.store.shorten_pages(page);
        let settings = Settings::default().with_tries(1).with_concurrency(50).with_broadcast_segments(1);
        let conns = Connections::builder(Arc::clone(&world.store), Arc::clone(&gateway))
            .clock(Arc::clone(&world.clock))
            .settings(settings.with_rate(u32::MAX).with_broadcast_rate(u32::MAX))
            .queue(Arc::clone(&queue))
            .callback_url("http://gateway.test/prod")
            .build()
            .bind("a1b2c3", "prod");
        let id = conns.group("red").send_later("hi").await.unwrap();
        Self { world, gateway, queue, conns, id, members }
    }

    /// One invocation with the message that waits; after an error it comes again.
    async fn run(&self) -> Result<(), Error> {
        let mut batch = self.queue.receive(1);
        let body = Body::read(&batch[0].message.body).ok().and_then(|body| body.broadcast).unwrap();
        let conns = self.conns.clone().with_deadline(within(TIME));
        let outcome = run_segment(&conns, &body, batch[0].receives).await;
        match outcome {
            Ok(()) => batch.clear(),
            Err(_) => self.queue.abandon(batch),
        }
        outcome
    }

    async fn drain(&self) {
        while !self.queue.is_empty() {
            let _ = self.run().await;
        }
        assert!(self.queue.dead_letters().is_empty());
    }

    async fn status(&self) -> BroadcastStatus {
        self.conns.broadcast(&self.id).await.unwrap().unwrap()
    }

    async fn has_reached_each_once(&self) -> bool {
        let status = self.status().await;
        let delivered = self.members.len() as u64;
        (status.is_complete(), status.counts.delivered, status.counts.attempted())
            == (true, delivered, delivered)
            && self.gateway.taken() == self.members
    }
}

#[test]
fn a_page_that_hangs_leaves_time_to_write_down_who_had_a_turn() {
    in_virtual_time(async {
        let queued = Queued::to(30, 10, |_| None).await;
        queued.world.store.never_answer_after(1, Call::Members);
        queued.run().await.expect("the first page is done, and a continuation goes on");
        queued.world.store.recover();
        queued.drain().await;
        assert!(queued.has_reached_each_once().await);
    });
}

#[test]
fn a_segment_that_has_moved_and_cannot_read_on_goes_on_in_a_fresh_message() {
    in_virtual_time(async {
        let queued = Queued::to(30, 10, |_| None).await;
        queued.world.store.fail_after(1, Call::Members);
        queued.run().await.expect("it has moved");
        queued.world.store.recover();
        assert_eq!(queued.queue.len(), 1);
        queued.drain().await;
        assert!(queued.has_reached_each_once().await);
    });
}

#[test]
fn a_segment_that_cannot_read_at_all_is_free_for_the_next_delivery() {
    in_virtual_time(async {
        let queued = Queued::to(30, 10, |_| None).await;
        queued.world.store.fail_after(0, Call::Members);
        queued.run().await.expect_err("nothing was read");
        queued.world.store.recover();
        queued.run().await.expect("nobody else has it");
        queued.drain().await;
        assert!(queued.has_reached_each_once().await);
    });
}

#[test]
fn a_segment_that_reaches_nobody_moves_nowhere_and_the_message_comes_again() {
    for kind in [PostErrorKind::Unreachable, PostErrorKind::Configuration] {
        in_virtual_time(async {
            let queued = Queued::to(200, 1_000, move |post| (post < 200).then_some(kind)).await;
            let error = queued.run().await.expect_err("nobody was reached").to_string();
            assert!(error.contains("management API"), "{error}");
            assert_eq!(queued.status().await.counts.attempted(), 0);
            queued.drain().await;
            assert!(queued.has_reached_each_once().await, "{kind:?}");
        });
    }
}

#[test]
fn a_network_that_fails_for_a_time_loses_nobody() {
    in_virtual_time(async {
        let fails = |post| (330..900).contains(&post).then_some(PostErrorKind::Unreachable);
        let queued = Queued::to(2_000, 1_000, fails).await;
        queued.drain().await;
        assert!(queued.has_reached_each_once().await);
    });
}

#[test]
fn a_segment_does_not_end_while_somebody_was_not_reached() {
    in_virtual_time(async {
        // the last one of the page, and then all tries of the rounds
        let fails = |post| (9..11).contains(&post).then_some(PostErrorKind::Unreachable);
        let queued = Queued::to(10, 10, fails).await;
        queued.run().await.expect_err("who is left was not reached");
        assert!(!queued.status().await.is_complete());
        queued.drain().await;
        assert!(queued.has_reached_each_once().await);
    });
}
