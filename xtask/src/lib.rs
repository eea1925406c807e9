//! Developer tasks of cxguard, usable as a library by its integration tests.
#![expect(
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a developer tool at a terminal: it prints, keeps time, and reads and writes files"
)]

pub mod controlplane;
