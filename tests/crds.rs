//! The definitions on a real API server: what it accepts, refuses, lists and prints.

#![cfg(feature = "cluster")]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, also in its helpers"
)]

#[path = "crds/mutants.rs"]
mod mutants;
#[path = "crds/offline.rs"]
mod offline;
mod support;

use cxguard::api::crds;
use kube::Client;
use kube::api::{Api, DynamicObject, Patch, PatchParams};
use kube::core::{ApiResource, GroupVersionKind};
use serde_json::{Value, json};
use support::{SOON, apply, documents, eventually, install_definitions, send, try_apply};
use xtask::controlplane::{ControlPlane, Options};

const JSON: &str = "application/json";
const TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io";
const DEFINITIONS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const GRANTS: &str = "/apis/cxguard.dev/v1alpha1/namespaces/default/accessgrants";

const REFUSED: &str = include_str!("crds/refused.yaml");
const FOREIGN: &str = include_str!("crds/foreign.yaml");
const STORED: &str = include_str!("crds/stored.yaml");

/// A rule there would refuse the removal of a finalizer and a status of objects that are older than the rule.
#[test]
fn no_rule_is_at_the_root() {
    for crd in crds() {
        for version in crd.spec.versions {
            let root = version.schema.unwrap().open_api_v3_schema.unwrap();
            assert_eq!(root.x_kubernetes_validations, None, "{}", crd.spec.names.kind);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts a control plane: run by cargo xtask test"]
async fn definitions() {
    let options = Options { scheduler: false, controller_manager: false, ..Options::default() };
    let plane = ControlPlane::start(options).await.unwrap();
    let admin = plane.admin().unwrap();
    definitions_are_accepted_without_a_warning(&admin).await;
    install_definitions(&admin).await;
    bad_manifests_are_refused_by_field(&admin).await;
    offline::agrees(&admin, documents(REFUSED)).await;
    // Pods need it, and no controller makes it here.
    apply(&admin, "{apiVersion: v1, kind: ServiceAccount, metadata: {name: default, namespace: default}}")
        .await;
    offline::agrees_on_foreign_kinds(&admin, documents(FOREIGN)).await;
    apply(&admin, STORED).await;
    some_things_never_change(&admin).await;
    lists_are_filtered_and_printed(&admin).await;
    kinds_have_short_names_and_a_category(&admin).await;
    a_tighter_schema_leaves_old_objects_free(&admin).await;
}

async fn definitions_are_accepted_without_a_warning(admin: &Client) {
    let dry = format!("{DEFINITIONS}?dryRun=All&fieldValidation=Warn");
    for crd in crds() {
        let mut crd = serde_json::to_value(crd).unwrap();
        let answer = send(admin, "POST", &dry, JSON, &crd).await;
        assert_eq!((answer.code, answer.warnings), (201, Vec::new()), "{}", answer.body);
        // And a warning would have been seen.
        crd["spec"]["unknown"] = json!(true);
        let answer = send(admin, "POST", &dry, JSON, &crd).await;
        assert!(answer.warnings.iter().any(|text| text.contains("spec.unknown")), "{answer:?}");
    }
}

async fn bad_manifests_are_refused_by_field(admin: &Client) {
    let mut wrong = Vec::new();
    for mut document in documents(REFUSED) {
        let object = document.as_object_mut().unwrap();
        let expected = object.remove("refusal").unwrap();
        let said = match try_apply(admin, &document, true).await {
            Ok(_) => "accepted".to_owned(),
            Err(error) => error.to_string(),
        };
        let expected = expected.as_array().unwrap();
        if !expected.iter().all(|part| said.contains(part.as_str().unwrap())) {
            wrong.push(format!("{}\n  is to say {expected:?}\n  and says {said}", document["spec"]));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What may become of a stored grant: its name, the change, and the refusal, if any.
fn changes() -> Vec<(&'static str, Value, Option<&'static str>)> {
    let again = |at: &str| json!({"by": "anna", "at": at});
    let (later, soon) = ("2027-01-31T00:00:00Z", "2026-12-01T00:00:00Z");
    let fixed = Some("subject and role are immutable");
    let late = Some("expiresAt moves later only with a later approval");
    let stays = Some("approval stays: only a later one replaces it");
    let agreed = Some("startsAt, dataForm and emergency are approved");
    vec![
        ("approved", json!({"subject": {"name": "tim"}}), fixed),
        ("approved", json!({"subject": {"kind": "Group"}}), fixed),
        ("approved", json!({"role": {"name": "admin"}}), fixed),
        ("approved", json!({"requestedBy": "tim"}), Some("requestedBy is immutable")),
        ("approved", json!({"requestedBy": null}), Some("requestedBy is immutable")),
        ("unasked", json!({"requestedBy": "tim"}), Some("requestedBy is immutable")),
        ("issued", json!({"issuedTo": {"name": "tim"}}), Some("issuedTo is immutable")),
        ("issued", json!({"issuedTo": null}), Some("issuedTo is immutable")),
        ("approved", json!({"revoked": {"reason": "done"}}), None),
        ("revoked", json!({ "revoked": null }), Some("revoked is final")),
        ("revoked", json!({"revoked": {"reason": "other"}}), Some("revoked is final")),
        ("revoked", json!({"reason": "filed"}), None),
        ("approved", json!({ "approval": null }), stays),
        ("approved", json!({"approval": again("2026-11-19T14:59:59Z")}), stays),
        ("approved", json!({"approval": {"by": "tim"}}), stays),
        ("approved", json!({"approval": again("2026-11-19T15:00:00.000000001Z")}), None),
        ("unasked", json!({"approval": again("2026-11-19T15:00:00Z")}), None),
        ("approved", json!({ "expiresAt": soon }), None),
        ("approved", json!({ "expiresAt": later }), late),
        ("approved", json!({ "expiresAt": null }), late),
        // Later, though the text sorts before.
        ("approved", json!({"expiresAt": "2026-12-18T17:30:00-01:00"}), late),
        ("unasked", json!({ "expiresAt": later }), late),
        ("approved", json!({"expiresAt": later, "approval": again("2026-11-19T16:00:00Z")}), None),
        ("approved", json!({"expiresAt": null, "approval": again("2026-11-19T16:00:00Z")}), None),
        ("unasked", json!({"expiresAt": later, "approval": again("2026-11-19T16:00:00Z")}), None),
        ("approved", json!({"startsAt": "2026-11-20T08:00:00Z"}), agreed),
        ("approved", json!({"dataForm": "Identifiable"}), agreed),
        ("approved", json!({ "dataForm": null }), agreed),
        ("approved", json!({"emergency": true}), agreed),
        ("approved", json!({"dataForm": "Aggregate", "approval": again("2026-11-19T16:00:00Z")}), None),
        ("unasked", json!({"dataForm": "Identifiable", "startsAt": "2026-11-20T08:00:00Z"}), None),
        ("approved", json!({"reviewedOn": "2026-11-22", "reason": "still", "owner": "lead"}), None),
    ]
}

async fn some_things_never_change(admin: &Client) {
    let grants = grants(admin);
    let dry = PatchParams { dry_run: true, ..PatchParams::default() };
    let mut wrong = Vec::new();
    for (grant, change, refusal) in changes() {
        let result = grants.patch(grant, &dry, &Patch::Merge(json!({ "spec": change }))).await;
        let said = result.err().map(|error| error.to_string()).unwrap_or_default();
        if !refusal.map_or(said.is_empty(), |part| said.contains(part)) {
            wrong.push(format!("{grant} with {change}\n  is to be {refusal:?}\n  and is {said:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn grants(client: &Client) -> Api<DynamicObject> {
    let kind = GroupVersionKind::gvk("cxguard.dev", "v1alpha1", "AccessGrant");
    Api::namespaced_with(client.clone(), "default", &ApiResource::from_gvk(&kind))
}

async fn lists_are_filtered_and_printed(admin: &Client) {
    let status = Patch::Merge(json!({"status": {
        "phase": "Active", "deadline": "2099-12-18T18:00:00Z", "deadlineCause": "ExpiresAt",
    }}));
    grants(admin).patch_status("approved", &PatchParams::default(), &status).await.unwrap();
    for (selector, expected) in [
        ("spec.subject.name=sam", vec!["approved", "revoked"]),
        ("status.phase=Active", vec!["approved"]),
        ("status.phase=Active,spec.subject.name=tim", vec![]),
    ] {
        let answer =
            send(admin, "GET", &format!("{GRANTS}?fieldSelector={selector}"), JSON, &Value::Null).await;
        let items = answer.body["items"].as_array().unwrap_or_else(|| panic!("{answer:?}"));
        let names: Vec<&str> = items.iter().filter_map(|item| item["metadata"]["name"].as_str()).collect();
        assert_eq!(names, expected, "{selector}");
    }
    let answer = send(admin, "GET", &format!("{GRANTS}/approved"), TABLE, &Value::Null).await;
    let column = |name: &str| {
        let columns = answer.body["columnDefinitions"].as_array().unwrap();
        let at = columns.iter().position(|column| column["name"] == name);
        answer.body["rows"][0]["cells"][at.unwrap_or_else(|| panic!("no column {name}: {columns:?}"))].clone()
    };
    for (name, expected) in [
        ("Phase", "Active"),
        ("Until", "2099-12-18T18:00:00Z"),
        ("Because", "ExpiresAt"),
        ("Subject", "sam"),
        ("Role", "feedback-reader"),
    ] {
        assert_eq!(column(name), expected, "{name}");
    }
    assert!(!answer.body.to_string().contains("<invalid>"), "{}", answer.body);
}

async fn kinds_have_short_names_and_a_category(admin: &Client) {
    let answer = send(admin, "GET", "/apis/cxguard.dev/v1alpha1", JSON, &Value::Null).await;
    let resources = answer.body["resources"].as_array().unwrap();
    for crd in crds() {
        let named = |resource: &&Value| resource["name"] == *crd.spec.names.plural;
        let resource = resources.iter().find(named).unwrap_or_else(|| panic!("{resources:?}"));
        assert_eq!(resource["categories"], json!(["cx"]), "{resource}");
        assert_eq!(resource["shortNames"].as_array().map(Vec::len), Some(1), "{resource}");
    }
}

/// A definition becomes stricter than an object that is stored: what must still be possible is to let that go.
async fn a_tighter_schema_leaves_old_objects_free(admin: &Client) {
    let crd = crds().into_iter().find(|crd| crd.spec.names.kind == "AccessGrant").unwrap();
    let mut crd = serde_json::to_value(crd).unwrap();
    let spec = &mut crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"];
    spec["properties"]["reason"]["maxLength"] = json!(3);
    let rules = spec["x-kubernetes-validations"].as_array_mut().unwrap();
    rules.push(json!({"rule": "!has(self.subject) || self.subject.name != 'tim'", "message": "not tim"}));
    try_apply(admin, &crd, false).await.unwrap();

    let mut forbidden = json!({
        "apiVersion": "cxguard.dev/v1alpha1", "kind": "AccessGrant",
        "metadata": {"name": "later", "namespace": "default"},
        "spec": {"subject": {"kind": "User", "name": "tim"}, "role": {"kind": "Role", "name": "read"}},
    });
    let in_force = async || match try_apply(admin, &forbidden, true).await {
        Err(error) if error.to_string().contains("not tim") => Ok(()),
        other => Err(format!("{other:?}")),
    };
    eventually("the tighter definition", SOON, in_force).await;
    forbidden["spec"]["reason"] = json!("long");
    assert!(
        try_apply(admin, &forbidden, true).await.unwrap_err().to_string().contains("spec.reason: Too long")
    );

    let grants = grants(admin);
    let how = PatchParams::default();
    let status = Patch::Merge(json!({"status": {"phase": "Revoked"}}));
    let stored = grants.patch_status("old", &how, &status).await.unwrap();
    assert_eq!(stored.data["status"]["phase"], "Revoked");
    let free = Patch::Json::<()>(
        serde_json::from_value(json!([
            {"op": "test", "path": "/metadata/finalizers/0", "value": "cxguard.dev/revoke"},
            {"op": "remove", "path": "/metadata/finalizers/0"},
        ]))
        .unwrap(),
    );
    let stored = grants.patch("old", &how, &free).await.unwrap();
    assert_eq!(stored.metadata.finalizers, None);
    grants.delete("old", &kube::api::DeleteParams::default()).await.unwrap();
    assert!(grants.get_opt("old").await.unwrap().is_none());
}
