async fn bye(why: DisconnectReason<'_>) -> impl IntoReply {}
#[doc(hidden)]
#[allow(
    dead_code,
    missing_debug_implementations,
    non_camel_case_types,
    unnameable_types,
    unreachable_pub
)]
struct bye {}
#[allow(
    clippy::all,
    clippy::pedantic,
    deprecated,
    unused_imports,
    unused_parens,
    unused_qualifications
)]
const _: () = {
    use ::renamed::__private::ProbeFallback as _;
    const __LIFT_WS_REPLIES: ::core::primitive::bool = true;
    const __LIFT_WS_IS_EXTRACTOR_0: (::core::primitive::bool, ::core::primitive::bool) = {
        let __own = false
            || <::renamed::__private::Probe<
                DisconnectReason<'static>,
                ::renamed::__private::kind::Disconnect,
            >>::IS_AVAILABLE;
        (
            __own,
            __own
                || <::renamed::__private::Probe<
                    DisconnectReason<'static>,
                    ::renamed::__private::kind::Message,
                >>::IS_AVAILABLE
                || <::renamed::__private::Probe<
                    DisconnectReason<'static>,
                    ::renamed::__private::kind::Connect,
                >>::IS_AVAILABLE,
        )
    };
    const _: () = ::renamed::__private::is_extractor::<
        DisconnectReason<'static>,
        { __LIFT_WS_IS_EXTRACTOR_0.1 },
    >();
    const __LIFT_WS_SOUND: ::core::primitive::bool = true && __LIFT_WS_IS_EXTRACTOR_0.0;
    impl ::renamed::__private::RouteMeta for bye {
        type Kind = ::renamed::__private::kind::Disconnect;
        const INFO: ::renamed::__private::RouteInfo = ::renamed::__private::RouteInfo::__new(
            "$disconnect",
            ::core::concat!(::core::module_path!(), "::", "bye"),
            ::renamed::__private::Location {
                file: ::core::file!(),
                line: ::core::line!(),
            },
            {
                const fn __probe<__F, __0>(
                    _: &impl ::core::ops::Fn(__0) -> __F,
                ) -> (::core::primitive::bool, ::core::primitive::bool)
                where
                    __F: ::core::future::Future,
                    <__F as ::core::future::Future>::Output: ::renamed::__private::IntoReply,
                {
                    (
                        <<__F as ::core::future::Future>::Output as ::renamed::__private::IntoReply>::TWO_WAY,
                        <<__F as ::core::future::Future>::Output as ::renamed::__private::IntoReply>::HANDSHAKE,
                    )
                }
                let (__two_way, __handshake) = __probe(&bye);
                ::core::assert!(
                    ! __two_way,
                    "a `$disconnect` route cannot return a body: the connection is gone, nobody would receive it; return `()` or `Result<(), E>`"
                );
                __two_way
            },
            ::renamed::__private::Needs::NONE
                .and(
                    <::renamed::__private::Gate<
                        DisconnectReason<'static>,
                        { __LIFT_WS_IS_EXTRACTOR_0.1 },
                    > as ::renamed::__private::AvailableOn<
                        ::renamed::__private::kind::Disconnect,
                    >>::NEEDS,
                ),
            &[],
        );
    }
    impl<
        __S: ::core::marker::Sync,
        __V: ::renamed::__private::Values,
        __I0,
    > ::renamed::__private::Handler<__S, __V, (__I0,)> for bye
    where
        for<'__e> DisconnectReason<
            '__e,
        >: ::renamed::__private::Extract<'__e, __S, __V, __I0>,
    {
        async fn call<'__e>(
            __scope: &'__e ::renamed::__private::Scope<'__e, __S>,
            __provided: <__V as ::renamed::__private::Values>::At<'__e>,
        ) -> ::renamed::__private::Reply {
            let __0 = match <DisconnectReason<
                '__e,
            > as ::renamed::__private::Extract<
                '__e,
                __S,
                __V,
                __I0,
            >>::extract(__scope, __provided) {
                ::core::result::Result::Ok(__extracted) => __extracted,
                ::core::result::Result::Err(__extracted) => {
                    return ::renamed::__private::IntoReply::into_reply(__extracted);
                }
            };
            ::renamed::__private::IntoReply::into_reply(bye(__0).await)
        }
    }
    impl<
        __S: ::core::marker::Sync,
        __V: ::renamed::__private::Values,
        __I,
    > ::renamed::__private::Stack<__S, __V, __I> for bye
    where
        ::renamed::__private::Gate<
            ::renamed::__private::Leaf<bye>,
            { __LIFT_WS_SOUND },
        >: ::renamed::__private::Stack<__S, __V, __I>,
    {
        fn run<'__e>(
            __scope: &'__e ::renamed::__private::Scope<'__e, __S>,
            __values: <__V as ::renamed::__private::Values>::At<'__e>,
        ) -> impl ::core::future::Future<
            Output = ::renamed::__private::Reply,
        > + ::core::marker::Send {
            <::renamed::__private::Gate<
                ::renamed::__private::Leaf<bye>,
                { __LIFT_WS_SOUND },
            > as ::renamed::__private::Stack<__S, __V, __I>>::run(__scope, __values)
        }
    }
    impl ::renamed::__private::RouteFn for bye {}
    impl ::renamed::__private::Inside for bye {
        const NAME: &'static ::core::primitive::str = ::core::concat!(
            ::core::module_path!(), "::", "bye"
        );
        type Values<__V: ::renamed::__private::Values> = __V;
    }
    impl<__K> ::renamed::__private::MiddlewareOn<__K> for bye {
        const NEEDS: ::renamed::__private::Needs = ::renamed::__private::Needs::NONE;
    }
    impl<
        __S,
        __V: ::renamed::__private::Values,
        __N,
    > ::renamed::__private::Middleware<__S, __V, __N, (), ()> for bye {
        fn call<'__e>(
            _: &'__e ::renamed::__private::Scope<'__e, __S>,
            _: <__V as ::renamed::__private::Values>::At<'__e>,
        ) -> impl ::core::future::Future<
            Output = ::renamed::__private::Reply,
        > + ::core::marker::Send {
            ::renamed::__private::never_runs()
        }
    }
    impl bye {
        #[allow(non_upper_case_globals, unreachable_pub)]
        #[doc(hidden)]
        const list_this_handler_in_the_routes_of_a_ws_app: () = ();
    }
};
