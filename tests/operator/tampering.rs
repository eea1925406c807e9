//! Bindings that somebody else changes, deletes or puts in the way.

use k8s_openapi::api::rbac::v1::RoleBinding;
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};

use crate::life::condition;
use crate::objects::{foreign_binding, subject};
use crate::stage::{Person, Stage, seconds_from_now};
use crate::support::{SOON, eventually};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts a control plane: run by cargo xtask test"]
async fn a_binding_is_what_its_grant_says() {
    let (stage, operator) = Stage::with_operator("tampering").await;
    tokio::join!(
        who_is_added_is_removed(&stage),
        who_is_removed_is_added(&stage),
        what_is_deleted_comes_back(&stage),
        a_later_deadline_has_no_effect(&stage),
        without_its_labels_it_still_ends(&stage),
        another_role_is_taken_back(&stage),
        a_foreign_binding_stays_and_is_named(&stage),
        a_finalizer_of_somebody_else_is_named(&stage),
    );
    operator.stop().await;
}

/// A grant that is active and can be tampered with.
async fn active(stage: &Stage, namespace: &str, user: &str, seconds: i64) -> (Person, Value) {
    let person = stage.person(namespace, user).await;
    let grant = person.grant("reads", seconds_from_now(seconds));
    stage.apply(grant.clone()).await;
    stage.until_phase(&grant, "Active").await;
    person.until_allowed().await;
    (person, grant)
}

async fn repaired(stage: &Stage, namespace: &str, reason: &str, what: &str) {
    let told = async || {
        let events = stage.events(namespace, reason).await;
        if events.iter().any(|text| text.contains(what)) { Ok(()) } else { Err(format!("{events:?}")) }
    };
    eventually(&format!("{reason} in {namespace}"), SOON, told).await;
}

async fn who_is_added_is_removed(stage: &Stage) {
    let (anna, _) = active(stage, "added", "anna", 600).await;
    let ben = stage.person_in("added", "ben", &[]);
    let both = json!({"subjects": [subject("User", "anna"), subject("User", "ben")]});
    stage.merge(&anna.binding("reads"), both).await.unwrap();
    repaired(stage, "added", "BindingRepaired", "its subjects").await;
    ben.until_denied().await;
    assert_eq!(anna.code().await, 200);
}

async fn who_is_removed_is_added(stage: &Stage) {
    let (carl, _) = active(stage, "emptied", "carl", 600).await;
    stage.merge(&carl.binding("reads"), json!({"subjects": []})).await.unwrap();
    repaired(stage, "emptied", "BindingRepaired", "its subjects").await;
    carl.until_allowed().await;
}

async fn what_is_deleted_comes_back(stage: &Stage) {
    let (dora, grant) = active(stage, "deleted", "dora", 600).await;
    let before = stage.find(&dora.binding("reads")).await.unwrap();
    stage.delete(&dora.binding("reads")).await;
    let other = |binding: &Value| binding["metadata"]["uid"] != before["metadata"]["uid"];
    let after = stage.until("another binding", &dora.binding("reads"), other).await;
    dora.until_allowed().await;
    repaired(stage, "deleted", "BindingRestored", "was deleted by somebody else").await;
    let known = |grant: &Value| grant["status"]["binding"]["uid"] == after["metadata"]["uid"];
    stage.until("the new binding in the status", &grant, known).await;
}

async fn a_later_deadline_has_no_effect(stage: &Stage) {
    let (emil, grant) = active(stage, "deadline", "emil", 7).await;
    let later = seconds_from_now(600).to_string();
    for value in [json!(later), Value::Null, json!("never")] {
        let annotations = json!({"metadata": {"annotations": {"cxguard.dev/deadline": value}}});
        stage.merge(&emil.binding("reads"), annotations).await.unwrap();
        let end = &grant["spec"]["expiresAt"];
        let repaired = |binding: &Value| binding["metadata"]["annotations"]["cxguard.dev/deadline"] == *end;
        stage.until("the deadline", &emil.binding("reads"), repaired).await;
    }
    emil.loses_access_at(grant["spec"]["expiresAt"].as_str().unwrap().parse().unwrap()).await;
}

