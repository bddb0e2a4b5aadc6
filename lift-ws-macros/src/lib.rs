//! The macros of lift-ws; their documentation is in the `lift-ws` crate, where examples have the run time.
//!
//! Each macro is a folder with three steps, each with a type of its own: `parse` (what was written), `validate`
//! (what is legal) and `expand` (tokens, with no way to fail). Mistakes go into `errors::Errors` and are
//! reported together; where there are any, `fallback` stands in for the generated code, so that one mistake is
//! one error.

mod arguments;
mod distance;
mod errors;
mod extract;
mod fallback;
mod from_ref;
#[cfg(test)]
mod golden;
mod krate;
mod lifetimes;
mod signature;
mod ws_app;
mod ws_authorizer;
mod ws_job;
mod ws_middleware;
mod ws_route;

use proc_macro::TokenStream;

#[allow(missing_docs, reason = "documented where it is re-exported")]
#[proc_macro_attribute]
pub fn ws_route(attribute: TokenStream, item: TokenStream) -> TokenStream {
    ws_route::expand(attribute.into(), item.into()).into()
}

#[allow(missing_docs, reason = "documented where it is re-exported")]
#[proc_macro_attribute]
pub fn ws_middleware(attribute: TokenStream, item: TokenStream) -> TokenStream {
    ws_middleware::expand(attribute.into(), item.into()).into()
}

#[allow(missing_docs, reason = "documented where it is re-exported")]
#[proc_macro_attribute]
pub fn ws_app(attribute: TokenStream, item: TokenStream) -> TokenStream {
    ws_app::expand(attribute.into(), item.into()).into()
}

#[allow(missing_docs, reason = "documented where it is re-exported")]
#[proc_macro_attribute]
pub fn ws_authorizer(attribute: TokenStream, item: TokenStream) -> TokenStream {
    ws_authorizer::expand(attribute.into(), item.into()).into()
}

#[allow(missing_docs, reason = "documented where it is re-exported")]
#[proc_macro_attribute]
pub fn ws_job(attribute: TokenStream, item: TokenStream) -> TokenStream {
    ws_job::expand(attribute.into(), item.into()).into()
}

#[allow(missing_docs, reason = "documented where it is re-exported")]
#[proc_macro_derive(FromRef, attributes(from_ref))]
pub fn from_ref(item: TokenStream) -> TokenStream {
    from_ref::expand(item.into()).into()
}
