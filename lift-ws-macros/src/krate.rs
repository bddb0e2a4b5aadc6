//! The path of lift-ws in generated code: `::lift_ws`, or what `crate = path` says.

use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::Path;

/// Where the generated code finds lift-ws.
#[derive(Clone)]
pub(crate) struct Krate(TokenStream);

impl Krate {
    pub(crate) fn new(path: Option<&Path>) -> Self {
        Krate(path.map_or_else(|| quote!(::lift_ws), ToTokens::to_token_stream))
    }

    /// The hidden module that generated code names. Nobody else may.
    pub(crate) fn private(&self) -> TokenStream {
        let krate = &self.0;
        quote!(#krate::__private)
    }

    /// The same, with an error in it standing at `place`.
    pub(crate) fn private_at(&self, place: Span) -> TokenStream {
        placed(self.private(), place)
    }
}

/// The same tokens at another place. `$crate` goes on resolving where it was written.
fn placed(tokens: TokenStream, place: Span) -> TokenStream {
    let moved = tokens.into_iter().map(|mut token| {
        if let TokenTree::Group(group) = &token {
            token = Group::new(group.delimiter(), placed(group.stream(), place)).into();
        }
        let is_crate = matches!(&token, TokenTree::Ident(ident) if ident == "$crate");
        token.set_span(if is_crate { token.span().located_at(place) } else { place });
        token
    });
    moved.collect()
}
