//! The entry of a Lambda binary.

mod extension;
mod init;
mod logging;
mod payload;
mod shutdown;

pub use payload::Payload;

use crate::reply::BoxError;
use crate::{App, Error, Invocation, Response, Service};
use lambda_runtime::{LambdaEvent, Runtime};
use payload::KeepBytes;
use std::io::Write;
use std::sync::Arc;
use std::time::Instant;

/// An async function that makes the state. One type parameter, so that `main::<Chat, _>` is all to write.
///
/// Implemented for `async fn() -> Result<S, E>` where `E` is any error, a boxed one, a text, or
/// [`lift_ws::Error`](Error).
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not make the state `{S}`",
    label = "not a function that makes `{S}`",
    note = "pass an async function: `async fn load() -> Result<{S}, E>`, where `E` is an error"
)]
pub trait MakeState<S>: Send {
    /// Makes it.
    fn make(self) -> impl Future<Output = Result<S, Error>> + Send;
}

impl<F, R, S> MakeState<S> for F
where
    F: FnOnce() -> R + Send,
    R: Awaited<Output: Made<S>, Future: Send>,
{
    async fn make(self) -> Result<S, Error> {
        let made = self().awaited().await.into_result();
        made.map_err(|cause| Error::internal(format!("the state could not be made: {cause}")))
    }
}

/// A future: a bound with a message of its own, as those below.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "the function that makes the state returns `{Self}`, which is not a future",
    label = "not an async function",
    note = "write `async fn`"
)]
pub trait Awaited {
    type Output;
    type Future: Future<Output = Self::Output>;
    fn awaited(self) -> Self::Future;
}
#[diagnostic::do_not_recommend]
impl<F: Future> Awaited for F {
    type Output = F::Output;
    type Future = F;
    fn awaited(self) -> F {
        self
    }
}

/// What the function returns.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "the function that makes the state returns `{Self}`, which is not a `Result`",
    label = "does not return a `Result`",
    note = "return `Result<{S}, E>`, where `E` is an error"
)]
pub trait Made<S> {
    fn into_result(self) -> Result<S, BoxError>;
}
impl<S, T: StateOf<S>, E: Into<BoxError>> Made<S> for Result<T, E> {
    fn into_result(self) -> Result<S, BoxError> {
        self.map(T::into_state).map_err(E::into)
    }
}

/// `S` alone: a bound with a message of its own, where the equality of two types would have rustc's.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "the function makes `{Self}`, but the state of the app is `{S}`",
    label = "does not make `{S}`",
    note = "return `Result<{S}, E>` from the function, or write `state = {Self}` in `#[ws_app]`"
)]
pub trait StateOf<S> {
    fn into_state(self) -> S;
}
impl<S> StateOf<S> for S {
    fn into_state(self) -> S {
        self
    }
}

/// For [`main`] and [`run`]: makes the state `()` of an app that has none.
///
/// # Errors
/// None.
pub async fn stateless() -> Result<(), std::convert::Infallible> {
    Ok(())
}

/// Runs the app as a Lambda function: `fn main` of a binary is this one call.
///
/// It starts the tokio runtime that fits (one thread, unless `AWS_LAMBDA_MAX_CONCURRENCY` says that several events
/// come at once), sets up logging, makes the state once, and answers events until the environment is shut down.
/// With `LIFT_WS_DESCRIBE=1` it prints the app's [manifest](crate::manifest) instead, and makes no state.
///
/// ```no_run
/// use lift_ws::prelude::*;
///
/// #[derive(Clone)]
/// struct AppState { greeting: String }
///
/// impl AppState {
///     async fn load() -> Result<Self, Error> {
///         Ok(AppState { greeting: std::env::var("GREETING")? })
///     }
/// }
///
/// #[ws_route("hello")]
/// async fn hello(State(state): State<AppState>) -> Json<String> { Json(state.greeting) }
///
/// #[ws_app(state = AppState, routes = [hello])]
/// struct Hello;
///
/// fn main() -> Result<(), lift_ws::Error> { lift_ws::main::<Hello, _>(AppState::load) }
/// ```
///
/// # Errors
/// If the state cannot be made, or the binary is not run by Lambda or by the local gateway.
pub fn main<A: App, M: MakeState<A::State>>(make: M) -> Result<(), Error> {
    if std::env::var_os("LIFT_WS_DESCRIBE").is_some_and(|value| value != "0") {
        return describe::<A>();
    }
    let mut builder = match max_concurrency() {
        0 | 1 => tokio::runtime::Builder::new_current_thread(),
        _ => tokio::runtime::Builder::new_multi_thread(),
    };
    builder.enable_all().build()?.block_on(run::<A, M>(make))
}

