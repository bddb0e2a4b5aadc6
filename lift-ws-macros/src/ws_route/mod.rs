//! `#[ws_route("key", middleware = […], crate = path)]`

mod expand;
mod key;
mod parse;
mod validate;

use crate::errors::Errors;
use crate::fallback;
use crate::signature::Role;
use parse::RouteAttribute;
use proc_macro2::TokenStream;
use quote::quote;

const ROLE: Role = Role {
    attribute: "ws_route",
    noun: "route handler",
    a_noun: "a route handler",
    arguments: "`Json<T>` or `State<T>`",
};

pub(crate) fn expand(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let (added, errors) = added(attribute, &item);
    quote!(#item #added #errors)
}

/// What stands beside the function, and the mistakes.
fn added(attribute: TokenStream, item: &TokenStream) -> (TokenStream, Errors) {
    let mut errors = Errors::default();
    let attribute = RouteAttribute::parse(attribute, &mut errors);
    let Some(function) = crate::signature::Function::read(item, ROLE, &mut errors) else {
        return (TokenStream::new(), errors);
    };
    let (krate, key) = (attribute.krate.clone(), attribute.key.clone());
    let added = match validate::Route::new(attribute, function.clone(), &mut errors) {
        Some(route) if errors.is_empty() => expand::tokens(&route),
        _ => fallback::handler(&function, key.as_ref(), &krate),
    };
    (added, errors)
}
