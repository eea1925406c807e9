//! `cargo xtask generate`: writes the generated files anew.

use anyhow::{Result, ensure};

use crate::cargo::cargo;

/// Writes what is derived from the code: `crds/`, `docs/rules/` and `docs/cli.md`. The same test that checks for drift
/// writes, so that the two cannot disagree.
pub async fn run() -> Result<()> {
    let status = cargo()
        .args(["test", "--quiet", "--package", "cxguard", "--test", "generated"])
        .env("UPDATE", "1")
        .status()
        .await?;
    ensure!(status.success(), "the generated files could not be written");
    Ok(())
}
