/// Says something.
#[cfg(feature = "say")]
pub async fn say<'m>(
    me: Connection<'_>,
    Json(say): Json<Say<'m>>,
    event: &Event<'m>,
) -> Result<Json<Said<'m>>, ChatError> {
    if me.user().is_none() {
        return Err(ChatError::Anonymous);
    }
    Ok(
        Json(Said {
            text: say.text,
            request: event.request_id(),
        }),
    )
}
#[cfg(feature = "say")]
#[doc(hidden)]
#[allow(
    dead_code,
    missing_debug_implementations,
    non_camel_case_types,
    unnameable_types,
    unreachable_pub
)]
pub struct say {}
#[cfg(feature = "say")]
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
    const _: () = ::lift_ws::__private::is_middleware::<
        (audit),
        { <::lift_ws::__private::Probe<(audit)>>::IS_HANDLER },
    >();
    const _: () = ::lift_ws::__private::is_middleware::<
        (guards::require_admin),
        { <::lift_ws::__private::Probe<(guards::require_admin)>>::IS_HANDLER },
    >();
    const __LIFT_WS_REPLIES: ::core::primitive::bool = <::lift_ws::__private::Probe<
        Result<Json<Said<'static>>, ChatError>,
    >>::IS_REPLY;
    const _: () = ::lift_ws::__private::is_message_reply::<
        Result<Json<Said<'static>>, ChatError>,
        {
            <::lift_ws::__private::Probe<
                Result<Json<Said<'static>>, ChatError>,
            >>::IS_HANDSHAKE
        },
    >();
    const __LIFT_WS_IS_EXTRACTOR_0: (::core::primitive::bool, ::core::primitive::bool) = {
        let __own = false
            || <::lift_ws::__private::Probe<
                Connection<'static>,
                ::lift_ws::__private::kind::Message,
            >>::IS_AVAILABLE;
        (
            __own,
            __own
                || <::lift_ws::__private::Probe<
                    Connection<'static>,
                    ::lift_ws::__private::kind::Connect,
                >>::IS_AVAILABLE
                || <::lift_ws::__private::Probe<
                    Connection<'static>,
                    ::lift_ws::__private::kind::Disconnect,
                >>::IS_AVAILABLE,
        )
    };
    const _: () = ::lift_ws::__private::is_extractor::<
        Connection<'static>,
        { __LIFT_WS_IS_EXTRACTOR_0.1 },
    >();
    const __LIFT_WS_IS_EXTRACTOR_1: (::core::primitive::bool, ::core::primitive::bool) = {
        let __own = false
            || <::lift_ws::__private::Probe<
                Json<Say<'static>>,
                ::lift_ws::__private::kind::Message,
            >>::IS_AVAILABLE;
        (
            __own,
            __own
                || <::lift_ws::__private::Probe<
                    Json<Say<'static>>,
                    ::lift_ws::__private::kind::Connect,
                >>::IS_AVAILABLE
                || <::lift_ws::__private::Probe<
                    Json<Say<'static>>,
                    ::lift_ws::__private::kind::Disconnect,
                >>::IS_AVAILABLE,
        )
    };
    const _: () = ::lift_ws::__private::is_extractor::<
        Json<Say<'static>>,
        { __LIFT_WS_IS_EXTRACTOR_1.1 },
    >();
    const __LIFT_WS_IS_EXTRACTOR_2: (::core::primitive::bool, ::core::primitive::bool) = {
        let __own = false
            || <::lift_ws::__private::Probe<
                &'static Event<'static>,
                ::lift_ws::__private::kind::Message,
            >>::IS_AVAILABLE;
        (
            __own,
            __own
                || <::lift_ws::__private::Probe<
                    &'static Event<'static>,
                    ::lift_ws::__private::kind::Connect,
                >>::IS_AVAILABLE
                || <::lift_ws::__private::Probe<
                    &'static Event<'static>,
                    ::lift_ws::__private::kind::Disconnect,
                >>::IS_AVAILABLE,
        )
    };
    const _: () = ::lift_ws::__private::is_extractor::<
        &'static Event<'static>,
        { __LIFT_WS_IS_EXTRACTOR_2.1 },
    >();
    const __LIFT_WS_SOUND: ::core::primitive::bool = true && __LIFT_WS_IS_EXTRACTOR_0.0
        && __LIFT_WS_IS_EXTRACTOR_1.0 && __LIFT_WS_IS_EXTRACTOR_2.0;
    impl ::lift_ws::__private::RouteMeta for say {
        type Kind = ::lift_ws::__private::kind::Message;
        const INFO: ::lift_ws::__private::RouteInfo = ::lift_ws::__private::RouteInfo::__new(
            "say",
            ::core::concat!(::core::module_path!(), "::", "say"),
            ::lift_ws::__private::Location {
                file: ::core::file!(),
                line: ::core::line!(),
            },
            <Result<
                Json<Said<'static>>,
                ChatError,
            > as ::lift_ws::__private::IntoReply>::TWO_WAY,
            ::lift_ws::__private::Needs::NONE
                .and(
                    <::lift_ws::__private::Gate<
                        Connection<'static>,
                        { __LIFT_WS_IS_EXTRACTOR_0.1 },
                    > as ::lift_ws::__private::AvailableOn<
                        ::lift_ws::__private::kind::Message,
                    >>::NEEDS,
                )
                .and(
                    <::lift_ws::__private::Gate<
                        Json<Say<'static>>,
                        { __LIFT_WS_IS_EXTRACTOR_1.1 },
                    > as ::lift_ws::__private::AvailableOn<
                        ::lift_ws::__private::kind::Message,
                    >>::NEEDS,
                )
                .and(
                    <::lift_ws::__private::Gate<
                        &'static Event<'static>,
                        { __LIFT_WS_IS_EXTRACTOR_2.1 },
                    > as ::lift_ws::__private::AvailableOn<
                        ::lift_ws::__private::kind::Message,
                    >>::NEEDS,
                )
                .and(
                    <audit as ::lift_ws::__private::MiddlewareOn<
                        ::lift_ws::__private::kind::Message,
                    >>::NEEDS,
                )
                .and(
                    <guards::require_admin as ::lift_ws::__private::MiddlewareOn<
                        ::lift_ws::__private::kind::Message,
                    >>::NEEDS,
                ),
            &[
                <audit as ::lift_ws::__private::Inside>::NAME,
                <guards::require_admin as ::lift_ws::__private::Inside>::NAME,
            ],
        );
    }
    impl<
        __S: ::core::marker::Sync,
        __V: ::lift_ws::__private::Values,
        __I0,
        __I1,
        __I2,
    > ::lift_ws::__private::Handler<__S, __V, (__I0, __I1, __I2)> for say
    where
        for<'__e> Connection<'__e>: ::lift_ws::__private::Extract<'__e, __S, __V, __I0>,
        for<'__e> Json<Say<'__e>>: ::lift_ws::__private::Extract<'__e, __S, __V, __I1>,
        for<'__e> &'__e Event<'__e>: ::lift_ws::__private::Extract<'__e, __S, __V, __I2>,
    {
        async fn call<'__e>(
            __scope: &'__e ::lift_ws::__private::Scope<'__e, __S>,
            __provided: <__V as ::lift_ws::__private::Values>::At<'__e>,
        ) -> ::lift_ws::__private::Reply {
            let __0 = match <Connection<
                '__e,
            > as ::lift_ws::__private::Extract<
                '__e,
                __S,
                __V,
                __I0,
            >>::extract(__scope, __provided) {
                ::core::result::Result::Ok(__extracted) => __extracted,
                ::core::result::Result::Err(__extracted) => {
                    return ::lift_ws::__private::IntoReply::into_reply(__extracted);
                }
            };
            let __1 = match <Json<
                Say<'__e>,
            > as ::lift_ws::__private::Extract<
                '__e,
                __S,
                __V,
                __I1,
            >>::extract(__scope, __provided) {
                ::core::result::Result::Ok(__extracted) => __extracted,
                ::core::result::Result::Err(__extracted) => {
                    return ::lift_ws::__private::IntoReply::into_reply(__extracted);
                }
            };
            let __2 = match <&'__e Event<
                '__e,
            > as ::lift_ws::__private::Extract<
                '__e,
                __S,
                __V,
                __I2,
            >>::extract(__scope, __provided) {
                ::core::result::Result::Ok(__extracted) => __extracted,
                ::core::result::Result::Err(__extracted) => {
                    return ::lift_ws::__private::IntoReply::into_reply(__extracted);
                }
            };
            <::lift_ws::__private::Gate<
                (),
                { __LIFT_WS_REPLIES },
            > as ::lift_ws::__private::Answer<_>>::answer(say(__0, __1, __2).await)
        }
    }
    impl<
        __S: ::core::marker::Sync,
        __V: ::lift_ws::__private::Values,
        __I,
    > ::lift_ws::__private::Stack<__S, __V, __I> for say
    where
        ::lift_ws::__private::Gate<
            ::lift_ws::__private::Wrap<
                (audit),
                ::lift_ws::__private::Wrap<
                    (guards::require_admin),
                    ::lift_ws::__private::Leaf<say>,
                >,
            >,
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
                ::lift_ws::__private::Wrap<
                    (audit),
                    ::lift_ws::__private::Wrap<
                        (guards::require_admin),
                        ::lift_ws::__private::Leaf<say>,
                    >,
                >,
                { __LIFT_WS_SOUND },
            > as ::lift_ws::__private::Stack<__S, __V, __I>>::run(__scope, __values)
        }
    }
    impl ::lift_ws::__private::RouteFn for say {}
    impl ::lift_ws::__private::Inside for say {
        const NAME: &'static ::core::primitive::str = ::core::concat!(
            ::core::module_path!(), "::", "say"
        );
        type Values<__V: ::lift_ws::__private::Values> = __V;
    }
    impl<__K> ::lift_ws::__private::MiddlewareOn<__K> for say {
        const NEEDS: ::lift_ws::__private::Needs = ::lift_ws::__private::Needs::NONE;
    }
    impl<
        __S,
        __V: ::lift_ws::__private::Values,
        __N,
    > ::lift_ws::__private::Middleware<__S, __V, __N, (), ()> for say {
        fn call<'__e>(
            _: &'__e ::lift_ws::__private::Scope<'__e, __S>,
            _: <__V as ::lift_ws::__private::Values>::At<'__e>,
        ) -> impl ::core::future::Future<
            Output = ::lift_ws::__private::Reply,
        > + ::core::marker::Send {
            ::lift_ws::__private::never_runs()
        }
    }
    impl say {
        #[allow(non_upper_case_globals, unreachable_pub)]
        #[doc(hidden)]
        pub const list_this_handler_in_the_routes_of_a_ws_app: () = ();
    }
};
