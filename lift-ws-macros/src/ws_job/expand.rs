//! From a job to tokens: a marker of the function's name, its description on traits of it, and the payload's name.

use super::validate::{Job, return_place};
use crate::fallback::{listed_job, marker, no_middleware, no_route};
use crate::signature::{at, local};
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::Type;

pub(super) fn tokens(job: &Job) -> TokenStream {
    let marker = marker(&job.function);
    let cfgs = job.function.cfgs();
    let arguments = arguments(job);
    let payload = payload(job);
    let checks = checks(job, &arguments);
    let meta = meta(job, &arguments);
    let handler = handler(job, &arguments);
    let stack = stack(job);
    quote! {
        #marker
        #(#cfgs)*
        #[allow(clippy::all, clippy::pedantic, deprecated, unused_imports, unused_parens, unused_qualifications)]
        const _: () = {
            #payload
            #checks
            #meta
            #handler
            #stack
        };
    }
}

struct Argument {
    /// For the lifetime `'__e` of one job.
    borrowed: Type,
    /// For `'static`: to speak of it outside of functions.
    fixed: Type,
    /// Its variable.
    value: Ident,
    /// The constant that says whether a job can take it.
    is_argument: Ident,
}

fn arguments(job: &Job) -> Vec<Argument> {
    let arguments = job.function.arguments().into_iter().enumerate().map(|(i, argument)| Argument {
        borrowed: job.function.with_lifetime(&argument.ty, "'__e"),
        fixed: job.function.with_lifetime(&argument.ty, "'static"),
        value: local(&format!("__{i}")),
        is_argument: format_ident!("__LIFT_WS_IS_ARGUMENT_{i}"),
    });
    arguments.collect()
}

/// At the payload's type, where a second job of it is found.
fn payload(job: &Job) -> TokenStream {
    let Job { payload, name, .. } = job;
    let p = job.krate.private_at(at(payload));
    quote_spanned! {at(payload)=>
        impl #p::JobPayload for #payload {
            const NAME: &'static ::core::primitive::str = #name;
        }
    }
}

/// Constants that say whether the arguments and what is returned are what they must be. Each mistake is reported at one
/// place; wherever else it would be repeated, `Gate` closes on these.
fn checks(job: &Job, arguments: &[Argument]) -> TokenStream {
    let p = job.krate.private();
    let returned = job.function.return_type();
    let outcome = {
        let p = job.krate.private_at(at(&returned));
        quote_spanned! {at(&returned)=>
            const __LIFT_WS_ANSWERS: ::core::primitive::bool = <#p::Probe<#returned>>::IS_JOB_OUTCOME;
            const _: () = #p::is_job_outcome::<#returned>();
        }
    };
    let each = arguments.iter().map(|Argument { fixed, is_argument, .. }| {
        let p = job.krate.private_at(at(fixed));
        quote_spanned! {at(fixed)=>
            const #is_argument: ::core::primitive::bool = <#p::Probe<#fixed>>::IS_JOB_ARGUMENT;
            const _: () = #p::is_job_argument::<#fixed>();
        }
    });
    let sound = arguments.iter().map(|argument| &argument.is_argument);
    quote! {
        use #p::JobProbeFallback as _;
        #outcome
        #(#each)*
        const __LIFT_WS_SOUND: ::core::primitive::bool = true #(&& #sound)*;
    }
}

fn meta(job: &Job, arguments: &[Argument]) -> TokenStream {
    let p = job.krate.private();
    let (name, function) = (&job.name, job.function.name());
    let plain = job.function.plain_name();
    let needs = arguments.iter().map(|Argument { fixed, is_argument, .. }| {
        let p = job.krate.private_at(at(fixed));
        quote_spanned!(at(fixed)=> <#p::Gate<#fixed, { #is_argument }> as #p::AvailableInJob>::NEEDS)
    });
    quote! {
        impl #p::JobFn for #function {}
        impl #p::JobMeta for #function {
            const INFO: #p::JobInfo = #p::JobInfo::__new(
                #name,
                ::core::concat!(::core::module_path!(), "::", #plain),
                #p::Location { file: ::core::file!(), line: ::core::line!() },
                #p::Needs::NONE #(.and(#needs))*,
            );
        }
    }
}

/// The call. Everything stands at the function's name: there the future is found not to be `Send`.
fn handler(job: &Job, arguments: &[Argument]) -> TokenStream {
    let name = job.function.name();
    let span = name.span();
    let p = job.krate.private_at(span);
    let scope = local("__scope");
    let bounds = arguments.iter().map(|Argument { borrowed, .. }| {
        let p = job.krate.private_at(at(borrowed));
        quote_spanned!(at(borrowed)=> for<'__e> #borrowed: #p::FromJob<'__e, __S>)
    });
    let extract = arguments.iter().map(|Argument { borrowed, value, .. }| {
        let p = job.krate.private_at(at(borrowed));
        quote_spanned!(at(borrowed)=> let #value = <#borrowed as #p::FromJob<'__e, __S>>::from_job(#scope)?;)
    });
    let values = arguments.iter().map(|argument| &argument.value);
    let answer = {
        let p = job.krate.private_at(return_place(&job.function));
        quote_spanned!(span=> <#p::Gate<(), { __LIFT_WS_ANSWERS }> as #p::JobAnswer<_>>::answer)
    };
    quote_spanned! {span=>
        impl<__S: ::core::marker::Sync> #p::JobHandler<__S> for #name
        where #(#bounds,)*
        {
            async fn call<'__e>(
                #scope: &'__e #p::JobScope<'__e, __S>,
            ) -> ::core::result::Result<(), #p::Error> {
                #(#extract)*
                #answer(#name(#(#values),*).await)
            }
        }
    }
}

fn stack(job: &Job) -> TokenStream {
    let p = job.krate.private();
    let name = job.function.name();
    let stack = quote!(#p::Gate<#p::JobLeaf<#name>, { __LIFT_WS_SOUND }>);
    let listed = listed_job(&job.function);
    // so that a job in another list is one error
    let no_route = no_route(&job.function, &job.krate);
    let no_middleware = no_middleware(&job.function, &job.krate);
    quote! {
        impl<__S: ::core::marker::Sync> #p::JobStack<__S> for #name
        where
            #stack: #p::JobStack<__S>,
        {
            fn run<'__e>(
                __scope: &'__e #p::JobScope<'__e, __S>,
            ) -> impl ::core::future::Future<Output = ::core::result::Result<(), #p::Error>> + ::core::marker::Send {
                <#stack as #p::JobStack<__S>>::run(__scope)
            }
        }
        #no_route
        #no_middleware
        impl #name {
            #listed
        }
    }
}
