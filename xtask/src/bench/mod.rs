//! `cargo xtask bench`: measurements on a real API server. They print; they assert nothing about time.

mod expiry;
mod stage;
mod steady;

use anyhow::Result;
use clap::Subcommand;

/// What is measured.
#[derive(Subcommand)]
pub enum Bench {
    /// From a grant's deadline to the user's first 403, beside a bare deletion of a binding in the same run.
    Expiry(expiry::Options),
    /// What the operator writes when nothing happens: it should be nothing.
    Steady(steady::Options),
}

impl Bench {
    /// Measures and prints.
    pub async fn run(self) -> Result<()> {
        match self {
            Self::Expiry(options) => expiry::run(options).await,
            Self::Steady(options) => steady::run(options).await,
        }
    }
}
