//! What the macros make of a few examples, formatted: `tests/expand/*.rs` in the workspace. A reviewer reads the
//! generated code in the diff; `UPDATE_EXPECT=1 cargo test -p lift-ws-macros` rewrites the files.

use expect_test::{ExpectFile, expect_file};
use proc_macro2::TokenStream;
use quote::quote;

fn check(tokens: TokenStream, expected: ExpectFile) {
    let file: syn::File = syn::parse2(tokens).expect("generated code is a file of items");
    expected.assert_eq(&prettyplease::unparse(&file));
}

#[test]
fn the_least_route() {
    let made = crate::ws_route::expand(
        quote!("ping"),
        quote!(
            async fn ping() {}
        ),
    );
    check(made, expect_file!["../../tests/expand/the_least_route.rs"]);
}

#[test]
fn route_with_arguments_and_middleware() {
    let made = crate::ws_route::expand(
        quote!("say", middleware = [audit, guards::require_admin]),
        quote! {
            /// Says something.
            #[cfg(feature = "say")]
            pub async fn say<'m>(me: Connection<'_>, Json(say): Json<Say<'m>>, event: &Event<'m>) -> Result<Json<Said<'m>>, ChatError> {
                if me.user().is_none() {
                    return Err(ChatError::Anonymous);
                }
                Ok(Json(Said { text: say.text, request: event.request_id() }))
            }
        },
    );
    check(made, expect_file!["../../tests/expand/route_with_arguments_and_middleware.rs"]);
}

#[test]
fn disconnect_route_with_an_opaque_reply() {
    let made = crate::ws_route::expand(
        quote!("$disconnect", crate = ::renamed),
        quote!(
            async fn bye(why: DisconnectReason<'_>) -> impl IntoReply {}
        ),
    );
    check(made, expect_file!["../../tests/expand/disconnect_route_with_an_opaque_reply.rs"]);
}

#[test]
fn middleware() {
    let made = crate::ws_middleware::expand(
        quote!(),
        quote!(
            async fn audit(event: &Event<'_>, next: impl Next) -> Reply {
                next.run().await
            }
        ),
    );
    check(made, expect_file!["../../tests/expand/middleware.rs"]);
}

#[test]
fn middleware_that_provides_a_borrowed_value() {
    let made = crate::ws_middleware::expand(
        quote!(),
        quote!(
            pub async fn trace<'e>(
                event: &'e Event<'e>,
                next: impl Provide<Trace<'e>>,
            ) -> Result<Reply, Reply> {
                Ok(next.provide(Trace { id: event.request_id() }).run().await)
            }
        ),
    );
    check(made, expect_file!["../../tests/expand/middleware_that_provides_a_borrowed_value.rs"]);
}

#[test]
fn app() {
    let made = crate::ws_app::expand(
        quote!(
            state = AppState,
            middleware = [audit, authenticate],
            routes = [connect, chat::say],
            connections = true,
            other = jobs
        ),
        quote!(
            pub struct Chat;
        ),
    );
    check(made, expect_file!["../../tests/expand/app.rs"]);
}

#[test]
fn job() {
    let made = crate::ws_job::expand(
        quote!("export-v2"),
        quote!(
            pub async fn export(
                job: Job<Export>,
                conns: Connections,
                _: Invocation<'_>,
            ) -> Result<(), ExportError> {
            }
        ),
    );
    check(made, expect_file!["../../tests/expand/job.rs"]);
}

#[test]
fn app_with_jobs() {
    let made = crate::ws_app::expand(
        quote!(state = AppState, jobs = [export, chat::clean]),
        quote!(
            struct Reports;
        ),
    );
    check(made, expect_file!["../../tests/expand/app_with_jobs.rs"]);
}

#[test]
fn authorizer() {
    let made = crate::ws_authorizer::expand(
        quote!(identity_sources = ["route.request.querystring.token", "route.request.header.User-Agent"]),
        quote!(
            pub async fn authorize<'e>(
                State(tokens): State<JwtVerifier>,
                handshake: Handshake<'e>,
            ) -> Result<Allow<Extra<'e>>, AuthError> {
            }
        ),
    );
    check(made, expect_file!["../../tests/expand/authorizer.rs"]);
}

