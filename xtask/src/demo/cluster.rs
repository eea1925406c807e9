//! The cluster of the demo: a control plane of its own, or one that is given.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};

use super::say;
use crate::cluster::{install, root};
use crate::controlplane::{ControlPlane, NodeSpec, Options};
use crate::operator;

/// Where the demo plays.
pub(super) enum Cluster {
    /// Started for it; it ends with the demo. Users have certificates of their own.
    Own(Box<ControlPlane>),
    /// Somebody's. Users are impersonated.
    Given(PathBuf),
}

impl Cluster {
    /// Starts a control plane with a node in Frankfurt and one in Virginia, or takes the given cluster as it is.
    pub(super) async fn start(kubeconfig: Option<PathBuf>) -> Result<Self> {
        if let Some(file) = kubeconfig {
            eprintln!("The demo, on the cluster of {}", file.display());
            return Ok(Self::Given(file));
        }
        eprintln!("The demo, on a control plane of its own");
        let plane = ControlPlane::start(Options::default()).await?;
        for (name, region) in [("frankfurt", "eu-central-1"), ("virginia", "us-east-1")] {
            let mut node = NodeSpec::new(name).located(region, format!("{region}a"));
            node.provider_id = Some(format!("aws:///{region}a/i-{name}"));
            plane.create_node(&node).await?;
        }
        say("the control plane is up, with nodes in eu-central-1 and us-east-1");
        Ok(Self::Own(Box::new(plane)))
    }

    /// Installs the definitions, the operator's rights, the roles and the admission policies.
    pub(super) async fn install(&self) -> Result<()> {
        let admin = self.admin().await?;
        let root = root();
        install(&admin, &root.join("crds")).await?;
        for file in ["operator.yaml", "roles.yaml", "admission.yaml"] {
            install(&admin, &root.join("deploy").join(file)).await?;
        }
        say("definitions, roles and admission policies are installed");
        Ok(())
    }

    pub(super) async fn admin(&self) -> Result<Client> {
        match self {
            Self::Own(plane) => plane.admin(),
            Self::Given(file) => Ok(Client::try_from(configuration(file, None).await?)?),
        }
    }

    /// A client that the API server takes for this user.
    pub(super) async fn user(&self, name: &str) -> Result<Client> {
        match self {
            Self::Own(plane) => plane.client(name, &[]),
            Self::Given(file) => Ok(Client::try_from(configuration(file, Some(name)).await?)?),
        }
    }

    /// The kubeconfig of the administrator.
    pub(super) fn kubeconfig(&self) -> Result<PathBuf> {
        match self {
            Self::Own(plane) => plane.admin_kubeconfig(),
            Self::Given(file) => Ok(file.clone()),
        }
    }

    /// A kubeconfig with which the API server takes its bearer for the operator's service account, and gives it no
    /// more than that account's rights.
    pub(super) fn operator(&self) -> Result<PathBuf> {
        match self {
            Self::Own(plane) => plane.kubeconfig(operator::USER, &operator::GROUPS),
            Self::Given(file) => {
                let mut kubeconfig = Kubeconfig::read_from(file)?;
                for user in &mut kubeconfig.auth_infos {
                    let mut info = user.auth_info.clone().unwrap_or_default();
                    info.impersonate = Some(operator::USER.to_owned());
                    info.impersonate_groups = Some(operator::GROUPS.map(str::to_owned).to_vec());
                    user.auth_info = Some(info);
                }
                let path =
                    std::env::temp_dir().join(format!("cxguard-demo-{}.kubeconfig", std::process::id()));
                private(&path, &serde_json::to_vec(&kubeconfig)?)?;
                Ok(path)
            }
        }
    }

    /// Where the operator logs.
    pub(super) fn log(&self) -> PathBuf {
        match self {
            Self::Own(plane) => plane.logs().join("cxguard.log"),
            Self::Given(_) => std::env::temp_dir().join(format!("cxguard-demo-{}.log", std::process::id())),
        }
    }
}

async fn configuration(file: &Path, user: Option<&str>) -> Result<Config> {
    let kubeconfig =
        Kubeconfig::read_from(file).with_context(|| format!("failed to read {}", file.display()))?;
    let mut config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await?;
    config.auth_info.impersonate = user.map(str::to_owned);
    Ok(config)
}

/// Writes a file that only its owner can read.
fn private(path: &Path, content: &[u8]) -> Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let mut file = std::fs::File::options().create(true).write(true).truncate(true).mode(0o600).open(path)?;
    Ok(file.write_all(content)?)
}
