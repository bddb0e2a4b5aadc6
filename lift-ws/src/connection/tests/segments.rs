//! A segment of a broadcast whose recipients are throttled, or whose time is up.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::World;
use crate::Error;
use crate::connection::{Connections, Settings, run_segment};
use crate::push::PostErrorKind;
use crate::queue::body::Body;
use crate::queue::memory::{Delivery, MemoryQueue};

/// Time for one turn: the rate is one a second.
const TIME: Duration = Duration::from_millis(400);

/// One group of three, and a broadcast to it in one segment.
struct Segment {
    world: World,
    queue: Arc<MemoryQueue>,
    conns: Connections,
}

impl Segment {
    async fn new() -> Self {
        // one turn in each invocation: the second would have to wait for a second
        let settings = Settings::default().with_tries(1).with_broadcast_rate(1).with_broadcast_segments(1);
        let (world, queue) = (World::new(), Arc::new(MemoryQueue::new()));
        world.admit_into("red", ["0=", "1=", "2="].map(str::to_owned)).await;
        let conns = Connections::builder(world.store.rows(), Arc::clone(&world.gateway))
            .clock(Arc::clone(&world.clock))
            .settings(settings)
            .queue(Arc::clone(&queue))
            .callback_url("http://gateway.test/prod")
            .build()
            .bind("a1b2c3", "prod");
        conns.group("red").send_later("hi").await.unwrap();
        Self { world, queue, conns }
    }

    fn next_message(&self) -> Delivery {
        let mut waiting = self.queue.receive(10);
        assert_eq!(waiting.len(), 1);
        waiting.remove(0)
    }

    async fn run(&self, message: &Delivery, time: Duration) -> Result<(), Error> {
        let conns = self.conns.clone().with_deadline(Instant::now() + time);
        let body = Body::read(&message.message.body).ok().and_then(|body| body.broadcast).unwrap();
        run_segment(&conns, &body, message.receives).await
    }
}

#[tokio::test]
async fn a_segment_in_which_somebody_had_a_turn_goes_on_though_the_turn_was_throttled() {
    let segment = Segment::new().await;
    segment.world.gateway.fail_times("0=", PostErrorKind::Throttled, 2);
    let first = segment.next_message();
    segment.run(&first, TIME).await.expect("the cursor has moved");
    let second = segment.next_message();
    let error = segment.run(&second, TIME).await.unwrap_err().to_string();
    assert!(error.contains("throttled"), "{error}");
    segment.run(&second, TIME).await.expect("who was throttled has been reached");
    assert_eq!(segment.world.gateway.posted_to("0="), ["\"hi\""]);
}

#[tokio::test]
async fn a_segment_without_time_says_that_nobody_had_a_turn() {
    let segment = Segment::new().await;
    let message = segment.next_message();
    let error = segment.run(&message, Duration::ZERO).await.unwrap_err().to_string();
    assert!(error.contains("time"), "{error}");
    assert!(segment.world.gateway.posts().is_empty());
}
