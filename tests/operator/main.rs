//! The operator against a real API server: the binary, run with its own limited rights, and the requests of real users.
//!
//! Each test starts a control plane and an operator, and lets several stories run beside each other, each in a
//! namespace of its own, so that their deadlines overlap.

#![cfg(feature = "cluster")]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, also in its helpers"
)]

mod attacks;
mod audit;
mod bad_input;
mod certificates;
mod doors;
mod emergency;
mod gitops;
mod issued;
mod life;
mod members;
mod objects;
mod observe;
mod old_objects;
mod papers;
mod places;
mod process;
mod proxy;
mod removal;
mod replicas;
mod restart;
mod stage;
#[path = "../support/mod.rs"]
mod support;
mod tampering;
mod ungoverned;
