//! Developer tasks of cxguard, usable as a library by its integration tests.
#![expect(
    clippy::print_stderr,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    reason = "a developer tool at a terminal: it prints, keeps time, and reads and writes files; indexing JSON gives null, not a panic"
)]

pub mod bench;
pub mod cargo;
pub mod cluster;
pub mod controlplane;
pub mod demo;
mod fingerprint;
pub mod generate;
mod go;
pub mod helm;
pub mod interrupt;
pub mod operator;
pub mod testing;
pub mod webhooks;
