//! What an operator sees: metrics that CloudWatch takes, spans that say how events ended, and a guide and a dashboard
//! that know all of it.

mod emf;
mod guide;
mod metrics;
mod processes;
mod spans;
