//! `cargo xtask generate`: writes the generated files anew.

use anyhow::{Result, ensure};

use crate::cargo::cargo;

/// Writes what is derived from the code and from the chart: `crds/` and the chart's templates of them, `docs/rules/`,
/// `docs/cli.md`, `deploy/`. The same tests that check for drift write, so that the two cannot disagree.
pub async fn run() -> Result<()> {
    // What the chart gives holds the definitions, so they come first. Rendering it takes Helm, and Go to build it.
    for which in [None, Some("--ignored")] {
        let status = cargo()
            .args(["test", "--quiet", "--package", "cxguard", "--test", "generated", "--"])
            .args(which)
            .env("UPDATE", "1")
            .status()
            .await?;
        ensure!(status.success(), "the generated files could not be written");
    }
    Ok(())
}
