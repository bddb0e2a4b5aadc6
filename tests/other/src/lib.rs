//! Handlers, middleware, state and an app in another crate, which knows lift-ws by another name.

use renamed::prelude::*;

/// A shop.
pub mod shop {
    use super::{Deserialize, Event, Json, Next, Reply, ws_middleware, ws_route};

    /// What to buy.
    #[derive(Debug, Deserialize)]
    pub struct Order<'m> {
        /// Its name.
        pub item: &'m str,
    }

    /// Shares its name with handlers elsewhere.
    #[ws_route("buy", middleware = [open_hours], crate = ::renamed)]
    pub async fn say(Json(order): Json<Order<'_>>) -> Result<Json<String>, Reply> {
        Ok(Json(order.item.to_uppercase()))
    }

    /// Lets all pass.
    #[ws_middleware(crate = ::renamed)]
    pub async fn open_hours(_: &Event<'_>, next: impl Next) -> Reply {
        next.run().await
    }
}

/// The shop's state.
#[derive(Clone, Debug, FromRef)]
#[from_ref(crate = ::renamed)]
pub struct ShopState {
    /// Of everything.
    pub price: u64,
}

/// What everything costs.
#[ws_route("price", crate = ::renamed)]
pub async fn price(State(price): State<u64>) -> Json<u64> {
    Json(price)
}

/// An app of its own.
#[ws_app(state = ShopState, middleware = [shop::open_hours], routes = [shop::say, price], crate = ::renamed)]
#[derive(Debug)]
pub struct Shop;

/// Middleware that provides a value.
pub mod members {
    use super::{Event, Json, Next, Provide, Provided, Reply, ws_middleware, ws_route};

    /// Who it is.
    #[derive(Debug)]
    pub struct Member(pub usize);

    /// Provides a [`Member`].
    #[ws_middleware(crate = ::renamed)]
    pub async fn member(event: &Event<'_>, next: impl Provide<Member>) -> Reply {
        next.provide(Member(event.body().len())).run().await
    }

    /// Takes a [`Member`] that the app provides.
    #[ws_route("greet", crate = ::renamed)]
    pub async fn greet(Provided(member): Provided<'_, Member>) -> Json<usize> {
        Json(member.0)
    }

    /// Brings its [`Member`] along.
    #[ws_route("greet", middleware = [member], crate = ::renamed)]
    pub async fn greet_with_member(Provided(member): Provided<'_, Member>) -> Json<usize> {
        Json(member.0)
    }
}

/// Makes a handler: lift-ws is found as this crate finds it.
#[macro_export]
macro_rules! answering {
    ($name:ident, $key:literal, $answer:expr) => {
        #[$crate::__renamed::ws_route($key, crate = $crate::__renamed)]
        async fn $name() -> $crate::__renamed::extract::Json<&'static str> {
            $crate::__renamed::extract::Json($answer)
        }
    };
}

#[doc(hidden)]
pub use renamed as __renamed;
