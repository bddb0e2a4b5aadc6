use lift_ws::prelude::*;

#[ws_route("say")]
async fn say() {}

#[cfg(any())]
#[ws_route("never")]
async fn never(_: NoSuchType) {}

#[ws_route("either")]
#[cfg(any())]
async fn either(_: NoSuchType) {}

#[ws_route("either")]
#[cfg(all())]
async fn either() {}

#[ws_middleware]
#[cfg(any())]
async fn audit(_: NoSuchType, next: impl Next) -> Reply {
    next.run().await
}

#[derive(Clone, FromRef)]
struct AppState {
    #[cfg(any())]
    never: NoSuchType,
    limit: u32,
}

#[cfg(any())]
#[ws_app(routes = [never])]
struct Never;

#[ws_app(state = AppState, routes = [say, either])]
struct Always;

fn main() {
    let state = AppState { limit: 2 };
    assert_eq!(state.limit, 2);
    assert_eq!(Always::ROUTES.len(), 2);
}
