lift_ws_tests_other::answering!(ping, "ping", "pong");

#[lift_ws::ws_app(routes = [ping])]
struct Made;

fn main() {
    assert!(Made::ROUTES[0].two_way);
}
