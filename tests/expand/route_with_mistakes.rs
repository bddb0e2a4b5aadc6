fn connect<T>(_: Json<T>) {}
#[doc(hidden)]
#[allow(
    dead_code,
    missing_debug_implementations,
    non_camel_case_types,
    unnameable_types,
    unreachable_pub
)]
struct connect {}
const _: () = {
    impl ::lift_ws::__private::RouteFn for connect {}
    impl ::lift_ws::__private::RouteMeta for connect {
        type Kind = ::lift_ws::__private::kind::Message;
        const INFO: ::lift_ws::__private::RouteInfo = ::lift_ws::__private::RouteInfo::__new(
            "$conect",
            ::core::concat!(::core::module_path!(), "::", "connect"),
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
    > ::lift_ws::__private::Stack<__S, __V, ()> for connect {
        fn run<'__e>(
            _: &'__e ::lift_ws::__private::Scope<'__e, __S>,
            _: <__V as ::lift_ws::__private::Values>::At<'__e>,
        ) -> impl ::core::future::Future<
            Output = ::lift_ws::__private::Reply,
        > + ::core::marker::Send {
            ::lift_ws::__private::never_runs()
        }
    }
    impl connect {
        #[allow(non_upper_case_globals, unreachable_pub)]
        #[doc(hidden)]
        const list_this_handler_in_the_routes_of_a_ws_app: () = ();
    }
};
::core::compile_error! {
    "`#[ws_route]` has no argument `middlewares`\nhelp: did you mean `middleware`?\nnote: possible are a route key in quotes, `middleware = [a, b]`, `crate = path`"
}
::core::compile_error! {
    "route handler `connect` must be `async`\nhelp: write `async fn connect(…)`"
}
::core::compile_error! {
    "a route handler cannot have type parameters: nothing would choose them\nhelp: write one function for each, with `macro_rules!` if there are many"
}
::core::compile_error! {
    "`$conect` is not a predefined route key\nhelp: did you mean `$connect`?\nnote: predefined are `$connect`, `$disconnect`, `$default`; a custom key must not start with `$`"
}
