//! x
use lift_ws::{Invocation, Service};
use lift_ws_benches::chat::Chat;
use lift_ws_benches::{MESSAGE, now};
use std::hint::black_box;
fn main() {
    let event = MESSAGE.trim_end().as_bytes();
    let service = Service::<Chat>::new(());
    let mut answer = Vec::new();
    let mut limit = lift_ws_benches::limit::Limit::default();
    let mode = std::env::args().nth(1).unwrap_or_default();
    let mut scratch = String::new();
    let s = std::time::Instant::now();
    let n: u32 = std::env::var("N").map_or(2_000_000, |n| n.parse().unwrap());
    for _ in 0..n {
        match mode.as_str() {
            "limit" => limit.respond(black_box(event), &mut answer).unwrap(),
            "parse" => {
                scratch.clear();
                black_box(lift_ws::event::Envelope::parse(black_box(event), &mut scratch).unwrap());
            }
            _ => {
                now(service.respond(black_box(event), Invocation::default(), &mut answer)).expect("an answer")
            }
        }
        black_box(&answer);
    }
    eprintln!("{:?}", s.elapsed() / n);
}
