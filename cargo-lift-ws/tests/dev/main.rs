//! `cargo lift-ws dev`, run as a person would.

mod app;
mod authorizer;
mod data;
mod environment;
mod faults;
mod foreign;
mod projects;
mod queue;
mod refusals;
mod running;
