//! A policy says which of its namespaces the webhooks leave out.

use k8s_openapi::api::authorization::v1::SubjectAccessReview;
use kube::Api;
use kube::api::PostParams;
use serde_json::{Value, json};

use super::stage::{answering, guard};
use crate::audit::{until_silent, writes};
use crate::life::condition;
use crate::objects::API;
use crate::stage::Stage;
use crate::support::{SOON, eventually};

/// It selects by a label of its own.
fn policy() -> Value {
    let team = json!([{"key": "team", "operator": "Exists"}]);
    json!({
        "apiVersion": API, "kind": "CompliancePolicy", "metadata": {"name": "teams"},
        "spec": {"namespaceSelector": {"matchExpressions": team}},
    })
}

fn namespace(name: &str, protected: &str) -> Value {
    let labels = json!({"team": "cx", "cxguard.dev/protected": protected});
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})
}

fn configuration(kind: &str) -> Value {
    json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": kind, "metadata": {"name": "cxguard"}})
}

/// Waits until the policy is guarded as it should be. Returns what it says.
async fn until(stage: &Stage, status: &str, reason: &str) -> String {
    let is = |policy: &Value| {
        let conditions = policy["status"]["conditions"].as_array().into_iter().flatten();
        let mut guarded = conditions.filter(|condition| condition["type"] == "Guarded");
        guarded.any(|condition| condition["status"] == status && condition["reason"] == reason)
    };
    let policy = stage.until(&format!("Guarded {status}, {reason}"), &policy(), is).await;
    condition(&policy, "Guarded")["message"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts a control plane: run by cargo xtask test"]
async fn a_policy_says_which_namespaces_the_webhooks_leave_out() {
    let stage = Stage::new("doors-guarded", false).await;
    stage.apply(policy()).await;
    let operator = answering(&stage).ready().await;
    until(&stage, "Unknown", "NothingSelected").await;
    stage.apply(namespace("cx-a", "true")).await;
    until(&stage, "False", "NotInstalled").await;
    operator.until_told("cxguard_protected_namespaces_unguarded 1").await;

    guard(&stage, operator.admission).await;
    until(&stage, "True", "NamespacesSelected").await;
    // The namespace by which it was tried whether webhooks are asked is labelled, and none of the policy's.
    operator.until_told("cxguard_protected_namespaces_without_policy 1").await;
    assert!(stage.events("default", "NotGuarded").await.is_empty(), "that there were none is no news");

    stage.apply(namespace("cx-b", "false")).await;
    let said = until(&stage, "False", "NamespacesLeftOut").await;
    assert!(said.starts_with("the webhooks do not select cx-b; "), "{said}");
    told(&stage, &said).await;
    operator.until_told("cxguard_protected_namespaces_unguarded 1").await;
    let judged = stage.find(&policy()).await.unwrap();
    let findings = judged["status"]["findings"].as_array().unwrap();
    assert!(findings.iter().all(|finding| finding["rule"] == "CX701"), "it is no finding: {findings:?}");
    stage.apply(namespace("cx-b", "true")).await;
    until(&stage, "True", "NamespacesSelected").await;

    what_is_edited_by_hand_is_noticed(&stage).await;
    nothing_is_written_again(&stage).await;

    for kind in ["ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"] {
        stage.delete(&configuration(kind)).await;
    }
    until(&stage, "False", "NotInstalled").await;
    operator.stop().await;
}

/// As after an upgrade of the image alone.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts a control plane: run by cargo xtask test"]
async fn with_the_roles_of_an_older_release_it_starts_and_says_what_it_may_not_read() {
    let stage = Stage::new("doors-older-roles", false).await;
    let role = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "cxguard"},
    });
    let rules = stage.find(&role).await.unwrap()["rules"].clone();
    let is_older = |rule: &&Value| {
        rule["resources"][0] != "mutatingwebhookconfigurations" || rule["verbs"] == json!(["patch"])
    };
    let older: Vec<&Value> = rules.as_array().unwrap().iter().filter(is_older).collect();
    assert_eq!(older.len() + 1, rules.as_array().unwrap().len());
    stage.merge(&role, json!({"rules": older})).await.unwrap();
    until_may_not_list(&stage).await;
    stage.apply(policy()).await;
    stage.apply(namespace("cx-a", "true")).await;
    let operator = answering(&stage).ready().await;
    let said = until(&stage, "Unknown", "WebhooksUnreadable").await;
    for kind in ["mutating", "validating"] {
        let lacks = format!("no permission to list {kind}webhookconfigurations.admissionregistration.k8s.io");
        assert!(said.contains(&lacks), "{said}");
        assert!(operator.log().iter().any(|line| line["message"].as_str().unwrap().starts_with(&lacks)));
    }
    until_silent(&stage.plane).await;

    stage.merge(&role, json!({"rules": rules})).await.unwrap();
    until(&stage, "False", "NotInstalled").await;
    operator.stop().await;
}

