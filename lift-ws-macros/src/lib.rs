//! The macros of lift-ws; their documentation is in the `lift-ws` crate.
