//! Middleware as types: a stack is `Wrap<audit, Wrap<limit, Leaf<say>>>`, with no value at run time, no box and
//! no dynamic call.

use crate::provide::{After, Provides, ProvidesAs, Values};
use crate::route::Needs;
use crate::{Reply, Scope};
use std::fmt;
use std::marker::PhantomData;

/// What remains to be run, as a type. `V` is what middleware before has provided; the last parameter says how each
/// argument finds its value and is inferred. Where it cannot be, rustc prints its name: two middlewares provide one
/// type.
#[diagnostic::on_unimplemented(message = "`{Self}` cannot run on an app of state `{S}`")]
pub trait Stack<S, V: Values, OneProviderOfEachType> {
    /// Runs it.
    fn run<'e>(scope: &'e Scope<'e, S>, values: V::At<'e>) -> impl Future<Output = Reply> + Send;
}

/// Middleware around `N`; `#[ws_middleware]` implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not middleware for an app of state `{S}`",
    label = "not annotated as middleware",
    note = "annotate the function with `#[ws_middleware]`"
)]
pub trait Middleware<S, V: Values, N, I, J> {
    /// Extracts the arguments and calls the function.
    fn call<'e>(scope: &'e Scope<'e, S>, values: V::At<'e>) -> impl Future<Output = Reply> + Send;
}

/// Middleware whose arguments are all there in events of kind `K`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not middleware for a `{K}` route",
    label = "not annotated as middleware",
    note = "annotate the function with `#[ws_middleware]`"
)]
pub trait MiddlewareOn<K> {
    /// What its arguments need beyond the event.
    const NEEDS: Needs;
}

/// What is provided inside the middleware, given what is provided around it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not middleware",
    label = "not annotated as middleware",
    note = "annotate the function with `#[ws_middleware]`"
)]
pub trait Inside {
    /// The middleware's path, such as `chat::audit`.
    const NAME: &'static str;
    /// The list of values.
    type Values<V: Values>: Values;
}

/// The middleware `M` around `N`.
#[derive(Debug)]
pub struct Wrap<M, N>(PhantomData<fn() -> (M, N)>);

impl<S: Sync, V: Values, M: Middleware<S, V, N, I, J>, N, I, J> Stack<S, V, (I, J)> for Wrap<M, N> {
    fn run<'e>(scope: &'e Scope<'e, S>, values: V::At<'e>) -> impl Future<Output = Reply> + Send {
        M::call(scope, values)
    }
}

/// The rest of the way: the last argument of a middleware function, `next: impl Next`.
///
/// ```
/// use lift_ws::prelude::*;
///
/// #[ws_middleware]
/// async fn only_in_business_hours(event: &Event<'_>, next: impl Next) -> Reply {
///     if event.stage() == "closed" {
///         return Reply::error("closed", "come back tomorrow"); // the handler does not run
///     }
///     next.run().await
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not what comes next",
    note = "the last argument of middleware is `next: impl Next`, or `next: impl Provide<T>` if it provides a value"
)]
pub trait Next: Send {
    /// Runs what is inside, and gives its reply.
    fn run(self) -> impl Future<Output = Reply> + Send;
}

/// The rest of the way for middleware that hands a value on: `next: impl Provide<T>`. It cannot run without one.
///
/// See [`Provided`](crate::provide::Provided) for an example.
pub trait Provide<T>: Send {
    /// Hands `value` to what is inside; `.run().await` on the result goes on.
    fn provide(self, value: T) -> impl Next;
}

/// What the macros pass as `next`.
pub struct Continue<'e, N, S, V: Values, I> {
    scope: &'e Scope<'e, S>,
    values: V::At<'e>,
    stack: PhantomData<fn() -> (N, I)>,
}

impl<'e, N, S, V: Values, I> Continue<'e, N, S, V, I> {
    #[doc(hidden)]
    pub fn new(scope: &'e Scope<'e, S>, values: V::At<'e>) -> Self {
        Continue { scope, values, stack: PhantomData }
    }

    /// To continue with a value of `M`.
    #[doc(hidden)]
    pub fn of<M: Provides>(self) -> Providing<'e, M, N, S, V, I> {
        Providing { next: self, provider: PhantomData }
    }
}

impl<N, S, V: Values, I> fmt::Debug for Continue<'_, N, S, V, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Continue").finish_non_exhaustive()
    }
}

impl<N: Stack<S, V, I>, S: Sync, V: Values, I> Next for Continue<'_, N, S, V, I> {
    fn run(self) -> impl Future<Output = Reply> + Send {
        N::run(self.scope, self.values)
    }
}

/// What the macros pass as `next` to middleware that provides a value.
pub struct Providing<'e, M, N, S, V: Values, I> {
    next: Continue<'e, N, S, V, I>,
    provider: PhantomData<fn() -> M>,
}

impl<M, N, S, V: Values, I> fmt::Debug for Providing<'_, M, N, S, V, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Providing").finish_non_exhaustive()
    }
}

impl<'e, T: Send, M: ProvidesAs<T>, N: Stack<S, After<M, V>, I>, S: Sync, V: Values, I> Provide<T>
    for Providing<'e, M, N, S, V, I>
{
    fn provide(self, value: T) -> impl Next {
        With { next: self, value }
    }
}

struct With<'e, T, M, N, S, V: Values, I> {
    next: Providing<'e, M, N, S, V, I>,
    value: T,
}

impl<T: Send, M: ProvidesAs<T>, N: Stack<S, After<M, V>, I>, S: Sync, V: Values, I> Next
    for With<'_, T, M, N, S, V, I>
{
    /// The value lives in this future; what runs inside borrows it.
    async fn run(self) -> Reply {
        let next = self.next.next;
        N::run(next.scope, (M::lend(&self.value), V::shrink(next.values))).await
    }
}
