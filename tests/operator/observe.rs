//! With `--observe`, the operator says what it sees and does nothing about it.

use serde_json::{Value, json};

use crate::audit::{requests, until_silent};
use crate::life::condition;
use crate::objects::{employee, namespace};
use crate::places::flow;
use crate::stage::{Stage, approval, now, seconds_from_now};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts a control plane: run by cargo xtask test"]
async fn an_observer_writes_status_only() {
    let (stage, operator) = Stage::with_operator("observe").await;
    stage.apply(employee("anna")).await;
    let (anna, ben) = tokio::join!(stage.person("given", "anna"), stage.person("asked", "ben"));
    // Later than the silence that is waited for below, also on a slow machine.
    let deadline = seconds_from_now(20);
    let given = anna.grant("reads", deadline);
    stage.apply(given.clone()).await;
    let active = stage.until_phase(&given, "Active").await;
    until_silent(&stage.plane).await;
    operator.stop().await;

    let since = now();
    let observer = stage.start.with("--observe").ready().await;
    let asked = ben.grant("reads", seconds_from_now(600));
    stage.apply(asked.clone()).await;
    stage.apply(namespace("places")).await;
    stage.apply(flow()).await;
    let judged = |object: &Value| object["status"]["observedGeneration"] == object["metadata"]["generation"];
    stage.until("a judged flow", &flow(), judged).await;
    let reported = stage.until("a judged grant", &asked, judged).await;
    let ready = condition(&reported, "Ready");
    assert_eq!(ready["reason"], "Observing", "{reported}");
    assert!(ready["message"].as_str().unwrap().contains("would be Active"), "{reported}");
    assert!(reported["metadata"]["finalizers"].is_null(), "{reported}");
    anna.keeps_access_until(deadline.max(now()) + jiff::SignedDuration::from_secs(2)).await;
    ben.stays_without_access(1).await;
    // What the status remembers of the access stays: nobody else knows it.
    let kept = stage.find(&given).await.unwrap();
    for field in ["activatedAt", "binding", "phase"] {
        assert_eq!(kept["status"][field], active["status"][field], "{field}");
    }
    until_silent(&stage.plane).await;
    for request in requests(&stage.plane).iter().filter(|request| request.at >= since) {
        let read = ["get", "list", "watch"].contains(&request.verb.as_str());
        let status = request.verb == "patch" && request.resource.ends_with("/status");
        let tells = ["events", "leases"].contains(&request.resource.as_str());
        assert!(read || status || tells, "{request:?}");
    }
    observer.stop().await;

    let operator = stage.start.ready().await;
    anna.until_denied().await;
    ben.until_allowed().await;
    stage.until_phase(&given, "Expired").await;
    let change = json!({"spec": {"expiresAt": seconds_from_now(600).to_string(), "approval": approval()}});
    stage.merge(&given, change).await.unwrap();
    anna.until_allowed().await;
    operator.stop().await;
}
