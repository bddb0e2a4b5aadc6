pub struct Chat;
impl Chat {
    /// The routes of this app, in the order of the list.
    pub const ROUTES: [::lift_ws::__private::RouteInfo; 2usize] = [
        <connect as ::lift_ws::__private::RouteMeta>::INFO
            .needing(
                <audit as ::lift_ws::__private::MiddlewareOn<
                    <connect as ::lift_ws::__private::RouteMeta>::Kind,
                >>::NEEDS,
            )
            .needing(
                <authenticate as ::lift_ws::__private::MiddlewareOn<
                    <connect as ::lift_ws::__private::RouteMeta>::Kind,
                >>::NEEDS,
            ),
        <chat::say as ::lift_ws::__private::RouteMeta>::INFO
            .needing(
                <audit as ::lift_ws::__private::MiddlewareOn<
                    <chat::say as ::lift_ws::__private::RouteMeta>::Kind,
                >>::NEEDS,
            )
            .needing(
                <authenticate as ::lift_ws::__private::MiddlewareOn<
                    <chat::say as ::lift_ws::__private::RouteMeta>::Kind,
                >>::NEEDS,
            ),
    ];
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
    static __ROUTES: [::lift_ws::__private::RouteInfo; 2usize] = <Chat>::ROUTES;
    static __TABLE: ::lift_ws::__private::Table<
        2usize,
        { ::lift_ws::__private::slots(2usize) },
    > = ::lift_ws::__private::Table::new(&<Chat>::ROUTES);
    const __LIFT_WS_KEY_IS_UNIQUE_0: () = __TABLE.assert_first(0usize, &__ROUTES);
    const __LIFT_WS_KEY_IS_UNIQUE_1: () = __TABLE.assert_first(1usize, &__ROUTES);
    impl ::lift_ws::__private::App for Chat {
        type State = AppState;
        const NAME: &'static ::core::primitive::str = "Chat";
        const ROUTE_SELECTION_EXPRESSION: &'static ::core::primitive::str = "$request.body.action";
        const NEEDS: ::lift_ws::__private::Needs = ::lift_ws::__private::needs_of(
                &<Chat>::ROUTES,
            )
            .and(::lift_ws::__private::Needs::CONNECTIONS);
        const MIDDLEWARE: &'static [&'static ::core::primitive::str] = &[
            <audit as ::lift_ws::__private::Inside>::NAME,
            <authenticate as ::lift_ws::__private::Inside>::NAME,
        ];
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
            <__Layer0 as ::lift_ws::__private::Stack<
                AppState,
                ::lift_ws::__private::Start,
                (),
            >>::run(__scope, ())
        }
        const HAS_OTHER: ::core::primitive::bool = true;
        fn other<'__e>(
            __event: ::lift_ws::__private::OtherEvent<'__e>,
            __state: &'__e AppState,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<
                ::lift_ws::__private::Value,
                ::lift_ws::__private::Error,
            >,
        > + ::core::marker::Send {
            jobs(__event, __state)
        }
    }
    const _: () = ::lift_ws::__private::is_middleware::<
        (audit),
        { <::lift_ws::__private::Probe<(audit)>>::IS_HANDLER },
    >();
    const _: () = ::lift_ws::__private::is_middleware::<
        (authenticate),
        { <::lift_ws::__private::Probe<(authenticate)>>::IS_HANDLER },
    >();
    type __Values0 = ::lift_ws::__private::Start;
    type __Values1 = <audit as ::lift_ws::__private::Inside>::Values<__Values0>;
    const __LIFT_WS_RUNS_0: ::core::primitive::bool = <::lift_ws::__private::StackProbe<
        ::lift_ws::__private::Wrap<(audit), __Layer1>,
        AppState,
        __Values0,
        _,
    >>::RUNS;
    const _: () = ::lift_ws::__private::runs::<
        ::lift_ws::__private::Wrap<(audit), __Layer1>,
        AppState,
        __Values0,
        _,
        { __LIFT_WS_RUNS_0 },
    >();
    struct __Layer0;
    impl ::lift_ws::__private::Stack<AppState, __Values0, ()> for __Layer0 {
        fn run<'__e>(
            __scope: &'__e ::lift_ws::__private::Scope<'__e, AppState>,
            __values: <__Values0 as ::lift_ws::__private::Values>::At<'__e>,
        ) -> impl ::core::future::Future<
            Output = ::lift_ws::__private::Reply,
        > + ::core::marker::Send {
            <::lift_ws::__private::Gate<
                ::lift_ws::__private::Wrap<(audit), __Layer1>,
                { __LIFT_WS_RUNS_0 },
            > as ::lift_ws::__private::Stack<
                AppState,
                __Values0,
                _,
            >>::run(__scope, __values)
        }
    }
    type __Values2 = <authenticate as ::lift_ws::__private::Inside>::Values<__Values1>;
    const __LIFT_WS_RUNS_1: ::core::primitive::bool = <::lift_ws::__private::StackProbe<
        ::lift_ws::__private::Wrap<(authenticate), __Routes>,
        AppState,
        __Values1,
        _,
    >>::RUNS;
    const _: () = ::lift_ws::__private::runs::<
        ::lift_ws::__private::Wrap<(authenticate), __Routes>,
        AppState,
        __Values1,
        _,
        { __LIFT_WS_RUNS_1 },
    >();
    struct __Layer1;
    impl ::lift_ws::__private::Stack<AppState, __Values1, ()> for __Layer1 {
        fn run<'__e>(
            __scope: &'__e ::lift_ws::__private::Scope<'__e, AppState>,
            __values: <__Values1 as ::lift_ws::__private::Values>::At<'__e>,
        ) -> impl ::core::future::Future<
            Output = ::lift_ws::__private::Reply,
        > + ::core::marker::Send {
            <::lift_ws::__private::Gate<
                ::lift_ws::__private::Wrap<(authenticate), __Routes>,
                { __LIFT_WS_RUNS_1 },
            > as ::lift_ws::__private::Stack<
                AppState,
                __Values1,
                _,
            >>::run(__scope, __values)
        }
    }
    struct __Routes;
    #[allow(dead_code)]
    impl __Routes {
        const LISTED_0: () = ::lift_ws::__private::is_route::<
            (connect),
            { <::lift_ws::__private::Probe<(connect)>>::IS_MIDDLEWARE },
            { <::lift_ws::__private::Probe<(connect)>>::IS_JOB },
            { <::lift_ws::__private::Probe<(connect)>>::IS_AUTHORIZER },
        >();
        const RUNS_0: ::core::primitive::bool = <::lift_ws::__private::StackProbe<
            (connect),
            AppState,
            __Values2,
            _,
        >>::RUNS;
        const CHECKED_0: () = ::lift_ws::__private::runs::<
            (connect),
            AppState,
            __Values2,
            _,
            { __Routes::RUNS_0 },
        >();
        const LISTED_1: () = ::lift_ws::__private::is_route::<
            (chat::say),
            { <::lift_ws::__private::Probe<(chat::say)>>::IS_MIDDLEWARE },
            { <::lift_ws::__private::Probe<(chat::say)>>::IS_JOB },
            { <::lift_ws::__private::Probe<(chat::say)>>::IS_AUTHORIZER },
        >();
        const RUNS_1: ::core::primitive::bool = <::lift_ws::__private::StackProbe<
            (chat::say),
            AppState,
            __Values2,
            _,
        >>::RUNS;
        const CHECKED_1: () = ::lift_ws::__private::runs::<
            (chat::say),
            AppState,
            __Values2,
            _,
            { __Routes::RUNS_1 },
        >();
    }
    impl ::lift_ws::__private::Stack<AppState, __Values2, ()> for __Routes {
        async fn run<'__e>(
            __scope: &'__e ::lift_ws::__private::Scope<'__e, AppState>,
            __values: <__Values2 as ::lift_ws::__private::Values>::At<'__e>,
        ) -> ::lift_ws::__private::Reply {
            match __scope.__route() {
                0usize => {
                    let () = <connect>::list_this_handler_in_the_routes_of_a_ws_app;
                    <::lift_ws::__private::Gate<
                        (connect),
                        { __Routes::RUNS_0 },
                    > as ::lift_ws::__private::Stack<
                        AppState,
                        __Values2,
                        _,
                    >>::run(__scope, __values)
                        .await
                }
                1usize => {
                    let () = <chat::say>::list_this_handler_in_the_routes_of_a_ws_app;
                    <::lift_ws::__private::Gate<
                        (chat::say),
                        { __Routes::RUNS_1 },
                    > as ::lift_ws::__private::Stack<
                        AppState,
                        __Values2,
                        _,
                    >>::run(__scope, __values)
                        .await
                }
                _ => ::lift_ws::__private::unrouted(__scope),
            }
        }
    }
};
