//! How an API server is reached.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use kube::Config;
use kube::config::{KubeConfigOptions, Kubeconfig};

#[derive(Debug, Args)]
pub(super) struct Connection {
    /// The kubeconfig file to use; without it $KUBECONFIG, ~/.kube/config, or the pod's service account
    #[arg(long, value_name = "FILE")]
    kubeconfig: Option<PathBuf>,

    /// The context of the kubeconfig to use
    #[arg(long, value_name = "NAME")]
    context: Option<String>,
}

impl Connection {
    /// Whether somebody said how.
    pub(super) fn is_given(&self) -> bool {
        self.kubeconfig.is_some() || self.context.is_some()
    }

    /// What to connect to, and as whom.
    pub(super) async fn config(&self) -> Result<Config> {
        let options = KubeConfigOptions { context: self.context.clone(), ..KubeConfigOptions::default() };
        if let Some(file) = &self.kubeconfig {
            let read = Kubeconfig::read_from(file);
            let read = read.with_context(|| format!("failed to read the kubeconfig {}", file.display()))?;
            return Config::from_custom_kubeconfig(read, &options)
                .await
                .context("failed to use the kubeconfig");
        }
        if self.context.is_some() {
            return Config::from_kubeconfig(&options).await.context("failed to use the kubeconfig");
        }
        Config::infer()
            .await
            .context("found neither a kubeconfig nor a service account: try --kubeconfig FILE")
    }
}
