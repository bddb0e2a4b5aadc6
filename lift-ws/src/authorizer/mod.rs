//! Lambda authorizers: who may connect, decided before `$connect` is.

mod info;

pub use info::AuthorizerInfo;
