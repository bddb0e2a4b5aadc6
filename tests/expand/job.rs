pub async fn export(
    job: Job<Export>,
    conns: Connections,
    _: Invocation<'_>,
) -> Result<(), ExportError> {}
#[doc(hidden)]
#[allow(
    dead_code,
    missing_debug_implementations,
    non_camel_case_types,
    unnameable_types,
    unreachable_pub
)]
pub struct export {}
#[allow(
    clippy::all,
    clippy::pedantic,
    deprecated,
    unused_imports,
    unused_parens,
    unused_qualifications
)]
const _: () = {
    impl ::lift_ws::__private::JobPayload for Export {
        const NAME: &'static ::core::primitive::str = "export-v2";
    }
    use ::lift_ws::__private::JobProbeFallback as _;
    const __LIFT_WS_ANSWERS: ::core::primitive::bool = <::lift_ws::__private::Probe<
        Result<(), ExportError>,
    >>::IS_JOB_OUTCOME;
    const _: () = ::lift_ws::__private::is_job_outcome::<Result<(), ExportError>>();
    const __LIFT_WS_IS_ARGUMENT_0: ::core::primitive::bool = <::lift_ws::__private::Probe<
        Job<Export>,
    >>::IS_JOB_ARGUMENT;
    const _: () = ::lift_ws::__private::is_job_argument::<Job<Export>>();
    const __LIFT_WS_IS_ARGUMENT_1: ::core::primitive::bool = <::lift_ws::__private::Probe<
        Connections,
    >>::IS_JOB_ARGUMENT;
    const _: () = ::lift_ws::__private::is_job_argument::<Connections>();
    const __LIFT_WS_IS_ARGUMENT_2: ::core::primitive::bool = <::lift_ws::__private::Probe<
        Invocation<'static>,
    >>::IS_JOB_ARGUMENT;
    const _: () = ::lift_ws::__private::is_job_argument::<Invocation<'static>>();
    const __LIFT_WS_SOUND: ::core::primitive::bool = true && __LIFT_WS_IS_ARGUMENT_0
        && __LIFT_WS_IS_ARGUMENT_1 && __LIFT_WS_IS_ARGUMENT_2;
    impl ::lift_ws::__private::JobFn for export {}
    impl ::lift_ws::__private::JobMeta for export {
        const INFO: ::lift_ws::__private::JobInfo = ::lift_ws::__private::JobInfo::__new(
            "export-v2",
            ::core::concat!(::core::module_path!(), "::", "export"),
            ::lift_ws::__private::Location {
                file: ::core::file!(),
                line: ::core::line!(),
            },
            ::lift_ws::__private::Needs::NONE
                .and(
                    <::lift_ws::__private::Gate<
                        Job<Export>,
                        { __LIFT_WS_IS_ARGUMENT_0 },
                    > as ::lift_ws::__private::AvailableInJob>::NEEDS,
                )
                .and(
                    <::lift_ws::__private::Gate<
                        Connections,
                        { __LIFT_WS_IS_ARGUMENT_1 },
                    > as ::lift_ws::__private::AvailableInJob>::NEEDS,
                )
                .and(
                    <::lift_ws::__private::Gate<
                        Invocation<'static>,
                        { __LIFT_WS_IS_ARGUMENT_2 },
                    > as ::lift_ws::__private::AvailableInJob>::NEEDS,
                ),
        );
    }
    impl<__S: ::core::marker::Sync> ::lift_ws::__private::JobHandler<__S> for export
    where
        for<'__e> Job<Export>: ::lift_ws::__private::FromJob<'__e, __S>,
        for<'__e> Connections: ::lift_ws::__private::FromJob<'__e, __S>,
        for<'__e> Invocation<'__e>: ::lift_ws::__private::FromJob<'__e, __S>,
    {
        async fn call<'__e>(
            __scope: &'__e ::lift_ws::__private::JobScope<'__e, __S>,
        ) -> ::core::result::Result<(), ::lift_ws::__private::Error> {
            let __0 = <Job<
                Export,
            > as ::lift_ws::__private::FromJob<'__e, __S>>::from_job(__scope)?;
            let __1 = <Connections as ::lift_ws::__private::FromJob<
                '__e,
                __S,
            >>::from_job(__scope)?;
            let __2 = <Invocation<
                '__e,
            > as ::lift_ws::__private::FromJob<'__e, __S>>::from_job(__scope)?;
            <::lift_ws::__private::Gate<
                (),
                { __LIFT_WS_ANSWERS },
            > as ::lift_ws::__private::JobAnswer<_>>::answer(export(__0, __1, __2).await)
        }
    }
    impl<__S: ::core::marker::Sync> ::lift_ws::__private::JobStack<__S> for export
    where
        ::lift_ws::__private::Gate<
            ::lift_ws::__private::JobLeaf<export>,
            { __LIFT_WS_SOUND },
        >: ::lift_ws::__private::JobStack<__S>,
    {
        fn run<'__e>(
            __scope: &'__e ::lift_ws::__private::JobScope<'__e, __S>,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<(), ::lift_ws::__private::Error>,
        > + ::core::marker::Send {
            <::lift_ws::__private::Gate<
                ::lift_ws::__private::JobLeaf<export>,
                { __LIFT_WS_SOUND },
            > as ::lift_ws::__private::JobStack<__S>>::run(__scope)
        }
    }
    impl ::lift_ws::__private::RouteMeta for export {
        type Kind = ::lift_ws::__private::kind::Message;
        const INFO: ::lift_ws::__private::RouteInfo = ::lift_ws::__private::RouteInfo::__new(
            ::core::concat!("not a route: ", ::core::module_path!(), "::", "export"),
            "",
            ::lift_ws::__private::Location {
                file: ::core::file!(),
                line: ::core::line!(),
            },
            false,
            ::lift_ws::__private::Needs::NONE,
            &[],
        );
    }
    impl<
        __S,
        __V: ::lift_ws::__private::Values,
    > ::lift_ws::__private::Stack<__S, __V, ()> for export {
        fn run<'__e>(
            _: &'__e ::lift_ws::__private::Scope<'__e, __S>,
            _: <__V as ::lift_ws::__private::Values>::At<'__e>,
        ) -> impl ::core::future::Future<
            Output = ::lift_ws::__private::Reply,
        > + ::core::marker::Send {
            ::lift_ws::__private::never_runs()
        }
    }
    impl export {
        #[allow(dead_code)]
        #[allow(non_upper_case_globals, unreachable_pub)]
        #[doc(hidden)]
        pub const list_this_handler_in_the_routes_of_a_ws_app: () = ();
    }
    impl ::lift_ws::__private::Inside for export {
        const NAME: &'static ::core::primitive::str = ::core::concat!(
            ::core::module_path!(), "::", "export"
        );
        type Values<__V: ::lift_ws::__private::Values> = __V;
    }
    impl<__K> ::lift_ws::__private::MiddlewareOn<__K> for export {
        const NEEDS: ::lift_ws::__private::Needs = ::lift_ws::__private::Needs::NONE;
    }
    impl<
        __S,
        __V: ::lift_ws::__private::Values,
        __N,
    > ::lift_ws::__private::Middleware<__S, __V, __N, (), ()> for export {
        fn call<'__e>(
            _: &'__e ::lift_ws::__private::Scope<'__e, __S>,
            _: <__V as ::lift_ws::__private::Values>::At<'__e>,
        ) -> impl ::core::future::Future<
            Output = ::lift_ws::__private::Reply,
        > + ::core::marker::Send {
            ::lift_ws::__private::never_runs()
        }
    }
    impl export {
        #[allow(non_upper_case_globals, unreachable_pub)]
        #[doc(hidden)]
        pub const list_this_job_in_the_jobs_of_a_ws_app: () = ();
    }
};
