//! What stands in for generated code when there are mistakes: the user's item as it is, and an inert marker of the
//! same name, so that whatever lists it has no error of its own.

use crate::krate::Krate;
use crate::signature::Function;
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{LitStr, Type};

/// In the place of a handler: a route that can be listed, and never runs.
pub(crate) fn handler(function: &Function, key: Option<&LitStr>, krate: &Krate) -> TokenStream {
    if function.has_receiver() {
        return quote!(); // inside an `impl` block no marker can stand
    }
    let p = krate.private();
    let name = function.name();
    let plain = name.unraw().to_string();
    let unique = quote!(::core::concat!(::core::module_path!(), "::", #plain));
    let key = key.map_or_else(|| quote!(::core::concat!("not a route: ", #unique)), |key| quote!(#key));
    let (marker, listed) = (marker(function), listed_handler(function));
    let cfgs = function.cfgs();
    quote! {
        #marker
        #(#cfgs)*
        const _: () = {
            impl #p::RouteFn for #name {}
            impl #p::RouteMeta for #name {
                type Kind = #p::kind::Message;
                const INFO: #p::RouteInfo = #p::RouteInfo::__new(
                    #key,
                    #unique,
                    #p::Location { file: ::core::file!(), line: ::core::line!() },
                    false,
                    #p::Needs::NONE,
                    &[],
                );
            }
            impl<__S, __V: #p::Values> #p::Stack<__S, __V, ()> for #name {
                fn run<'__e>(
                    _: &'__e #p::Scope<'__e, __S>,
                    _: <__V as #p::Values>::At<'__e>,
                ) -> impl ::core::future::Future<Output = #p::Reply> + ::core::marker::Send {
                    #p::never_runs()
                }
            }
            impl #name {
                #listed
            }
        };
    }
}

/// In the place of middleware: it can be listed, and never runs.
pub(crate) fn middleware(function: &Function, krate: &Krate) -> TokenStream {
    if function.has_receiver() {
        return quote!();
    }
    let p = krate.private();
    let name = function.name();
    let plain = name.unraw().to_string();
    let marker = marker(function);
    let cfgs = function.cfgs();
    quote! {
        #marker
        #(#cfgs)*
        const _: () = {
            impl #p::MiddlewareFn for #name {}
            impl #p::Inside for #name {
                const NAME: &'static ::core::primitive::str =
                    ::core::concat!(::core::module_path!(), "::", #plain);
                type Values<__V: #p::Values> = __V;
            }
            impl<__K> #p::MiddlewareOn<__K> for #name {
                const NEEDS: #p::Needs = #p::Needs::NONE;
            }
            impl<__S, __V: #p::Values, __N> #p::Middleware<__S, __V, __N, (), ()> for #name {
                fn call<'__e>(
                    _: &'__e #p::Scope<'__e, __S>,
                    _: <__V as #p::Values>::At<'__e>,
                ) -> impl ::core::future::Future<Output = #p::Reply> + ::core::marker::Send {
                    #p::never_runs()
                }
            }
        };
    }
}

/// In the place of a job: it can be listed and enqueued, and never runs.
pub(crate) fn job(function: &Function, payload: Option<&Type>, krate: &Krate) -> TokenStream {
    if function.has_receiver() {
        return quote!();
    }
    let p = krate.private();
    let name = function.name();
    let (marker, listed, cfgs) = (marker(function), listed_job(function), function.cfgs());
    let (no_route, no_middleware) = (no_route(function, krate), no_middleware(function, krate));
    let payload = payload.map(|payload| {
        quote! {
            impl #p::JobPayload for #payload {
                const NAME: &'static ::core::primitive::str = "";
            }
        }
    });
    quote! {
        #marker
        #(#cfgs)*
        const _: () = {
            #payload
            impl #p::JobFn for #name {}
            impl #p::JobMeta for #name {
                const INFO: #p::JobInfo =
                    #p::JobInfo::__new("", "", #p::Location { file: "", line: 0 }, #p::Needs::NONE);
            }
            impl<__S: ::core::marker::Sync> #p::JobStack<__S> for #name {
                fn run<'__e>(
                    _: &'__e #p::JobScope<'__e, __S>,
                ) -> impl ::core::future::Future<Output = ::core::result::Result<(), #p::Error>> + ::core::marker::Send {
                    #p::no_job_runs()
                }
            }
            #no_route
            #no_middleware
            impl #name {
                #listed
            }
        };
    }
}

/// In the place of an authorizer: it can be named, and never runs.
pub(crate) fn authorizer(function: &Function, krate: &Krate) -> TokenStream {
    if function.has_receiver() {
        return quote!();
    }
    let p = krate.private();
    let name = function.name();
    let (marker, named, cfgs) = (marker(function), named_authorizer(function), function.cfgs());
    let (no_route, no_middleware) = (no_route(function, krate), no_middleware(function, krate));
    quote! {
        #marker
        #(#cfgs)*
        const _: () = {
            impl #p::AuthorizerFn for #name {}
            impl #p::AuthorizerMeta for #name {
                const INFO: #p::AuthorizerInfo =
                    #p::AuthorizerInfo::__new("", #p::Location { file: "", line: 0 }, #p::Needs::NONE, &[]);
            }
            impl<__S: ::core::marker::Sync> #p::AuthorizerStack<__S> for #name {
                fn run<'__e>(
                    _: &'__e #p::Scope<'__e, __S>,
                ) -> impl ::core::future::Future<Output = #p::Verdict> + ::core::marker::Send {
                    #p::no_authorizer_runs()
                }
            }
            #no_route
            #no_middleware
            impl #name {
                #named
            }
        };
    }
}

