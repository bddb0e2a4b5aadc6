//! `#[ws_authorizer]`, `#[ws_authorizer(identity_sources = ["…"], crate = path)]`

mod expand;
mod identity_source;
mod parse;
mod validate;

use crate::errors::Errors;
use crate::fallback;
use crate::signature::{Function, Role};
use parse::AuthorizerAttribute;
use proc_macro2::TokenStream;
use quote::quote;

const ROLE: Role = Role {
    attribute: "ws_authorizer",
    noun: "authorizer",
    a_noun: "an authorizer",
    arguments: "`Handshake<'_>` or `State<T>`",
};

pub(crate) fn expand(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let (added, errors) = added(attribute, &item);
    quote!(#item #added #errors)
}

/// What stands beside the function, and the mistakes.
fn added(attribute: TokenStream, item: &TokenStream) -> (TokenStream, Errors) {
    let mut errors = Errors::default();
    let attribute = AuthorizerAttribute::parse(attribute, &mut errors);
    let Some(function) = Function::read(item, ROLE, &mut errors) else {
        return (TokenStream::new(), errors);
    };
    let krate = attribute.krate.clone();
    let authorizer = validate::Authorizer::new(attribute, function.clone(), &mut errors);
    let added = match errors.is_empty() {
        true => expand::tokens(&authorizer),
        false => fallback::authorizer(&function, &krate),
    };
    (added, errors)
}
