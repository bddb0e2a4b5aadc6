//! Kinds of event as types, so that bounds can speak of them.

/// Events of the `$connect` route.
#[derive(Debug)]
pub enum Connect {}
/// Events of `$default` and of custom routes.
#[derive(Debug)]
pub enum Message {}
/// Events of the `$disconnect` route.
#[derive(Debug)]
pub enum Disconnect {}

/// Events of the Lambda authorizer: no route's, as the gateway asks it before any.
#[derive(Debug)]
pub enum Authorize {}

/// A kind of event that routes get, at compile time: [`Connect`], [`Message`] or [`Disconnect`].
pub trait Kind: sealed::Sealed {}
impl Kind for Connect {}
impl Kind for Message {}
impl Kind for Disconnect {}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Connect {}
    impl Sealed for super::Message {}
    impl Sealed for super::Disconnect {}
}
