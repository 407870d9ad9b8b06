//! The program `sustained`.

fn main() {}
