use lift_ws::extract::Headers;
use lift_ws::prelude::*;
use lift_ws::route::Needs;

#[ws_middleware]
async fn require_user(me: Connection<'_>, next: impl Next) -> Reply {
    drop(me);
    next.run().await
}

#[ws_route("$connect")]
async fn connect(_: Headers<'_>) {}

#[ws_route("quiet")]
async fn quiet(_: RawBody<'_>) {}

#[ws_route("say")]
async fn say(_: Option<Connection<'_>>) {}

#[ws_route("ban", middleware = [require_user])]
async fn ban() {}

#[ws_app(routes = [connect, quiet, say, ban])]
struct Chat;

#[ws_app(middleware = [require_user], routes = [quiet])]
struct Closed;

fn main() {
    let needs: Vec<_> = Chat::ROUTES.iter().map(|route| route.needs).collect();
    assert!(needs[0].has(Needs::HEADERS) && !needs[0].has(Needs::RECORD));
    assert_eq!(needs[1], Needs::NONE);
    assert!(needs[2].has(Needs::RECORD) && needs[3].has(Needs::RECORD));
    assert!(Closed::ROUTES[0].needs.has(Needs::RECORD), "of the app's middleware");
}
