//! The sink of mistakes: all are reported at once, each at its own place.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use std::fmt::Display;

/// Mistakes found so far. As tokens it is one `compile_error!` each.
///
/// A message is a rule in one line, lower case, without a full stop; `help:` and `note:` lines follow.
#[derive(Debug, Default)]
pub(crate) struct Errors(Vec<syn::Error>);

impl Errors {
    /// A mistake at `place`, the smallest thing that the reader must change.
    pub(crate) fn at(&mut self, place: &impl ToTokens, message: impl Display) {
        self.0.push(syn::Error::new_spanned(place, message));
    }

    /// A mistake at a span.
    pub(crate) fn at_span(&mut self, place: Span, message: impl Display) {
        self.0.push(syn::Error::new(place, message));
    }

    /// What was parsed, or its error is kept.
    pub(crate) fn keep<T>(&mut self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.0.push(error)).ok()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The messages, for tests.
    #[cfg(test)]
    pub(crate) fn messages(&self) -> Vec<String> {
        self.0.iter().flatten().map(|error| error.to_string()).collect()
    }
}

impl ToTokens for Errors {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(self.0.iter().map(syn::Error::to_compile_error));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::quote;

    #[test]
    fn every_mistake_is_its_own_compile_error() {
        let mut errors = Errors::default();
        errors.at(&quote!(a), "first");
        errors.at_span(Span::call_site(), "second");
        assert!(errors.keep(syn::parse2::<syn::Ident>(quote!(7))).is_none());
        assert_eq!(errors.to_token_stream().to_string().matches("compile_error").count(), 3);
        assert_eq!(errors.messages()[..2], ["first", "second"]);
    }

    #[test]
    fn without_mistakes_there_are_no_tokens() {
        assert!(Errors::default().is_empty() && Errors::default().to_token_stream().is_empty());
    }
}
