//! A public app of private parts: handlers, middleware and values stay private.
use lift_ws::prelude::*;

pub mod api {
    use lift_ws::prelude::*;

    struct Secret(u32);

    #[ws_middleware]
    async fn secret(next: impl Provide<Secret>) -> Reply {
        next.provide(Secret(1)).run().await
    }

    #[ws_route("say", middleware = [secret])]
    pub async fn say(Provided(secret): Provided<'_, PublicName>) -> Json<u32> {
        Json(secret.0)
    }

    type PublicName = Secret;

    #[ws_route("hush")]
    async fn hush() {}

    #[ws_app(routes = [say, hush])]
    pub struct Chat;
}

#[allow(private_interfaces)]
fn main() {
    assert_eq!(api::Chat::routes().len(), 2);
}