/// Right before the end, so that it ends whether or not it was repaired first.
async fn without_its_labels_it_still_ends(stage: &Stage) {
    let (fay, grant) = active(stage, "unlabelled", "fay", 4).await;
    let bare = json!({"metadata": {"labels": null, "annotations": null}});
    stage.merge(&fay.binding("reads"), bare).await.unwrap();
    fay.loses_access_at(grant["spec"]["expiresAt"].as_str().unwrap().parse().unwrap()).await;
    stage.until_gone(&fay.binding("reads")).await;
    stage.until_phase(&grant, "Expired").await;
}

/// The role of a binding cannot be changed, but a binding made anew may name another one and bear our marks.
async fn another_role_is_taken_back(stage: &Stage) {
    let (gus, grant) = active(stage, "role", "gus", 600).await;
    let before = stage.find(&gus.binding("reads")).await.unwrap();
    let mut forged = foreign_binding("role", "cxguard-reads", &subject("User", "gus"));
    forged["roleRef"]["name"] = json!("edit");
    for mark in ["labels", "annotations", "ownerReferences"] {
        forged["metadata"][mark] = before["metadata"][mark].clone();
    }
    let api = stage.bindings("role");
    // Whoever is first: the operator restores what is deleted, so it is tried until the forged one stands.
    let forge = async || {
        stage.delete(&gus.binding("reads")).await;
        let how = PatchParams::apply("intruder").force();
        let forged: RoleBinding = serde_json::from_value(forged.clone()).unwrap();
        api.patch("cxguard-reads", &how, &Patch::Apply(&forged)).await
    };
    eventually("the forged binding", SOON, forge).await;
    let ours = |binding: &Value| binding["roleRef"]["name"] == "feedback-reader";
    stage.until("the role of the grant", &gus.binding("reads"), ours).await;
    stage.until_phase(&grant, "Active").await;
    gus.until_allowed().await;
}

/// Access that is kept open is not told as if it had ended, nor as if it had no end.
async fn a_finalizer_of_somebody_else_is_named(stage: &Stage) {
    let (ida, grant) = active(stage, "held", "ida", 5).await;
    let finalizer = json!({"metadata": {"finalizers": ["other.dev/hold"]}});
    stage.merge(&ida.binding("reads"), finalizer).await.unwrap();
    let is_held = |grant: &Value| {
        let conditions = grant["status"]["conditions"].as_array().into_iter().flatten();
        conditions.clone().any(|condition| condition["reason"] == "Held")
    };
    let held = stage.until("Held", &grant, is_held).await;
    assert_eq!(held["status"]["phase"], "Active", "{held}");
    assert_eq!(held["status"]["revocation"]["cause"], "Expired", "{held}");
    assert_eq!(condition(&held, "Ready")["status"], "False", "{held}");
    let message = condition(&held, "Ready")["message"].as_str().unwrap().to_owned();
    assert!(message.contains("a finalizer that is not ours holds it"), "{message}");
    assert_eq!(ida.code().await, 200);
    stage.merge(&ida.binding("reads"), json!({"metadata": {"finalizers": null}})).await.unwrap();
    ida.until_denied().await;
    let ended = stage.until_phase(&grant, "Expired").await;
    assert_eq!(condition(&ended, "Ready")["reason"], "Expired", "{ended}");
}

async fn a_foreign_binding_stays_and_is_named(stage: &Stage) {
    let hal = stage.person("taken", "hal").await;
    let foreign = foreign_binding("taken", "cxguard-reads", &subject("User", "somebody"));
    stage.apply(foreign.clone()).await;
    let grant = hal.grant("reads", seconds_from_now(6));
    stage.apply(grant.clone()).await;
    let named = |grant: &Value| {
        let conditions = grant["status"]["conditions"].as_array().into_iter().flatten();
        conditions.clone().any(|condition| condition["reason"] == "NameTaken")
    };
    let pending = stage.until("NameTaken", &grant, named).await;
    assert_eq!(pending["status"]["phase"], "Pending", "{pending}");
    assert_eq!(condition(&pending, "Ready")["status"], "False", "{pending}");
    assert_eq!(hal.code().await, 403);
    // Nor is it deleted when the grant ends.
    stage.until_phase(&grant, "Expired").await;
    stage.delete(&grant).await;
    stage.until_gone(&grant).await;
    let left = stage.find(&foreign).await.unwrap();
    assert_eq!(left["subjects"][0]["name"], "somebody");
}
