//! Route selection expressions: how the key of a message's route is found (contract §1.2).

use std::fmt;

/// A parsed route selection expression, such as `$request.body.action`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteSelection {
    source: String,
}

impl RouteSelection {
    /// Reads an expression.
    ///
    /// # Errors
    ///
    /// If a variable is none of `request.body`, or its path is not one that this gateway understands.
    pub fn parse(expression: &str) -> Result<Self, RouteSelectionError> {
        Ok(Self { source: expression.to_owned() })
    }

    /// The expression as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.source
    }
}

/// Why an expression cannot be understood: what, where, and what to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteSelectionError {
    message: String,
}

impl fmt::Display for RouteSelectionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for RouteSelectionError {}
