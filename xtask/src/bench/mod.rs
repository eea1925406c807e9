//! `cargo xtask bench`: measurements. They print; they assert nothing about time.

mod admission;
mod check;
mod expiry;
mod load;
mod percentile;
mod process;
mod region;
mod stage;
mod steady;

use anyhow::Result;
use clap::Subcommand;

pub use load::{Pace, Plan, Took};
pub use process::processor_seconds;

/// What is measured.
#[derive(Subcommand)]
pub enum Bench {
    /// From a grant's deadline to the user's first 403, beside a bare deletion of a binding in the same run.
    Expiry(expiry::Options),
    /// What the operator writes when nothing happens: it should be nothing.
    Steady(steady::Options),
    /// Admission: the endpoint alone, and pods created through the API server with the webhooks and without.
    Admission(admission::Options),
    /// `cxguard check` on many manifests, beside their mere parsing, and other tools where they are on PATH.
    Check(check::Options),
}

impl Bench {
    /// Measures and prints.
    pub async fn run(self) -> Result<()> {
        match self {
            Self::Expiry(options) => expiry::run(options).await,
            Self::Steady(options) => steady::run(options).await,
            Self::Admission(options) => admission::run(options).await,
            Self::Check(options) => check::measure(options).await,
        }
    }
}
