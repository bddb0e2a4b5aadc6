//! How large a message may be, and how deep.

use super::depth::is_deeper;
use super::{LimitError, LimitErrorKind};
use crate::connection::MAX_MESSAGE_BYTES;
use crate::event::{Event, EventType};
use crate::extract::State;
use crate::middleware::Next;
use crate::{IntoReply, Reply, ws_middleware};

/// How deep messages may nest, unless the rules say it.
const DEEPEST: u16 = 32;

/// How large a message may be, and how deep its JSON may nest. [`check_message`] takes it from the state.
///
/// ```
/// use lift_ws::limit::MessageRules;
///
/// let rules = MessageRules::new().most_bytes(8 * 1024).deepest(8);
/// assert!(rules.check(r#"{"action":"say","text":"[[[[[[[[[[[["}"#).is_ok());
/// assert!(rules.check("[[[[[[[[[[[[").is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageRules {
    most_bytes: usize,
    deepest: u16,
}

impl MessageRules {
    /// As large as the gateway takes (128 KB), and 32 deep.
    #[must_use]
    pub const fn new() -> Self {
        Self { most_bytes: MAX_MESSAGE_BYTES, deepest: DEEPEST }
    }

    /// At most so many bytes.
    #[must_use]
    pub const fn most_bytes(mut self, most: usize) -> Self {
        self.most_bytes = most;
        self
    }

    /// At most so many arrays and objects within each other: `{"a":[1]}` has two.
    #[must_use]
    pub const fn deepest(mut self, deepest: u16) -> Self {
        self.deepest = deepest;
        self
    }

    /// Looks at a message, once and from left to right, whatever it holds. What is no object and no array is a text to this,
    /// and has no depth; what is no JSON at all is left to who reads it.
    ///
    /// # Errors
    /// If it is too large, or too deep.
    pub fn check(&self, message: &str) -> Result<(), LimitError> {
        if message.len() > self.most_bytes {
            let most = self.most_bytes;
            return Err(LimitError::new(LimitErrorKind::TooLarge)
                .saying(format!("the message is too large: at most {most} bytes")));
        }
        if is_deeper(message, self.deepest) {
            let deepest = self.deepest;
            return Err(LimitError::new(LimitErrorKind::TooDeep).saying(format!(
                "the message is nested too deep: at most {deepest} arrays and objects within each other"
            )));
        }
        Ok(())
    }
}

impl Default for MessageRules {
    fn default() -> Self {
        Self::new()
    }
}

/// Middleware, for the whole app or single routes, that refuses messages which are too large (`too_large`) or nested too deep
/// (`too_deep`).
///
/// The [`MessageRules`] come from the state. Without it no message exhausts the stack either: serde_json stops at a depth of
/// 128. It is for handlers that build trees of what they are sent, and for what those cost.
///
/// ```
/// use lift_ws::limit::{MessageRules, check_message};
/// use lift_ws::prelude::*;
///
/// #[derive(Clone, FromRef)]
/// struct AppState { rules: MessageRules }
///
/// #[ws_route("say")]
/// async fn say(text: RawBody<'_>) {}
///
/// #[ws_app(state = AppState, middleware = [check_message], routes = [say])]
/// struct Chat;
///
/// # fn load() -> AppState {
/// AppState { rules: MessageRules::new().most_bytes(16 * 1024) }
/// # }
/// ```
#[ws_middleware(crate = crate)]
pub async fn check_message(State(rules): State<MessageRules>, event: &Event<'_>, next: impl Next) -> Reply {
    let checked = match event.event_type() {
        EventType::Message => rules.check(event.body()),
        EventType::Connect | EventType::Disconnect => Ok(()),
    };
    match checked {
        Ok(()) => next.run().await,
        Err(refused) => refused.into_reply(),
    }
}
