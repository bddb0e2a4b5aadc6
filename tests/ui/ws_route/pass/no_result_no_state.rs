//! The least: one route, no state, no argument.
use lift_ws::prelude::*;

#[ws_route("ping")]
async fn ping() {}

#[ws_app(routes = [ping])]
struct Least;

fn main() {
    let [ping] = Least::ROUTES;
    assert_eq!((ping.key, ping.two_way, ping.middleware), ("ping", false, &[] as &[&str]));
    assert!(ping.location.file.ends_with("no_result_no_state.rs") && ping.location.line == 4);
}
