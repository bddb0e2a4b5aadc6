use lift_ws::event::OtherEvent;
use lift_ws::prelude::*;
use lift_ws::route::Needs;

mod jobs {
    use lift_ws::event::OtherEvent;
    use lift_ws::prelude::*;

    pub async fn other(event: OtherEvent<'_>, state: &u32) -> Result<serde_json::Value, Error> {
        drop(event);
        Ok((*state).into())
    }
}

#[ws_middleware]
async fn audit(next: impl Next) -> Reply {
    next.run().await
}

#[ws_route("say")]
async fn say() {}

#[ws_app(
    crate = lift_ws,
    connections = true,
    max_routes = 1_000,
    route_selection = "$request.body.type",
    other = jobs::other,
    routes = [say],
    middleware = [audit],
    state = u32,
)]
struct Chat;

/// Borrows from both.
async fn borrowing<'e>(event: OtherEvent<'e>, state: &'e String) -> Result<serde_json::Value, Error> {
    std::future::ready(()).await;
    drop(event);
    Ok(state.as_str().into())
}

#[ws_app(state = String, other = borrowing, connections = false)]
struct Jobs;

fn main() {
    assert_eq!(Chat::ROUTE_SELECTION_EXPRESSION, "$request.body.type");
    assert_eq!(Jobs::ROUTE_SELECTION_EXPRESSION, "$request.body.action");
    assert!(Chat::NEEDS.has(Needs::CONNECTIONS) && !Jobs::NEEDS.has(Needs::CONNECTIONS));
}
