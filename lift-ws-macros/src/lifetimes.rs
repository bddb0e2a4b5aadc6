//! Lifetimes of a function's types, put in the place of those that the user wrote.

use proc_macro2::Span;
use syn::visit_mut::{self, VisitMut};
use syn::{Generics, Ident, Lifetime, ParenthesizedGenericArguments, Type, TypeFnPtr, TypeReference};

/// The type with every lifetime of the function (named, `'_` or left out of a reference) replaced by `to`.
///
/// `'static` stays, and so do lifetimes that a function pointer or a `Fn(…)` bound brings along.
pub(crate) fn replaced(ty: &Type, of: &Generics, to: &str) -> Type {
    let own = of.lifetimes().map(|parameter| parameter.lifetime.ident.clone()).collect();
    let mut ty = ty.clone();
    Replace { own, to: Lifetime::new(to, Span::call_site()) }.visit_type_mut(&mut ty);
    ty
}

struct Replace {
    own: Vec<Ident>,
    to: Lifetime,
}

impl VisitMut for Replace {
    fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
        if lifetime.ident == "_" || self.own.contains(&lifetime.ident) {
            *lifetime = Lifetime::new(&self.to.to_string(), lifetime.span());
        }
    }

    fn visit_type_reference_mut(&mut self, reference: &mut TypeReference) {
        reference.lifetime.get_or_insert_with(|| self.to.clone());
        visit_mut::visit_type_reference_mut(self, reference);
    }

    fn visit_type_fn_ptr_mut(&mut self, _: &mut TypeFnPtr) {}

    fn visit_parenthesized_generic_arguments_mut(&mut self, _: &mut ParenthesizedGenericArguments) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::ToTokens;
    use syn::parse_quote;

    fn check(ty: Type, expected: Type) {
        let generics: Generics = parse_quote!(<'m, const N: usize>);
        assert_eq!(
            replaced(&ty, &generics, "'e").to_token_stream().to_string(),
            expected.to_token_stream().to_string()
        );
    }

    #[test]
    fn named_anonymous_and_elided_lifetimes_are_replaced() {
        check(parse_quote!(Json<Say<'m>>), parse_quote!(Json<Say<'e>>));
        check(parse_quote!(&Event<'_>), parse_quote!(&'e Event<'e>));
        check(parse_quote!(Option<(&str, [Text<'_>; 2])>), parse_quote!(Option<(&'e str, [Text<'e>; 2])>));
    }

    #[test]
    fn other_lifetimes_stay() {
        check(parse_quote!(State<&'static str>), parse_quote!(State<&'static str>));
        check(parse_quote!(State<fn(&str) -> &str>), parse_quote!(State<fn(&str) -> &str>));
        check(parse_quote!(State<Box<dyn Fn(&str)>>), parse_quote!(State<Box<dyn Fn(&str)>>));
    }
}
