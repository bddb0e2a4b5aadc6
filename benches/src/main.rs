//! Our figures beside those of the peers.

fn main() {}
