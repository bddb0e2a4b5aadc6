//! What is wrong with a policy of a caller or a function.

use std::fmt;

/// Why a document is no policy that the gateway reads: which statement, what is wrong with it, and what to write.
///
/// ```
/// use lift_ws_local::core::{CallerPolicy, FunctionPolicy};
/// use serde_json::json;
///
/// let error = CallerPolicy::read(&json!({ "Statement": [{}] })).unwrap_err();
/// assert_eq!(error.to_string(), "statement 1 of the policy has no `Effect`");
/// let error = FunctionPolicy::read(&json!({ "Statement": [{ "Effect": "Allow" }] })).unwrap_err();
/// assert_eq!(error.to_string(), "statement 1 of the policy: there is no `Principal`");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyError {
    problem: String,
}

impl PolicyError {
    pub(super) fn new(problem: String) -> Self {
        Self { problem }
    }
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problem)
    }
}

impl std::error::Error for PolicyError {}
