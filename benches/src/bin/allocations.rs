//! Prints how often one event allocates, after warm-up and with the answer's buffer used again: none, under five
//! middlewares, and the hand-written peer; and how often a cached record does, looked up and taken by a handler. A process of its own, since the counting allocator would slow the peers.

#![allow(clippy::print_stdout, reason = "the figures are the output")]

use allocation_counter::measure;
use lift_ws::connection::Connections;
use lift_ws::{App, Invocation, Service};
use lift_ws_benches::chat::{Chat, ChatUnderFive};
use lift_ws_benches::records::{self, Records};
use lift_ws_benches::{MESSAGE, now};
use std::hint::black_box;

fn main() {
    let event = MESSAGE.trim_end().as_bytes();
    println!("ours {}", of::<Chat>(event));
    println!("ours-under-five {}", of::<ChatUnderFive>(event));
    let context = lambda_runtime::Context::default();
    let hand_written = steady(|| {
        drop(black_box(now(lift_ws_bench_hand_written::bytes_to_bytes(event, context.clone()))));
    });
    println!("hand-written {hand_written}");
    let ids = records::ids();
    let conns = records::connections(&ids);
    println!("cached-record {}", of_a_look_up(&conns, &ids[0]));
    println!("event-with-record {}", of_a_taken_record(conns, &ids[0]));
}

fn of<A: App<State = ()>>(event: &[u8]) -> u64 {
    let service = Service::<A>::new(());
    let mut answer = Vec::new();
    steady(|| now(service.respond(event, Invocation::default(), &mut answer)).expect("an answer"))
}

fn of_a_look_up(conns: &Connections, id: &str) -> u64 {
    steady(|| {
        let record = now(conns.bind(records::API, records::STAGE).record(id)).expect("the store works");
        assert!(black_box(record).is_some());
    })
}

fn of_a_taken_record(conns: Connections, id: &str) -> u64 {
    let service = Service::<Records>::new(()).with_connections(conns);
    let (event, mut answer) = (records::message("take", id), Vec::new());
    steady(|| now(service.respond(&event, Invocation::default(), &mut answer)).expect("an answer"))
}

/// The count of the last of many runs.
fn steady(mut operation: impl FnMut()) -> u64 {
    for _ in 0..100 {
        operation();
    }
    measure(operation).count_total
}
