//! How the macros keep one mistake one error, for authorizers: see [`route::gate`](crate::route::gate).

use super::{AuthorizerHandler, AuthorizerInfo, AuthorizerMeta, IntoVerdict, Verdict};
use crate::Scope;
use crate::route::gate::{Gate, Probe};
use crate::route::{Location, Needs};
use std::marker::PhantomData;

/// A function with `#[ws_authorizer]`.
pub trait AuthorizerFn {}

impl<T: AuthorizerFn> Probe<T> {
    /// It has `#[ws_authorizer]`.
    pub const IS_AUTHORIZER: bool = true;
}

impl<T: IntoVerdict> Probe<T> {
    /// An authorizer can return it.
    pub const IS_VERDICT: bool = true;
}

/// What [`Probe`] answers where the bound does not hold.
pub trait AuthorizerProbeFallback {
    /// It does not have `#[ws_authorizer]`.
    const IS_AUTHORIZER: bool = false;
    /// An authorizer cannot return it.
    const IS_VERDICT: bool = false;
}
impl<T: ?Sized, K> AuthorizerProbeFallback for Probe<T, K> {}

/// For what is no authorizer and is named as one, which is said elsewhere.
pub trait NamedFallback {
    /// As authorizers have it.
    #[allow(non_upper_case_globals)]
    const name_this_function_in_the_authorizer_of_a_ws_app: () = ();
}
impl<T: ?Sized> NamedFallback for T {}

/// An authorizer that can run on an app of state `S`.
pub trait AuthorizerStack<S> {
    /// Runs it.
    fn run<'e>(scope: &'e Scope<'e, S>) -> impl Future<Output = Verdict> + Send;
}

/// The function itself.
#[derive(Debug)]
pub struct AuthorizerLeaf<H>(PhantomData<fn() -> H>);

impl<S: Sync, H: AuthorizerHandler<S>> AuthorizerStack<S> for AuthorizerLeaf<H> {
    fn run<'e>(scope: &'e Scope<'e, S>) -> impl Future<Output = Verdict> + Send {
        H::call(scope)
    }
}

impl<S: Sync, T: AuthorizerStack<S>> AuthorizerStack<S> for Gate<T, true> {
    fn run<'e>(scope: &'e Scope<'e, S>) -> impl Future<Output = Verdict> + Send {
        T::run(scope)
    }
}
impl<S: Sync, T> AuthorizerStack<S> for Gate<T, false> {
    fn run<'e>(_: &'e Scope<'e, S>) -> impl Future<Output = Verdict> + Send {
        no_authorizer_runs()
    }
}

impl<T: AuthorizerMeta> AuthorizerMeta for Gate<T, true> {
    const INFO: AuthorizerInfo = T::INFO;
}
impl<T> AuthorizerMeta for Gate<T, false> {
    const INFO: AuthorizerInfo = AuthorizerInfo::__new("", Location { file: "", line: 0 }, Needs::NONE, &[]);
}

/// Makes a verdict of what a function returned.
pub trait AuthorizerAnswer<R> {
    /// The verdict.
    fn answer(returned: R) -> Verdict;
}
impl<R: IntoVerdict> AuthorizerAnswer<R> for Gate<(), true> {
    fn answer(returned: R) -> Verdict {
        returned.into_verdict()
    }
}
impl<R> AuthorizerAnswer<R> for Gate<(), false> {
    fn answer(_: R) -> Verdict {
        never()
    }
}

/// What an authorizer may take; what is no extractor at all is said elsewhere.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not available in a Lambda authorizer",
    label = "the gateway asks an authorizer before there is a message, a connection's record, or anybody's word for who it is",
    note = "an authorizer takes the handshake: `Handshake<'_>`, `Headers<'_>`, `TypedHeader<T>`, `Query<T>`, `Cookies<'_>`, `Subprotocols<'_>`; and `State<T>`, `StageVariables<'_>`, `Connections`, `ConnectionId<'_>`, `SourceIp<'_>`, `UserAgent<'_>`, `RequestContext<'_>`, `Deadline`, `Invocation<'_>`, `&Event<'_>`",
    note = "no middleware runs around it; what it finds out goes into `Allow::new(…).context(…)`, and handlers read it as `Authorizer<T>`",
    note = "an extractor of yours implements `FromEvent<'e, S>` and `AvailableOn<lift_ws::route::Authorize>`"
)]
pub trait AuthorizerArgument<const IS: bool> {}
impl<T> AuthorizerArgument<true> for T {}

/// Checked at each argument's type.
pub const fn is_authorizer_argument<T: AuthorizerArgument<IS>, const IS: bool>() {}

/// Checked at the return type.
pub const fn is_verdict<T: IntoVerdict>() {}

/// What may be named as the authorizer of an app.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a Lambda authorizer",
    label = "not annotated as an authorizer",
    note = "in `authorizer = …` is a function with `#[ws_authorizer]`; a ready-made one is `lift_ws::auth::authorize`"
)]
pub trait NamedAsAuthorizer<const IS_AUTHORIZER: bool> {}
impl<T> NamedAsAuthorizer<true> for T {}

/// Checked at the authorizer of an app.
pub const fn is_authorizer<T: NamedAsAuthorizer<IS_AUTHORIZER>, const IS_AUTHORIZER: bool>() {}

/// Asks whether an authorizer can run on an app of state `S`.
#[derive(Debug)]
pub struct AuthorizerRunProbe<T, S>(PhantomData<(T, S)>);

impl<T: AuthorizerStack<S>, S> AuthorizerRunProbe<T, S> {
    /// It can.
    pub const RUNS: bool = true;
}

/// What [`AuthorizerRunProbe`] answers where the bound does not hold.
pub trait AuthorizerRunProbeFallback {
    /// It cannot.
    const RUNS: bool = false;
}
impl<T, S> AuthorizerRunProbeFallback for AuthorizerRunProbe<T, S> {}

/// That it runs: known where `RUNS`, asked for (and so explained) where not.
pub trait AuthorizerRuns<S, const RUNS: bool> {}
impl<T, S> AuthorizerRuns<S, true> for T {}
impl<T: AuthorizerStack<S>, S> AuthorizerRuns<S, false> for T {}

/// Checked at the authorizer of an app.
pub const fn authorizer_runs<T: AuthorizerRuns<S, RUNS>, S, const RUNS: bool>() {}

/// What stands in for the code of a mistake: the build has failed elsewhere.
pub fn no_authorizer_runs() -> impl Future<Output = Verdict> + Send {
    std::future::ready(never())
}

fn never() -> Verdict {
    Verdict::failed("an authorizer with compile errors cannot run")
}
