//! Nobody answers: protected namespaces refuse, and everything else lives.

use serde_json::json;

use super::stage::{create, delete, guarded};
use super::workloads::deployment;
use crate::objects::{employee, firm, namespace};
use crate::stage::{Stage, seconds_from_now};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts a control plane: run by cargo xtask test"]
async fn without_an_answer_protected_namespaces_refuse_and_the_rest_lives() {
    let stage = Stage::new("doors-outage", false).await;
    let anna = stage.person("cx", "anna").await;
    stage.apply(employee("anna")).await;
    let deadline = seconds_from_now(20);
    let grant = anna.grant("reads", deadline);
    stage.apply(grant.clone()).await;
    let there = stage.person_in("held", "anna", &[]);
    stage.apply(namespace("held")).await;
    let held = there.grant("held", seconds_from_now(3600));
    stage.apply(held.clone()).await;
    let operator = guarded(&stage).await;
    anna.until_allowed().await;
    there.until_allowed().await;
    stage.apply(namespace("ends")).await;
    operator.kill();

    let refused = create(&stage, &deployment("cx", "new", "eu-central-1", "feedback")).await;
    assert!(refused.code >= 400 && refused.message.contains("failed calling webhook"), "{refused:?}");
    let refused = create(&stage, &firm("new")).await;
    assert!(refused.message.contains("failed calling webhook"), "{refused:?}");
    create(&stage, &deployment("default", "new", "eu-central-1", "feedback")).await.passes();
    let role = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "elsewhere"}, "rules": [],
    });
    assert_eq!(create(&stage, &role).await.code, 201);
    // A protected namespace goes, with what is in it.
    delete(&stage, &namespace("ends")).await.passes();
    stage.until_gone(&namespace("ends")).await;

    // An operator that answers nobody still takes access away.
    let back = stage.start.not_answering().ready().await;
    anna.loses_access_at(deadline).await;
    stage.until_gone(&anna.binding("reads")).await;
    stage.until_phase(&grant, "Expired").await;
    back.stop().await;

    // Access goes with its namespace; the record of it waits for an operator, or for who lets it go.
    delete(&stage, &namespace("held")).await.passes();
    there.until_denied().await;
    assert!(stage.find(&held).await.is_some());
    stage.merge(&held, json!({"metadata": {"finalizers": null}})).await.unwrap();
    stage.until_gone(&namespace("held")).await;
}
