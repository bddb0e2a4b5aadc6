//! Routes as the compiler knows them: a key, what the handler needs, whether it answers.

#[doc(hidden)]
pub mod gate;
mod kind;
pub(crate) mod message;
mod needs;
mod table;

pub use kind::{Authorize, Connect, Disconnect, Kind, Message};
pub use needs::Needs;
pub(crate) use table::NONE;
pub use table::{Table, slots};

use crate::middleware::Stack;
use crate::provide::Values;
use crate::{Reply, Scope};
use std::marker::PhantomData;

/// Where a handler stands in the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Location {
    /// The file, relative to the workspace.
    pub file: &'static str,
    /// The line of the attribute.
    pub line: u32,
}

/// What is known of a route at compile time. [`App::routes`](crate::App::routes) lists them.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct RouteInfo {
    /// The route key.
    pub key: &'static str,
    /// The handler's path, such as `chat::say`.
    pub handler: &'static str,
    /// Where the handler stands.
    pub location: Location,
    /// Does the handler answer? Then the route needs a route response on the gateway (contract §3.3).
    pub two_way: bool,
    /// What the handler's arguments and its middleware need beyond the event.
    pub needs: Needs,
    /// The paths of the route's own middleware, outermost first.
    pub middleware: &'static [&'static str],
}

impl RouteInfo {
    #[doc(hidden)]
    pub const fn __new(
        key: &'static str,
        handler: &'static str,
        location: Location,
        two_way: bool,
        needs: Needs,
        middleware: &'static [&'static str],
    ) -> Self {
        RouteInfo { key, handler, location, two_way, needs, middleware }
    }

    #[doc(hidden)]
    pub const fn needing(mut self, more: Needs) -> Self {
        self.needs = self.needs.and(more);
        self
    }
}

/// A handler's description; `#[ws_route]` implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a route handler",
    label = "not annotated as a route handler",
    note = "annotate the function with `#[ws_route(\"key\")]`"
)]
pub trait RouteMeta {
    /// The kind of event that the route gets.
    type Kind: Kind;
    /// The description.
    const INFO: RouteInfo;
}

/// Extracts the arguments and calls the handler, without middleware; `#[ws_route]` implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a handler for an app of state `{S}`",
    note = "annotate the function with `#[ws_route(\"key\")]`"
)]
pub trait Handler<S, V: Values, I>: RouteMeta {
    /// Runs it.
    fn call<'e>(scope: &'e Scope<'e, S>, values: V::At<'e>) -> impl Future<Output = Reply> + Send;
}

/// The innermost of a stack: the handler.
#[derive(Debug)]
pub struct Leaf<H>(PhantomData<fn() -> H>);

impl<S: Sync, V: Values, H: Handler<S, V, I>, I> Stack<S, V, I> for Leaf<H> {
    fn run<'e>(scope: &'e Scope<'e, S>, values: V::At<'e>) -> impl Future<Output = Reply> + Send {
        H::call(scope, values)
    }
}
