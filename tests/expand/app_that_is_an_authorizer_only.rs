struct Door;
impl Door {
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
    static __ROUTES: [::lift_ws::__private::RouteInfo; 0usize] = <Door>::ROUTES;
    static __TABLE: ::lift_ws::__private::Table<
        0usize,
        { ::lift_ws::__private::slots(0usize) },
    > = ::lift_ws::__private::Table::new(&<Door>::ROUTES);
    impl ::lift_ws::__private::App for Door {
        type State = AppState;
        const NAME: &'static ::core::primitive::str = "Door";
        const ROUTE_SELECTION_EXPRESSION: &'static ::core::primitive::str = "$request.body.action";
        const NEEDS: ::lift_ws::__private::Needs = ::lift_ws::__private::needs_of(
                &<Door>::ROUTES,
            )
            .and(
                <::lift_ws::__private::Gate<
                    (auth::authorize),
                    { __Authorizer::IS },
                > as ::lift_ws::__private::AuthorizerMeta>::INFO
                    .needs,
            );
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
        const AUTHORIZER: ::core::option::Option<::lift_ws::__private::AuthorizerInfo> = ::core::option::Option::Some(
            <::lift_ws::__private::Gate<
                (auth::authorize),
                { __Authorizer::IS },
            > as ::lift_ws::__private::AuthorizerMeta>::INFO,
        );
        fn authorize<'__e>(
            __scope: &'__e ::lift_ws::__private::Scope<'__e, AppState>,
        ) -> impl ::core::future::Future<
            Output = ::lift_ws::__private::Verdict,
        > + ::core::marker::Send {
            let () = <auth::authorize>::name_this_function_in_the_authorizer_of_a_ws_app;
            <::lift_ws::__private::Gate<
                (auth::authorize),
                { __Authorizer::RUNS },
            > as ::lift_ws::__private::AuthorizerStack<AppState>>::run(__scope)
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
    use ::lift_ws::__private::{AuthorizerRunProbeFallback as _, NamedFallback as _};
    struct __Authorizer;
    #[allow(dead_code)]
    impl __Authorizer {
        const IS: ::core::primitive::bool = <::lift_ws::__private::Probe<
            (auth::authorize),
        >>::IS_AUTHORIZER;
        const NAMED: () = ::lift_ws::__private::is_authorizer::<
            (auth::authorize),
            { __Authorizer::IS },
        >();
        const RUNS: ::core::primitive::bool = <::lift_ws::__private::AuthorizerRunProbe<
            (auth::authorize),
            AppState,
        >>::RUNS;
        const CHECKED: () = ::lift_ws::__private::authorizer_runs::<
            (auth::authorize),
            AppState,
            { __Authorizer::RUNS || !__Authorizer::IS },
        >();
    }
};
