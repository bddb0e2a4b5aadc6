//! A local gateway that behaves like the WebSocket APIs of API Gateway.

pub mod core;