/// As [`main`], on a tokio runtime of yours.
///
/// # Errors
/// As [`main`].
///
/// # Cancel safety
/// Dropping the future ends the function: events on their way are not answered.
pub async fn run<A: App, M: MakeState<A::State>>(make: M) -> Result<(), Error> {
    let start = Instant::now();
    required_environment()?;
    let asked = shutdown::register();
    logging::init();
    let (service, ()) = tokio::join!(init::service::<A, M>(make), shutdown::on_signal(asked));
    let service = Arc::new(service?);
    crate::observe::init::took(start.elapsed());
    if let Some(connections) = service.connections() {
        crate::ending::know(connections);
    }
    let snapshot = init::Snapshot::of(&service);
    let handler = tower::service_fn(move |event: LambdaEvent<Payload>| {
        let service = Arc::clone(&service);
        async move {
            let response = service.handle(event).await;
            if response.as_ref().is_ok_and(Response::is_of_other) {
                crate::ending::pause();
            }
            response
        }
    });
    let mut runtime =
        Runtime::new(handler).layer(KeepBytes).register_snapstart_resource(Arc::new(init::Frozen));
    if let Some(snapshot) = snapshot {
        runtime = runtime.register_snapstart_resource(snapshot);
    }
    runtime.run_concurrent().await.map_err(Error::internal)
}

impl<A: App> Service<A> {
    /// Answers one Lambda event, for a `lambda_runtime` service of your own.
    ///
    /// ```no_run
    /// use lambda_runtime::{LambdaEvent, service_fn};
    /// use lift_ws::prelude::*;
    /// use lift_ws::{Payload, Service};
    ///
    /// #[ws_route("ping")]
    /// async fn ping() -> Json<&'static str> { Json("pong") }
    ///
    /// #[ws_app(routes = [ping])]
    /// struct Echo;
    ///
    /// # async fn serve() -> Result<(), lambda_runtime::Error> {
    /// let service = &*Box::leak(Box::new(Service::<Echo>::new(())));
    /// lambda_runtime::run(service_fn(move |event: LambdaEvent<Payload>| service.handle(event))).await
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`respond`](Service::respond).
    ///
    /// # Cancel safety
    /// As [`respond`](Service::respond).
    pub async fn handle(&self, event: LambdaEvent<Payload>) -> Result<Response, Error> {
        self.answer(event.payload.as_ref(), Invocation::from(&event.context)).await
    }
}

/// What Lambda is told when an event cannot be answered at all.
impl From<Error> for lambda_runtime::Diagnostic {
    fn from(error: Error) -> Self {
        if !error.is_logged() {
            tracing::error!(cause = %error, "the event could not be answered");
        }
        lambda_runtime::Diagnostic { error_type: "lift_ws::Error".into(), error_message: error.to_string() }
    }
}

fn max_concurrency() -> u32 {
    std::env::var("AWS_LAMBDA_MAX_CONCURRENCY").ok().and_then(|n| n.parse().ok()).unwrap_or(1)
}

/// lambda_runtime panics where these are missing; a person who starts the binary by hand deserves a sentence.
fn required_environment() -> Result<(), Error> {
    for name in [
        "AWS_LAMBDA_RUNTIME_API",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_VERSION",
    ] {
        if std::env::var_os(name).is_none() {
            return Err(Error::internal(format!(
                "`{name}` is not set: this binary is a Lambda function; run it at home with `cargo lift-ws dev`"
            )));
        }
    }
    Ok(())
}

/// Not by `println!`, which panics when nobody reads on.
fn describe<A: App>() -> Result<(), Error> {
    let manifest = serde_json::to_string_pretty(&crate::manifest::describe::<A>())?;
    Ok(writeln!(std::io::stdout(), "{manifest}")?)
}
