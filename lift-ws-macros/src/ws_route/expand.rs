//! From a route to tokens: a marker of the function's name, and the function's description on traits of it.

use super::key::Kind;
use super::validate::{ReplyType, Route};
use crate::extract::{Extraction, middleware_checks};
use crate::fallback::{listed_handler, marker, no_middleware};
use crate::signature::at;
use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;

pub(super) fn tokens(route: &Route) -> TokenStream {
    let marker = marker(&route.function);
    let cfgs = route.function.cfgs();
    let extraction = Extraction::new(&route.function, &route.function.arguments(), &route.krate);
    let checks = checks(route, &extraction);
    let meta = route_meta(route, &extraction);
    let handler = handler(route, &extraction);
    let stack = stack(route);
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

/// Constants that say whether the arguments and the reply are what they must be. Each mistake is reported at one
/// place; wherever else it would be repeated, `Gate` closes on these.
fn checks(route: &Route, extraction: &Extraction) -> TokenStream {
    let p = route.krate.private();
    let arguments = extraction.checks(Some(route.kind.name()));
    let middleware = middleware_checks(&route.middleware, &route.krate);
    let reply = match &route.reply {
        ReplyType::Named(ty) => quote_spanned!(at(ty)=> <#p::Probe<#ty>>::IS_REPLY),
        ReplyType::Opaque(_) => quote!(true),
    };
    let no_handshake = match (&route.reply, route.kind) {
        (ReplyType::Named(ty), Kind::Message) => {
            let p = route.krate.private_at(at(ty));
            Some(quote_spanned! {at(ty)=>
                const _: () = #p::is_message_reply::<#ty, { <#p::Probe<#ty>>::IS_HANDSHAKE }>();
            })
        }
        _ => None, // `$connect` decides; `bodiless` and `two_way` say the rest
    };
    quote! {
        use #p::ProbeFallback as _;
        #(#middleware)*
        const __LIFT_WS_REPLIES: ::core::primitive::bool = #reply;
        #no_handshake
        #arguments
    }
}

fn route_meta(route: &Route, extraction: &Extraction) -> TokenStream {
    let p = route.krate.private();
    let (name, key, kind) = (route.function.name(), &route.key, kind(route));
    let plain = name.unraw().to_string();
    let two_way = two_way(route, extraction);
    let needs = extraction.needs(&kind);
    let middleware = &route.middleware;
    let needs_of_middleware =
        middleware.iter().map(|m| quote_spanned!(at(m)=> <#m as #p::MiddlewareOn<#kind>>::NEEDS));
    let names = middleware.iter().map(|m| quote_spanned!(at(m)=> <#m as #p::Inside>::NAME));
    quote! {
        impl #p::RouteMeta for #name {
            type Kind = #kind;
            const INFO: #p::RouteInfo = #p::RouteInfo::__new(
                #key,
                ::core::concat!(::core::module_path!(), "::", #plain),
                #p::Location { file: ::core::file!(), line: ::core::line!() },
                #two_way,
                #p::Needs::NONE #(.and(#needs))* #(.and(#needs_of_middleware))*,
                &[#(#names),*],
            );
        }
    }
}

/// Does the handler answer? Read from the type that it really returns, so that aliases and `impl Trait` work.
fn two_way(route: &Route, extraction: &Extraction) -> TokenStream {
    let name = route.function.name();
    match (&route.reply, route.kind) {
        (ReplyType::Named(ty), Kind::Disconnect) => {
            let p = route.krate.private_at(at(ty));
            quote_spanned!(at(ty)=> #p::bodiless::<#ty>())
        }
        (ReplyType::Named(ty), _) => {
            let p = route.krate.private_at(at(ty));
            quote_spanned!(at(ty)=> <#ty as #p::IntoReply>::TWO_WAY)
        }
        (ReplyType::Opaque(ty), kind) => {
            let p = route.krate.private_at(at(ty));
            let values = extraction.locals();
            let refuse = match kind {
                Kind::Connect => None,
                Kind::Message => Some(quote_spanned!(at(ty)=> ::core::assert!(
                    !__handshake,
                    "a message route cannot return `Accept` or `Reject`: only `$connect` decides a handshake; return `()`, `Json<T>`, or `Result<T, lift_ws::Error>`"
                );)),
                Kind::Disconnect => Some(quote_spanned!(at(ty)=> ::core::assert!(
                    !__two_way,
                    "a `$disconnect` route cannot return a body: the connection is gone, nobody would receive it; return `()` or `Result<(), E>`"
                );)),
            };
            quote_spanned! {at(ty)=> {
                const fn __probe<__F, #(#values,)*>(
                    _: &impl ::core::ops::Fn(#(#values),*) -> __F,
                ) -> (::core::primitive::bool, ::core::primitive::bool)
                where
                    __F: ::core::future::Future,
                    <__F as ::core::future::Future>::Output: #p::IntoReply,
                {
                    (
                        <<__F as ::core::future::Future>::Output as #p::IntoReply>::TWO_WAY,
                        <<__F as ::core::future::Future>::Output as #p::IntoReply>::HANDSHAKE,
                    )
                }
                let (__two_way, __handshake) = __probe(&#name);
                #refuse
                __two_way
            }}
        }
    }
}

/// The call, without middleware. Everything stands at the function's name: there the future is found not to be
/// `Send`.
fn handler(route: &Route, extraction: &Extraction) -> TokenStream {
    let name = route.function.name();
    let span = name.span();
    let p = route.krate.private_at(span);
    let (generics, tuple, bounds) = (extraction.generics(), extraction.tuple(), extraction.bounds());
    let (scope, provided) = extraction.parameters();
    let extract = extraction.extract();
    let values = extraction.locals();
    let call = match &route.reply {
        ReplyType::Named(_) => {
            quote_spanned!(span=> <#p::Gate<(), { __LIFT_WS_REPLIES }> as #p::Answer<_>>::answer(#name(#(#values),*).await))
        }
        ReplyType::Opaque(ty) => {
            let into_reply = {
                let p = route.krate.private_at(at(ty));
                quote_spanned!(at(ty)=> #p::IntoReply::into_reply)
            };
            quote_spanned!(span=> #into_reply(#name(#(#values),*).await))
        }
    };
    quote_spanned! {span=>
        impl<__S: ::core::marker::Sync, __V: #p::Values, #(#generics),*> #p::Handler<__S, __V, #tuple> for #name
        where #(#bounds,)*
        {
            async fn call<'__e>(
                #scope: &'__e #p::Scope<'__e, __S>,
                #provided: <__V as #p::Values>::At<'__e>,
            ) -> #p::Reply {
                #extract
                #call
            }
        }
    }
}

/// The handler inside its own middleware. A trait of the marker, not an associated type, which could not name
/// private middleware.
fn stack(route: &Route) -> TokenStream {
    let p = route.krate.private();
    let name = route.function.name();
    let leaf = quote!(#p::Leaf<#name>);
    let stack =
        route.middleware.iter().rev().fold(leaf, |inner, m| quote_spanned!(at(m)=> #p::Wrap<(#m), #inner>));
    let stack = quote!(#p::Gate<#stack, { __LIFT_WS_SOUND }>);
    let listed = listed_handler(&route.function);
    // so that a handler listed as middleware is one error: `MiddlewareFn` is not implemented
    let no_middleware = no_middleware(&route.function, &route.krate);
    quote! {
        impl<__S: ::core::marker::Sync, __V: #p::Values, __I> #p::Stack<__S, __V, __I> for #name
        where
            #stack: #p::Stack<__S, __V, __I>,
        {
            fn run<'__e>(
                __scope: &'__e #p::Scope<'__e, __S>,
                __values: <__V as #p::Values>::At<'__e>,
            ) -> impl ::core::future::Future<Output = #p::Reply> + ::core::marker::Send {
                <#stack as #p::Stack<__S, __V, __I>>::run(__scope, __values)
            }
        }
        impl #p::RouteFn for #name {}
        #no_middleware
        impl #name {
            #listed
        }
    }
}

fn kind(route: &Route) -> TokenStream {
    let p = route.krate.private();
    let kind = format_ident!("{}", route.kind.name());
    quote!(#p::kind::#kind)
}
