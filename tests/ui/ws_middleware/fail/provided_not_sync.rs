use lift_ws::prelude::*;
use std::cell::Cell;

struct Counter(Cell<u32>);

#[ws_middleware]
async fn count(next: impl Provide<Counter>) -> Reply {
    next.provide(Counter(Cell::new(1))).run().await
}

fn main() {}
