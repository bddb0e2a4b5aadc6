//! lift-ws under another name, in a crate of its own and here.

pub extern crate lift_ws as renamed;

use renamed::prelude::{Deserialize, FromRef, Json, Next, Reply, State};

mod nested {
    pub use renamed as again;
}

#[derive(Deserialize)]
struct Say {
    text: String,
}

#[renamed::ws_route("say", middleware = [audit], crate = ::renamed)]
async fn say(Json(say): Json<Say>, State(limit): State<u32>) -> Json<bool> {
    Json(say.text.len() < limit as usize)
}

#[renamed::ws_middleware(crate = crate::nested::again)]
async fn audit(next: impl Next) -> Reply {
    next.run().await
}

#[derive(Clone, FromRef)]
#[from_ref(crate = crate::nested::again)]
struct AppState {
    limit: u32,
}

#[renamed::ws_app(state = AppState, routes = [say, lift_ws_tests_other::shop::say], crate = renamed)]
struct Renamed;

fn main() {
    assert_eq!(Renamed::ROUTES.len(), 2);
    assert_eq!(lift_ws_tests_other::Shop::ROUTES.len(), 2);
}
