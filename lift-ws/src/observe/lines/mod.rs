//! How log lines are written.

mod escaped;
mod json;
mod plain;

pub use json::{JsonFields, JsonLines};
pub use plain::PlainFields;
