//! The webhook configurations of the repository, pointed at an operator that runs outside the cluster.

use std::net::SocketAddr;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::cluster::{documents, root};
use crate::controlplane::ControlPlane;

/// The configurations as they are shipped, except for where they call: this address instead of the Service. The API
/// server trusts what the control plane's own authority has signed.
pub fn pointed_at(address: SocketAddr, plane: &ControlPlane) -> Result<Vec<Value>> {
    let bundle = k8s_openapi::ByteString(plane.ca_pem().as_bytes().to_vec());
    let mut configurations = documents(&root().join("deploy/webhooks.yaml"))?;
    // The Service that they call in a cluster stands there, too.
    configurations.retain(|document| document["webhooks"].is_array());
    let mut webhooks = 0;
    for configuration in &mut configurations {
        for webhook in configuration["webhooks"].as_array_mut().into_iter().flatten() {
            let path =
                webhook["clientConfig"]["service"]["path"].as_str().context("a webhook without path")?;
            let url = format!("https://{address}{path}");
            webhook["clientConfig"] = json!({"url": url, "caBundle": bundle});
            webhooks += 1;
        }
    }
    ensure!(webhooks > 0, "deploy/webhooks.yaml has no webhook");
    Ok(configurations)
}
