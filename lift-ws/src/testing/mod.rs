//! Tests for what users bring.

pub mod store_contract;
