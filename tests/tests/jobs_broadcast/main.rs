//! Broadcasts that outlast one invocation: split, interrupted, resumed, finished.

mod gateway;
mod handing_over;
mod interruptions;
mod recipients;
mod world;
