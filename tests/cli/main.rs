//! The command as a process: what it prints, and how it ends.

#![cfg(feature = "cluster")]
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, also in its helpers"
)]
#![expect(clippy::disallowed_methods, reason = "a test makes its files")]

mod bad_input;
mod check;
mod facts;
mod folder;
mod forecast;
mod silence;

pub(crate) use folder::{Folder, Ran};
