//! The Helm chart: what it gives is taken by a real API server, and does what docs/install.md says.

#![cfg(feature = "cluster")]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, also in its helpers, and reads the files of the chart"
)]

mod outage;
mod release;
mod rendered;
mod server;
#[path = "../support/mod.rs"]
mod support;
mod values;
