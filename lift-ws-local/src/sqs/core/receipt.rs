//! Receipt handles: what a receiver shows to delete a message or to change how long it is hidden.

use std::fmt;

use super::error::{SqsError, SqsErrorKind};

const PREFIX: &str = "AQEB";
const HEX_DIGITS: usize = 16;
/// How long a handle is.
pub(crate) const HANDLE_BYTES: usize = PREFIX.len() + 3 * HEX_DIGITS;

/// One receiving of one message of one queue. Programs must take the text for opaque.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Receipt {
    /// Of the queue that gave it out.
    pub(super) queue: u64,
    /// The message's number in that queue.
    pub(super) message: u64,
    /// Differs each time the message is received.
    pub(super) nonce: u64,
}

impl Receipt {
    /// Reads a handle that the queue may have given out.
    ///
    /// # Errors
    ///
    /// If it is no handle, or of another queue.
    pub(super) fn parse(handle: &str, queue: u64) -> Result<Self, SqsError> {
        let receipt = Self::read(handle).filter(|receipt| receipt.queue == queue);
        receipt.ok_or_else(|| {
            let message = format!("The input receipt handle \"{handle}\" is not a valid receipt handle.");
            SqsError::new(SqsErrorKind::ReceiptHandleIsInvalid, message)
        })
    }

    fn read(handle: &str) -> Option<Self> {
        let digits = handle.strip_prefix(PREFIX)?;
        let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if digits.len() != 3 * HEX_DIGITS || !digits.bytes().all(is_hex) {
            return None;
        }
        let part = |number: usize| {
            u64::from_str_radix(&digits[number * HEX_DIGITS..(number + 1) * HEX_DIGITS], 16).ok()
        };
        Some(Self { queue: part(0)?, message: part(1)?, nonce: part(2)? })
    }
}

impl fmt::Display for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{:016x}{:016x}{:016x}", self.queue, self.message, self.nonce)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_reads_back_and_only_at_its_own_queue() {
        let receipt = Receipt { queue: u64::MAX, message: 7, nonce: 1 };
        assert_eq!(Receipt::parse(&receipt.to_string(), u64::MAX), Ok(receipt));
        let error = Receipt::parse(&receipt.to_string(), 2).unwrap_err();
        assert_eq!(error.kind, SqsErrorKind::ReceiptHandleIsInvalid);
    }

    #[test]
    fn what_was_never_given_out_is_refused_and_quoted() {
        for handle in ["", "AQEB", "AQEBé", &format!("AQEB{}", "+".repeat(48)), &"0".repeat(52)] {
            let error = Receipt::parse(handle, 0).unwrap_err();
            assert!(error.message.contains(&format!("\"{handle}\"")), "{error}");
        }
    }
}
