//! The authorizer of an app, as tokens.

use super::validate::App;
use crate::signature::{at, local};
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

/// What goes into `impl App`.
pub(super) fn of_app(app: &App) -> Option<TokenStream> {
    let authorizer = app.authorizer.as_ref()?;
    let state = &app.state;
    let scope = local("__scope");
    let p = app.krate.private_at(at(authorizer));
    let info = info(app)?;
    Some(quote_spanned! {at(authorizer)=>
        const AUTHORIZER: ::core::option::Option<#p::AuthorizerInfo> = ::core::option::Option::Some(#info);
        fn authorize<'__e>(
            #scope: &'__e #p::Scope<'__e, #state>,
        ) -> impl ::core::future::Future<Output = #p::Verdict> + ::core::marker::Send {
            let () = <#authorizer>::name_this_function_in_the_authorizer_of_a_ws_app;
            <#p::Gate<(#authorizer), { __Authorizer::RUNS }> as #p::AuthorizerStack<#state>>::run(#scope)
        }
    })
}

/// What it needs beyond the event, for `App::NEEDS`.
pub(super) fn needs(app: &App) -> Option<TokenStream> {
    let info = info(app)?;
    Some(quote!(.and(#info.needs)))
}

fn info(app: &App) -> Option<TokenStream> {
    let authorizer = app.authorizer.as_ref()?;
    let p = app.krate.private_at(at(authorizer));
    Some(quote_spanned! {at(authorizer)=>
        <#p::Gate<(#authorizer), { __Authorizer::IS }> as #p::AuthorizerMeta>::INFO
    })
}

/// What stands beside it. An authorizer that cannot run on this app is an error at its name, and there alone.
pub(super) fn tokens(app: &App) -> Option<TokenStream> {
    let authorizer = app.authorizer.as_ref()?;
    let state = &app.state;
    let imports = {
        let p = app.krate.private();
        quote!(use #p::{AuthorizerRunProbeFallback as _, NamedFallback as _};)
    };
    let p = app.krate.private_at(at(authorizer));
    let checks = quote_spanned! {at(authorizer)=>
        const IS: ::core::primitive::bool = <#p::Probe<(#authorizer)>>::IS_AUTHORIZER;
        const NAMED: () = #p::is_authorizer::<(#authorizer), { __Authorizer::IS }>();
        const RUNS: ::core::primitive::bool = <#p::AuthorizerRunProbe<(#authorizer), #state>>::RUNS;
        const CHECKED: () =
            #p::authorizer_runs::<(#authorizer), #state, { __Authorizer::RUNS || !__Authorizer::IS }>();
    };
    Some(quote! {
        #imports
        struct __Authorizer;
        // in an `impl`, where rustc does not propose an unknown function as a type parameter
        #[allow(dead_code)]
        impl __Authorizer {
            #checks
        }
    })
}
