pub async fn authorize<'e>(
    State(tokens): State<JwtVerifier>,
    handshake: Handshake<'e>,
) -> Result<Allow<Extra<'e>>, AuthError> {}
#[doc(hidden)]
#[allow(
    dead_code,
    missing_debug_implementations,
    non_camel_case_types,
    unnameable_types,
    unreachable_pub
)]
pub struct authorize {}
#[allow(
    clippy::all,
    clippy::pedantic,
    deprecated,
    unused_imports,
    unused_parens,
    unused_qualifications
)]
const _: () = {
    use ::lift_ws::__private::{AuthorizerProbeFallback as _, ProbeFallback as _};
    const __LIFT_WS_DECIDES: ::core::primitive::bool = <::lift_ws::__private::Probe<
        Result<Allow<Extra<'static>>, AuthError>,
    >>::IS_VERDICT;
    const _: () = ::lift_ws::__private::is_verdict::<
        Result<Allow<Extra<'static>>, AuthError>,
    >();
    const __LIFT_WS_IS_EXTRACTOR_0: (::core::primitive::bool, ::core::primitive::bool) = {
        let __own = false
            || <::lift_ws::__private::Probe<
                State<JwtVerifier>,
                ::lift_ws::__private::kind::Authorize,
            >>::IS_AVAILABLE;
        (
            __own,
            __own
                || <::lift_ws::__private::Probe<
                    State<JwtVerifier>,
                    ::lift_ws::__private::kind::Message,
                >>::IS_AVAILABLE
                || <::lift_ws::__private::Probe<
                    State<JwtVerifier>,
                    ::lift_ws::__private::kind::Connect,
                >>::IS_AVAILABLE
                || <::lift_ws::__private::Probe<
                    State<JwtVerifier>,
                    ::lift_ws::__private::kind::Disconnect,
                >>::IS_AVAILABLE,
        )
    };
    const _: () = ::lift_ws::__private::is_extractor::<
        State<JwtVerifier>,
        { __LIFT_WS_IS_EXTRACTOR_0.1 },
    >();
    const __LIFT_WS_IS_EXTRACTOR_1: (::core::primitive::bool, ::core::primitive::bool) = {
        let __own = false
            || <::lift_ws::__private::Probe<
                Handshake<'static>,
                ::lift_ws::__private::kind::Authorize,
            >>::IS_AVAILABLE;
        (
            __own,
            __own
                || <::lift_ws::__private::Probe<
                    Handshake<'static>,
                    ::lift_ws::__private::kind::Message,
                >>::IS_AVAILABLE
                || <::lift_ws::__private::Probe<
                    Handshake<'static>,
                    ::lift_ws::__private::kind::Connect,
                >>::IS_AVAILABLE
                || <::lift_ws::__private::Probe<
                    Handshake<'static>,
                    ::lift_ws::__private::kind::Disconnect,
                >>::IS_AVAILABLE,
        )
    };
    const _: () = ::lift_ws::__private::is_extractor::<
        Handshake<'static>,
        { __LIFT_WS_IS_EXTRACTOR_1.1 },
    >();
    const __LIFT_WS_SOUND: ::core::primitive::bool = true && __LIFT_WS_IS_EXTRACTOR_0.0
        && __LIFT_WS_IS_EXTRACTOR_1.0;
    const _: () = ::lift_ws::__private::is_authorizer_argument::<
        State<JwtVerifier>,
        { __LIFT_WS_IS_EXTRACTOR_0.0 || !__LIFT_WS_IS_EXTRACTOR_0.1 },
    >();
    const _: () = ::lift_ws::__private::is_authorizer_argument::<
        Handshake<'static>,
        { __LIFT_WS_IS_EXTRACTOR_1.0 || !__LIFT_WS_IS_EXTRACTOR_1.1 },
    >();
    impl ::lift_ws::__private::AuthorizerFn for authorize {}
    impl ::lift_ws::__private::AuthorizerMeta for authorize {
        const INFO: ::lift_ws::__private::AuthorizerInfo = ::lift_ws::__private::AuthorizerInfo::__new(
            ::core::concat!(::core::module_path!(), "::", "authorize"),
            ::lift_ws::__private::Location {
                file: ::core::file!(),
                line: ::core::line!(),
            },
            ::lift_ws::__private::Needs::NONE
                .and(
                    <::lift_ws::__private::Gate<
                        State<JwtVerifier>,
                        { __LIFT_WS_IS_EXTRACTOR_0.0 },
                    > as ::lift_ws::__private::AvailableOn<
                        ::lift_ws::__private::kind::Authorize,
                    >>::NEEDS,
                )
                .and(
                    <::lift_ws::__private::Gate<
                        Handshake<'static>,
                        { __LIFT_WS_IS_EXTRACTOR_1.0 },
                    > as ::lift_ws::__private::AvailableOn<
                        ::lift_ws::__private::kind::Authorize,
                    >>::NEEDS,
                ),
            &["route.request.querystring.token", "route.request.header.User-Agent"],
        );
    }
    impl<__S: ::core::marker::Sync> ::lift_ws::__private::AuthorizerHandler<__S>
    for authorize
    where
        for<'__e> State<JwtVerifier>: ::lift_ws::__private::FromEvent<'__e, __S>,
        for<'__e> Handshake<'__e>: ::lift_ws::__private::FromEvent<'__e, __S>,
    {
        async fn call<'__e>(
            __scope: &'__e ::lift_ws::__private::Scope<'__e, __S>,
        ) -> ::lift_ws::__private::Verdict {
            let __0 = match <State<
                JwtVerifier,
            > as ::lift_ws::__private::FromEvent<'__e, __S>>::from_event(__scope) {
                ::core::result::Result::Ok(__extracted) => __extracted,
                ::core::result::Result::Err(__extracted) => {
                    return ::lift_ws::__private::Verdict::refused(__extracted);
                }
            };
            let __1 = match <Handshake<
                '__e,
            > as ::lift_ws::__private::FromEvent<'__e, __S>>::from_event(__scope) {
                ::core::result::Result::Ok(__extracted) => __extracted,
                ::core::result::Result::Err(__extracted) => {
                    return ::lift_ws::__private::Verdict::refused(__extracted);
                }
            };
            <::lift_ws::__private::Gate<
                (),
                { __LIFT_WS_DECIDES },
            > as ::lift_ws::__private::AuthorizerAnswer<
                _,
            >>::answer(authorize(__0, __1).await)
        }
    }
    impl<__S: ::core::marker::Sync> ::lift_ws::__private::AuthorizerStack<__S>
    for authorize
    where
        ::lift_ws::__private::Gate<
            ::lift_ws::__private::AuthorizerLeaf<authorize>,
            { __LIFT_WS_SOUND },
        >: ::lift_ws::__private::AuthorizerStack<__S>,
    {
        fn run<'__e>(
            __scope: &'__e ::lift_ws::__private::Scope<'__e, __S>,
        ) -> impl ::core::future::Future<
            Output = ::lift_ws::__private::Verdict,
        > + ::core::marker::Send {
            <::lift_ws::__private::Gate<
                ::lift_ws::__private::AuthorizerLeaf<authorize>,
                { __LIFT_WS_SOUND },
            > as ::lift_ws::__private::AuthorizerStack<__S>>::run(__scope)
        }
    }
    impl ::lift_ws::__private::RouteMeta for authorize {
        type Kind = ::lift_ws::__private::kind::Message;
        const INFO: ::lift_ws::__private::RouteInfo = ::lift_ws::__private::RouteInfo::__new(
            ::core::concat!("not a route: ", ::core::module_path!(), "::", "authorize"),
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
    > ::lift_ws::__private::Stack<__S, __V, ()> for authorize {
        fn run<'__e>(
            _: &'__e ::lift_ws::__private::Scope<'__e, __S>,
            _: <__V as ::lift_ws::__private::Values>::At<'__e>,
        ) -> impl ::core::future::Future<
            Output = ::lift_ws::__private::Reply,
        > + ::core::marker::Send {
            ::lift_ws::__private::never_runs()
        }
    }
    impl authorize {
        #[allow(dead_code)]
        #[allow(non_upper_case_globals, unreachable_pub)]
        #[doc(hidden)]
        pub const list_this_handler_in_the_routes_of_a_ws_app: () = ();
    }
    impl ::lift_ws::__private::Inside for authorize {
        const NAME: &'static ::core::primitive::str = ::core::concat!(
            ::core::module_path!(), "::", "authorize"
        );
        type Values<__V: ::lift_ws::__private::Values> = __V;
    }
    impl<__K> ::lift_ws::__private::MiddlewareOn<__K> for authorize {
        const NEEDS: ::lift_ws::__private::Needs = ::lift_ws::__private::Needs::NONE;
    }
    impl<
        __S,
        __V: ::lift_ws::__private::Values,
        __N,
    > ::lift_ws::__private::Middleware<__S, __V, __N, (), ()> for authorize {
        fn call<'__e>(
            _: &'__e ::lift_ws::__private::Scope<'__e, __S>,
            _: <__V as ::lift_ws::__private::Values>::At<'__e>,
        ) -> impl ::core::future::Future<
            Output = ::lift_ws::__private::Reply,
        > + ::core::marker::Send {
            ::lift_ws::__private::never_runs()
        }
    }
    impl authorize {
        #[allow(non_upper_case_globals, unreachable_pub)]
        #[doc(hidden)]
        pub const name_this_function_in_the_authorizer_of_a_ws_app: () = ();
    }
};
