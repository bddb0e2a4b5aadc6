use lift_ws::prelude::*;

#[ws_route("ping")]
async fn ping() {}

#[ws_route("pong")]
async fn pong(_: State<u32>) {}

#[ws_app(routes = [ping])]
struct Small;

#[ws_app(state = u32, routes = [ping, pong])]
pub struct Large;

mod inner {
    use lift_ws::prelude::*;

    #[ws_app(routes = [super::ping])]
    pub struct Small;
}

#[ws_app]
struct Empty;

#[ws_app()]
struct Fields {
    _unused: u8,
}

fn main() {
    assert_eq!((Small::ROUTES.len(), Large::ROUTES.len(), inner::Small::ROUTES.len()), (1, 2, 1));
    assert_eq!((Empty::ROUTES.len(), Fields::ROUTES.len()), (0, 0));
    let _ = Fields { _unused: 0 };
}
