//! Why no policy can be made of what an authorizer returned.

use super::policy::MAX_RESULT_BYTES;
use crate::auth::ANONYMOUS;
use crate::shown::shown;
use std::fmt;

/// Why no policy can be made of what an authorizer returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PolicyErrorKind {
    /// The context is neither a struct nor a map.
    NotAnObject,
    /// A context value is a list or an object: the gateway takes texts, numbers and booleans (contract §4).
    Nested,
    /// A context value has a name that the gateway or the [`Principal`](crate::auth::Principal) uses; or the user is called
    /// `$anonymous`, which stands for who has no name.
    Reserved,
    /// The context cannot be serialised.
    Unserializable,
    /// The event's `methodArn` is not that of one route.
    Resource,
    /// The result is larger than [`MAX_RESULT_BYTES`].
    TooLarge,
}

/// No policy can be made of what an authorizer returned. The handshake is refused with 500, and the log says why.
///
/// ```
/// use lift_ws::auth::Principal;
/// use lift_ws::authorizer::PolicyErrorKind;
/// use lift_ws::prelude::*;
///
/// #[derive(Serialize)]
/// struct Extra { rooms: Vec<u32> }
///
/// let arn = "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3/prod/$connect";
/// let allow = Allow::new(&Principal::of_user("ann")).context(Extra { rooms: vec![1, 2] });
/// let error = allow.to_policy(arn).unwrap_err();
/// assert_eq!(error.kind(), PolicyErrorKind::Nested);
/// assert!(error.to_string().starts_with("the context value `rooms` is a list"));
/// ```
#[derive(Debug)]
pub struct PolicyError {
    kind: PolicyErrorKind,
    message: String,
}

impl PolicyError {
    /// What is wrong.
    #[must_use]
    pub const fn kind(&self) -> PolicyErrorKind {
        self.kind
    }

    pub(super) fn not_an_object(found: &str) -> Self {
        let message =
            format!("the context is {found}; it is a struct or a map of texts, numbers and booleans");
        Self { kind: PolicyErrorKind::NotAnObject, message }
    }

    pub(super) fn nested(name: &str, found: &str) -> Self {
        let message = format!(
            "the context value `{}` is {found}, and the gateway takes texts, numbers and booleans; make a text of it, such as `serde_json::to_string(&value)?`",
            shown(name)
        );
        Self { kind: PolicyErrorKind::Nested, message }
    }

    pub(super) fn reserved(name: &str) -> Self {
        let message = format!(
            "the context value `{name}` has a name that is taken: `principalId`, `tenant`, `roles` and `exp` say who it is, and come from the `Principal`; `integrationLatency` is the gateway's"
        );
        Self { kind: PolicyErrorKind::Reserved, message }
    }

    pub(super) fn reserved_user() -> Self {
        let message =
            format!("the user is called `{ANONYMOUS}`, which stands for a principal without a user");
        Self { kind: PolicyErrorKind::Reserved, message }
    }

    pub(super) fn unserializable(error: &serde_json::Error) -> Self {
        Self {
            kind: PolicyErrorKind::Unserializable,
            message: format!("the context cannot be serialised: {error}"),
        }
    }

    pub(super) fn resource() -> Self {
        let message =
            "the event's `methodArn` is not that of one route: a policy for it might allow others, too";
        Self { kind: PolicyErrorKind::Resource, message: message.to_owned() }
    }

    pub(super) fn too_large(bytes: usize) -> Self {
        let message = format!(
            "the authorizer's result has {bytes} bytes, and the gateway takes at most {MAX_RESULT_BYTES}; keep in the context what every event needs, and the rest in the connection's record"
        );
        Self { kind: PolicyErrorKind::TooLarge, message }
    }
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for PolicyError {}
