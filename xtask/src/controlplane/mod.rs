//! A real Kubernetes control plane on loopback ports: etcd, kube-apiserver, kube-controller-manager and
//! kube-scheduler, built from `tests/controlplane`. There are no kubelets: pods are bound, never run.
//!
//! The servers end with the [`ControlPlane`] that started them, also when its process is killed.
mod binary;
mod command;
mod detached;
mod files;
mod identity;
mod nodes;
mod pki;
mod process;
mod servers;
mod state;
mod subject;

use std::path::{Path, PathBuf};

use anyhow::Context;

pub use command::Command;
pub use nodes::NodeSpec;

use files::Directory;
use pki::Pki;
use servers::Servers;

/// Builds the control plane if it is not built yet, with progress.
pub async fn prepare() -> anyhow::Result<()> {
    binary::ensure().await.map(drop)
}

/// What a control plane consists of.
#[derive(Clone, Debug)]
pub struct Options {
    /// Whether a scheduler binds pods to nodes.
    pub scheduler: bool,
    /// Whether the controller manager runs: workloads, garbage collection, namespaces, service accounts.
    pub controller_manager: bool,
    /// How much of each request the audit log keeps.
    pub audit: AuditLevel,
    /// Further flags of the API server, for example `--runtime-config=…`.
    pub apiserver_flags: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            scheduler: true,
            controller_manager: true,
            audit: AuditLevel::Metadata,
            apiserver_flags: Vec::new(),
        }
    }
}

/// The level of the audit policy's only rule. Every request is logged once, when it is complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditLevel {
    /// No audit log.
    None,
    /// Who did what to which object.
    Metadata,
    /// And the body of the request.
    Request,
    /// And the body of the response.
    RequestResponse,
}

impl AuditLevel {
    fn name(self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Metadata => "Metadata",
            Self::Request => "Request",
            Self::RequestResponse => "RequestResponse",
        }
    }
}

/// A running control plane. Dropping it stops its servers and removes its files, unless it is attached to servers that
/// another process started.
#[derive(Debug)]
pub struct ControlPlane {
    // Declared, and so dropped, before the directory that the servers work in.
    servers: Servers,
    directory: Directory,
    pki: Pki,
    url: String,
}

impl ControlPlane {
    /// Builds the servers if their sources changed, and starts them in a temporary directory. Returns when they are
    /// ready.
    pub async fn start(options: Options) -> anyhow::Result<Self> {
        let binary = binary::ensure().await?;
        Self::start_in(&binary, &options, Directory::temporary()?).await
    }

    async fn start_in(binary: &Path, options: &Options, directory: Directory) -> anyhow::Result<Self> {
        let pki = Pki::create(&directory)?;
        let mut attempt = 1;
        let (servers, url) = loop {
            match servers::start(binary, options, directory.path(), &pki).await {
                // A free port can be taken between the moment it is found and the moment it is used.
                Err(error) if attempt < 3 && servers::is_port_conflict(&error) => attempt += 1,
                result => break result?,
            }
        };
        Ok(Self { servers, directory, pki, url })
    }

    /// Attaches to the control plane that `cargo xtask controlplane up` left running.
    pub fn attach() -> anyhow::Result<Self> {
        detached::attach()
    }

    /// A client that may do everything (group `system:masters`). Must be called inside a tokio runtime.
    pub fn admin(&self) -> anyhow::Result<kube::Client> {
        self.client("admin", &["system:masters"])
    }

    /// A client with a certificate of this user and these groups. Must be called inside a tokio runtime.
    ///
    /// A service account is the user `system:serviceaccount:NAMESPACE:NAME` with its groups
    /// `system:serviceaccounts` and `system:serviceaccounts:NAMESPACE`.
    pub fn client(&self, user: &str, groups: &[&str]) -> anyhow::Result<kube::Client> {
        identity::client(&self.url, &self.pki, user, groups)
    }

    /// A certificate of this user and these groups, and its key: PEM.
    pub fn identity(&self, user: &str, groups: &[&str]) -> anyhow::Result<[String; 2]> {
        let credentials = self.pki.credentials(user, groups)?;
        Ok([credentials.certificate, credentials.key])
    }

    /// Writes a self-contained kubeconfig of this user and these groups, readable by its owner only.
    pub fn kubeconfig(&self, user: &str, groups: &[&str]) -> anyhow::Result<PathBuf> {
        let path = self.directory.path().join("kubeconfigs").join(identity::file_name(user, groups));
        identity::write_kubeconfig(&path, &self.url, &self.pki, user, groups)?;
        Ok(path)
    }

    /// The kubeconfig of the administrator.
    pub fn admin_kubeconfig(&self) -> anyhow::Result<PathBuf> {
        self.kubeconfig("admin", &["system:masters"])
    }

    /// Creates a node, or brings it to this state, with room for pods.
    pub async fn create_node(&self, node: &NodeSpec) -> anyhow::Result<()> {
        let client = self.admin()?;
        nodes::create(client, node).await.with_context(|| format!("failed to create node {}", node.name))
    }

    /// The audit log: one JSON object per line.
    pub fn audit_log(&self) -> PathBuf {
        self.directory.path().join(servers::AUDIT_LOG)
    }

    /// The directory of the servers' own logs.
    pub fn logs(&self) -> PathBuf {
        self.directory.path().join(process::LOGS)
    }

    /// Where the API server listens.
    pub fn apiserver_url(&self) -> &str {
        &self.url
    }

    /// The certificate of the authority behind the API server's and all clients' certificates.
    pub fn ca_pem(&self) -> &str {
        self.pki.ca_pem()
    }

    /// The certificate for 127.0.0.1 that the authority has signed, and its key: two PEM files.
    pub fn serving(&self) -> (PathBuf, PathBuf) {
        [pki::SERVING, pki::SERVING_KEY].map(|file| self.directory.path().join(file)).into()
    }

    /// The process ids of the servers that this value started.
    pub fn process_ids(&self) -> Vec<u32> {
        self.servers.identities().iter().map(|process| process.pid).collect()
    }
}
