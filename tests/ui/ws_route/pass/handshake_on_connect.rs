//! What decides a handshake is legal on `$connect`, in both sides of a `Result` and behind `impl Trait`.

use lift_ws::prelude::*;

#[ws_route("$connect")]
async fn connect() -> Result<Accept, Reject> {
    Err(Reject::forbidden())
}

mod opaque {
    use super::*;

    #[ws_route("$connect")]
    pub async fn connect() -> Result<impl IntoReply, Reject> {
        Ok(Accept::new())
    }

    /// A reply of both kinds of route.
    #[ws_route("say")]
    pub async fn say() -> Result<impl IntoReply, Error> {
        Ok(Json(1))
    }
}

#[ws_app(routes = [connect, opaque::say])]
struct Chat;

#[ws_app(routes = [opaque::connect])]
struct Other;

fn main() {}
