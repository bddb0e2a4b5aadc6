//! `cargo lift-ws dev`, run as a person would.

mod app;
mod data;
mod foreign;
mod refusals;
mod running;
