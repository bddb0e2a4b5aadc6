//! `cargo lift-ws`: the command line.

fn main() {}
