//! WebSocket back ends on AWS Lambda behind API Gateway.

mod backoff;
pub mod connection;
pub mod push;
pub mod store;
pub mod testing;
