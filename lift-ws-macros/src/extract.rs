//! The arguments of a handler or of middleware: how they are checked, bound and extracted.

use crate::krate::Krate;
use crate::signature::{Function, at, local};
use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::{Ident, PatType, Path, Type};

/// The kinds of event, by their names in `lift_ws::__private::kind`.
const KINDS: [&str; 3] = ["Message", "Connect", "Disconnect"];

pub(crate) struct Extraction {
    arguments: Vec<Argument>,
    krate: Krate,
}

struct Argument {
    /// For the lifetime `'__e` of one event.
    borrowed: Type,
    /// For `'static`: to speak of it outside of functions.
    fixed: Type,
    /// Its variable.
    value: Ident,
    /// The type parameter that says how it comes.
    how: Ident,
    /// The constant that says whether it can be extracted from events of this kind, and of any kind.
    is_extractor: Ident,
}

impl Extraction {
    pub(crate) fn new(function: &Function, arguments: &[&PatType], krate: &Krate) -> Self {
        let arguments = arguments.iter().enumerate().map(|(i, argument)| Argument {
            borrowed: function.with_lifetime(&argument.ty, "'__e"),
            fixed: function.with_lifetime(&argument.ty, "'static"),
            value: local(&format!("__{i}")),
            how: local(&format!("__I{i}")),
            is_extractor: format_ident!("__LIFT_WS_IS_EXTRACTOR_{i}"),
        });
        Extraction { arguments: arguments.collect(), krate: krate.clone() }
    }

    /// The arguments' types, and the constants that say whether they are sound.
    pub(crate) fn each(&self) -> impl Iterator<Item = (&Type, &Ident)> {
        self.arguments.iter().map(|argument| (&argument.fixed, &argument.is_extractor))
    }

    /// The variables of the arguments, in order.
    pub(crate) fn locals(&self) -> Vec<&Ident> {
        self.arguments.iter().map(|argument| &argument.value).collect()
    }

    /// The parameters of the generated call: the scope, and the provided values.
    pub(crate) fn parameters(&self) -> (Ident, Ident) {
        (local("__scope"), local("__provided"))
    }

    pub(crate) fn generics(&self) -> Vec<&Ident> {
        self.arguments.iter().map(|argument| &argument.how).collect()
    }

    pub(crate) fn tuple(&self) -> TokenStream {
        let generics = self.generics();
        quote!((#(#generics,)*))
    }

    /// Each argument can be extracted, in some way.
    pub(crate) fn bounds(&self) -> Vec<TokenStream> {
        let bounds = self.arguments.iter().map(|Argument { borrowed, how, .. }| {
            let p = self.krate.private_at(at(borrowed));
            quote_spanned!(at(borrowed)=> for<'__e> #borrowed: #p::Extract<'__e, __S, __V, #how>)
        });
        bounds.collect()
    }

    /// Extracts one after the other; a rejection is the reply.
    pub(crate) fn extract(&self) -> TokenStream {
        let (scope, provided) = self.parameters();
        let value = local("__extracted");
        let extract = self.arguments.iter().map(|argument| {
            let Argument { borrowed, how, value: name, .. } = argument;
            let p = self.krate.private_at(at(borrowed));
            quote_spanned! {at(borrowed)=>
                let #name = match <#borrowed as #p::Extract<'__e, __S, __V, #how>>::extract(#scope, #provided) {
                    ::core::result::Result::Ok(#value) => #value,
                    ::core::result::Result::Err(#value) => return #p::IntoReply::into_reply(#value),
                };
            }
        });
        quote!(#(#extract)*)
    }

    /// Constants: is each argument sound, which is: can it be extracted from events of the kind `own`, or from any
    /// if there is none? An argument that is no extractor of any kind of event is an error here, at its type.
    pub(crate) fn checks(&self, own: Option<&str>) -> TokenStream {
        let each = self.arguments.iter().map(|Argument { fixed, is_extractor, .. }| {
            let p = self.krate.private_at(at(fixed));
            let available = |kind: &&str| {
                let kind = Ident::new(kind, at(fixed));
                quote_spanned!(at(fixed)=> <#p::Probe<#fixed, #p::kind::#kind>>::IS_AVAILABLE)
            };
            let others = KINDS.iter().filter(|kind| Some(**kind) != own).map(available);
            let own = own.iter().map(available);
            quote_spanned! {at(fixed)=>
                const #is_extractor: (::core::primitive::bool, ::core::primitive::bool) = {
                    let __own = false #(|| #own)*;
                    (__own, __own #(|| #others)*)
                };
                const _: () = #p::is_extractor::<#fixed, { #is_extractor.1 }>();
            }
        });
        let sound = self.arguments.iter().map(|Argument { is_extractor, .. }| match own {
            Some(_) => quote!(#is_extractor.0),
            None => quote!(#is_extractor.1),
        });
        quote! {
            #(#each)*
            const __LIFT_WS_SOUND: ::core::primitive::bool = true #(&& #sound)*;
        }
    }

    /// What each argument needs on events of `kind`. One that does not work there is an error here, at its type.
    pub(crate) fn needs(&self, kind: &TokenStream) -> Vec<TokenStream> {
        let needs = self.arguments.iter().map(|Argument { fixed, is_extractor, .. }| {
            let p = self.krate.private_at(at(fixed));
            quote_spanned!(at(fixed)=> <#p::Gate<#fixed, { #is_extractor.1 }> as #p::AvailableOn<#kind>>::NEEDS)
        });
        needs.collect()
    }

    /// The bounds of [`needs`](Self::needs), for a `kind` that is a parameter.
    pub(crate) fn availability(&self, kind: &TokenStream) -> Vec<TokenStream> {
        let bounds = self.arguments.iter().map(|Argument { fixed, is_extractor, .. }| {
            let p = self.krate.private_at(at(fixed));
            quote_spanned!(at(fixed)=> #p::Gate<#fixed, { #is_extractor.1 }>: #p::AvailableOn<#kind>)
        });
        bounds.collect()
    }
}

/// One check for each function in a list of middleware, at its place in the list.
pub(crate) fn middleware_checks(list: &[Path], krate: &Krate) -> Vec<TokenStream> {
    let checks = list.iter().map(|m| {
        let p = krate.private_at(at(m));
        quote_spanned!(at(m)=> const _: () = #p::is_middleware::<(#m), { <#p::Probe<(#m)>>::IS_HANDLER }>();)
    });
    checks.collect()
}
