//! cxguard.
fn main() {}
