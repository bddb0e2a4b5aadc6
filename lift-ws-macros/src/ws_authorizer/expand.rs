//! From an authorizer to tokens: a marker of the function's name, and its description on traits of it.

use super::validate::Authorizer;
use crate::extract::Extraction;
use crate::fallback::{marker, named_authorizer, no_middleware, no_route};
use crate::signature::{at, local};
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::Type;

/// The kind of its events, in `lift_ws::__private::kind`.
const KIND: &str = "Authorize";

pub(super) fn tokens(authorizer: &Authorizer) -> TokenStream {
    let marker = marker(&authorizer.function);
    let cfgs = authorizer.function.cfgs();
    let arguments = arguments(authorizer);
    let checks = checks(authorizer);
    let meta = meta(authorizer);
    let handler = handler(authorizer, &arguments);
    let stack = stack(authorizer);
    quote! {
        #marker
        #(#cfgs)*
        #[allow(clippy::all, clippy::pedantic, deprecated, unused_imports, unused_parens, unused_qualifications)]
        const _: () = {
            #checks
            #meta
            #handler
            #stack
        };
    }
}

struct Argument {
    /// For the lifetime `'__e` of one event.
    borrowed: Type,
    /// Its variable.
    value: Ident,
}

fn arguments(authorizer: &Authorizer) -> Vec<Argument> {
    let function = &authorizer.function;
    let arguments = function.arguments().into_iter().enumerate().map(|(i, argument)| Argument {
        borrowed: function.with_lifetime(&argument.ty, "'__e"),
        value: local(&format!("__{i}")),
    });
    arguments.collect()
}

fn extraction(authorizer: &Authorizer) -> Extraction {
    Extraction::new(&authorizer.function, &authorizer.function.arguments(), &authorizer.krate)
}

/// Constants that say whether the arguments and what is returned are what they must be. Each mistake is reported at one
/// place; wherever else it would be repeated, `Gate` closes on these.
fn checks(authorizer: &Authorizer) -> TokenStream {
    let p = authorizer.krate.private();
    let extraction = extraction(authorizer);
    let extractors = extraction.checks(Some(KIND));
    let arguments = extraction.each().map(|(fixed, is_extractor)| {
        let p = authorizer.krate.private_at(at(fixed));
        // what is no extractor at all is an error already
        quote_spanned! {at(fixed)=>
            const _: () = #p::is_authorizer_argument::<#fixed, { #is_extractor.0 || !#is_extractor.1 }>();
        }
    });
    let returned = authorizer.function.return_type();
    let verdict = {
        let p = authorizer.krate.private_at(at(&returned));
        quote_spanned! {at(&returned)=>
            const __LIFT_WS_DECIDES: ::core::primitive::bool = <#p::Probe<#returned>>::IS_VERDICT;
            const _: () = #p::is_verdict::<#returned>();
        }
    };
    quote! {
        use #p::{AuthorizerProbeFallback as _, ProbeFallback as _};
        #verdict
        #extractors
        #(#arguments)*
    }
}

fn meta(authorizer: &Authorizer) -> TokenStream {
    let p = authorizer.krate.private();
    let (function, plain) = (authorizer.function.name(), authorizer.function.plain_name());
    let kind = format_ident!("{KIND}");
    let gated = extraction(authorizer);
    let needs = gated.each().map(|(fixed, is_extractor)| {
        let p = authorizer.krate.private_at(at(fixed));
        quote_spanned!(at(fixed)=> <#p::Gate<#fixed, { #is_extractor.0 }> as #p::AvailableOn<#p::kind::#kind>>::NEEDS)
    });
    let sources = &authorizer.identity_sources;
    quote! {
        impl #p::AuthorizerFn for #function {}
        impl #p::AuthorizerMeta for #function {
            const INFO: #p::AuthorizerInfo = #p::AuthorizerInfo::__new(
                ::core::concat!(::core::module_path!(), "::", #plain),
                #p::Location { file: ::core::file!(), line: ::core::line!() },
                #p::Needs::NONE #(.and(#needs))*,
                &[#(#sources),*],
            );
        }
    }
}

/// The call. Everything stands at the function's name: there the future is found not to be `Send`.
fn handler(authorizer: &Authorizer, arguments: &[Argument]) -> TokenStream {
    let name = authorizer.function.name();
    let span = name.span();
    let p = authorizer.krate.private_at(span);
    let (scope, extracted) = (local("__scope"), local("__extracted"));
    let bounds = arguments.iter().map(|Argument { borrowed, .. }| {
        let p = authorizer.krate.private_at(at(borrowed));
        quote_spanned!(at(borrowed)=> for<'__e> #borrowed: #p::FromEvent<'__e, __S>)
    });
    let extract = arguments.iter().map(|Argument { borrowed, value }| {
        let p = authorizer.krate.private_at(at(borrowed));
        quote_spanned! {at(borrowed)=>
            let #value = match <#borrowed as #p::FromEvent<'__e, __S>>::from_event(#scope) {
                ::core::result::Result::Ok(#extracted) => #extracted,
                ::core::result::Result::Err(#extracted) => return #p::Verdict::refused(#extracted),
            };
        }
    });
    let values = arguments.iter().map(|argument| &argument.value);
    let answer = {
        let p = authorizer.krate.private_at(at(&authorizer.function.return_type()));
        quote_spanned!(span=> <#p::Gate<(), { __LIFT_WS_DECIDES }> as #p::AuthorizerAnswer<_>>::answer)
    };
    quote_spanned! {span=>
        impl<__S: ::core::marker::Sync> #p::AuthorizerHandler<__S> for #name
        where #(#bounds,)*
        {
            async fn call<'__e>(#scope: &'__e #p::Scope<'__e, __S>) -> #p::Verdict {
                #(#extract)*
                #answer(#name(#(#values),*).await)
            }
        }
    }
}

fn stack(authorizer: &Authorizer) -> TokenStream {
    let p = authorizer.krate.private();
    let name = authorizer.function.name();
    let stack = quote!(#p::Gate<#p::AuthorizerLeaf<#name>, { __LIFT_WS_SOUND }>);
    let named = named_authorizer(&authorizer.function);
    // so that an authorizer in a list is one error
    let no_route = no_route(&authorizer.function, &authorizer.krate);
    let no_middleware = no_middleware(&authorizer.function, &authorizer.krate);
    quote! {
        impl<__S: ::core::marker::Sync> #p::AuthorizerStack<__S> for #name
        where
            #stack: #p::AuthorizerStack<__S>,
        {
            fn run<'__e>(
                __scope: &'__e #p::Scope<'__e, __S>,
            ) -> impl ::core::future::Future<Output = #p::Verdict> + ::core::marker::Send {
                <#stack as #p::AuthorizerStack<__S>>::run(__scope)
            }
        }
        #no_route
        #no_middleware
        impl #name {
            #named
        }
    }
}
