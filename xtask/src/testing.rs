//! `cargo xtask test`: everything, with the real API server.

use std::ffi::OsString;

use anyhow::{Context, Result, ensure};

use crate::cargo::cargo;
use crate::controlplane;
use crate::demo;
use crate::helm::{Helm, Version};

/// How many tests run at the same time: each of those with a control plane keeps a core busy while it starts.
const AT_ONCE: &str = "2";

/// Runs every test, also those that start a control plane, and then the demo. `filters` go to the test runner.
pub async fn run(filters: Vec<OsString>) -> Result<()> {
    controlplane::prepare().await.context("failed to build the control plane")?;
    for version in [Version::Three, Version::Four] {
        Helm::build(version).await?;
    }
    let filtered = !filters.is_empty();
    // Examples in the documentation are checked as documentation is built.
    let status = cargo()
        .args(["test", "--workspace", "--lib", "--bins", "--tests", "--no-fail-fast", "--"])
        .args(["--include-ignored", "--test-threads", AT_ONCE])
        .args(filters)
        // The tests have control planes of their own.
        .env_remove("KUBECONFIG")
        .status()
        .await
        .context("failed to run cargo test")?;
    ensure!(status.success(), "tests failed");
    if !filtered {
        demo::run(demo::Options::default()).await?;
    }
    eprintln!("everything passed");
    Ok(())
}
