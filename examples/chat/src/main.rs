//! A chat.

fn main() {}
