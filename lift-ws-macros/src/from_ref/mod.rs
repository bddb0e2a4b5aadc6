//! `#[derive(FromRef)]`: every field is a part of the state that handlers may ask for.

mod expand;
mod parse;
mod validate;

use crate::errors::Errors;
use proc_macro2::TokenStream;
use quote::quote;

pub(crate) fn expand(item: TokenStream) -> TokenStream {
    let (added, errors) = added(item);
    quote!(#added #errors)
}

/// The implementations, and the mistakes. Parts without a mistake are implemented whatever the others are.
fn added(item: TokenStream) -> (TokenStream, Errors) {
    let mut errors = Errors::default();
    let state =
        parse::StateType::parse(item, &mut errors).map(|state| validate::Parts::new(state, &mut errors));
    (state.map(|parts| expand::tokens(&parts)).unwrap_or_default(), errors)
}
