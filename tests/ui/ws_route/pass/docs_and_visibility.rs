//! Nothing that the macros add asks for documentation, and nothing has another visibility than the function.
#![deny(missing_docs, missing_debug_implementations, unreachable_pub, unnameable_types)]
#![deny(warnings, clippy::all)]

/// The public part.
pub mod api {
    use lift_ws::prelude::*;

    /// Says something.
    #[ws_route("say")]
    pub async fn say(_: RawBody<'_>) {}

    /// Is seen by the crate.
    #[ws_route("hidden")]
    pub(crate) async fn hidden() {}

    /// Lets all pass.
    #[ws_middleware]
    pub async fn audit(next: impl Next) -> Reply {
        next.run().await
    }

    /// The state.
    #[derive(Clone, Debug, FromRef)]
    pub struct AppState {
        /// Of messages.
        pub limit: u32,
    }

    /// The app.
    #[ws_app(state = AppState, middleware = [audit], routes = [say, hidden])]
    #[derive(Debug)]
    pub struct Chat;
}

fn main() {
    use lift_ws::App;
    assert_eq!(api::Chat::routes().len(), 2);
}
