//! Why a connection ended.

use super::{AvailableOn, FromEvent};
use crate::{Scope, route};
use std::convert::Infallible;

/// Close code and reason of a `$disconnect` (contract §6.2): 1000 after the server closed, 1001 when idle or left,
/// 1005 without a code, 1006 when the network was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DisconnectReason<'e> {
    /// The close code; `None` if the event has none.
    pub code: Option<u16>,
    /// The reason, as a client or the gateway wrote it; may be empty.
    pub text: &'e str,
}

impl<'e, S> FromEvent<'e, S> for DisconnectReason<'e> {
    type Rejection = Infallible;
    fn from_event(scope: &'e Scope<'e, S>) -> Result<Self, Infallible> {
        let event = scope.event();
        let code = event.disconnect_status_code().and_then(|code| u16::try_from(code).ok());
        Ok(DisconnectReason { code, text: event.disconnect_reason() })
    }
}
impl AvailableOn<route::Disconnect> for DisconnectReason<'_> {}
