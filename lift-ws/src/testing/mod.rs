//! Tests of an app without sockets.

pub mod store_contract;
