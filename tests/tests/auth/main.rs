//! Who may come in: design of `lift_ws::auth`, seen from outside.

mod at_home;
mod attacks;
mod captured;
mod handlers;
mod hostile;
mod lift;
mod login;
mod oracle;
mod rotation;
mod sessions;
mod spelling;
mod tickets;
mod tokens;
mod vectors;
mod wycheproof;
