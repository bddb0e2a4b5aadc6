//! The macros in hostile surroundings: no prelude, and every name that generated code might lean on taken.

#![no_implicit_prelude]
#![allow(dead_code, non_camel_case_types, unused_imports, unused_macros)]

// What the macros must not find.
struct Option;
struct Result;
struct Some;
struct None;
struct Ok;
struct Err;
struct Box;
struct String;
struct Vec;
struct Reply;
struct Event;
struct Scope;
struct Values;
struct Needs;
struct bool;
struct str;
struct usize;
struct u8;
trait Send {}
trait Sync {}
trait Sized {}
trait Copy {}
trait Clone {}
trait Drop {}
trait Fn {}
trait FnOnce {}
trait From {}
trait Into {}
trait Iterator {}
trait Future {}
trait IntoReply {}
trait FromEvent {}
trait Extract {}
trait Stack {}
trait Handler {}
trait Middleware {}
mod std {}
mod core {}
mod alloc {}
mod lift_ws {}

macro_rules! hostile {
    ($($name:ident)*) => {$(
        macro_rules! $name {
            ($d:tt) => { compile_error!("the macros used a macro of ours") };
        }
    )*};
}
hostile!(panic assert concat stringify file line matches vec format unreachable module_path);

/// Code of the user: it names lift-ws as it likes.
mod user {
    // what is hostile, too
    use super::*;
    use ::lift_ws::extract::{Json, RawBody, State};
    use ::lift_ws::middleware::{Next, Provide};
    use ::lift_ws::provide::Provided;

    pub(super) struct Claims(pub(super) ::core::primitive::usize);

    #[::lift_ws::ws_middleware]
    pub(super) async fn authenticate(
        event: &::lift_ws::Event<'_>,
        next: impl Provide<Claims>,
    ) -> ::core::result::Result<::lift_ws::Reply, ::lift_ws::Reply> {
        ::core::result::Result::Ok(next.provide(Claims(event.body().len())).run().await)
    }

    #[::lift_ws::ws_middleware]
    pub(super) async fn audit(
        Provided(claims): Provided<'_, Claims>,
        next: impl Next,
    ) -> impl ::lift_ws::IntoReply {
        let _ = claims;
        next.run().await
    }

    #[::lift_ws::ws_route("say", middleware = [authenticate, audit])]
    pub(super) async fn say(
        RawBody(body): RawBody<'_>,
        Provided(claims): Provided<'_, Claims>,
        State(limit): State<::core::primitive::usize>,
    ) -> Json<::core::primitive::bool> {
        Json(body.len() == claims.0 && claims.0 < limit)
    }

    #[::lift_ws::ws_route("opaque")]
    pub(super) async fn opaque() -> impl ::lift_ws::IntoReply {
        Json(1)
    }

    #[::lift_ws::ws_route("$disconnect")]
    pub(super) async fn bye() -> ::core::result::Result<(), ::lift_ws::Error> {
        ::core::result::Result::Ok(())
    }

    #[::lift_ws::ws_route("$connect")]
    pub(super) async fn connect() -> impl ::lift_ws::IntoReply {}
}

#[derive(::core::clone::Clone, ::lift_ws::FromRef)]
struct AppState {
    limit: ::core::primitive::usize,
}

async fn other(
    _: ::lift_ws::event::OtherEvent<'_>,
    _: &AppState,
) -> ::core::result::Result<::serde_json::Value, ::lift_ws::Error> {
    ::core::result::Result::Ok(::serde_json::Value::Null)
}

#[::lift_ws::ws_app(
    state = AppState,
    middleware = [user::authenticate, user::audit],
    routes = [user::opaque, user::bye, user::connect],
    connections = true,
    other = other,
)]
struct App;

/// In another app, since `say` brings its own `Claims`.
#[::lift_ws::ws_app(state = AppState, routes = [user::say])]
struct Second;

#[test]
fn generated_code_leans_on_no_name_in_scope() {
    use ::lift_ws::App as _;
    ::core::assert_eq!(App::routes().len(), 3);
    ::core::assert!(App::ROUTES[0].two_way && !App::ROUTES[2].two_way);
    let service = ::lift_ws::Service::<Second>::new(AppState { limit: 9 });
    let runtime = ::tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let mut answer = ::std::vec::Vec::new();
    let event =
        br#"{"requestContext":{"eventType":"MESSAGE","routeKey":"say","connectionId":"c="},"body":"four"}"#;
    let answered = service.respond(event, ::core::default::Default::default(), &mut answer);
    runtime.block_on(answered).expect("an answer");
    ::core::assert_eq!(answer, br#"{"statusCode":200,"body":"true"}"#);
}
