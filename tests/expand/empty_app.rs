struct Empty;
impl Empty {
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
    static __ROUTES: [::lift_ws::__private::RouteInfo; 0usize] = <Empty>::ROUTES;
    static __TABLE: ::lift_ws::__private::Table<
        0usize,
        { ::lift_ws::__private::slots(0usize) },
    > = ::lift_ws::__private::Table::new(&<Empty>::ROUTES);
    impl ::lift_ws::__private::App for Empty {
        type State = ();
        const NAME: &'static ::core::primitive::str = "Empty";
        const ROUTE_SELECTION_EXPRESSION: &'static ::core::primitive::str = "$request.body.action";
        const NEEDS: ::lift_ws::__private::Needs = ::lift_ws::__private::needs_of(
            &<Empty>::ROUTES,
        );
        const MIDDLEWARE: &'static [&'static ::core::primitive::str] = &[];
        fn routes() -> &'static [::lift_ws::__private::RouteInfo] {
            &__ROUTES
        }
        fn find(__event: &::lift_ws::__private::Event<'_>) -> ::core::primitive::usize {
            __TABLE.find(__event, &__ROUTES)
        }
        fn dispatch<'__e>(
            __scope: &'__e ::lift_ws::__private::Scope<'__e, ()>,
        ) -> impl ::core::future::Future<
            Output = ::lift_ws::__private::Reply,
        > + ::core::marker::Send {
            <__Routes as ::lift_ws::__private::Stack<
                (),
                ::lift_ws::__private::Start,
                (),
            >>::run(__scope, ())
        }
    }
    type __Values0 = ::lift_ws::__private::Start;
    struct __Routes;
    #[allow(dead_code)]
    impl __Routes {}
    impl ::lift_ws::__private::Stack<(), __Values0, ()> for __Routes {
        async fn run<'__e>(
            __scope: &'__e ::lift_ws::__private::Scope<'__e, ()>,
            __values: <__Values0 as ::lift_ws::__private::Values>::At<'__e>,
        ) -> ::lift_ws::__private::Reply {
            match __scope.__route() {
                _ => ::lift_ws::__private::unrouted(__scope),
            }
        }
    }
};
