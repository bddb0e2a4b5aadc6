fn r#authorize(&self, _: impl Any) -> impl IntoVerdict {}
::core::compile_error! {
    "`#[ws_authorizer]` has no argument `identity`\nnote: possible are `identity_sources = [\"route.request.header.Authorization\"]`, `crate = path`"
}
::core::compile_error! {
    "authorizer `r#authorize` must be `async`\nhelp: write `async fn r#authorize(…)`"
}
::core::compile_error! {
    "an authorizer is a free function: it has no `self`\nhelp: move it out of the `impl` block, and take what it needs as `State<T>`"
}
::core::compile_error! {
    "an authorizer cannot take `impl Trait` here: nothing would choose the type\nhelp: name the type, such as `Handshake<'_>` or `State<T>`"
}
::core::compile_error! {
    "an authorizer cannot return `impl Trait`: what it returns says who may connect\nhelp: return `Result<Allow, E>`, with a context `Result<Allow<T>, E>`"
}
::core::compile_error! {
    "`$request.header.Auth` is not an identity source of a WebSocket API\nhelp: this is the form of HTTP APIs: write `route.request.header.Auth`\nnote: an identity source of a WebSocket API is `route.request.header.NAME`, `route.request.querystring.NAME`, `stageVariables.NAME` or `context.NAME`"
}
