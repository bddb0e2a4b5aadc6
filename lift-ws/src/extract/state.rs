//! Parts of the app's state.

use super::{AvailableOn, FromEvent};
use crate::Scope;
use std::convert::Infallible;

/// A part of the app's state: the state itself, or a field of it if it derives [`FromRef`](macro@crate::FromRef).
///
/// ```
/// use lift_ws::prelude::*;
///
/// #[derive(Clone)]
/// struct Greeting(&'static str);
///
/// #[derive(Clone, FromRef)]
/// struct AppState { greeting: Greeting }
///
/// #[ws_route("hello")]
/// async fn hello(State(greeting): State<Greeting>) -> Json<&'static str> { Json(greeting.0) }
///
/// #[ws_app(state = AppState, routes = [hello])]
/// struct App;
/// ```
#[derive(Clone, Copy, Debug)]
pub struct State<T>(pub T);

/// A part that can be had from a state. `#[derive(FromRef)]` implements it for each field; a part is cloned for
/// each event, so make it cheap to clone.
#[diagnostic::on_unimplemented(
    message = "the state `{S}` has no part of type `{Self}`",
    label = "not a part of `{S}`",
    note = "the state is the type that `#[ws_app(state = …)]` names, and `()` where it names none",
    note = "its parts are its fields: add one of type `{Self}`, and `#[derive(FromRef)]`"
)]
pub trait FromRef<S> {
    /// The part.
    fn from_ref(state: &S) -> Self;
}

impl<S: Clone> FromRef<S> for S {
    fn from_ref(state: &S) -> Self {
        state.clone()
    }
}

impl<'e, S, T: FromRef<S>> FromEvent<'e, S> for State<T> {
    type Rejection = Infallible;
    fn from_event(scope: &'e Scope<'e, S>) -> Result<Self, Infallible> {
        Ok(State(T::from_ref(scope.state())))
    }
}
impl<K, T> AvailableOn<K> for State<T> {}
