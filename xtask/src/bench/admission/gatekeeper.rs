//! Gatekeeper beside: its manager on the same control plane, with one rule of which ours are many.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use tokio::process::{Child, Command};

use super::super::region;
use super::super::stage::Stage;
use super::through::Webhooks;
use super::{anywhere, straight};
use crate::cluster::install;

/// A running manager. It is killed when dropped.
pub(super) struct Gatekeeper {
    _child: Child,
    pub(super) webhooks: Webhooks,
    pub(super) door: straight::Door,
}

impl Gatekeeper {
    /// Starts the manager that is on PATH with its rule. The definitions are in a folder of its source.
    pub(super) async fn start(stage: &Stage, definitions: &Path) -> Result<Self> {
        install(&stage.admin, definitions).await.context("failed to install Gatekeeper's definitions")?;
        let home =
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "gatekeeper-system"}});
        stage.apply([home]).await?;
        let (address, health) = (anywhere()?, anywhere()?);
        let mut child = command(stage, address, health)?.spawn().context("failed to start gatekeeper")?;
        let rules = stage.plane.logs().join("gatekeeper.yaml");
        let rule = [region::template("spec.nodeSelector"), region::constraint("", "Pod")];
        fs::write(&rules, rule.join("---\n"))?;
        install(&stage.admin, &rules).await?;
        if let Some(status) = child.try_wait()? {
            bail!("gatekeeper ended with {status}: see {}", stage.plane.logs().display());
        }
        let id = child.id().context("gatekeeper has ended")?;
        let door = straight::Door { name: "Gatekeeper", address, path: "/v1/admit", id };
        let configurations = vec![configuration(address, stage.plane.ca_pem())];
        let webhooks = Webhooks { name: "Gatekeeper", configurations, refusal: "runs in us-east-1" };
        Ok(Self { _child: child, webhooks, door })
    }
}

/// As its chart starts what answers reviews, with the control plane's certificate. Its own would be for a Service.
fn command(stage: &Stage, address: SocketAddr, health: SocketAddr) -> Result<Command> {
    let folder = stage.plane.logs().join("gatekeeper");
    fs::create_dir_all(&folder)?;
    let (certificate, key) = stage.plane.serving();
    let copy = |from: PathBuf, name: &str| fs::copy(from, folder.join(name)).map(drop);
    copy(certificate, "tls.crt")?;
    copy(key, "tls.key")?;
    let log = File::create(folder.join("log"))?;
    let mut command = Command::new("gatekeeper");
    command
        .arg("--kubeconfig")
        .arg(stage.plane.admin_kubeconfig()?)
        .arg("--cert-dir")
        .arg(&folder)
        .arg(format!("--host={}", address.ip()))
        .arg(format!("--port={}", address.port()))
        .arg(format!("--health-addr={health}"))
        .arg(format!("--prometheus-port={}", anywhere()?.port()))
        .args(["--operation=webhook", "--operation=generate", "--disable-cert-rotation"])
        .args(["--debug-use-fake-pod", "--disable-opa-builtin={http.send}"])
        .env_remove("KUBECONFIG")
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .kill_on_drop(true);
    Ok(command)
}

/// The webhook of its chart, for what is measured.
fn configuration(address: SocketAddr, ca_pem: &str) -> Value {
    let bundle = k8s_openapi::ByteString(ca_pem.as_bytes().to_vec());
    json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": "gatekeeper-validating-webhook-configuration"},
        "webhooks": [{
            "name": "validation.gatekeeper.sh", "admissionReviewVersions": ["v1", "v1beta1"],
            "clientConfig": {"url": format!("https://{address}/v1/admit"), "caBundle": bundle},
            "failurePolicy": "Ignore", "matchPolicy": "Exact", "sideEffects": "None", "timeoutSeconds": 3,
            "rules": [{
                "apiGroups": ["*"], "apiVersions": ["*"], "operations": ["CREATE", "UPDATE"], "resources": ["*"],
            }],
        }],
    })
}
