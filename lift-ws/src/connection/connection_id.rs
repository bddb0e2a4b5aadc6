//! What can be the id of a connection. Ids come from clients, too ("message this connection"), and anything comes then.

use crate::store::{StoreError, StoreErrorKind};

/// The gateway's ids have 16 bytes.
const MAX_BYTES: usize = 128;

/// Whether a text can be a connection's id. What cannot is nobody's: it is gone before anybody is asked.
pub(super) fn can_be(id: &str) -> bool {
    (1..=MAX_BYTES).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic())
}

/// # Errors
///
/// With [`UnknownConnection`](StoreErrorKind::UnknownConnection), if it cannot be one.
pub(super) fn check(id: &str) -> Result<(), StoreError> {
    match can_be(id) {
        true => Ok(()),
        false => Err(StoreError::new(StoreErrorKind::UnknownConnection).about(id)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gateways_ids_can_be_ids() {
        for id in ["L0SM9cOFvHcCIhw=", "AbCdEdXyZ_wCQr0=", "a-b/c+d=", "x"] {
            assert!(can_be(id), "{id}");
        }
    }

    #[test]
    fn what_no_gateway_gives_is_nobodys_id() {
        let long = "x".repeat(MAX_BYTES + 1);
        for id in ["", "a b", "a\nb", "é", "a\u{0}", &long] {
            assert!(!can_be(id), "{id:?}");
            assert_eq!(check(id).unwrap_err().kind(), StoreErrorKind::UnknownConnection);
        }
    }
}
