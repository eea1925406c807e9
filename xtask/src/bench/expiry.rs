//! How long after its deadline a grant still gives access, as its user sees it.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::Args;
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::ConfigMap;
use k8s_openapi::api::rbac::v1::RoleBinding;
use kube::Client;
use kube::api::{Api, DeleteParams, ListParams};
use serde_json::{Value, json};

use super::percentile::percentile;
use super::stage::{Stage, employee, grant, machine, namespace};
use crate::cluster::eventually;

/// The user whose requests are measured.
const USER: &str = "bench-user";

#[derive(Args)]
pub struct Options {
    /// How many grants, one after the other
    #[arg(long, default_value_t = 200)]
    grants: u32,

    /// Milliseconds from one deadline to the next
    #[arg(long, default_value_t = 400)]
    apart: i64,
}

pub(super) async fn run(options: Options) -> Result<()> {
    let stage = Stage::set().await?;
    let _operator = stage.operator().await?;
    eprintln!("Making {} grants and as many bare bindings", options.grants);
    stage.apply([employee(USER)]).await?;
    let all = 0..options.grants;
    stage.apply(all.clone().flat_map(|at| [namespace(&given(at)), namespace(&bare(at))])).await?;
    stage.apply(all.clone().map(|at| binding(&bare(at)))).await?;
    let now = Timestamp::now();
    let first = now + SignedDuration::from_secs(15 + i64::from(options.grants) / 10);
    let end = |at: u32| first + SignedDuration::from_millis(options.apart * i64::from(at));
    stage.apply(all.clone().map(|at| grant(&given(at), USER, now, end(at)))).await?;
    let user = stage.plane.client(USER, &[])?;
    for at in all.clone() {
        eventually(&given(at), async || {
            ensure!(may_read(&user, &given(at)).await?, "no access yet");
            Ok(())
        })
        .await?;
    }
    ensure!(Timestamp::now() < first, "the grants took longer to make than to end: try fewer");
    eprintln!("Waiting for the deadlines; {}", machine());
    let (mut after_deadline, mut after_deletion) = (Vec::new(), Vec::new());
    for at in all {
        after_deadline.push(expire(&user, &given(at), end(at)).await?);
        after_deletion.push(delete(&stage.admin, &user, &bare(at)).await?);
    }
    report(&mut after_deadline, &mut after_deletion);
    Ok(())
}

fn given(at: u32) -> String {
    format!("given-{at}")
}

fn bare(at: u32) -> String {
    format!("bare-{at}")
}

fn binding(namespace: &str) -> Value {
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
        "metadata": {"name": "bare", "namespace": namespace},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "feedback-reader"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": USER}],
    })
}

async fn may_read(user: &Client, namespace: &str) -> Result<bool> {
    let api: Api<ConfigMap> = Api::namespaced(user.clone(), namespace);
    match api.list(&ListParams::default().limit(1)).await {
        Ok(_) => Ok(true),
        Err(kube::Error::Api(status)) if status.code == 403 => Ok(false),
        Err(error) => Err(error).context("neither allowed nor denied"),
    }
}

/// Asks without a pause until access is denied.
async fn until_denied(user: &Client, namespace: &str) -> Result<()> {
    while may_read(user, namespace).await? {}
    Ok(())
}

/// Milliseconds from the deadline to the first 403.
async fn expire(user: &Client, namespace: &str, deadline: Timestamp) -> Result<f64> {
    let begin = deadline - SignedDuration::from_millis(40);
    let left = Duration::try_from(begin.duration_since(Timestamp::now())).unwrap_or_default();
    tokio::time::sleep(left).await;
    until_denied(user, namespace).await?;
    Ok(Timestamp::now().duration_since(deadline).as_secs_f64() * 1000.0)
}

/// Milliseconds from sending a deletion to the first 403.
async fn delete(admin: &Client, user: &Client, namespace: &str) -> Result<f64> {
    let api: Api<RoleBinding> = Api::namespaced(admin.clone(), namespace);
    ensure!(may_read(user, namespace).await?, "no access by the bare binding");
    let params = DeleteParams::default();
    let sent = Instant::now();
    let (deleted, denied) = tokio::join!(api.delete("bare", &params), until_denied(user, namespace));
    deleted?;
    denied?;
    Ok(sent.elapsed().as_secs_f64() * 1000.0)
}

fn report(after_deadline: &mut [f64], after_deletion: &mut [f64]) {
    eprintln!("{:<24}{:>10}{:>10}{:>10}", "milliseconds", "p50", "p99", "max");
    let row = |name: &str, values: &mut [f64]| {
        values.sort_by(f64::total_cmp);
        let (p50, p99, max) = (percentile(values, 500), percentile(values, 990), percentile(values, 1000));
        eprintln!("{name:<24}{p50:>10.1}{p99:>10.1}{max:>10.1}");
        (p50, p99)
    };
    let ours = row("deadline to 403", after_deadline);
    let theirs = row("bare delete to 403", after_deletion);
    eprintln!("{:<24}{:>10.2}{:>10.2}", "ratio", ours.0 / theirs.0, ours.1 / theirs.1);
    eprintln!("{} of each; {}", after_deadline.len(), machine());
}
