use std::future::{Future, ready};
use lift_ws::prelude::*;

#[ws_route("$connect")]
pub fn connect(_: &Event<'_>) -> impl Future<Output = ()> {
    ready(())
}

fn main() {}
