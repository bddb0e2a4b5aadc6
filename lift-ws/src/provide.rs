//! Values that middleware hands on, as a list of types: `After<limit, After<authenticate, Start>>`.

use crate::extract::{AvailableOn, FromEvent};
use crate::route::Kind;
use crate::{IntoReply, Scope};
use std::any::Any;
use std::convert::Infallible;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

/// Middleware that provides a value; `#[ws_middleware]` implements it when the last argument is `impl Provide<T>`.
pub trait Provides: Send + Sync + 'static {
    /// The value, which may borrow from the event.
    type Value<'e>: Send + Sync + 'e;
    /// Only the macro knows that the value is covariant.
    fn shrink<'l: 's, 's>(value: &'s Self::Value<'l>) -> &'s Self::Value<'s>;
    /// For `Option<Provided<T>>`: the value, if it borrows nothing.
    fn any<'s>(value: &'s Self::Value<'s>) -> Option<&'s dyn Any>;
}

/// The same for one lifetime, as a trait of `T`: in `Provides<Value<'e> = T>` the lifetime of `T` and that of
/// `next` would have to be equal, which is not known of a `Send` future (rust-lang/rust#100013).
pub trait ProvidesAs<T>: Provides {
    /// The value, for as long as it is borrowed.
    fn lend<'s>(value: &'s T) -> &'s Self::Value<'s>
    where
        T: 's;
}

/// What is provided at some place of a stack: without lifetimes here, with them in `At`.
pub trait Values: Send + Sync + 'static {
    /// References to the values, innermost provider first.
    type At<'e>: Copy + Send + Sync + 'e;
    /// For a shorter time.
    fn shrink<'l: 's, 's>(values: Self::At<'l>) -> Self::At<'s>;
    /// The value of type `T`, if there is one that borrows nothing.
    fn find<'e, T: Any>(values: Self::At<'e>) -> Option<&'e T>;
}

/// No value.
#[derive(Debug)]
pub struct Start;

/// The value of `M`, and those of `P`.
#[derive(Debug)]
pub struct After<M, P>(PhantomData<fn() -> (M, P)>);

impl Values for Start {
    type At<'e> = ();
    fn shrink<'l: 's, 's>((): ()) {}
    fn find<'e, T: Any>((): ()) -> Option<&'e T> {
        None
    }
}

impl<M: Provides, P: Values> Values for After<M, P> {
    type At<'e> = (&'e M::Value<'e>, P::At<'e>);
    fn shrink<'l: 's, 's>((value, rest): Self::At<'l>) -> Self::At<'s> {
        (M::shrink(value), P::shrink(rest))
    }
    fn find<'e, T: Any>((value, rest): Self::At<'e>) -> Option<&'e T> {
        M::any(value).and_then(|any| any.downcast_ref()).or_else(|| P::find(rest))
    }
}

/// At the head of the list: found by inference.
#[derive(Debug)]
pub struct Here;
/// Further down the list: found by inference.
#[derive(Debug)]
pub struct There<I>(PhantomData<fn() -> I>);

/// The list holds a `T`, at the place `I`.
pub trait Has<'e, T, I>: Values {
    /// The value.
    fn get(values: Self::At<'e>) -> &'e T;
}

impl<'e, T: 'e, M: Provides<Value<'e> = T>, P: Values> Has<'e, T, Here> for After<M, P> {
    fn get((value, _): Self::At<'e>) -> &'e T {
        value
    }
}

impl<'e, T: 'e, M: Provides, P: Has<'e, T, I>, I> Has<'e, T, There<I>> for After<M, P> {
    fn get((_, rest): Self::At<'e>) -> &'e T {
        P::get(rest)
    }
}

/// A value that middleware before this one provides: `Provided(claims): Provided<'_, Claims>`.
///
/// `Option<Provided<'_, T>>` is `None` where nothing provides one; it finds only values that borrow nothing.
///
/// ```
/// use lift_ws::prelude::*;
///
/// struct Claims { subject: String }
///
/// #[ws_middleware]
/// async fn authenticate(event: &Event<'_>, next: impl Provide<Claims>) -> Reply {
///     next.provide(Claims { subject: event.connection_id().to_owned() }).run().await
/// }
///
/// #[ws_route("whoami", middleware = [authenticate])]
/// async fn whoami(Provided(claims): Provided<'_, Claims>) -> Json<String> {
///     Json(claims.subject.clone())
/// }
/// ```
pub struct Provided<'e, T>(pub &'e T);

impl<T> Deref for Provided<'_, T> {
    type Target = T;
    fn deref(&self) -> &T {
        self.0
    }
}

impl<T: fmt::Debug> fmt::Debug for Provided<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Provided").field(self.0).finish()
    }
}

impl<K: Kind, T> AvailableOn<K> for Provided<'_, T> {}

/// What the macros ask of an argument. `I` says how it comes, and is inferred: from the event and the state
/// (`FromEvent`, which is what users implement), or from the provided values at a place of the list.
#[diagnostic::on_unimplemented(
    message = "no middleware that runs before this provides the value of `{Self}`",
    label = "nothing provides what this takes",
    note = "list the middleware that provides it (its last argument is `next: impl Provide<T>`) in `middleware = […]` of the app or of the route, before whatever takes it",
    note = "or take `Option<Provided<'_, T>>`"
)]
pub trait Extract<'e, S, V: Values, I>: Sized {
    /// Why it could not be made.
    type Rejection: IntoReply;
    /// Makes it.
    ///
    /// # Errors
    /// The extractor's rejection; it becomes the reply.
    fn extract(scope: &'e Scope<'e, S>, values: V::At<'e>) -> Result<Self, Self::Rejection>;
}

/// It comes from the event.
#[derive(Debug)]
pub struct Plain;
/// It comes from the provided values, at the place `I`.
#[derive(Debug)]
pub struct At<I>(PhantomData<fn() -> I>);
/// It comes from the provided values, if it is there.
#[derive(Debug)]
pub struct Perhaps;

impl<'e, S, V: Values, T: FromEvent<'e, S>> Extract<'e, S, V, Plain> for T {
    type Rejection = T::Rejection;
    fn extract(scope: &'e Scope<'e, S>, _: V::At<'e>) -> Result<Self, T::Rejection> {
        T::from_event(scope)
    }
}

impl<'e, S, V: Has<'e, T, I>, T, I> Extract<'e, S, V, At<I>> for Provided<'e, T> {
    type Rejection = Infallible;
    fn extract(_: &'e Scope<'e, S>, values: V::At<'e>) -> Result<Self, Infallible> {
        Ok(Provided(V::get(values)))
    }
}

/// Looked up by `TypeId`, which the optimiser folds: values that borrow are not found.
impl<'e, S, V: Values, T: Any> Extract<'e, S, V, Perhaps> for Option<Provided<'e, T>> {
    type Rejection = Infallible;
    fn extract(_: &'e Scope<'e, S>, values: V::At<'e>) -> Result<Self, Infallible> {
        Ok(V::find(values).map(Provided))
    }
}
