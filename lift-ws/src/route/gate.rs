//! How the macros keep one mistake one error: a mistake is reported at one place, the user's token, and what would
//! repeat it elsewhere stands behind a [`Gate`] that a constant closes.

use crate::extract::AvailableOn;
use crate::middleware::{Middleware, Stack};
use crate::provide::Values;
use crate::reply::Bodiless;
use crate::route::Needs;
use crate::{IntoReply, Reply, Scope};
use std::marker::PhantomData;

/// Asks whether a type implements a trait, as a constant. An associated constant of the type itself comes before
/// one of a trait, so `IS_…` is [`ProbeFallback`]'s `false` only where the bound does not hold.
#[derive(Debug)]
pub struct Probe<T: ?Sized, K = ()>(PhantomData<K>, PhantomData<T>);

impl<T: AvailableOn<K>, K> Probe<T, K> {
    /// It can be extracted from events of kind `K`.
    pub const IS_AVAILABLE: bool = true;
}

impl<T: IntoReply> Probe<T> {
    /// A handler may return it.
    pub const IS_REPLY: bool = true;
    /// It decides a handshake.
    pub const IS_HANDSHAKE: bool = T::HANDSHAKE;
}

impl<T: RouteFn> Probe<T> {
    /// It has `#[ws_route]`.
    pub const IS_HANDLER: bool = true;
}

impl<T: MiddlewareFn> Probe<T> {
    /// It has `#[ws_middleware]`.
    pub const IS_MIDDLEWARE: bool = true;
}

/// What [`Probe`] answers where the bound does not hold.
pub trait ProbeFallback {
    /// It cannot be extracted.
    const IS_AVAILABLE: bool = false;
    /// A handler cannot return it.
    const IS_REPLY: bool = false;
    /// It is no reply at all, which is said elsewhere.
    const IS_HANDSHAKE: bool = false;
    /// It does not have `#[ws_route]`.
    const IS_HANDLER: bool = false;
    /// It does not have `#[ws_middleware]`.
    const IS_MIDDLEWARE: bool = false;
}
impl<T: ?Sized, K> ProbeFallback for Probe<T, K> {}

/// Asks whether a stack can run on an app of state `S` where `V` is provided. The last parameter is inferred.
#[derive(Debug)]
pub struct StackProbe<T, S, V, OneProviderOfEachType>(PhantomData<(T, S, V, OneProviderOfEachType)>);

impl<T: Stack<S, V, I>, S, V: Values, I> StackProbe<T, S, V, I> {
    /// It can.
    pub const RUNS: bool = true;
}

/// What [`StackProbe`] answers where the bound does not hold.
pub trait StackProbeFallback {
    /// It cannot.
    const RUNS: bool = false;
}
impl<T, S, V> StackProbeFallback for StackProbe<T, S, V, ()> {}

/// That it runs: known where `RUNS`, asked for (and so explained) where not.
pub trait Runs<S, V, I, const RUNS: bool> {}
impl<T, S, V> Runs<S, V, (), true> for T {}
impl<T: Stack<S, V, I>, S, V: Values, I> Runs<S, V, I, false> for T {}

/// Checked at each middleware of an app.
pub const fn runs<T: Runs<S, V, I, RUNS>, S, V: Values, I, const RUNS: bool>() {}

/// A function with `#[ws_route]`. Handlers implement all that middleware does, and the other way round, but for
/// [`MiddlewareFn`] and this: so one in the wrong list is one error.
pub trait RouteFn {}

/// A function with `#[ws_middleware]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not middleware",
    label = "not annotated as middleware",
    note = "annotate the function with `#[ws_middleware]`"
)]
pub trait MiddlewareFn {}

/// What may stand in a list of middleware.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not middleware: list a route handler in `routes = […]`, a job in `jobs = […]`, an authorizer in `authorizer = …`",
    label = "not middleware",
    note = "in `middleware = […]` are functions with `#[ws_middleware]`, which run around handlers"
)]
pub trait ListedAsMiddleware<const IS_HANDLER: bool> {}
impl<T: MiddlewareFn> ListedAsMiddleware<false> for T {}

/// Checked at each entry of a list of middleware.
pub const fn is_middleware<T: ListedAsMiddleware<IS_HANDLER>, const IS_HANDLER: bool>() {}

/// What may stand in a list of routes; that it is a handler is asked elsewhere.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is middleware: list it in `middleware = […]`",
    label = "not a route handler",
    note = "in `routes = […]` are functions with `#[ws_route(\"key\")]`"
)]
pub trait ListedAsRoute<const IS_MIDDLEWARE: bool> {}
impl<T> ListedAsRoute<false> for T {}

