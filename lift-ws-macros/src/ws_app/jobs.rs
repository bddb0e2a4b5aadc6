//! The jobs of an app, as tokens: a list, and the jump on a job's index.

use super::validate::App;
use crate::signature::{at, local};
use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};

/// What goes into `impl App`.
pub(super) fn of_app(app: &App) -> TokenStream {
    let p = app.krate.private();
    let state = &app.state;
    let queue = app.queue.then(|| {
        quote!(
            const QUEUE: ::core::primitive::bool = true;
        )
    });
    let jobs = (!app.jobs.is_empty()).then(|| {
        quote! {
            fn jobs() -> &'static [#p::JobInfo] {
                &__JOBS
            }
            fn run_job<'__e>(
                __index: ::core::primitive::usize,
                __scope: &'__e #p::JobScope<'__e, #state>,
            ) -> impl ::core::future::Future<Output = ::core::result::Result<(), #p::Error>> + ::core::marker::Send {
                __Jobs::run(__index, __scope)
            }
        }
    });
    quote!(#queue #jobs)
}

/// What stands beside it. A job that cannot run on this app is an error at its place in the list, and there alone.
pub(super) fn tokens(app: &App) -> TokenStream {
    if app.jobs.is_empty() {
        return TokenStream::new();
    }
    let p = app.krate.private();
    let (state, n) = (&app.state, app.jobs.len());
    let scope = local("__scope");
    let infos = app.jobs.iter().map(|j| {
        let p = app.krate.private_at(at(j));
        quote_spanned!(at(j)=> <#p::Gate<(#j), { <#p::Probe<(#j)>>::IS_JOB }> as #p::JobMeta>::INFO)
    });
    let uniques = app.jobs.iter().enumerate().map(|(i, j)| {
        let unique = format_ident!("__LIFT_WS_JOB_IS_UNIQUE_{i}");
        let p = app.krate.private_at(at(j));
        quote_spanned!(at(j)=> const #unique: () = #p::assert_first(#i, &__JOBS);)
    });
    let checks = app.jobs.iter().enumerate().map(|(i, j)| {
        let p = app.krate.private_at(at(j));
        let (runs, listed, checked) = names(i);
        quote_spanned! {at(j)=>
            const #listed: () = #p::is_job::<(#j), { <#p::Probe<(#j)>>::IS_JOB }>();
            const #runs: ::core::primitive::bool = <#p::JobRunProbe<(#j), #state>>::RUNS;
            const #checked: () =
                #p::job_runs::<(#j), #state, { __Jobs::#runs || !<#p::Probe<(#j)>>::IS_JOB }>();
        }
    });
    let arms = app.jobs.iter().enumerate().map(|(i, j)| {
        let p = app.krate.private_at(at(j));
        let (runs, ..) = names(i);
        quote_spanned! {at(j)=>
            #i => {
                let () = <#j>::list_this_job_in_the_jobs_of_a_ws_app;
                <#p::Gate<(#j), { __Jobs::#runs }> as #p::JobStack<#state>>::run(#scope).await
            }
        }
    });
    quote! {
        use #p::{JobRunProbeFallback as _, ListedFallback as _};
        static __JOBS: [#p::JobInfo; #n] = [#(#infos),*];
        #(#uniques)*
        struct __Jobs;
        // in an `impl`, where rustc does not propose an unknown function as a type parameter
        #[allow(dead_code)]
        impl __Jobs {
            #(#checks)*
            async fn run<'__e>(
                __index: ::core::primitive::usize,
                #scope: &'__e #p::JobScope<'__e, #state>,
            ) -> ::core::result::Result<(), #p::Error> {
                match __index {
                    #(#arms)*
                    _ => #p::no_job_runs().await,
                }
            }
        }
    }
}

/// The constants of the `i`th job: whether it can run on this app, and the checks of it.
fn names(i: usize) -> (proc_macro2::Ident, proc_macro2::Ident, proc_macro2::Ident) {
    (format_ident!("RUNS_{i}"), format_ident!("LISTED_{i}"), format_ident!("CHECKED_{i}"))
}
