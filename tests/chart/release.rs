//! A release on a real API server: installed, upgraded and uninstalled by Helm.

use std::path::Path;

use kube::Client;
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};
use xtask::controlplane::{ControlPlane, Options};
use xtask::helm::{Helm, Version};

use crate::support::{SOON, eventually, located, try_apply};

/// One line of base64, as a caBundle.
const BUNDLE: &str = "Y2VydGlmaWNhdGU=";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts a control plane: run by cargo xtask test"]
async fn a_release_is_installed_upgraded_and_uninstalled() {
    let options = Options { scheduler: false, controller_manager: false, ..Options::default() };
    let plane = ControlPlane::start(options).await.unwrap();
    let admin = plane.admin().unwrap();
    let kubeconfig = plane.admin_kubeconfig().unwrap();
    for version in [Version::Three, Version::Four] {
        let helm = Helm::build(version).await.unwrap();
        helm_does(&helm, &kubeconfig, &["install", "cxguard", "CHART", "--create-namespace"]).await;
        let vendor = vendor();
        let store = async || try_apply(&admin, &vendor, true).await.map(drop);
        // They are in force, and nobody answers.
        let refused = async || match store().await {
            Err(error) if error.to_string().contains("objects.cxguard.dev") => Ok(()),
            other => Err(format!("{other:?}")),
        };
        eventually("the webhooks in force", SOON, refused).await;
        trust(&admin).await;

        helm_does(&helm, &kubeconfig, &["upgrade", "cxguard", "CHART", "--set", "replicas=3"]).await;
        let deployment = find(&admin, "apps/v1", "Deployment", "cxguard").await.unwrap();
        assert_eq!(deployment["spec"]["replicas"], 3);
        for kind in CONFIGURATIONS {
            let stored = find(&admin, ADMISSION, kind, "cxguard").await.unwrap();
            for webhook in stored["webhooks"].as_array().unwrap() {
                assert_eq!(webhook["clientConfig"]["caBundle"], BUNDLE, "{version:?}: {}", webhook["name"]);
            }
        }

        helm_does(&helm, &kubeconfig, &["uninstall", "cxguard"]).await;
        assert_eq!(find(&admin, "apps/v1", "Deployment", "cxguard").await, None);
        assert_eq!(find(&admin, ADMISSION, "ValidatingAdmissionPolicy", "cxguard-status").await, None);
        let kept =
            find(&admin, "apiextensions.k8s.io/v1", "CustomResourceDefinition", "vendors.cxguard.dev").await;
        assert!(kept.is_some());
        eventually("a vendor without webhooks", SOON, store).await;
    }
}

const ADMISSION: &str = "admissionregistration.k8s.io/v1";
const CONFIGURATIONS: [&str; 2] = ["ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"];

async fn helm_does(helm: &Helm, kubeconfig: &Path, arguments: &[&str]) {
    let how = ["--namespace", "cxguard-system", "--kubeconfig", kubeconfig.to_str().unwrap()];
    let said = helm.run(&[arguments, &how].concat()).await.unwrap();
    assert!(said.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&said.stderr));
}

fn vendor() -> Value {
    json!({
        "apiVersion": "cxguard.dev/v1alpha1", "kind": "Vendor", "metadata": {"name": "firm"},
        "spec": {"country": "DE", "role": "Processor"},
    })
}

async fn find(admin: &Client, version: &str, kind: &str, name: &str) -> Option<Value> {
    let object = json!({
        "apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": "cxguard-system"},
    });
    let (api, _) = located(admin, &object).await;
    api.get_opt(name).await.unwrap().map(|found| serde_json::to_value(found).unwrap())
}

/// Writes an authority into every webhook, as the operator does.
async fn trust(admin: &Client) {
    for kind in CONFIGURATIONS {
        let stored = find(admin, ADMISSION, kind, "cxguard").await.unwrap();
        let webhooks = stored["webhooks"].as_array().unwrap().iter();
        let trusted: Vec<Value> = webhooks
            .map(|webhook| json!({"name": webhook["name"], "clientConfig": {"caBundle": BUNDLE}}))
            .collect();
        let patch = json!({"apiVersion": ADMISSION, "kind": kind, "metadata": {"name": "cxguard"}, "webhooks": trusted});
        let (api, _) = located(admin, &patch).await;
        api.patch("cxguard", &PatchParams::default(), &Patch::Strategic(&patch)).await.unwrap();
    }
}
