use lift_ws::prelude::*;

/// A doc comment, a lint, a deprecation: all stay on the function.
#[ws_route("old")]
#[deprecated(note = "use `new`")]
#[allow(clippy::unused_async)]
#[must_use]
async fn old(_: RawBody<'_>, #[allow(unused)] me: ConnectionId<'_>) {}

#[ws_app(routes = [old])]
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Chat;

#[allow(deprecated)]
fn main() {
    // the function is still a function
    fn is_async<F: Future, A, B>(_: impl Fn(A, B) -> F) {}
    is_async(old);
    assert_eq!(Chat, Chat::default());
}
