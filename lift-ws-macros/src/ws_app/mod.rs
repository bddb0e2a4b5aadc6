//! `#[ws_app(state = …, middleware = […], routes = […])] struct Chat;`

mod authorizer;
mod expand;
mod jobs;
mod parse;
mod validate;

use crate::errors::Errors;
use crate::fallback;
use parse::AppAttribute;
use proc_macro2::TokenStream;
use quote::quote;

pub(crate) fn expand(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let (added, errors) = added(attribute, &item);
    quote!(#item #added #errors)
}

/// What stands beside the struct, and the mistakes.
fn added(attribute: TokenStream, item: &TokenStream) -> (TokenStream, Errors) {
    let mut errors = Errors::default();
    let attribute = AppAttribute::parse(attribute, &mut errors);
    let Some(item) = validate::app_struct(item, &mut errors) else {
        return (TokenStream::new(), errors);
    };
    let (krate, state) = (attribute.krate.clone(), attribute.state.clone());
    let app = validate::App::new(attribute, &item, &mut errors);
    let added = if errors.is_empty() { expand::tokens(&app) } else { fallback::app(&item, &state, &krate) };
    (added, errors)
}
