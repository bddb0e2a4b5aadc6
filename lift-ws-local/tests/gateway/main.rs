//! The gateway over real sockets, with real processes.

mod authorizers;
mod client;
mod control;
mod environments;
mod faults;
mod function;
mod inspector;
mod kept_alive;
mod management;
mod orphans;
mod projects;
mod proxy;
mod queue;
mod runtime_api;
mod slow_readers;
mod swap;
mod tls;
mod transport;
mod wire;
