pub async fn trace<'e>(
    event: &'e Event<'e>,
    next: impl Provide<Trace<'e>>,
) -> Result<Reply, Reply> {
    Ok(next.provide(Trace { id: event.request_id() }).run().await)
}
#[doc(hidden)]
#[allow(
    dead_code,
    missing_debug_implementations,
    non_camel_case_types,
    unnameable_types,
    unreachable_pub
)]
pub struct trace {}
#[allow(
    clippy::all,
    clippy::pedantic,
    deprecated,
    unused_imports,
    unused_qualifications
)]
const _: () = {
    use ::lift_ws::__private::ProbeFallback as _;
    const __LIFT_WS_IS_EXTRACTOR_0: (::core::primitive::bool, ::core::primitive::bool) = {
        let __own = false;
        (
            __own,
            __own
                || <::lift_ws::__private::Probe<
                    &'static Event<'static>,
                    ::lift_ws::__private::kind::Message,
                >>::IS_AVAILABLE
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
        { __LIFT_WS_IS_EXTRACTOR_0.1 },
    >();
    const __LIFT_WS_SOUND: ::core::primitive::bool = true && __LIFT_WS_IS_EXTRACTOR_0.1;
    const __LIFT_WS_REPLIES: ::core::primitive::bool = <::lift_ws::__private::Probe<
        Result<Reply, Reply>,
    >>::IS_REPLY;
    const _: ::core::primitive::bool = <Result<
        Reply,
        Reply,
    > as ::lift_ws::__private::IntoReply>::TWO_WAY;
    impl<__K> ::lift_ws::__private::MiddlewareOn<__K> for trace
    where
        ::lift_ws::__private::Gate<
            &'static Event<'static>,
            { __LIFT_WS_IS_EXTRACTOR_0.1 },
        >: ::lift_ws::__private::AvailableOn<__K>,
    {
        const NEEDS: ::lift_ws::__private::Needs = ::lift_ws::__private::Needs::NONE
            .and(
                <::lift_ws::__private::Gate<
                    &'static Event<'static>,
                    { __LIFT_WS_IS_EXTRACTOR_0.1 },
                > as ::lift_ws::__private::AvailableOn<__K>>::NEEDS,
            );
    }
    impl ::lift_ws::__private::MiddlewareFn for trace {}
    impl ::lift_ws::__private::Inside for trace {
        const NAME: &'static ::core::primitive::str = ::core::concat!(
            ::core::module_path!(), "::", "trace"
        );
        type Values<__V: ::lift_ws::__private::Values> = ::lift_ws::__private::After<
            trace,
            __V,
        >;
    }
    impl ::lift_ws::__private::Provides for trace {
        type Value<'__e> = Trace<'__e>;
        fn shrink<'__l: '__s, '__s>(
            __value: &'__s Self::Value<'__l>,
        ) -> &'__s Self::Value<'__s> {
            __value
        }
        fn any<'__s>(
            __value: &'__s Self::Value<'__s>,
        ) -> ::core::option::Option<&'__s dyn ::core::any::Any> {
            ::core::option::Option::None
        }
    }
    impl<'__e> ::lift_ws::__private::ProvidesAs<Trace<'__e>> for trace {
        fn lend<'__s>(__value: &'__s Trace<'__e>) -> &'__s Self::Value<'__s>
        where
            Trace<'__e>: '__s,
        {
            __value
        }
    }
    /// The middleware whose arguments are sound.
    struct __Call;
    impl<
        __S: ::core::marker::Sync,
        __V: ::lift_ws::__private::Values,
        __N: ::lift_ws::__private::Stack<
                __S,
                ::lift_ws::__private::After<trace, __V>,
                __J,
            >,
        __I0,
        __J,
    > ::lift_ws::__private::Middleware<__S, __V, __N, (__I0,), __J> for __Call
    where
        for<'__e> &'__e Event<'__e>: ::lift_ws::__private::Extract<'__e, __S, __V, __I0>,
    {
        async fn call<'__e>(
            __scope: &'__e ::lift_ws::__private::Scope<'__e, __S>,
            __provided: <__V as ::lift_ws::__private::Values>::At<'__e>,
        ) -> ::lift_ws::__private::Reply {
            let __0 = match <&'__e Event<
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
            let __next = ::lift_ws::__private::Continue::<
                '__e,
                __N,
                __S,
                __V,
                __J,
            >::new(__scope, __provided)
                .of::<trace>();
            <::lift_ws::__private::Gate<
                (),
                { __LIFT_WS_REPLIES },
            > as ::lift_ws::__private::Answer<_>>::answer(trace(__0, __next).await)
        }
    }
    impl<
        __S: ::core::marker::Sync,
        __V: ::lift_ws::__private::Values,
        __N,
        __I,
        __J,
    > ::lift_ws::__private::Middleware<__S, __V, __N, __I, __J> for trace
    where
        ::lift_ws::__private::Gate<
            __Call,
            { __LIFT_WS_SOUND },
        >: ::lift_ws::__private::Middleware<__S, __V, __N, __I, __J>,
    {
        fn call<'__e>(
            __scope: &'__e ::lift_ws::__private::Scope<'__e, __S>,
            __provided: <__V as ::lift_ws::__private::Values>::At<'__e>,
        ) -> impl ::core::future::Future<
            Output = ::lift_ws::__private::Reply,
        > + ::core::marker::Send {
            <::lift_ws::__private::Gate<
                __Call,
                { __LIFT_WS_SOUND },
            > as ::lift_ws::__private::Middleware<
                __S,
                __V,
                __N,
                __I,
                __J,
            >>::call(__scope, __provided)
        }
    }
    impl ::lift_ws::__private::RouteMeta for trace {
        type Kind = ::lift_ws::__private::kind::Message;
        const INFO: ::lift_ws::__private::RouteInfo = ::lift_ws::__private::RouteInfo::__new(
            ::core::concat!("not a route: ", ::core::module_path!(), "::", "trace"),
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
    > ::lift_ws::__private::Stack<__S, __V, ()> for trace {
        fn run<'__e>(
            _: &'__e ::lift_ws::__private::Scope<'__e, __S>,
            _: <__V as ::lift_ws::__private::Values>::At<'__e>,
        ) -> impl ::core::future::Future<
            Output = ::lift_ws::__private::Reply,
        > + ::core::marker::Send {
            ::lift_ws::__private::never_runs()
        }
    }
    impl trace {
        #[allow(dead_code)]
        #[allow(non_upper_case_globals, unreachable_pub)]
        #[doc(hidden)]
        pub const list_this_handler_in_the_routes_of_a_ws_app: () = ();
    }
};
