//! From an app to tokens: a table of its routes, and the jump on a route's index with the app's middleware around.

use super::validate::App;
use super::{authorizer, jobs};
use crate::extract::middleware_checks;
use crate::signature::{at, local};
use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::Ident;
use syn::ext::IdentExt;

pub(super) fn tokens(app: &App) -> TokenStream {
    let App { name, cfgs, .. } = app;
    let p = app.krate.private();
    let n = app.routes.len();
    let infos = infos(app);
    let duplicates = duplicates(app);
    let app_impl = app_impl(app);
    let layers = layers(app);
    let routes = jump(app);
    let jobs = jobs::tokens(app);
    let authorizer = authorizer::tokens(app);
    quote! {
        #(#cfgs)*
        impl #name {
            /// The routes of this app, in the order of the list.
            pub const ROUTES: [#p::RouteInfo; #n] = [#(#infos),*];
        }
        #(#cfgs)*
        #[allow(clippy::all, clippy::pedantic, deprecated, unused_imports, unused_parens, unused_qualifications)]
        const _: () = {
            use #p::{AuthorizerProbeFallback as _, JobProbeFallback as _, ProbeFallback as _, StackProbeFallback as _};
            static __ROUTES: [#p::RouteInfo; #n] = <#name>::ROUTES;
            static __TABLE: #p::Table<#n, { #p::slots(#n) }> = #p::Table::new(&<#name>::ROUTES);
            #(#duplicates)*
            #app_impl
            #layers
            #routes
            #jobs
            #authorizer
        };
    }
}

/// Each route's description, with what the app's middleware needs on events of its kind.
fn infos(app: &App) -> Vec<TokenStream> {
    let p = app.krate.private();
    let infos = app.routes.iter().map(|r| {
        let needs = app
            .middleware
            .iter()
            .map(|m| quote_spanned!(at(m)=> <#m as #p::MiddlewareOn<<#r as #p::RouteMeta>::Kind>>::NEEDS));
        quote_spanned!(at(r)=> <#r as #p::RouteMeta>::INFO #(.needing(#needs))*)
    });
    infos.collect()
}

/// One small constant for each route: a big one trips the lint on long const evaluation.
fn duplicates(app: &App) -> Vec<TokenStream> {
    let duplicates = app.routes.iter().enumerate().map(|(i, r)| {
        let check = format_ident!("__LIFT_WS_KEY_IS_UNIQUE_{i}");
        quote_spanned!(at(r)=> const #check: () = __TABLE.assert_first(#i, &__ROUTES);)
    });
    duplicates.collect()
}

fn app_impl(app: &App) -> TokenStream {
    let App { name, state, middleware, route_selection, connections, .. } = app;
    let p = app.krate.private();
    let plain = name.unraw().to_string();
    let names = middleware.iter().map(|m| quote_spanned!(at(m)=> <#m as #p::Inside>::NAME));
    // a job or a broadcast that goes on in another invocation needs them there
    let connections = (*connections || app.queue).then(|| quote!(.and(#p::Needs::CONNECTIONS)));
    let queue = jobs::of_app(app);
    let (authorizer, needs_of_authorizer) = (authorizer::of_app(app), authorizer::needs(app));
    let other = app.other.as_ref().map(|function| quote_spanned! {at(function)=>
        const HAS_OTHER: ::core::primitive::bool = true;
        fn other<'__e>(
            __event: #p::OtherEvent<'__e>,
            __state: &'__e #state,
        ) -> impl ::core::future::Future<Output = ::core::result::Result<#p::Value, #p::Error>> + ::core::marker::Send
        {
            #function(__event, __state)
        }
    });
    let outermost = layer(app, 0);
    quote! {
        impl #p::App for #name {
            type State = #state;
            const NAME: &'static ::core::primitive::str = #plain;
            const ROUTE_SELECTION_EXPRESSION: &'static ::core::primitive::str = #route_selection;
            const NEEDS: #p::Needs = #p::needs_of(&<#name>::ROUTES) #connections #needs_of_authorizer;
            const MIDDLEWARE: &'static [&'static ::core::primitive::str] = &[#(#names),*];
            fn routes() -> &'static [#p::RouteInfo] {
                &__ROUTES
            }
            fn find(__event: &#p::Event<'_>) -> ::core::primitive::usize {
                __TABLE.find(__event, &__ROUTES)
            }
            fn dispatch<'__e>(
                __scope: &'__e #p::Scope<'__e, #state>,
            ) -> impl ::core::future::Future<Output = #p::Reply> + ::core::marker::Send {
                <#outermost as #p::Stack<#state, #p::Start, ()>>::run(__scope, ())
            }
            #queue
            #authorizer
            #other
        }
    }
}

/// The app's middleware stands once around the jump table, not once around each route: one layer each, so that an
/// error stands at the middleware it is about. A layer that cannot run is an error at its check, and there alone:
/// the layer itself has the gate closed.
fn layers(app: &App) -> TokenStream {
    let p = app.krate.private();
    let state = &app.state;
    let checks = middleware_checks(&app.middleware, &app.krate);
    let outermost = values(0);
    let layers = app.middleware.iter().enumerate().map(|(i, m)| {
        let (this, next) = (layer(app, i), layer(app, i + 1));
        let (outside, inside) = (values(i), values(i + 1));
        let runs = format_ident!("__LIFT_WS_RUNS_{i}");
        let check = {
            let p = app.krate.private_at(at(m));
            let stack = quote_spanned!(at(m)=> #p::Wrap<(#m), #next>);
            quote_spanned! {at(m)=>
                type #inside = <#m as #p::Inside>::Values<#outside>;
                const #runs: ::core::primitive::bool = <#p::StackProbe<#stack, #state, #outside, _>>::RUNS;
                const _: () = #p::runs::<#stack, #state, #outside, _, { #runs }>();
            }
        };
        quote! {
            #check
            struct #this;
            impl #p::Stack<#state, #outside, ()> for #this {
                fn run<'__e>(
                    __scope: &'__e #p::Scope<'__e, #state>,
                    __values: <#outside as #p::Values>::At<'__e>,
                ) -> impl ::core::future::Future<Output = #p::Reply> + ::core::marker::Send {
                    <#p::Gate<#p::Wrap<(#m), #next>, { #runs }> as #p::Stack<#state, #outside, _>>::run(__scope, __values)
                }
            }
        }
    });
    quote! {
        #(#checks)*
        type #outermost = #p::Start;
        #(#layers)*
    }
}

/// The jump on the route's index. That a route can run is checked before: here rustc would say twice why not.
fn jump(app: &App) -> TokenStream {
    let p = app.krate.private();
    let state = &app.state;
    let values = values(app.middleware.len());
    let (scope, provided) = (local("__scope"), local("__values"));
    let checks = app.routes.iter().enumerate().map(|(i, r)| {
        let p = app.krate.private_at(at(r));
        let runs = runs(i);
        let (listed, checked) = (format_ident!("LISTED_{i}"), format_ident!("CHECKED_{i}"));
        quote_spanned! {at(r)=>
            const #listed: () = #p::is_route::<(#r), { <#p::Probe<(#r)>>::IS_MIDDLEWARE }, { <#p::Probe<(#r)>>::IS_JOB }, { <#p::Probe<(#r)>>::IS_AUTHORIZER }>();
            const #runs: ::core::primitive::bool = <#p::StackProbe<(#r), #state, #values, _>>::RUNS;
            const #checked: () = #p::runs::<(#r), #state, #values, _, { __Routes::#runs }>();
        }
    });
    let arms = app.routes.iter().enumerate().map(|(i, r)| {
        let p = app.krate.private_at(at(r));
        let runs = runs(i);
        quote_spanned! {at(r)=>
            #i => {
                let () = <#r>::list_this_handler_in_the_routes_of_a_ws_app;
                <#p::Gate<(#r), { __Routes::#runs }> as #p::Stack<#state, #values, _>>::run(#scope, #provided).await
            }
        }
    });
    quote! {
        struct __Routes;
        // in an `impl`, where rustc does not propose an unknown handler as a type parameter
        #[allow(dead_code)]
        impl __Routes {
            #(#checks)*
        }
        impl #p::Stack<#state, #values, ()> for __Routes {
            async fn run<'__e>(
                #scope: &'__e #p::Scope<'__e, #state>,
                #provided: <#values as #p::Values>::At<'__e>,
            ) -> #p::Reply {
                match #scope.__route() {
                    #(#arms)*
                    _ => #p::unrouted(#scope),
                }
            }
        }
    }
}

/// The type that stands for the `i`th middleware and all inside it; the last is the jump table.
fn layer(app: &App, i: usize) -> Ident {
    if i == app.middleware.len() { format_ident!("__Routes") } else { format_ident!("__Layer{i}") }
}

/// The constant that says whether the `i`th route can run on this app.
fn runs(i: usize) -> Ident {
    format_ident!("RUNS_{i}")
}

/// What is provided outside the `i`th middleware.
fn values(i: usize) -> Ident {
    format_ident!("__Values{i}")
}
