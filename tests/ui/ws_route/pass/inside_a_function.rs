use lift_ws::prelude::*;

fn main() {
    #[ws_route("ping")]
    async fn ping(_: RawBody<'_>) {}

    #[ws_app(routes = [ping])]
    struct Local;

    assert_eq!(Local::ROUTES[0].key, "ping");
}
