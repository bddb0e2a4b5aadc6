//! `cargo lift-ws dev`, run as a person would.

mod app;
mod authorizer;
mod data;
mod ending;
mod environment;
mod faults;
mod foreign;
mod little;
mod page;
mod projects;
mod queue;
mod refusals;
mod reload;
mod running;
