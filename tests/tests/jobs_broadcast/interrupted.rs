//! Environments that are killed, messages that come twice, queues that refuse: nobody is lost.

use std::time::Duration;

use lift_ws::queue::QueueErrorKind;

use crate::{Chance, Gateway, PAGE, TIMEOUT, World, fast};

#[tokio::test]
async fn a_broadcast_of_20_000_survives_killed_environments_and_nobody_is_lost() {
    for seed in [1, 2, 3, 4] {
        let (interruptions, repeats) = interrupted(seed, 20_000).await;
        assert!(interruptions >= 6, "seed {seed}: only {interruptions} were interrupted");
        assert!(repeats <= interruptions * PAGE, "seed {seed}: {repeats} repeats of {interruptions}");
    }
}

/// Sends to so many, with environments killed while they send, batches delivered twice at once, and time that is up
/// early. It returns how many segments were interrupted, and how many recipients got the message again.
async fn interrupted(seed: u64, members: usize) -> (usize, usize) {
    let gateway = Gateway { latency: Duration::from_micros(500), throttled: 20, ..Gateway::default() };
    // killed before a page is done a message has not moved: of that there may be much by chance
    let world = World::with_receives(100, members, gateway, fast()).await;
    let chance = Chance::new(seed);
    let id = world.environment().group("news").send_later("hello").await.unwrap();
    let (mut interruptions, mut invocations) = (0, 0);
    loop {
        let batch = world.queue.receive(1 + chance.below(4) as usize);
        if batch.is_empty() {
            break;
        }
        invocations += 1;
        assert!(invocations < 200, "seed {seed}: it does not come to an end");
        // first they are killed, then anything may happen
        let kinds = if interruptions < 6 { 6 } else { 14 };
        match chance.below(kinds) {
            0..6 => {
                let posts = 1 + chance.below(2_000) as usize;
                tokio::select! {
                    biased;
                    () = world.gateway.after(posts) => {
                        interruptions += batch.len();
                        world.queue.abandon(batch);
                        // the messages come back when their visibility ends, and the claims have ended before
                        world.clock.advance(TIMEOUT);
                    }
                    answer = world.invoke(&batch, TIMEOUT) => world.queue.settle(batch.clone(), &answer),
                }
            }
            6 => {
                // SQS delivers at least once: here twice at the same time
                let (first, _second) =
                    tokio::join!(world.invoke(&batch, TIMEOUT), world.invoke(&batch, TIMEOUT));
                world.queue.settle(batch, &first);
            }
            7 => {
                let answer = world.invoke(&batch, Duration::from_millis(500)).await;
                world.queue.settle(batch, &answer);
            }
            _ => {
                let answer = world.invoke(&batch, TIMEOUT).await;
                world.queue.settle(batch, &answer);
            }
        }
    }
    assert!(world.queue.dead_letters().is_empty(), "seed {seed}: {:?}", world.queue.dead_letters());
    let lost: Vec<_> = (0..members).filter(|n| world.gateway.received(&crate::id(*n)) == 0).collect();
    assert!(lost.is_empty(), "seed {seed}: {} lost, such as {:?}", lost.len(), lost.first());
    let status = world.status(&id).await;
    assert!(status.is_complete(), "seed {seed}: {status:?}");
    assert_eq!(status.counts.attempted(), members as u64, "seed {seed}: each turn is counted once");
    (interruptions, world.gateway.total() - members)
}

#[tokio::test]
async fn a_broadcast_that_moves_is_never_a_dead_letter_however_often_it_is_interrupted() {
    let settings = fast().with_broadcast_segments(1);
    let world = World::new(10_000, Gateway::default(), settings).await;
    let id = world.environment().group("news").send_later("hello").await.unwrap();
    let mut interruptions = 0;
    loop {
        let batch = world.queue.receive(1);
        if batch.is_empty() {
            break;
        }
        tokio::select! {
            biased;
            () = world.gateway.after(1_500) => {
                interruptions += 1;
                world.queue.abandon(batch);
                world.clock.advance(TIMEOUT);
            }
            answer = world.invoke(&batch, TIMEOUT) => world.queue.settle(batch.clone(), &answer),
        }
    }
    assert!(interruptions > 3, "more than a message has receives: {interruptions}");
    assert!(world.queue.dead_letters().is_empty());
    assert!(world.status(&id).await.is_complete());
    assert!(world.gateway.total() - 10_000 <= interruptions * PAGE);
    assert!((0..10_000).all(|n| world.gateway.received(&crate::id(n)) > 0), "somebody is lost");
}

#[tokio::test]
async fn a_segment_whose_time_is_up_goes_on_in_a_message_of_its_own() {
    let world =
        World::new(3_000, Gateway::default(), fast().with_broadcast_rate(4_000).with_broadcast_segments(1))
            .await;
    let id = world.environment().group("news").send_later("hello").await.unwrap();
    let mut invocations = 0;
    loop {
        let batch = world.queue.receive(10);
        if batch.is_empty() {
            break;
        }
        assert_eq!(batch[0].receives, 1, "it moves on, and so is never delivered again");
        let answer = world.invoke(&batch, Duration::from_millis(800)).await;
        world.queue.settle(batch, &answer);
        invocations += 1;
    }
    assert!(invocations > 1, "3,000 do not fit into 0.8 s at 4,000 a second");
    assert!(world.status(&id).await.is_complete());
    assert!(world.is_exactly_once(3_000), "a time that is up repeats nobody");
}

#[tokio::test]
async fn a_message_that_comes_again_after_the_end_sends_nothing() {
    let world = World::new(100, Gateway::default(), fast()).await;
    world.environment().group("news").send_later("hello").await.unwrap();
    let batch = world.queue.receive(10);
    let answer = world.invoke(&batch, TIMEOUT).await;
    assert_eq!(answer, serde_json::json!({ "batchItemFailures": [] }));
    assert_eq!(world.invoke(&batch, TIMEOUT).await, answer);
    assert!(world.is_exactly_once(100));
}

#[tokio::test]
async fn a_continuation_that_the_queue_refuses_is_made_up_for_by_the_message_itself() {
    let world =
        World::new(2_000, Gateway::default(), fast().with_broadcast_rate(2_000).with_broadcast_segments(1))
            .await;
    world.environment().group("news").send_later("hello").await.unwrap();
    let batch = world.queue.receive(1);
    world.queue.refuse(QueueErrorKind::Unavailable);
    let answer = world.invoke(&batch, Duration::from_millis(800)).await;
    assert_eq!(answer["batchItemFailures"].as_array().unwrap().len(), 1);
    world.queue.settle(batch, &answer);
    world.drain().await;
    assert!(world.is_exactly_once(2_000));
}

#[tokio::test]
async fn a_queue_that_refuses_some_segments_is_asked_again() {
    let world = World::new(100, Gateway::default(), fast()).await;
    world.queue.refuse(QueueErrorKind::Throttled);
    world.queue.refuse(QueueErrorKind::Throttled);
    world.environment().group("news").send_later("hello").await.unwrap();
    assert_eq!(world.queue.len(), 4);
    world.drain().await;
    assert!(world.is_exactly_once(100));
}
