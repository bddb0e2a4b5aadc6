//! How much anybody may ask for: `lift_ws::limit`, seen from outside.

mod connections;
mod deadlines;
mod failing;
mod idempotency;
mod messages;
mod rates;

use lift_ws::testing::simulation::{self, Simulation};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// Some time in 2026.
const NOON: Duration = Duration::from_secs(1_767_268_800);

/// Virtual time passes.
fn pass(world: &Simulation, time: Duration) {
    let mut wait = pin!(simulation::sleep(time));
    assert!(wait.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    assert!(world.advance_to_next_timer());
}

/// Runs a future in virtual time: whenever it waits, the time it waits for comes.
fn run<F: Future>(world: &Simulation, future: F) -> F::Output {
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(done) => return done,
            Poll::Pending => assert!(world.advance_to_next_timer(), "it waits for what never comes"),
        }
    }
}