#[test]
fn app_that_is_an_authorizer_only() {
    let made = crate::ws_app::expand(
        quote!(state = AppState, authorizer = auth::authorize),
        quote!(
            struct Door;
        ),
    );
    check(made, expect_file!["../../tests/expand/app_that_is_an_authorizer_only.rs"]);
}

#[test]
fn authorizer_with_mistakes() {
    let made = crate::ws_authorizer::expand(
        quote!(identity_sources = ["$request.header.Auth"], identity = 7),
        quote!(
            fn r#authorize(&self, _: impl Any) -> impl IntoVerdict {}
        ),
    );
    check(made, expect_file!["../../tests/expand/authorizer_with_mistakes.rs"]);
}

#[test]
fn empty_app() {
    check(
        crate::ws_app::expand(
            quote!(),
            quote!(
                struct Empty;
            ),
        ),
        expect_file!["../../tests/expand/empty_app.rs"],
    );
}

#[test]
fn state() {
    let made = crate::from_ref::expand(quote! {
        struct AppState {
            greeting: Greeting,
            #[from_ref(skip)]
            host: String,
            name: String,
        }
    });
    check(made, expect_file!["../../tests/expand/state.rs"]);
}

#[test]
fn route_with_mistakes() {
    let made = crate::ws_route::expand(
        quote!("$conect", middlewares = [audit]),
        quote!(
            fn connect<T>(_: Json<T>) {}
        ),
    );
    check(made, expect_file!["../../tests/expand/route_with_mistakes.rs"]);
}

/// With a name of its own, generated code must not fall back on the usual one.
#[test]
fn a_renamed_crate_is_the_only_one_named() {
    let all = [
        crate::ws_route::expand(
            quote!("say", middleware = [audit], crate = ::renamed),
            quote!(
                async fn say(body: RawBody<'_>) -> Json<u32> {}
            ),
        ),
        crate::ws_route::expand(
            quote!("", crate = ::renamed),
            quote!(
                async fn say() {}
            ),
        ),
        crate::ws_middleware::expand(
            quote!(crate = ::renamed),
            quote!(
                async fn audit(me: Connection<'_>, next: impl Provide<Claims>) -> Reply {}
            ),
        ),
        crate::ws_middleware::expand(
            quote!(crate = ::renamed),
            quote!(
                async fn audit() -> Reply {}
            ),
        ),
        crate::ws_authorizer::expand(
            quote!(crate = ::renamed),
            quote!(
                async fn authorize(handshake: Handshake<'_>) -> Allow {}
            ),
        ),
        crate::ws_authorizer::expand(
            quote!(identity_sources = [""], crate = ::renamed),
            quote!(
                async fn authorize() -> Allow {}
            ),
        ),
        crate::ws_job::expand(
            quote!(crate = ::renamed),
            quote!(
                async fn export(job: Job<Export>) {}
            ),
        ),
        crate::ws_job::expand(
            quote!("", crate = ::renamed),
            quote!(
                async fn export(job: Job<Export>) {}
            ),
        ),
        crate::ws_app::expand(
            quote!(jobs = [export], crate = ::renamed),
            quote!(
                struct Chat;
            ),
        ),
        crate::ws_app::expand(
            quote!(
                routes = [say],
                middleware = [audit],
                other = jobs,
                authorizer = authorize,
                crate = ::renamed
            ),
            quote!(
                struct Chat;
            ),
        ),
        crate::ws_app::expand(
            quote!(max_routes = 0, crate = ::renamed),
            quote!(
                struct Chat;
            ),
        ),
        crate::from_ref::expand(quote!(
            #[from_ref(crate = ::renamed)]
            struct State {
                name: String,
            }
        )),
    ];
    for made in all {
        let text = made.to_string();
        assert!(!text.contains("lift_ws ::"), "{text}");
        assert!(text.contains("renamed"), "{text}");
    }
}
