use lift_ws::prelude::*;

struct Claims<T> {
    subject: String,
    own: T,
}

struct Role(u8);

#[ws_middleware]
async fn authenticate(event: &Event<'_>, next: impl Provide<Claims<Role>>) -> Result<Reply, Reply> {
    let claims = Claims { subject: event.connection_id().to_owned(), own: Role(7) };
    Ok(next.provide(claims).run().await)
}

#[ws_middleware]
async fn require(claims: Provided<'_, Claims<Role>>, next: impl Next) -> Reply {
    if claims.own.0 < 5 { Reply::error("role", "no") } else { next.run().await }
}

#[ws_route("who")]
async fn who(Provided(claims): Provided<'_, Claims<Role>>) -> Json<&str> {
    Json(&claims.subject)
}

#[ws_route("again", middleware = [require])]
async fn again(claims: Provided<'_, Claims<Role>>) -> Json<u8> {
    Json(claims.own.0)
}

#[ws_app(middleware = [authenticate, require], routes = [who, again])]
struct Closed;

fn main() {
    assert_eq!(Closed::MIDDLEWARE.len(), 2);
    assert!(Closed::MIDDLEWARE[0].ends_with("::authenticate"));
}
