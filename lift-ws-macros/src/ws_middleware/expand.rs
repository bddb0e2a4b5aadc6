//! From middleware to tokens: a marker of the function's name, and the function's description on traits of it.

use super::validate::{Middleware, Provided};
use crate::extract::Extraction;
use crate::fallback::{marker, no_route};
use crate::signature::{at, first_impl_trait, local};
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;

pub(super) fn tokens(middleware: &Middleware) -> TokenStream {
    let p = middleware.krate.private();
    let marker = marker(&middleware.function);
    let cfgs = middleware.function.cfgs();
    let mut arguments = middleware.function.arguments();
    arguments.pop(); // `next`
    let extraction = Extraction::new(&middleware.function, &arguments, &middleware.krate);
    let checks = extraction.checks(None);
    let reply = reply_check(middleware);
    let description = description(middleware, &extraction);
    let provides = middleware.provides.as_ref().map(|provided| provides(middleware, provided));
    let call = call(middleware, &extraction);
    let no_route = no_route(&middleware.function, &middleware.krate);
    quote! {
        #marker
        #(#cfgs)*
        #[allow(clippy::all, clippy::pedantic, deprecated, unused_imports, unused_qualifications)]
        const _: () = {
            use #p::ProbeFallback as _;
            #checks
            #reply
            #description
            #provides
            #call
            #no_route
        };
    }
}

/// What the function returns is a reply, or it is an error here, at the type. `impl Trait` is found out at the call.
fn reply_check(middleware: &Middleware) -> TokenStream {
    let returned = middleware.function.return_type();
    let p = middleware.krate.private_at(at(&returned));
    if first_impl_trait(&returned).is_some() {
        return quote!(
            const __LIFT_WS_REPLIES: ::core::primitive::bool = true;
        );
    }
    quote_spanned! {at(&returned)=>
        const __LIFT_WS_REPLIES: ::core::primitive::bool = <#p::Probe<#returned>>::IS_REPLY;
        const _: ::core::primitive::bool = <#returned as #p::IntoReply>::TWO_WAY;
    }
}

fn description(middleware: &Middleware, extraction: &Extraction) -> TokenStream {
    let p = middleware.krate.private();
    let name = middleware.function.name();
    let plain = name.unraw().to_string();
    let kind = quote!(__K);
    let (available, needs) = (extraction.availability(&kind), extraction.needs(&kind));
    let inside = inside(middleware);
    quote! {
        impl<__K> #p::MiddlewareOn<__K> for #name
        where #(#available,)*
        {
            const NEEDS: #p::Needs = #p::Needs::NONE #(.and(#needs))*;
        }
        impl #p::MiddlewareFn for #name {}
        impl #p::Inside for #name {
            const NAME: &'static ::core::primitive::str = ::core::concat!(::core::module_path!(), "::", #plain);
            type Values<__V: #p::Values> = #inside;
        }
    }
}

/// What is provided inside it.
fn inside(middleware: &Middleware) -> TokenStream {
    let p = middleware.krate.private();
    let name = middleware.function.name();
    match middleware.provides {
        Some(_) => quote!(#p::After<#name, __V>),
        None => quote!(__V),
    }
}

fn provides(middleware: &Middleware, provided: &Provided) -> TokenStream {
    let name = middleware.function.name();
    let value = &provided.value;
    let p = middleware.krate.private_at(at(value));
    let given = local("__value");
    let any = if provided.borrows {
        quote!(::core::option::Option::None)
    } else {
        quote!(::core::option::Option::Some(#given))
    };
    quote_spanned! {at(value)=>
        impl #p::Provides for #name {
            type Value<'__e> = #value;
            fn shrink<'__l: '__s, '__s>(#given: &'__s Self::Value<'__l>) -> &'__s Self::Value<'__s> {
                #given
            }
            fn any<'__s>(#given: &'__s Self::Value<'__s>) -> ::core::option::Option<&'__s dyn ::core::any::Any> {
                #any
            }
        }
        impl<'__e> #p::ProvidesAs<#value> for #name {
            fn lend<'__s>(#given: &'__s #value) -> &'__s Self::Value<'__s>
            where
                #value: '__s,
            {
                #given
            }
        }
    }
}

/// The call. It stands at the function's name: there the future is found not to be `Send`.
fn call(middleware: &Middleware, extraction: &Extraction) -> TokenStream {
    let function = &middleware.function;
    let name = function.name();
    let span = name.span();
    let p = middleware.krate.private_at(span);
    let inside = inside(middleware);
    let of = middleware.provides.as_ref().map(|_| quote!(.of::<#name>()));
    let (generics, tuple, bounds) = (extraction.generics(), extraction.tuple(), extraction.bounds());
    let (scope, provided) = extraction.parameters();
    let (extract, values) = (extraction.extract(), extraction.locals());
    let next = local("__next");
    let parameters = quote!(
        __S: ::core::marker::Sync,
        __V: #p::Values,
        __N: #p::Stack<__S, #inside, __J>
    );
    quote_spanned! {span=>
        /// The middleware whose arguments are sound.
        struct __Call;
        impl<#parameters, #(#generics,)* __J> #p::Middleware<__S, __V, __N, #tuple, __J> for __Call
        where #(#bounds,)*
        {
            async fn call<'__e>(
                #scope: &'__e #p::Scope<'__e, __S>,
                #provided: <__V as #p::Values>::At<'__e>,
            ) -> #p::Reply {
                #extract
                let #next = #p::Continue::<'__e, __N, __S, __V, __J>::new(#scope, #provided)#of;
                <#p::Gate<(), { __LIFT_WS_REPLIES }> as #p::Answer<_>>::answer(#name(#(#values,)* #next).await)
            }
        }
        impl<__S: ::core::marker::Sync, __V: #p::Values, __N, __I, __J> #p::Middleware<__S, __V, __N, __I, __J> for #name
        where
            #p::Gate<__Call, { __LIFT_WS_SOUND }>: #p::Middleware<__S, __V, __N, __I, __J>,
        {
            fn call<'__e>(
                #scope: &'__e #p::Scope<'__e, __S>,
                #provided: <__V as #p::Values>::At<'__e>,
            ) -> impl ::core::future::Future<Output = #p::Reply> + ::core::marker::Send {
                <#p::Gate<__Call, { __LIFT_WS_SOUND }> as #p::Middleware<__S, __V, __N, __I, __J>>::call(#scope, #provided)
            }
        }
    }
}
