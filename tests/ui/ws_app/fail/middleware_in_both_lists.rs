use lift_ws::prelude::*;

struct Claims;

mod guards {
    use super::*;

    #[ws_middleware]
    pub async fn authenticate(next: impl Provide<Claims>) -> Reply {
        next.provide(Claims).run().await
    }
}

#[ws_route("say")]
async fn say(_: Provided<'_, Claims>) {}

#[ws_app(middleware = [guards::authenticate], routes = [say, guards::authenticate])]
struct Chat;

fn main() {}
