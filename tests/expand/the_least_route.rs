async fn ping() {}
#[doc(hidden)]
#[allow(
    dead_code,
    missing_debug_implementations,
    non_camel_case_types,
    unnameable_types,
    unreachable_pub
)]
struct ping {}
#[allow(
    clippy::all,
    clippy::pedantic,
    deprecated,
    unused_imports,
    unused_parens,
    unused_qualifications
)]
const _: () = {
    use ::lift_ws::__private::ProbeFallback as _;
    const __LIFT_WS_REPLIES: ::core::primitive::bool = <::lift_ws::__private::Probe<
        (),
    >>::IS_REPLY;
    const _: () = ::lift_ws::__private::is_message_reply::<
        (),
        { <::lift_ws::__private::Probe<()>>::IS_HANDSHAKE },
    >();
    const __LIFT_WS_SOUND: ::core::primitive::bool = true;
    impl ::lift_ws::__private::RouteMeta for ping {
        type Kind = ::lift_ws::__private::kind::Message;
        const INFO: ::lift_ws::__private::RouteInfo = ::lift_ws::__private::RouteInfo::__new(
            "ping",
            ::core::concat!(::core::module_path!(), "::", "ping"),
            ::lift_ws::__private::Location {
                file: ::core::file!(),
                line: ::core::line!(),
            },
            <() as ::lift_ws::__private::IntoReply>::TWO_WAY,
            ::lift_ws::__private::Needs::NONE,
            &[],
        );
    }
    impl<
        __S: ::core::marker::Sync,
        __V: ::lift_ws::__private::Values,
    > ::lift_ws::__private::Handler<__S, __V, ()> for ping {
        async fn call<'__e>(
            __scope: &'__e ::lift_ws::__private::Scope<'__e, __S>,
            __provided: <__V as ::lift_ws::__private::Values>::At<'__e>,
        ) -> ::lift_ws::__private::Reply {
            <::lift_ws::__private::Gate<
                (),
                { __LIFT_WS_REPLIES },
            > as ::lift_ws::__private::Answer<_>>::answer(ping().await)
        }
    }
    impl<
        __S: ::core::marker::Sync,
        __V: ::lift_ws::__private::Values,
        __I,
    > ::lift_ws::__private::Stack<__S, __V, __I> for ping
    where
        ::lift_ws::__private::Gate<
            ::lift_ws::__private::Leaf<ping>,
            { __LIFT_WS_SOUND },
        >: ::lift_ws::__private::Stack<__S, __V, __I>,
    {
        fn run<'__e>(
            __scope: &'__e ::lift_ws::__private::Scope<'__e, __S>,
            __values: <__V as ::lift_ws::__private::Values>::At<'__e>,
        ) -> impl ::core::future::Future<
            Output = ::lift_ws::__private::Reply,
        > + ::core::marker::Send {
            <::lift_ws::__private::Gate<
                ::lift_ws::__private::Leaf<ping>,
                { __LIFT_WS_SOUND },
            > as ::lift_ws::__private::Stack<__S, __V, __I>>::run(__scope, __values)
        }
    }
    impl ::lift_ws::__private::RouteFn for ping {}
    impl ::lift_ws::__private::Inside for ping {
        const NAME: &'static ::core::primitive::str = ::core::concat!(
            ::core::module_path!(), "::", "ping"
        );
        type Values<__V: ::lift_ws::__private::Values> = __V;
    }
    impl<__K> ::lift_ws::__private::MiddlewareOn<__K> for ping {
        const NEEDS: ::lift_ws::__private::Needs = ::lift_ws::__private::Needs::NONE;
    }
    impl<
        __S,
        __V: ::lift_ws::__private::Values,
        __N,
    > ::lift_ws::__private::Middleware<__S, __V, __N, (), ()> for ping {
        fn call<'__e>(
            _: &'__e ::lift_ws::__private::Scope<'__e, __S>,
            _: <__V as ::lift_ws::__private::Values>::At<'__e>,
        ) -> impl ::core::future::Future<
            Output = ::lift_ws::__private::Reply,
        > + ::core::marker::Send {
            ::lift_ws::__private::never_runs()
        }
    }
    impl ping {
        #[allow(non_upper_case_globals, unreachable_pub)]
        #[doc(hidden)]
        const list_this_handler_in_the_routes_of_a_ws_app: () = ();
    }
};
