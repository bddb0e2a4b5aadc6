use lift_ws::prelude::*;

#[derive(Clone)]
struct Limit(usize);

#[derive(Clone, FromRef)]
struct AppState {
    limit: Limit,
}

#[ws_middleware]
async fn limit(event: &Event<'_>, State(limit): State<Limit>, next: impl Next) -> Result<Reply, Reply> {
    if event.body().len() > limit.0 { Err(Reply::error("too_long", "no")) } else { Ok(next.run().await) }
}

#[ws_middleware]
async fn opaque(next: impl Next) -> impl IntoReply {
    next.run().await
}

#[ws_middleware]
async fn mutable(mut next: impl Next) -> Reply {
    let again = &mut next;
    let _ = again;
    next.run().await
}

#[ws_route("say")]
async fn say() {}

#[ws_app(state = AppState, middleware = [limit, opaque, mutable], routes = [say])]
struct Chat;

fn main() {
    assert_eq!(Chat::MIDDLEWARE.len(), 3);
}
