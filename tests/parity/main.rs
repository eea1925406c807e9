//! Parity: on a real API server, at a fixed time, the operator says what `cxguard check` says of the same files.
//!
//! The operator runs in this process, with the rights of its own account and a clock of this test. What it says are
//! statuses and annotations, and all of them are compared: every finding with its mode, field, words and remedy, what
//! is inherited, the outcome, and until when it holds. No scheduler runs, so workloads are judged by their templates
//! on both sides; `tests/operator` and the demo show what changes once pods run somewhere.

#![cfg(feature = "cluster")]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, also in its helpers"
)]

mod doors;
mod examples;
mod exported;
mod fixtures;
mod offline;
mod server;
#[path = "../support/mod.rs"]
mod support;
