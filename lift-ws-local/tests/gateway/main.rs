//! The gateway over real sockets, with real processes.

mod authorizers;
mod client;
mod control;
mod environments;
mod faults;
mod function;
<<<<<<< HEAD
mod kept_alive;
=======
mod inspector;
>>>>>>> issue6-inspector
mod management;
mod orphans;
mod queue;
mod runtime_api;
mod slow_readers;
mod swap;
mod tls;
mod transport;
