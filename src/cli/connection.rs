//! How an API server is reached.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use clap::Args;
use kube::Config;
use kube::config::{KubeConfigOptions, Kubeconfig, KubeconfigError};
use serde_json::Value;

#[derive(Debug, Args)]
pub(super) struct Connection {
    /// The kubeconfig file to use; without it $KUBECONFIG, ~/.kube/config, or the pod's service account
    #[arg(long, value_name = "FILE")]
    kubeconfig: Option<PathBuf>,

    /// The context of the kubeconfig to use
    #[arg(long, value_name = "NAME")]
    context: Option<String>,
}

/// What a connection was made by: for a kubeconfig that leads to the same cluster.
pub(super) struct Used {
    /// The name of the context.
    pub(super) context: String,
    /// The files, as $KUBECONFIG names them.
    pub(super) files: String,
    /// The cluster as the kubeconfig describes it.
    pub(super) cluster: Value,
}

impl Connection {
    /// What the connection is made by.
    pub(super) fn used(&self) -> Result<Used> {
        let (read, files) = match &self.kubeconfig {
            Some(file) => (Kubeconfig::read_from(file).map(Some), vec![file.clone()]),
            None => (standard(), standard_files()),
        };
        let read = read.context("failed to read the kubeconfig")?;
        let read = read.context("found no kubeconfig: try --kubeconfig FILE")?;
        let context = self.context.clone().or(read.current_context);
        let context = context.context("the kubeconfig has no current context: say which with --context")?;
        let named = read.contexts.into_iter().find(|named| named.name == context);
        let cluster = named.and_then(|named| named.context).map(|context| context.cluster);
        let cluster = read.clusters.into_iter().find(|named| Some(&named.name) == cluster.as_ref());
        let cluster = cluster.and_then(|named| named.cluster);
        let cluster = cluster.with_context(|| format!("the context {context} names no cluster"))?;
        let cluster = serde_json::to_value(cluster).context("failed to write the cluster")?;
        let files: Vec<PathBuf> = files
            .iter()
            .map(std::path::absolute)
            .collect::<Result<_, _>>()
            .context("failed to find the kubeconfig")?;
        let files = std::env::join_paths(files).context("failed to name the kubeconfig")?;
        Ok(Used { context, files: files.to_string_lossy().into_owned(), cluster })
    }

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
        if let Some(read) = standard().context("failed to read the kubeconfig")? {
            return Config::from_custom_kubeconfig(read, &options)
                .await
                .context("failed to use the kubeconfig");
        }
        ensure!(self.context.is_none(), "found no kubeconfig to take a context from: try --kubeconfig FILE");
        Config::incluster().context("found neither a kubeconfig nor a service account: try --kubeconfig FILE")
    }
}

/// The kubeconfig that is used unless somebody says otherwise, of the files that are there: kubectl, too, passes over
/// those that $KUBECONFIG names and that do not exist.
fn standard() -> Result<Option<Kubeconfig>, KubeconfigError> {
    let mut merged: Option<Kubeconfig> = None;
    // What may not be looked for may be there, and is an error.
    let files = standard_files().into_iter().filter(|file| !matches!(file.try_exists(), Ok(false)));
    for file in files {
        let read = Kubeconfig::read_from(file)?;
        merged = Some(match merged {
            Some(before) => before.merge(read)?,
            None => read,
        });
    }
    Ok(merged)
}

/// The kubeconfig files that are used unless somebody says otherwise.
#[expect(clippy::disallowed_methods, reason = "where kubectl looks, too")]
fn standard_files() -> Vec<PathBuf> {
    let named = std::env::var_os("KUBECONFIG").filter(|paths| !paths.is_empty());
    let named = named.iter().flat_map(std::env::split_paths).filter(|path| !path.as_os_str().is_empty());
    let named: Vec<PathBuf> = named.collect();
    let at_home = || std::env::home_dir().map(|home| home.join(".kube/config"));
    if named.is_empty() { at_home().into_iter().collect() } else { named }
}
