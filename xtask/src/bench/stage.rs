//! A control plane with the operator on it, and objects to measure with.

use std::path::PathBuf;

use anyhow::{Result, bail};
use futures::{StreamExt, TryStreamExt, stream};
use kube::Client;
use serde_json::{Value, json};

use crate::cluster::{Applied, apply, install, root};
use crate::controlplane::{ControlPlane, Options};
use crate::operator::{self, Operator};

/// How many objects are applied at the same time.
const AT_ONCE: usize = 8;

pub(super) struct Stage {
    pub(super) plane: ControlPlane,
    pub(super) admin: Client,
    executable: PathBuf,
}

impl Stage {
    /// Builds the operator as it is shipped, starts a control plane and installs what belongs there.
    pub(super) async fn set() -> Result<Self> {
        let executable = operator::build(true).await?;
        Self::on(Options { scheduler: false, ..Options::default() }, executable).await
    }

    /// The same for an operator that is built, without controllers: nothing but the operator reacts to what is stored.
    pub(super) async fn without_controllers(executable: PathBuf) -> Result<Self> {
        Self::on(Options { scheduler: false, controller_manager: false, ..Options::default() }, executable)
            .await
    }

    async fn on(options: Options, executable: PathBuf) -> Result<Self> {
        let plane = ControlPlane::start(options).await?;
        let admin = plane.admin()?;
        install(&admin, &root().join("crds")).await?;
        for file in ["operator.yaml", "roles.yaml", "admission.yaml"] {
            install(&admin, &root().join("deploy").join(file)).await?;
        }
        let stage = Self { plane, admin, executable };
        stage.apply([role()]).await?;
        Ok(stage)
    }

    pub(super) async fn operator(&self) -> Result<Operator> {
        self.operator_with(&["--admission", "127.0.0.1:0"].map(str::to_owned)).await
    }

    /// The operator with further arguments of `cxguard run`.
    pub(super) async fn operator_with(&self, arguments: &[String]) -> Result<Operator> {
        let kubeconfig = self.plane.kubeconfig(operator::USER, &operator::GROUPS)?;
        let log = self.plane.logs().join("cxguard.log");
        Operator::start_with(&self.executable, &kubeconfig, &log, arguments).await
    }

    /// Applies objects, several at a time.
    pub(super) async fn apply(&self, objects: impl IntoIterator<Item = Value>) -> Result<()> {
        let puts = objects.into_iter().map(|object| async move {
            let (kind, name) = (&object["kind"], &object["metadata"]["name"]);
            match apply(&self.admin, &object).await? {
                Applied::Stored => Ok(()),
                Applied::UnknownKind => bail!("{kind} is not served"),
                Applied::Refused(why) => bail!("{kind} {name} was refused: {why}"),
            }
        });
        stream::iter(puts.collect::<Vec<_>>()).buffer_unordered(AT_ONCE).try_collect().await
    }
}

pub(super) fn namespace(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {"cxguard.dev/protected": "true"}}})
}

fn role() -> Value {
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "feedback-reader"},
        "rules": [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "list", "watch"]}],
    })
}

pub(super) fn employee(name: &str) -> Value {
    json!({
        "apiVersion": "cxguard.dev/v1alpha1", "kind": "Person", "metadata": {"name": name},
        "spec": {"usernames": [name], "type": "Employee", "jobRole": "support", "country": "DE"},
    })
}

pub(super) fn grant(namespace: &str, user: &str, approved: jiff::Timestamp, end: jiff::Timestamp) -> Value {
    json!({
        "apiVersion": "cxguard.dev/v1alpha1", "kind": "AccessGrant",
        "metadata": {"name": "bench", "namespace": namespace},
        "spec": {
            "subject": {"kind": "User", "name": user}, "role": {"kind": "ClusterRole", "name": "feedback-reader"},
            "dataForm": "Aggregate", "requestedBy": "requester", "expiresAt": end.to_string(),
            "approval": {"by": "approver", "at": approved.to_string()},
        },
    })
}

/// The machine, in a line: figures without it say little.
pub(super) fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    format!("{cores} cores, load {}", load.split(' ').take(3).collect::<Vec<_>>().join(" "))
}
