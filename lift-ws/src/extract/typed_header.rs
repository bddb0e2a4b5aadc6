//! One header of the handshake, as a type.

use super::rejection::HeaderRejection;
use super::{AvailableOn, FromEvent, Headers, Text};
use crate::route::Needs;
use crate::{Scope, route};

/// A type that is read from one header of the handshake.
///
/// ```
/// use lift_ws::prelude::*;
/// use lift_ws::extract::{FromHeader, TypedHeader};
///
/// struct Version(u32);
///
/// impl<'e> FromHeader<'e> for Version {
///     const NAME: &'static str = "X-App-Version";
///     fn from_header(value: Text<'e>) -> Option<Self> { value.parse().ok().map(Version) }
/// }
///
/// #[ws_route("$connect")]
/// async fn connect(TypedHeader(version): TypedHeader<Version>) -> Result<(), Reject> {
///     if version.0 < 2 { Err(Reject::new(426)) } else { Ok(()) }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not read from a header",
    note = "implement `FromHeader` for it, with the header's name"
)]
pub trait FromHeader<'e>: Sized {
    /// The header's name; its case does not matter.
    const NAME: &'static str;
    /// Reads the value; `None` if it is not one.
    fn from_header(value: Text<'e>) -> Option<Self>;
}

/// A header of the handshake, read as `T`. Missing or unreadable, the handshake is refused with 400;
/// take `Option<TypedHeader<T>>` if it may be missing.
#[derive(Clone, Copy, Debug)]
pub struct TypedHeader<T>(pub T);

impl<'e, S, T: FromHeader<'e>> FromEvent<'e, S> for TypedHeader<T> {
    type Rejection = HeaderRejection;
    fn from_event(scope: &'e Scope<'e, S>) -> Result<Self, HeaderRejection> {
        let value = Headers::of(scope).get(T::NAME).ok_or_else(|| HeaderRejection::missing(T::NAME))?;
        T::from_header(value).map(TypedHeader).ok_or_else(|| HeaderRejection::unreadable(T::NAME))
    }
}
impl<T> AvailableOn<route::Connect> for TypedHeader<T> {
    const NEEDS: Needs = Needs::HEADERS;
}
impl<T> AvailableOn<route::Authorize> for TypedHeader<T> {
    const NEEDS: Needs = Needs::HEADERS;
}

/// The page that a browser says it comes from, such as `https://app.example.org`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin<'e>(pub Text<'e>);

impl<'e> FromHeader<'e> for Origin<'e> {
    const NAME: &'static str = "Origin";
    fn from_header(value: Text<'e>) -> Option<Self> {
        Some(Origin(value))
    }
}
