//! `#[ws_middleware]`, on a function whose last argument is `next`.

mod expand;
mod parse;
mod validate;

use crate::errors::Errors;
use crate::fallback;
use crate::signature::{Function, Role};
use parse::MiddlewareAttribute;
use proc_macro2::TokenStream;
use quote::quote;

const ROLE: Role = Role {
    attribute: "ws_middleware",
    noun: "middleware",
    a_noun: "middleware",
    arguments: "`Json<T>` or `State<T>`",
};

pub(crate) fn expand(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let (added, errors) = added(attribute, &item);
    quote!(#item #added #errors)
}

/// What stands beside the function, and the mistakes.
fn added(attribute: TokenStream, item: &TokenStream) -> (TokenStream, Errors) {
    let mut errors = Errors::default();
    let attribute = MiddlewareAttribute::parse(attribute, &mut errors);
    let Some(function) = Function::read(item, ROLE, &mut errors) else {
        return (TokenStream::new(), errors);
    };
    let krate = attribute.krate.clone();
    let added = match validate::Middleware::new(attribute, function.clone(), &mut errors) {
        Some(middleware) if errors.is_empty() => expand::tokens(&middleware),
        _ => fallback::middleware(&function, &krate),
    };
    (added, errors)
}
