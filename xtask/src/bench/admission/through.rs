//! The creation of pods through the API server, with the webhooks and without.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context, Result};
use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, DeleteParams, ListParams, PostParams};
use kube::{Client, ResourceExt};
use serde_json::Value;

use super::super::stage::Stage;
use super::facts::{CONTROLLER, pod, space};
use super::{Options, load, rows};
use crate::cluster::{eventually, locate};
use crate::webhooks::pointed_at;

/// The workload whose pods are created.
const OWNER: &str = "app-0";

/// The groups of the controller that creates them.
const CONTROLLER_GROUPS: [&str; 2] = ["system:serviceaccounts", "system:serviceaccounts:kube-system"];

pub(super) async fn measure(stage: &Stage, address: SocketAddr, options: &Options) -> Result<()> {
    let configurations = pointed_at(address, &stage.plane)?;
    let owners: Api<StatefulSet> = Api::namespaced(stage.admin.clone(), &space(0));
    let uid = owners.get(OWNER).await?.uid().context("a workload without UID")?;
    // As they come: by the controller, whose word on the owner counts.
    let controller = stage.plane.client(CONTROLLER, &CONTROLLER_GROUPS)?;
    let by = By { stage, pods: Api::namespaced(controller, &space(0)), uid, seconds: options.seconds };
    for rate in &options.pods {
        // Without, with, and without again: should the machine's speed drift, the two say so.
        let before = by.create("before", *rate).await?;
        stage.apply(configurations.clone()).await?;
        until_called(stage).await?;
        let with = by.create("with", *rate).await?;
        for configuration in &configurations {
            remove(&stage.admin, configuration).await?;
        }
        let after = by.create("after", *rate).await?;
        eprintln!("{:<44}{:>18.2}", "  added at p99", with - f64::midpoint(before, after));
    }
    Ok(())
}

/// Who creates pods, and whose.
struct By<'s> {
    stage: &'s Stage,
    pods: Api<Pod>,
    uid: String,
    seconds: u32,
}

impl By<'_> {
    /// Creates pods at a rate, deletes them, and returns the 99th percentile in milliseconds.
    async fn create(&self, name: &'static str, rate: u32) -> Result<f64> {
        let (pods, uid) = (self.pods.clone(), self.uid.clone());
        let ask = Arc::new(move |nth: usize| {
            let pod = serde_json::from_value(pod(&space(0), &format!("{name}-{nth}"), (OWNER, &uid)));
            let pods = pods.clone();
            async move {
                pods.create(&PostParams::default(), &pod?).await?;
                Ok(())
            }
        });
        let took = load::at_rate(&ask, rate, self.seconds).await?;
        let webhooks = if name == "with" { "with webhooks" } else { "without webhooks" };
        let p99 = rows(&format!("{rate} pods per second, {webhooks}"), took);
        let all: Api<Pod> = Api::namespaced(self.stage.admin.clone(), &space(0));
        let at_once = DeleteParams::default().grace_period(0);
        let _ = all.delete_collection(&at_once, &ListParams::default()).await?;
        Ok(p99)
    }
}

/// Waits until the API server calls the webhooks: then a pod that runs nowhere it may is refused.
async fn until_called(stage: &Stage) -> Result<()> {
    let api: Api<Pod> = Api::namespaced(stage.admin.clone(), &space(0));
    let dry = PostParams { dry_run: true, ..PostParams::default() };
    let mut abroad: Value = pod(&space(0), "abroad", ("none", "none"));
    abroad["metadata"].as_object_mut().context("a pod without metadata")?.remove("ownerReferences");
    abroad["spec"]["nodeSelector"]["topology.kubernetes.io/region"] = "us-east-1".into();
    let abroad: Pod = serde_json::from_value(abroad)?;
    eventually("the webhooks are called", async || match api.create(&dry, &abroad).await {
        Err(kube::Error::Api(status)) if status.message.contains("CX101") => Ok(()),
        Err(error) => Err(error.into()),
        Ok(_) => anyhow::bail!("a pod abroad was let in"),
    })
    .await
}

async fn remove(client: &Client, object: &Value) -> Result<()> {
    let (api, object) = locate(client, object).await?.context("configurations are not served")?;
    let _ = api.delete(&object.name_any(), &DeleteParams::default()).await?;
    Ok(())
}
