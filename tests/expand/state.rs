impl ::lift_ws::__private::FromRef<AppState> for Greeting {
    fn from_ref(__state: &AppState) -> Self {
        ::core::clone::Clone::clone(&__state.greeting)
    }
}
impl ::lift_ws::__private::FromRef<AppState> for String {
    fn from_ref(__state: &AppState) -> Self {
        ::core::clone::Clone::clone(&__state.name)
    }
}
