//! The gateway over real sockets, with real processes.

mod authorizers;
mod client;
mod environments;
mod function;
mod inspector;
mod management;
mod orphans;
mod queue;
mod runtime_api;
mod swap;
mod tls;
mod transport;
