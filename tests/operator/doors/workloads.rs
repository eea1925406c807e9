//! Workloads and pods at the door.

use serde_json::{Value, json};

use super::stage::{change, create, guarded, try_out};
use crate::objects::{API, firm, namespace};
use crate::stage::{Stage, day};
use crate::support::{SOON, eventually};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts a control plane: run by cargo xtask test"]
async fn workloads_start_only_where_data_may_be() {
    let stage = Stage::new("doors-workloads", false).await;
    for (name, region) in [("frankfurt", "eu-central-1"), ("virginia", "us-east-1")] {
        stage.node(name, region).await;
    }
    stage.apply(namespace("cx")).await;
    stage.apply(firm("good")).await;
    stage.apply(flow("good", "feedback")).await;
    stage.apply(deployment("cx", "before", "us-east-1", "feedback")).await;
    let mut lapsed = firm("lapsed");
    lapsed["spec"]["agreement"]["validUntil"] = json!(day(-1));
    stage.apply(lapsed).await;
    stage.apply(flow("lapsed", "survey")).await;
    let operator = guarded(&stage).await;

    create(&stage, &deployment("cx", "abroad", "us-east-1", "feedback")).await.refuses("CX101");
    create(&stage, &deployment("cx", "here", "eu-central-1", "feedback")).await.passes();
    create(&stage, &deployment("cx", "other", "us-east-1", "website")).await.passes();
    create(&stage, &deployment("default", "abroad", "us-east-1", "feedback")).await.passes();

    // What was let in before goes on, and can be mended; it cannot be made worse.
    let image = json!({"spec": {"template": {"metadata": {"labels": {"hotfix": "1"}}}}});
    let hotfix = change(&stage, &deployment("cx", "before", "us-east-1", "feedback"), &image).await;
    assert_eq!(hotfix.code, 200, "{hotfix:?}");
    let away = json!({"spec": {"template": {"spec": {"nodeSelector": {"topology.kubernetes.io/region": "us-east-1"}}}}});
    change(&stage, &deployment("cx", "here", "eu-central-1", "feedback"), &away).await.refuses("CX101");

    // A pod that names its node passes no scheduler.
    try_out(&stage, &pod("virginia")).await.refuses("CX101");
    try_out(&stage, &pod("frankfurt")).await.passes();
    a_pod_abroad_does_not_come_to_carry_data(&stage).await;
    paper_that_lapsed_warns(&stage).await;
    operator.stop().await;
}

/// Neither by a label that comes later, nor by the controller that takes it for its own.
async fn a_pod_abroad_does_not_come_to_carry_data(stage: &Stage) {
    let labelled = |name: &str, labels: Value| {
        let mut pod = pod("virginia");
        pod["metadata"] = json!({"name": name, "namespace": "cx", "labels": labels});
        pod
    };
    let sneak = labelled("sneak", json!({"app": "nothing"}));
    create(stage, &sneak).await.passes();
    let relabel = |labels: Value| json!({"metadata": {"labels": labels}});
    change(stage, &sneak, &relabel(json!({"part-of": "feedback"}))).await.refuses("CX101");
    change(stage, &sneak, &relabel(json!({"part-of": "website"}))).await.passes();
    // What nobody is asked about: an annotation, the phase.
    change(stage, &sneak, &json!({"metadata": {"annotations": {"note": "1"}}})).await.passes();
    create(stage, &labelled("taken", json!({"app": "here", "pod-template-hash": "x"})))
        .await
        .refuses("CX101");
    change(stage, &sneak, &relabel(json!({"app": "here"}))).await.refuses("CX101");
    // A flow that begins to cover what runs abroad says so.
    let mut late = flow("good", "website");
    late["metadata"]["name"] = json!("late");
    try_out(stage, &late).await.warns("Deployment/cx/other become Violating by this");
}

/// An outage at midnight would be worse than a day without an agreement; a policy may say otherwise.
async fn paper_that_lapsed_warns(stage: &Stage) {
    create(stage, &deployment("cx", "sends", "eu-central-1", "survey")).await.warns("CX111");
    let strict = json!({
        "apiVersion": API, "kind": "CompliancePolicy", "metadata": {"name": "paperwork"},
        "spec": {"admission": {"paperwork": "Deny"}},
    });
    create(stage, &strict).await.passes();
    let denied = async || match try_out(stage, &deployment("cx", "more", "eu-central-1", "survey")).await {
        said if said.code == 403 && said.message.contains("CX111") => Ok(()),
        said => Err(format!("{said:?}")),
    };
    eventually("a policy that denies", SOON, denied).await;
}

pub(super) fn flow(vendor: &str, part: &str) -> Value {
    json!({
        "apiVersion": API, "kind": "DataFlow", "metadata": {"name": part, "namespace": "cx"},
        "spec": {
            "purpose": "Measure satisfaction", "legalBasis": "LegitimateInterests",
            "dataSubjects": ["Customers"], "categories": ["Email"], "form": "Identifiable",
            "retention": "400d", "workloads": {"selector": {"matchLabels": {"part-of": part}}},
            "to": [{"vendor": vendor}], "encryption": {"inTransit": "TLS13", "atRest": true},
        },
    })
}

pub(super) fn deployment(namespace: &str, name: &str, region: &str, part: &str) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace, "labels": {"part-of": part}},
        "spec": {
            "replicas": 1, "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {
                    "nodeSelector": {"topology.kubernetes.io/region": region},
                    "containers": [{"name": "main", "image": "registry.example/cx/sender"}],
                },
            },
        },
    })
}

fn pod(node: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": format!("on-{node}"), "namespace": "cx", "labels": {"part-of": "feedback"}},
        "spec": {"nodeName": node, "containers": [{"name": "main", "image": "registry.example/cx/sender"}]},
    })
}
