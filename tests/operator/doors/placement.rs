//! Where pods are bound: the real scheduler's choice is judged, and pinned pods are sent elsewhere.

use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, ListParams};
use serde_json::{Value, json};

use super::stage::{create, guarded};
use super::workloads::flow;
use crate::objects::{API, firm, namespace};
use crate::stage::Stage;
use crate::support::{SOON, eventually};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts a control plane: run by cargo xtask test"]
async fn no_pod_with_data_is_bound_abroad() {
    let stage = Stage::new("doors-placement", true).await;
    stage.node("virginia", "us-east-1").await;
    stage.apply(namespace("cx")).await;
    stage.apply(firm("good")).await;
    stage.apply(flow("good", "feedback")).await;
    let operator = guarded(&stage).await;

    let sender = deployment("sender", "feedback");
    let stored = create(&stage, &sender).await;
    assert_eq!(stored.code, 201, "{stored:?}");
    stage.apply(deployment("website", "website")).await;
    bound(&stage, "website", "virginia").await;
    // The scheduler takes the only node, again and again, and the reason is with the pod.
    let refused = async || {
        let told = stage.events("cx", "FailedScheduling").await;
        if told.iter().any(|text| text.contains("CX101")) { Ok(()) } else { Err(format!("{told:?}")) }
    };
    eventually("a refused binding", SOON, refused).await;
    assert_eq!(nodes(&stage, "sender").await, [None], "it waits");
    stage.node("frankfurt", "eu-central-1").await;
    stage
        .merge(
            &json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "virginia"}}),
            json!({"spec": {"unschedulable": true}}),
        )
        .await
        .unwrap();
    bound(&stage, "sender", "frankfurt").await;
    pinned(&stage).await;
    operator.stop().await;
}

/// With both nodes open, pinned pods go to the allowed one by themselves.
async fn pinned(stage: &Stage) {
    let policy = json!({
        "apiVersion": API, "kind": "CompliancePolicy", "metadata": {"name": "pinned"},
        "spec": {"residency": {"pin": true, "provider": "aws"}},
    });
    create(stage, &policy).await.passes();
    // A pod that comes before the policy is known is not pinned, only judged when it is bound.
    let known = |policy: &Value| policy["status"]["observedGeneration"] == 1;
    stage.until("a policy that is known", &policy, known).await;
    for (name, closed) in [("virginia", false), ("frankfurt", false)] {
        let node = json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}});
        stage.merge(&node, json!({"spec": {"unschedulable": closed}})).await.unwrap();
    }
    let pinned = deployment("pinned", "feedback");
    create(stage, &pinned).await;
    let has_affinity = async || {
        let list = pods(stage, "pinned").await;
        let affinity: Vec<Value> =
            list.iter().map(|pod| json!(pod.spec.as_ref().unwrap().affinity)).collect();
        let text = json!(affinity).to_string();
        if text.contains("eu-central-1") && !text.contains("us-east-1") { Ok(()) } else { Err(text) }
    };
    eventually("a pinned pod", SOON, has_affinity).await;
    bound(stage, "pinned", "frankfurt").await;
}

async fn pods(stage: &Stage, app: &str) -> Vec<Pod> {
    let api: Api<Pod> = Api::namespaced(stage.admin.clone(), "cx");
    api.list(&ListParams::default().labels(&format!("app={app}"))).await.unwrap().items
}

async fn nodes(stage: &Stage, app: &str) -> Vec<Option<String>> {
    pods(stage, app).await.into_iter().map(|pod| pod.spec.unwrap().node_name).collect()
}

async fn bound(stage: &Stage, app: &str, node: &str) {
    let bound = async || match nodes(stage, app).await {
        nodes if nodes == [Some(node.to_owned())] => Ok(()),
        nodes => Err(format!("{nodes:?}")),
    };
    eventually(&format!("a pod of {app} on {node}"), SOON, bound).await;
}

/// Free to run anywhere.
fn deployment(name: &str, part: &str) -> Value {
    let mut deployment = super::workloads::deployment("cx", name, "", part);
    deployment["spec"]["template"]["spec"].as_object_mut().unwrap().remove("nodeSelector");
    // By these a pod is known as covered though its ReplicaSet has not been seen yet.
    deployment["spec"]["template"]["metadata"]["labels"]["part-of"] = json!(part);
    deployment
}
