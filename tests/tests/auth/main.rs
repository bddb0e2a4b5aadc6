//! Who may come in: design of `lift_ws::auth`, seen from outside.

mod at_home;
mod attacks;
mod captured;
mod handlers;
mod login;
mod oracle;
mod rotation;
mod sessions;
mod tickets;
mod tokens;
mod vectors;
