//! Helm, built from `tests/helm`: what the chart gives, in both versions that people use.

use std::path::{Path, PathBuf};
use std::process::Output;

use anyhow::{Context, Result, ensure};
use tokio::process::Command;

use crate::cluster::root;
use crate::go::{self, Program};

/// A version of Helm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// Helm 3.
    Three,
    /// Helm 4.
    Four,
}

const THREE: Program = Program {
    name: "helm-3",
    title: "Helm 3",
    patience: "four minutes",
    module: "tests/helm",
    sources: &["go.mod", "go.sum"],
    package: "helm.sh/helm/v3/cmd/helm",
    stamp: None,
};

const FOUR: Program =
    Program { name: "helm-4", title: "Helm 4", package: "helm.sh/helm/v4/cmd/helm", ..THREE };

/// The oldest Kubernetes that the chart is for. Helm asks no cluster when it renders.
const KUBERNETES: &str = "1.30.0";

/// Where the chart is.
pub fn chart() -> PathBuf {
    root().join("charts/cxguard")
}

/// A helm that is up to date.
#[derive(Clone, Debug)]
pub struct Helm {
    binary: PathBuf,
}

impl Helm {
    /// Builds it, if it is not built yet, with progress.
    pub async fn build(version: Version) -> Result<Self> {
        let program = match version {
            Version::Three => &THREE,
            Version::Four => &FOUR,
        };
        Ok(Self { binary: go::ensure(program).await? })
    }

    /// What the chart gives, as a release in this namespace with these further arguments.
    pub async fn template(&self, namespace: &str, arguments: &[&str]) -> Result<String> {
        let mut all =
            vec!["template", "cxguard", "CHART", "--namespace", namespace, "--kube-version", KUBERNETES];
        all.extend(arguments);
        succeeded(self.run(&all).await?)
    }

    /// Runs it. The argument CHART stands for the chart.
    pub async fn run(&self, arguments: &[&str]) -> Result<Output> {
        let chart = chart();
        let arguments = arguments
            .iter()
            .map(|argument| if *argument == "CHART" { chart.as_path() } else { Path::new(argument) });
        let mut command = Command::new(&self.binary);
        // A cluster of the caller's is never asked.
        command.args(arguments).env_remove("KUBECONFIG");
        command.kill_on_drop(true).output().await.context("failed to run helm")
    }
}

fn succeeded(output: Output) -> Result<String> {
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "helm failed: {}", said.trim());
    String::from_utf8(output.stdout).context("helm printed no UTF-8")
}
