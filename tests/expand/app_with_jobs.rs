struct Reports;
impl Reports {
    /// The routes of this app, in the order of the list.
    pub const ROUTES: [::lift_ws::__private::RouteInfo; 0usize] = [];
}
#[allow(
    clippy::all,
    clippy::pedantic,
    deprecated,
    unused_imports,
    unused_parens,
    unused_qualifications
)]
const _: () = {
    use ::lift_ws::__private::{
        AuthorizerProbeFallback as _, JobProbeFallback as _, ProbeFallback as _,
        StackProbeFallback as _,
    };
    static __ROUTES: [::lift_ws::__private::RouteInfo; 0usize] = <Reports>::ROUTES;
    static __TABLE: ::lift_ws::__private::Table<
        0usize,
        { ::lift_ws::__private::slots(0usize) },
    > = ::lift_ws::__private::Table::new(&<Reports>::ROUTES);
    impl ::lift_ws::__private::App for Reports {
        type State = AppState;
        const NAME: &'static ::core::primitive::str = "Reports";
        const ROUTE_SELECTION_EXPRESSION: &'static ::core::primitive::str = "$request.body.action";
        const NEEDS: ::lift_ws::__private::Needs = ::lift_ws::__private::needs_of(
                &<Reports>::ROUTES,
            )
            .and(::lift_ws::__private::Needs::CONNECTIONS);
        const MIDDLEWARE: &'static [&'static ::core::primitive::str] = &[];
        fn routes() -> &'static [::lift_ws::__private::RouteInfo] {
            &__ROUTES
        }
        fn find(__event: &::lift_ws::__private::Event<'_>) -> ::core::primitive::usize {
            __TABLE.find(__event, &__ROUTES)
        }
        fn dispatch<'__e>(
            __scope: &'__e ::lift_ws::__private::Scope<'__e, AppState>,
        ) -> impl ::core::future::Future<
            Output = ::lift_ws::__private::Reply,
        > + ::core::marker::Send {
            <__Routes as ::lift_ws::__private::Stack<
                AppState,
                ::lift_ws::__private::Start,
                (),
            >>::run(__scope, ())
        }
        const QUEUE: ::core::primitive::bool = true;
        fn jobs() -> &'static [::lift_ws::__private::JobInfo] {
            &__JOBS
        }
        fn run_job<'__e>(
            __index: ::core::primitive::usize,
            __scope: &'__e ::lift_ws::__private::JobScope<'__e, AppState>,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<(), ::lift_ws::__private::Error>,
        > + ::core::marker::Send {
            __Jobs::run(__index, __scope)
        }
    }
    type __Values0 = ::lift_ws::__private::Start;
    struct __Routes;
    #[allow(dead_code)]
    impl __Routes {}
    impl ::lift_ws::__private::Stack<AppState, __Values0, ()> for __Routes {
        async fn run<'__e>(
            __scope: &'__e ::lift_ws::__private::Scope<'__e, AppState>,
            __values: <__Values0 as ::lift_ws::__private::Values>::At<'__e>,
        ) -> ::lift_ws::__private::Reply {
            match __scope.__route() {
                _ => ::lift_ws::__private::unrouted(__scope),
            }
        }
    }
    use ::lift_ws::__private::{JobRunProbeFallback as _, ListedFallback as _};
    static __JOBS: [::lift_ws::__private::JobInfo; 2usize] = [
        <::lift_ws::__private::Gate<
            (export),
            { <::lift_ws::__private::Probe<(export)>>::IS_JOB },
        > as ::lift_ws::__private::JobMeta>::INFO,
        <::lift_ws::__private::Gate<
            (chat::clean),
            { <::lift_ws::__private::Probe<(chat::clean)>>::IS_JOB },
        > as ::lift_ws::__private::JobMeta>::INFO,
    ];
    const __LIFT_WS_JOB_IS_UNIQUE_0: () = ::lift_ws::__private::assert_first(
        0usize,
        &__JOBS,
    );
    const __LIFT_WS_JOB_IS_UNIQUE_1: () = ::lift_ws::__private::assert_first(
        1usize,
        &__JOBS,
    );
    struct __Jobs;
    #[allow(dead_code)]
    impl __Jobs {
        const LISTED_0: () = ::lift_ws::__private::is_job::<
            (export),
            { <::lift_ws::__private::Probe<(export)>>::IS_JOB },
        >();
        const RUNS_0: ::core::primitive::bool = <::lift_ws::__private::JobRunProbe<
            (export),
            AppState,
        >>::RUNS;
        const CHECKED_0: () = ::lift_ws::__private::job_runs::<
            (export),
            AppState,
            { __Jobs::RUNS_0 || !<::lift_ws::__private::Probe<(export)>>::IS_JOB },
        >();
        const LISTED_1: () = ::lift_ws::__private::is_job::<
            (chat::clean),
            { <::lift_ws::__private::Probe<(chat::clean)>>::IS_JOB },
        >();
        const RUNS_1: ::core::primitive::bool = <::lift_ws::__private::JobRunProbe<
            (chat::clean),
            AppState,
        >>::RUNS;
        const CHECKED_1: () = ::lift_ws::__private::job_runs::<
            (chat::clean),
            AppState,
            { __Jobs::RUNS_1 || !<::lift_ws::__private::Probe<(chat::clean)>>::IS_JOB },
        >();
        async fn run<'__e>(
            __index: ::core::primitive::usize,
            __scope: &'__e ::lift_ws::__private::JobScope<'__e, AppState>,
        ) -> ::core::result::Result<(), ::lift_ws::__private::Error> {
            match __index {
                0usize => {
                    let () = <export>::list_this_job_in_the_jobs_of_a_ws_app;
                    <::lift_ws::__private::Gate<
                        (export),
                        { __Jobs::RUNS_0 },
                    > as ::lift_ws::__private::JobStack<AppState>>::run(__scope)
                        .await
                }
                1usize => {
                    let () = <chat::clean>::list_this_job_in_the_jobs_of_a_ws_app;
                    <::lift_ws::__private::Gate<
                        (chat::clean),
                        { __Jobs::RUNS_1 },
                    > as ::lift_ws::__private::JobStack<AppState>>::run(__scope)
                        .await
                }
                _ => ::lift_ws::__private::no_job_runs().await,
            }
        }
    }
};