/// The same, said of jobs.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is a job: list it in `jobs = […]`",
    label = "not a route handler",
    note = "in `routes = […]` are functions with `#[ws_route(\"key\")]`; they enqueue a job with `conns.later(payload).await`"
)]
pub trait NotAJob<const IS_JOB: bool> {}
impl<T> NotAJob<false> for T {}

/// The same, said of authorizers.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is a Lambda authorizer: name it in `authorizer = …`",
    label = "not a route handler",
    note = "in `routes = […]` are functions with `#[ws_route(\"key\")]`; the gateway asks the authorizer before `$connect`"
)]
pub trait NotAnAuthorizer<const IS_AUTHORIZER: bool> {}
impl<T> NotAnAuthorizer<false> for T {}

/// Checked at each entry of a list of routes.
pub const fn is_route<
    T: ListedAsRoute<IS_MIDDLEWARE> + NotAJob<IS_JOB> + NotAnAuthorizer<IS_AUTHORIZER>,
    const IS_MIDDLEWARE: bool,
    const IS_JOB: bool,
    const IS_AUTHORIZER: bool,
>() {
}

/// `T` as it is where `OPEN`; otherwise something that fits everywhere, and never runs.
#[derive(Debug)]
pub struct Gate<T, const OPEN: bool>(PhantomData<fn() -> T>);

impl<K, T: AvailableOn<K>> AvailableOn<K> for Gate<T, true> {
    const NEEDS: Needs = T::NEEDS;
}
impl<K, T> AvailableOn<K> for Gate<T, false> {}

impl<S: Sync, V: Values, I, T: Stack<S, V, I>> Stack<S, V, I> for Gate<T, true> {
    fn run<'e>(scope: &'e Scope<'e, S>, values: V::At<'e>) -> impl Future<Output = Reply> + Send {
        T::run(scope, values)
    }
}
impl<S, V: Values, T> Stack<S, V, ()> for Gate<T, false> {
    fn run<'e>(_: &'e Scope<'e, S>, _: V::At<'e>) -> impl Future<Output = Reply> + Send {
        never_runs()
    }
}

impl<S: Sync, V: Values, N, I, J, T: Middleware<S, V, N, I, J>> Middleware<S, V, N, I, J> for Gate<T, true> {
    fn call<'e>(scope: &'e Scope<'e, S>, values: V::At<'e>) -> impl Future<Output = Reply> + Send {
        T::call(scope, values)
    }
}
impl<S, V: Values, N, T> Middleware<S, V, N, (), ()> for Gate<T, false> {
    fn call<'e>(_: &'e Scope<'e, S>, _: V::At<'e>) -> impl Future<Output = Reply> + Send {
        never_runs()
    }
}

/// Makes a reply of what a handler returned.
pub trait Answer<R> {
    /// The reply.
    fn answer(returned: R) -> Reply;
}

impl<R: IntoReply> Answer<R> for Gate<(), true> {
    fn answer(returned: R) -> Reply {
        returned.into_reply()
    }
}
impl<R> Answer<R> for Gate<(), false> {
    fn answer(_: R) -> Reply {
        never()
    }
}

/// An extractor for at least one kind of event: only then `IS` is true.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an extractor",
    label = "cannot be extracted from a WebSocket event",
    note = "an argument is an extractor: `Json<T>`, `State<T>`, `ConnectionId<'_>`, `Connections`, `Provided<'_, T>`, `&Event<'_>`, …",
    note = "an extractor of yours implements `FromEvent<'e, S>` and `AvailableOn<K>`"
)]
pub trait Extractor<const IS: bool> {}
impl<T> Extractor<true> for T {}

/// Checked at each argument's type.
pub const fn is_extractor<T: Extractor<IS>, const IS: bool>() {}

/// What a message route may return: only then `IS_HANDSHAKE` is false.
#[diagnostic::on_unimplemented(
    message = "a message route cannot return `{Self}`: only `$connect` decides a handshake",
    label = "there is no handshake to accept or to reject here",
    note = "return `()`, `Json<T>`, or `Result<T, lift_ws::Error>`"
)]
pub trait MessageReply<const IS_HANDSHAKE: bool> {}
impl<T> MessageReply<false> for T {}

/// Checked at the return type of a message route.
pub const fn is_message_reply<T: MessageReply<IS_HANDSHAKE>, const IS_HANDSHAKE: bool>() {}

/// `TWO_WAY` of what a `$disconnect` route returns, checked at the return type.
pub const fn bodiless<T: Bodiless>() -> bool {
    false
}

/// What stands in for the code of a mistake: the build has failed elsewhere.
pub fn never_runs() -> impl Future<Output = Reply> + Send {
    std::future::ready(never())
}

fn never() -> Reply {
    Reply::internal("a handler with compile errors cannot run")
}
