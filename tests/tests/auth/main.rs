//! Who may come in: design of `lift_ws::auth`, seen from outside.

mod at_home;
mod attacks;
mod authorizer;
mod authorizer_apps;
mod authorizer_at_home;
mod authorizer_on_the_wire;
mod captured;
mod handlers;
mod home;
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
