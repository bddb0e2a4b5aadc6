//! Apps of 8, 100, 300 and 1,000 routes, written by the build script for the macros.

#![allow(missing_debug_implementations, reason = "the macros' types are not ours to derive on")]

include!(concat!(env!("OUT_DIR"), "/routes.rs"));
