//! The servers' binary, built from `tests/controlplane`.

use std::path::PathBuf;

use anyhow::{Context, bail};

use crate::go::{self, Program, required_version, version};

const SERVERS: Program = Program {
    name: "controlplane",
    title: "the control plane",
    patience: "six minutes",
    module: "tests/controlplane",
    sources: &["go.mod", "go.sum", "main.go"],
    package: ".",
    stamp: Some(stamp),
};

/// The path of a binary that is up to date.
pub(super) async fn ensure() -> anyhow::Result<PathBuf> {
    go::ensure(&SERVERS).await
}

/// The version of Kubernetes in go.mod: without it the servers take themselves for one that never was.
fn stamp(requirements: &str) -> anyhow::Result<String> {
    let kubernetes = required_version(requirements, "k8s.io/kubernetes")
        .context("go.mod requires no k8s.io/kubernetes")?;
    let numbers = version(kubernetes);
    let (Some(major), Some(minor)) = (numbers.first(), numbers.get(1)) else {
        bail!("failed to read the version of k8s.io/kubernetes in go.mod: {kubernetes}")
    };
    let stamp = "k8s.io/component-base/version";
    Ok(format!("-X {stamp}.gitVersion={kubernetes} -X {stamp}.gitMajor={major} -X {stamp}.gitMinor={minor}"))
}
