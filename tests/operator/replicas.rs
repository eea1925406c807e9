//! Several replicas: one leads, and if it is gone another does what is due.

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::audit::{requests, until_silent};
use crate::objects::employee;
use crate::stage::{Stage, now, seconds_from_now};

fn lease() -> Value {
    json!({
        "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
        "metadata": {"name": "cxguard", "namespace": "cxguard-system"},
    })
}

/// Waits until the lease is held by whose name begins so.
async fn until_held_by(stage: &Stage, instance: &str) -> Value {
    let holds = |lease: &Value| {
        let holder = lease["spec"]["holderIdentity"].as_str().unwrap_or_default();
        holder.split('_').next() == Some(instance)
    };
    stage.until(&format!("a lease of {instance:?}"), &lease(), holds).await
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts a control plane: run by cargo xtask test"]
async fn another_replica_does_what_is_due() {
    let stage = Stage::new("replicas", false).await;
    let first = stage.start.with("--instance=a").ready().await;
    until_held_by(&stage, "a").await;
    let second = stage.start.with("--instance=b").ready().await;
    stage.apply(employee("anna")).await;
    let (anna, ben) = tokio::join!(stage.person("taken-over", "anna"), stage.person("waiting", "ben"));
    let deadline = seconds_from_now(15);
    let grants = [anna.grant("reads", deadline), ben.grant("reads", seconds_from_now(600))];
    stage.apply(grants[0].clone()).await;
    stage.until_phase(&grants[0], "Active").await;
    until_silent(&stage.plane).await;
    let before = until_held_by(&stage, "a").await;
    assert_eq!(before["spec"]["leaseTransitions"], 0, "{before}");
    first.kill();

    // What nobody has seen to meanwhile, the other does once it leads.
    stage.apply(grants[1].clone()).await;
    let after = until_held_by(&stage, "b").await;
    assert_eq!(after["spec"]["leaseTransitions"], 1, "{after}");
    ben.until_allowed().await;
    anna.loses_access_at(deadline).await;
    stage.until_phase(&grants[0], "Expired").await;

    // Who stops in order gives the lease back: a third need not wait.
    second.stop().await;
    until_held_by(&stage, "").await;
    let third = stage.start.with("--instance=c").ready().await;
    until_held_by(&stage, "c").await;
    third.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts a control plane: run by cargo xtask test"]
async fn who_does_not_lead_only_revokes_what_nobody_else_does() {
    let (stage, operator) = Stage::with_operator("standby").await;
    stage.apply(employee("anna")).await;
    let (anna, ben) = tokio::join!(stage.person("overdue", "anna"), stage.person("standing", "ben"));
    let deadline = seconds_from_now(20);
    let grants = [anna.grant("reads", deadline), ben.grant("reads", seconds_from_now(600))];
    for grant in &grants {
        stage.apply(grant.clone()).await;
        stage.until_phase(grant, "Active").await;
    }
    operator.stop().await;
    // Held for long by somebody who does nothing.
    let held = json!({"spec": {"holderIdentity": "nobody", "leaseDurationSeconds": 600}});
    stage.merge(&lease(), held).await.unwrap();

    let since = now();
    let standby = stage.start.ready().await;
    anna.keeps_access_until(deadline + SignedDuration::from_secs(5)).await;
    anna.until_denied().await;
    assert_eq!(ben.code().await, 200);
    until_silent(&stage.plane).await;
    let done: Vec<_> = requests(&stage.plane).into_iter().filter(|request| request.at >= since).collect();
    let written = done.iter().filter(|request| !["get", "list", "watch"].contains(&request.verb.as_str()));
    let written: Vec<_> = written.map(|request| (&*request.verb, &*request.object)).collect();
    assert_eq!(written, [("delete", "overdue/cxguard-reads")]);
    standby.stop().await;
    until_held_by(&stage, "nobody").await;

    // Once it leads, it says what came of it.
    stage.delete(&lease()).await;
    let operator = stage.start.ready().await;
    stage.until_phase(&grants[0], "Expired").await;
    operator.stop().await;
}