/// What a route handler implements, so that something else in a list of routes is the one error that says so.
pub(crate) fn no_route(function: &Function, krate: &Krate) -> TokenStream {
    let p = krate.private();
    let name = function.name();
    let plain = name.unraw().to_string();
    let listed = listed_handler(function);
    quote! {
        impl #p::RouteMeta for #name {
            type Kind = #p::kind::Message;
            const INFO: #p::RouteInfo = #p::RouteInfo::__new(
                ::core::concat!("not a route: ", ::core::module_path!(), "::", #plain),
                "",
                #p::Location { file: ::core::file!(), line: ::core::line!() },
                false,
                #p::Needs::NONE,
                &[],
            );
        }
        impl<__S, __V: #p::Values> #p::Stack<__S, __V, ()> for #name {
            fn run<'__e>(
                _: &'__e #p::Scope<'__e, __S>,
                _: <__V as #p::Values>::At<'__e>,
            ) -> impl ::core::future::Future<Output = #p::Reply> + ::core::marker::Send {
                #p::never_runs()
            }
        }
        impl #name {
            #[allow(dead_code)]
            #listed
        }
    }
}

/// What middleware implements but for `MiddlewareFn`, so that something else in a list of middleware is one error.
pub(crate) fn no_middleware(function: &Function, krate: &Krate) -> TokenStream {
    let p = krate.private();
    let name = function.name();
    let plain = name.unraw().to_string();
    quote! {
        impl #p::Inside for #name {
            const NAME: &'static ::core::primitive::str = ::core::concat!(::core::module_path!(), "::", #plain);
            type Values<__V: #p::Values> = __V;
        }
        impl<__K> #p::MiddlewareOn<__K> for #name {
            const NEEDS: #p::Needs = #p::Needs::NONE;
        }
        impl<__S, __V: #p::Values, __N> #p::Middleware<__S, __V, __N, (), ()> for #name {
            fn call<'__e>(
                _: &'__e #p::Scope<'__e, __S>,
                _: <__V as #p::Values>::At<'__e>,
            ) -> impl ::core::future::Future<Output = #p::Reply> + ::core::marker::Send {
                #p::never_runs()
            }
        }
    }
}

/// In the place of an app: `main` takes it.
pub(crate) fn app(item: &syn::ItemStruct, state: &Type, krate: &Krate) -> TokenStream {
    let p = krate.private();
    let name = &item.ident;
    let plain = name.unraw().to_string();
    quote! {
        impl #name {
            /// The routes of this app.
            pub const ROUTES: [#p::RouteInfo; 0] = [];
        }
        const _: () = {
            impl #p::App for #name {
                type State = #state;
                const NAME: &'static ::core::primitive::str = #plain;
                const ROUTE_SELECTION_EXPRESSION: &'static ::core::primitive::str = "";
                const NEEDS: #p::Needs = #p::Needs::NONE;
                const MIDDLEWARE: &'static [&'static ::core::primitive::str] = &[];
                fn routes() -> &'static [#p::RouteInfo] {
                    &[]
                }
                fn find(_: &#p::Event<'_>) -> ::core::primitive::usize {
                    ::core::primitive::usize::MAX
                }
                fn dispatch<'__e>(
                    _: &'__e #p::Scope<'__e, #state>,
                ) -> impl ::core::future::Future<Output = #p::Reply> + ::core::marker::Send {
                    #p::never_runs()
                }
            }
        };
    }
}

/// The type that has the function's name, in the namespace of types. Braced: a unit struct would be a value, too.
pub(crate) fn marker(function: &Function) -> TokenStream {
    let (name, visibility, cfgs) = (function.name(), &function.visibility, function.cfgs());
    quote_spanned! {name.span()=>
        #(#cfgs)*
        #[doc(hidden)]
        #[allow(dead_code, missing_debug_implementations, non_camel_case_types, unnameable_types, unreachable_pub)]
        #visibility struct #name {}
    }
}

/// Used by `#[ws_app]` alone: elsewhere it is dead code, and its name is the warning.
pub(crate) fn listed_handler(function: &Function) -> TokenStream {
    let (name, visibility) = (function.name(), &function.visibility);
    quote_spanned! {name.span()=>
        #[allow(non_upper_case_globals, unreachable_pub)]
        #[doc(hidden)]
        #visibility const list_this_handler_in_the_routes_of_a_ws_app: () = ();
    }
}

/// The same for a job.
pub(crate) fn listed_job(function: &Function) -> TokenStream {
    let (name, visibility) = (function.name(), &function.visibility);
    quote_spanned! {name.span()=>
        #[allow(non_upper_case_globals, unreachable_pub)]
        #[doc(hidden)]
        #visibility const list_this_job_in_the_jobs_of_a_ws_app: () = ();
    }
}

/// The same for an authorizer.
pub(crate) fn named_authorizer(function: &Function) -> TokenStream {
    let (name, visibility) = (function.name(), &function.visibility);
    quote_spanned! {name.span()=>
        #[allow(non_upper_case_globals, unreachable_pub)]
        #[doc(hidden)]
        #visibility const name_this_function_in_the_authorizer_of_a_ws_app: () = ();
    }
}
