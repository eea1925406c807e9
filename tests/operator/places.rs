//! Workloads and where they run: annotations that follow their pods, and nothing else that changes.

use k8s_openapi::api::apps::v1::ReplicaSet;
use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, DeleteParams, ListParams};
use serde_json::{Value, json};

use crate::audit::{requests, until_silent, writes};
use crate::life::condition;
use crate::objects::{API, firm, namespace};
use crate::stage::Stage;
use crate::support::{SOON, eventually};

const KEYS: [&str; 3] = ["cxguard.dev/compliance", "cxguard.dev/findings", "cxguard.dev/data-flows"];

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts a control plane: run by cargo xtask test"]
async fn annotations_follow_the_pods() {
    let stage = Stage::new("places", true).await;
    for (name, region) in [("frankfurt", "eu-central-1"), ("virginia", "us-east-1")] {
        stage.node(name, region).await;
    }
    only(&stage, "frankfurt").await;
    let operator = stage.start.ready().await;
    stage.apply(namespace("places")).await;
    stage.apply(firm("feedbackhub")).await;
    stage.apply(sender()).await;
    stage.apply(backup()).await;
    let before = on(&stage, "frankfurt").await;
    assert_eq!(annotations(&before), [None, None, None], "no flow covers it yet");
    stage.apply(flow()).await;
    annotated(&stage, &sender(), "Compliant", None).await;
    annotated(&stage, &backup(), "Violating", Some("CX101")).await;
    let covers = |flow: &Value| flow["status"]["workloads"] == 2;
    let covering = stage.until("a flow that covers two workloads", &flow(), covers).await;
    assert_eq!(condition(&covering, "Selecting")["status"], "True", "{covering}");

    for (node, compliance, finding) in
        [("virginia", "Violating", Some("CX101")), ("frankfurt", "Compliant", None)]
    {
        only(&stage, node).await;
        delete_pods(&stage).await;
        on(&stage, node).await;
        annotated(&stage, &sender(), compliance, finding).await;
    }
    as_applied_by_a_gitops_tool(&stage).await;
    a_namespace_counts_while_it_is_protected(&stage).await;

    stage.delete(&flow()).await;
    for workload in [sender(), backup()] {
        let bare = |object: &Value| annotations(object) == [None, None, None];
        stage.until("no annotations", &workload, bare).await;
    }
    let after = stage.find(&sender()).await.unwrap();
    assert_eq!(after["spec"], before["spec"]);
    assert_eq!(after["metadata"]["labels"], before["metadata"]["labels"]);
    never_rolled_out(&stage, &before, &after).await;
    only_annotations_were_written(&stage);
    until_silent(&stage.plane).await;
    operator.stop().await;
}

/// Moves all new pods to one node.
async fn only(stage: &Stage, node: &str) {
    for name in ["frankfurt", "virginia"] {
        let object = json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}});
        stage.merge(&object, json!({"spec": {"unschedulable": name != node}})).await.unwrap();
    }
}

fn pods(stage: &Stage) -> Api<Pod> {
    Api::namespaced(stage.admin.clone(), "places")
}

async fn delete_pods(stage: &Stage) {
    let now = DeleteParams::default().grace_period(0);
    pods(stage).delete_collection(&now, &ListParams::default()).await.unwrap();
}

/// Waits until the pod of the Deployment is on a node, and returns the Deployment.
async fn on(stage: &Stage, node: &str) -> Value {
    let bound = async || {
        let list = pods(stage).list(&ListParams::default()).await.map_err(|error| error.to_string())?;
        let nodes: Vec<_> =
            list.items.iter().filter_map(|pod| pod.spec.as_ref()?.node_name.clone()).collect();
        if nodes == [node] { Ok(()) } else { Err(format!("{nodes:?}")) }
    };
    eventually(&format!("a pod on {node}"), SOON, bound).await;
    stage.find(&sender()).await.unwrap()
}

fn annotations(object: &Value) -> [Option<&str>; 3] {
    KEYS.map(|key| object["metadata"]["annotations"][key].as_str())
}

async fn annotated(stage: &Stage, workload: &Value, compliance: &str, finding: Option<&str>) {
    let wanted = [Some(compliance), finding, Some("responses")];
    stage.until(compliance, workload, |object| annotations(object) == wanted).await;
}