/// Waits until the operator's account may list the webhook configurations no more.
async fn until_may_not_list(stage: &Stage) {
    let review = json!({
        "apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview",
        "spec": {
            "user": "system:serviceaccount:cxguard-system:cxguard",
            "resourceAttributes": {
                "group": "admissionregistration.k8s.io", "resource": "validatingwebhookconfigurations",
                "verb": "list", "name": "cxguard",
            },
        },
    });
    let review: SubjectAccessReview = serde_json::from_value(review).unwrap();
    let api: Api<SubjectAccessReview> = Api::all(stage.admin.clone());
    let asked = async || match api.create(&PostParams::default(), &review).await.unwrap().status {
        Some(status) if !status.allowed => Ok(()),
        status => Err(format!("{status:?}")),
    };
    eventually("what the operator may list", SOON, asked).await;
}

/// Waits until an event of the policy says this.
async fn told(stage: &Stage, said: &str) {
    let told = async || match stage.events("default", "NotGuarded").await {
        told if told.iter().any(|note| note == said) => Ok(()),
        told => Err(format!("{told:?}")),
    };
    eventually("the event NotGuarded", SOON, told).await;
}

async fn what_is_edited_by_hand_is_noticed(stage: &Stage) {
    let shipped = stage.find(&configuration("ValidatingWebhookConfiguration")).await.unwrap();
    let mut webhooks = shipped["webhooks"].clone();
    let sessions = |webhook: &&mut Value| webhook["name"] == "sessions.cxguard.dev";
    let all = webhooks.as_array_mut().unwrap();
    all.iter_mut().find(sessions).unwrap()["namespaceSelector"]["matchLabels"]["only"] = json!("here");
    let edited = json!({"webhooks": webhooks});
    stage.merge(&configuration("ValidatingWebhookConfiguration"), edited).await.unwrap();
    let said = until(stage, "False", "NamespacesLeftOut").await;
    assert!(said.starts_with("the webhook sessions.cxguard.dev does not select cx-a, cx-b; "), "{said}");
    let restored = json!({"webhooks": shipped["webhooks"]});
    stage.merge(&configuration("ValidatingWebhookConfiguration"), restored).await.unwrap();
    until(stage, "True", "NamespacesSelected").await;

    stage.delete(&configuration("MutatingWebhookConfiguration")).await;
    let said = until(stage, "False", "WebhooksMissing").await;
    assert!(said.contains("pin.cxguard.dev"), "{said}");
    told(stage, &said).await;
}

/// Neither a change of what the condition does not rest on, nor another operator that reads it all anew, writes it again.
async fn nothing_is_written_again(stage: &Stage) {
    until_silent(&stage.plane).await;
    let before =
        (stage.find(&policy()).await.unwrap()["metadata"]["resourceVersion"].clone(), writes(&stage.plane));
    let labelled = json!({"metadata": {"labels": {"some": "label"}}});
    stage.merge(&namespace("cx-a", "true"), labelled.clone()).await.unwrap();
    stage.merge(&configuration("ValidatingWebhookConfiguration"), labelled).await.unwrap();
    let second = answering(stage).ready().await;
    until_silent(&stage.plane).await;
    second.stop().await;
    let after =
        (stage.find(&policy()).await.unwrap()["metadata"]["resourceVersion"].clone(), writes(&stage.plane));
    assert_eq!((before.0, before.1.len()), (after.0, after.1.len()), "{:?}", after.1.last());
}
