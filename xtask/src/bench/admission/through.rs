//! The creation of pods through the API server, with the webhooks and without.

use anyhow::{Context, Result};
use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, DeleteParams, ListParams, PostParams};
use kube::{Client, ResourceExt};
use serde_json::Value;

use super::super::load::{Load, Pace, Plan};
use super::super::stage::Stage;
use super::facts::{CONTROLLER, pod, space};
use super::{Options, rows};
use crate::cluster::{eventually, locate};

/// The workload whose pods are created.
const OWNER: &str = "app-0";

/// The groups of the controller that creates them.
const CONTROLLER_GROUPS: [&str; 2] = ["system:serviceaccounts", "system:serviceaccounts:kube-system"];

/// Webhooks, and by whom.
pub(super) struct Webhooks {
    pub(super) name: &'static str,
    pub(super) configurations: Vec<Value>,
    /// What is said of a pod that runs nowhere it may.
    pub(super) refusal: &'static str,
}

pub(super) async fn measure(
    stage: &Stage,
    load: &Load,
    webhooks: &Webhooks,
    options: &Options,
) -> Result<()> {
    let owners: Api<StatefulSet> = Api::namespaced(stage.admin.clone(), &space(0));
    let uid = owners.get(OWNER).await?.uid().context("a workload without UID")?;
    // As they come: by the controller, whose word on the owner counts.
    let identity = stage.plane.identity(CONTROLLER, &CONTROLLER_GROUPS)?;
    let by = By { stage, load, identity, uid, seconds: options.seconds };
    let with_them = format!("with the webhooks of {}", webhooks.name);
    for rate in &options.pods {
        // Without, with, and without again: should the machine's speed drift, the two say so.
        let before = by.create("without webhooks", *rate).await?;
        stage.apply(webhooks.configurations.clone()).await?;
        until_called(stage, webhooks.refusal).await?;
        let with = by.create(&with_them, *rate).await?;
        for configuration in &webhooks.configurations {
            remove(&stage.admin, configuration).await?;
        }
        let after = by.create("without webhooks", *rate).await?;
        eprintln!("{:<50}{:>18.2}", "  added at p99", with - f64::midpoint(before, after));
    }
    Ok(())
}

/// Who creates pods, and whose.
struct By<'s> {
    stage: &'s Stage,
    load: &'s Load,
    identity: [String; 2],
    uid: String,
    seconds: u32,
}

impl By<'_> {
    /// Creates pods at a rate, deletes them, and returns the 99th percentile in milliseconds.
    async fn create(&self, how: &str, rate: u32) -> Result<f64> {
        let pods =
            (0..rate * self.seconds).map(|nth| pod(&space(0), &format!("{OWNER}-{nth}"), (OWNER, &self.uid)));
        let url = self.stage.plane.apiserver_url();
        let plan = Plan {
            address: url.trim_start_matches("https://").parse()?,
            authority: self.stage.plane.ca_pem().to_owned(),
            identity: Some(self.identity.clone()),
            path: format!("/api/v1/namespaces/{}/pods", space(0)),
            bodies: pods.map(|pod| pod.to_string()).collect(),
            demanded: String::new(),
            pace: Pace::PerSecond(rate),
            seconds: self.seconds,
        };
        let took = self.load.ask(&plan, "0-1").await?;
        let p99 = rows(&format!("{rate} pods per second, {how}"), took);
        let all: Api<Pod> = Api::namespaced(self.stage.admin.clone(), &space(0));
        let at_once = DeleteParams::default().grace_period(0);
        let _ = all.delete_collection(&at_once, &ListParams::default()).await?;
        Ok(p99)
    }
}

/// Waits until the API server calls the webhooks: then a pod that runs nowhere it may is refused.
async fn until_called(stage: &Stage, refusal: &str) -> Result<()> {
    let api: Api<Pod> = Api::namespaced(stage.admin.clone(), &space(0));
    let dry = PostParams { dry_run: true, ..PostParams::default() };
    let mut abroad: Value = pod(&space(0), "abroad", ("none", "none"));
    abroad["metadata"].as_object_mut().context("a pod without metadata")?.remove("ownerReferences");
    abroad["spec"]["nodeSelector"]["topology.kubernetes.io/region"] = "us-east-1".into();
    let abroad: Pod = serde_json::from_value(abroad)?;
    eventually("the webhooks are called", async || match api.create(&dry, &abroad).await {
        Err(kube::Error::Api(status)) if status.message.contains(refusal) => Ok(()),
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