/// Its own fields are as it left them, and ours are not among them: no drift, whichever way it compares.
async fn as_applied_by_a_gitops_tool(stage: &Stage) {
    until_silent(&stage.plane).await;
    let before = stage.find(&sender()).await.unwrap();
    let written = writes(&stage.plane).len();
    stage.apply(sender()).await;
    let after = stage.find(&sender()).await.unwrap();
    assert_eq!(annotations(&after), annotations(&before));
    let managers = after["metadata"]["managedFields"].as_array().unwrap().clone();
    let ours: Vec<&Value> = managers.iter().filter(|entry| entry["manager"] == "cxguard").collect();
    let keys = ["cxguard.dev/compliance", "cxguard.dev/data-flows"].map(|key| format!("f:{key}"));
    let owned: Value =
        keys.iter().map(|key| (key.clone(), json!({}))).collect::<serde_json::Map<_, _>>().into();
    assert_eq!(ours.len(), 1, "{managers:?}");
    assert_eq!(ours[0]["fieldsV1"], json!({"f:metadata": {"f:annotations": owned}}));
    until_silent(&stage.plane).await;
    assert_eq!(writes(&stage.plane).len(), written, "{:?}", writes(&stage.plane).last());
}

async fn a_namespace_counts_while_it_is_protected(stage: &Stage) {
    let protected = |value: Value| json!({"metadata": {"labels": {"cxguard.dev/protected": value}}});
    stage.merge(&namespace("places"), protected(Value::Null)).await.unwrap();
    let bare = |object: &Value| annotations(object) == [None, None, None];
    stage.until("no annotations", &sender(), bare).await;
    stage.merge(&namespace("places"), protected(json!("true"))).await.unwrap();
    annotated(stage, &sender(), "Compliant", None).await;
}

/// The API server counts a change of a Deployment's annotations as a generation, of other workloads it does not. A new
/// pod template would be another revision and another ReplicaSet.
async fn never_rolled_out(stage: &Stage, before: &Value, after: &Value) {
    let changes = writes(&stage.plane).iter().filter(|write| write.resource == "deployments").count();
    let generations = |object: &Value| object["metadata"]["generation"].as_u64().unwrap();
    let grown = usize::try_from(generations(after) - generations(before)).unwrap();
    assert!(grown <= changes, "{grown} generations by {changes} changes of annotations");
    let revision = "deployment.kubernetes.io/revision";
    assert_eq!(after["metadata"]["annotations"][revision], "1", "{after}");
    let sets: Api<ReplicaSet> = Api::namespaced(stage.admin.clone(), "places");
    assert_eq!(sets.list(&ListParams::default()).await.unwrap().items.len(), 1);
    assert_eq!(stage.find(&backup()).await.unwrap()["metadata"]["generation"], 1);
}

fn only_annotations_were_written(stage: &Stage) {
    let kinds = ["deployments", "cronjobs", "replicasets", "pods"];
    let all = requests(&stage.plane);
    let writes = all.iter().filter(|request| kinds.contains(&request.resource.as_str()));
    let writes: Vec<_> =
        writes.filter(|request| !["list", "watch"].contains(&request.verb.as_str())).collect();
    assert!(!writes.is_empty(), "the annotations were written");
    for write in writes {
        assert!(write.verb == "patch" && write.code == 200, "{write:?}");
        assert!(["deployments", "cronjobs"].contains(&write.resource.as_str()), "{write:?}");
    }
}

/// Pinned to the regions of both nodes: where its pods are decides.
fn sender() -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "sender", "namespace": "places", "labels": {"part-of": "feedback"}},
        "spec": {
            "replicas": 1, "selector": {"matchLabels": {"app": "sender"}},
            "template": {
                "metadata": {"labels": {"app": "sender"}},
                "spec": {
                    "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {
                        "nodeSelectorTerms": [{"matchExpressions": [{
                            "key": "topology.kubernetes.io/region", "operator": "In",
                            "values": ["eu-central-1", "us-east-1"],
                        }]}],
                    }}},
                    "containers": [{"name": "main", "image": "registry.example/cx/sender"}],
                },
            },
        },
    })
}

/// Without pods: what its template says counts.
fn backup() -> Value {
    json!({
        "apiVersion": "batch/v1", "kind": "CronJob",
        "metadata": {"name": "backup", "namespace": "places", "labels": {"part-of": "feedback"}},
        "spec": {
            "schedule": "0 0 1 1 *",
            "jobTemplate": {"spec": {"template": {"spec": {
                "restartPolicy": "Never",
                "nodeSelector": {"topology.kubernetes.io/region": "us-east-1"},
                "containers": [{"name": "main", "image": "registry.example/cx/backup"}],
            }}}},
        },
    })
}

pub(crate) fn flow() -> Value {
    json!({
        "apiVersion": API, "kind": "DataFlow", "metadata": {"name": "responses", "namespace": "places"},
        "spec": {
            "purpose": "Measure satisfaction", "legalBasis": "LegitimateInterests",
            "dataSubjects": ["Customers"], "categories": ["Email"], "form": "Identifiable",
            "retention": "400d", "workloads": {"selector": {"matchLabels": {"part-of": "feedback"}}},
            "to": [{"vendor": "feedbackhub"}], "encryption": {"inTransit": "TLS13", "atRest": true},
        },
    })
}
