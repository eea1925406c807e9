//! Who may do what with grants, status and protected namespaces: `deploy/` on a real API server.

#![cfg(feature = "cluster")]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, also in its helpers"
)]

#[path = "four_eyes/cases.rs"]
mod cases;
mod support;

use std::collections::BTreeMap;

use cases::{
    Case, approving, asked_for, asking, emergencies, extending, of_a_generation, reviewing, without_approval,
};
use kube::Client;
use kube::api::{Api, DeleteParams, DynamicObject, Patch, PatchParams};
use kube::core::{ApiResource, GroupVersionKind};
use serde_json::{Value, json};
use support::{OPERATOR, SOON, apply, documents, eventually, install, send, try_create, until_allowed};
use xtask::controlplane::{ControlPlane, Options};

const SETUP: &str = include_str!("four_eyes/setup.yaml");
const POLICIES: &str = include_str!("four_eyes/policies.yaml");
const EXAMPLES: [&str; 5] = [
    include_str!("../examples/compliant/policy.yaml"),
    include_str!("../examples/compliant/vendors.yaml"),
    include_str!("../examples/compliant/people.yaml"),
    include_str!("../examples/compliant/cx-feedback.yaml"),
    include_str!("../examples/compliant/incidents.yaml"),
];

/// The users of `setup.yaml`, with their groups.
const USERS: [(&str, &[&str]); 9] = [
    ("rita", &[]),
    ("anna", &["approvers"]),
    ("ralf", &["on-call"]),
    ("vera", &[]),
    ("carl", &[]),
    ("bea", &["on-call"]),
    ("nick", &[]),
    ("una", &[]),
    (OPERATOR, &["system:serviceaccounts", "system:serviceaccounts:cxguard-system"]),
];

type Users = BTreeMap<&'static str, Client>;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts a control plane: run by cargo xtask test"]
async fn four_eyes() {
    let plane = ControlPlane::start(Options { scheduler: false, ..Options::default() }).await.unwrap();
    install(&plane).await;
    let admin = plane.admin().unwrap();
    policies_are_well_typed(&admin).await;
    apply(&admin, SETUP).await;
    let users = users(&plane, &admin).await;

    try_all(&users, asking()).await;
    try_all(&users, approving()).await;
    try_all(&users, extending()).await;
    try_all(&users, reviewing()).await;
    try_all(&users, of_a_generation()).await;
    what_is_not_spec_is_free(&users).await;
    only_the_operator_writes_status(&users).await;
    a_namespace_stays_protected(&users).await;

    apply(&admin, POLICIES).await;
    until_policies_count(&users["rita"]).await;
    try_all(&users, asking()).await;
    try_all(&users, without_approval()).await;
    try_all(&users, emergencies()).await;

    the_examples_apply(&users["admin"]).await;
    namespaces_can_be_deleted(&users["admin"]).await;
}

async fn users(plane: &ControlPlane, admin: &Client) -> Users {
    let mut users = Users::from([("admin", admin.clone())]);
    for (user, groups) in USERS {
        users.insert(user, plane.client(user, groups).unwrap());
    }
    let on_grants = |verb: &str| json!({"verb": verb, "group": "cxguard.dev", "resource": "accessgrants", "namespace": "cx-light"});
    let on_namespaces = |verb: &str| json!({"verb": verb, "group": "", "resource": "namespaces"});
    let bind = json!({"verb": "bind", "group": "rbac.authorization.k8s.io", "resource": "clusterroles", "name": "feedback-reader", "namespace": "cx-light"});
    for (user, right) in [
        ("rita", on_grants("create")),
        ("anna", on_grants("approve")),
        ("ralf", on_grants("approve")),
        ("vera", on_grants("vouch")),
        ("carl", on_grants("patch")),
        ("bea", bind),
        ("nick", on_namespaces("patch")),
        ("una", on_namespaces("unprotect")),
        (OPERATOR, on_grants("patch")),
    ] {
        until_allowed(&users[user], right).await;
    }
    users
}

fn grants(client: &Client, namespace: &str) -> Api<DynamicObject> {
    let kind = ApiResource::from_gvk(&GroupVersionKind::gvk("cxguard.dev", "v1alpha1", "AccessGrant"));
    Api::namespaced_with(client.clone(), namespace, &kind)
}

/// Tries each case without storing anything, so that every case meets the same grants.
async fn try_all(users: &Users, cases: Vec<Case>) {
    let mut wrong = Vec::new();
    for (user, namespace, grant, change, refusal) in cases {
        let client = &users[user];
        let result = if grant == "new" {
            let mut spec = asked_for();
            spec.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
            let object = json!({
                "apiVersion": "cxguard.dev/v1alpha1", "kind": "AccessGrant",
                "metadata": {"name": "new", "namespace": namespace}, "spec": spec,
            });
            try_create(client, &object, true).await.map(drop)
        } else {
            let how = PatchParams { dry_run: true, ..PatchParams::default() };
            let patch = Patch::Merge(json!({ "spec": change }));
            grants(client, namespace).patch(grant, &how, &patch).await.map(drop)
        };
        let said = result.err().map(|error| error.to_string()).unwrap_or_default();
        let right = refusal.map_or(said.is_empty(), |part| said.contains(part));
        if !right {
            wrong.push(format!(
                "{user}: {grant} in {namespace} with {change}\n  is to be {refusal:?}\n  and is {said:?}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

async fn policies_are_well_typed(admin: &Client) {
    let kind = GroupVersionKind::gvk("admissionregistration.k8s.io", "v1", "ValidatingAdmissionPolicy");
    let api: Api<DynamicObject> = Api::all_with(admin.clone(), &ApiResource::from_gvk(&kind));
    let checked = async || {
        let policies =
            api.list(&kube::api::ListParams::default()).await.map_err(|error| error.to_string())?;
        assert!(policies.items.len() >= 8, "{:?}", policies.items);
        let unchecked = policies
            .items
            .iter()
            .find(|policy| policy.data["status"]["observedGeneration"] != json!(policy.metadata.generation));
        unchecked.map_or(Ok(policies.items.clone()), |policy| Err(format!("{:?}", policy.metadata.name)))
    };
    for policy in eventually("type checks of the policies", SOON, checked).await {
        let warnings = &policy.data["status"]["typeChecking"]["expressionWarnings"];
        assert!(warnings.is_null(), "{:?}: {warnings:#}", policy.metadata.name);
    }
}

async fn until_policies_count(rita: &Client) {
    let object = json!({
        "apiVersion": "cxguard.dev/v1alpha1", "kind": "AccessGrant",
        "metadata": {"name": "new", "namespace": "cx-light"},
        "spec": {"subject": {"kind": "User", "name": "sam"}, "role": {"kind": "ClusterRole", "name": "view"}, "requestedBy": "rita"},
    });
    for namespace in ["cx-light", "cx-audit", "cx-warn"] {
        let mut object = object.clone();
        object["metadata"]["namespace"] = json!(namespace);
        let refused = async || match try_create(rita, &object, true).await {
            Err(error) if error.to_string().contains("asks for no approval") => Ok(()),
            other => Err(format!("{other:?}")),
        };
        eventually(&format!("the policy of {namespace}"), SOON, refused).await;
    }
}

async fn what_is_not_spec_is_free(users: &Users) {
    let merge = PatchParams::default();
    for user in ["rita", "carl"] {
        let finalizer = Patch::Merge(
            json!({"metadata": {"finalizers": ["cxguard.dev/revoke"], "labels": {"by": "a-test"}}}),
        );
        grants(&users[user], "cx").patch("approved", &merge, &finalizer).await.unwrap();
        let without = Patch::Merge(json!({"metadata": {"finalizers": null, "labels": null}}));
        grants(&users[user], "cx").patch("approved", &merge, &without).await.unwrap();
    }
}

async fn only_the_operator_writes_status(users: &Users) {
    let forged = Patch::Merge(json!({"status": {"phase": "Active", "activatedAt": "2020-01-01T00:00:00Z"}}));
    for user in ["admin", "carl"] {
        let refused =
            grants(&users[user], "cx").patch_status("asked", &PatchParams::default(), &forged).await;
        let said = refused.unwrap_err().to_string();
        assert!(
            said.contains("cxguard: status is written by system:serviceaccount:cxguard-system:cxguard only"),
            "{said}"
        );
    }
    for user in ["rita", "anna", "vera"] {
        let refused =
            grants(&users[user], "cx").patch_status("asked", &PatchParams::default(), &forged).await;
        assert!(refused.unwrap_err().to_string().contains("cannot patch resource \"accessgrants/status\""));
    }
    // Neither by the main resource.
    let stored = grants(&users["carl"], "cx").patch("asked", &PatchParams::default(), &forged).await.unwrap();
    assert!(stored.data["status"].is_null(), "{:?}", stored.data);
    let pending = Patch::Merge(json!({"status": {"phase": "Pending"}}));
    let operator = grants(&users[OPERATOR], "cx");
    let stored = operator.patch_status("asked", &PatchParams::default(), &pending).await.unwrap();
    assert_eq!(stored.data["status"]["phase"], "Pending");
}

async fn a_namespace_stays_protected(users: &Users) {
    let label =
        |value: Value| Patch::Merge(json!({"metadata": {"labels": {"cxguard.dev/protected": value}}}));
    let dry = PatchParams { dry_run: true, ..PatchParams::default() };
    let kind = ApiResource::from_gvk(&GroupVersionKind::gvk("", "v1", "Namespace"));
    let namespaces = |user: &str| Api::<DynamicObject>::all_with(users[user].clone(), &kind);
    for value in [Value::Null, json!("false"), json!("")] {
        for subresource in ["", "status"] {
            let patch = label(value.clone());
            let result = match subresource {
                "" => namespaces("nick").patch("cx", &dry, &patch).await,
                name => namespaces("nick").patch_subresource(name, "cx", &dry, &patch).await,
            };
            let said = result.err().map(|error| error.to_string()).unwrap_or_default();
            assert!(
                said.contains("nick lacks the verb unprotect on namespace cx: keep the label"),
                "{value} by {subresource:?}: {said:?}"
            );
        }
        namespaces("una").patch("cx", &dry, &label(value)).await.unwrap();
    }
    let bare = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "cx"}});
    let path = "/api/v1/namespaces/cx/finalize?dryRun=All";
    let answer = send(&users["nick"], "PUT", path, "application/json", &bare).await;
    assert!(answer.body["message"].to_string().contains("lacks the verb unprotect"), "{answer:?}");
    let other = Patch::Merge(json!({"metadata": {"labels": {"team": "cx"}}}));
    namespaces("nick").patch("cx", &dry, &other).await.unwrap();
    namespaces("nick").patch("cx-other", &dry, &label(json!("true"))).await.unwrap();
}

async fn the_examples_apply(admin: &Client) {
    let known: Vec<String> = cxguard::api::crds().into_iter().map(|crd| crd.spec.names.kind).collect();
    for document in EXAMPLES.into_iter().flat_map(documents) {
        let ours = document["apiVersion"] == "cxguard.dev/v1alpha1";
        if !ours || known.iter().any(|kind| document["kind"] == *kind) {
            support::try_apply(admin, &document, false)
                .await
                .unwrap_or_else(|error| panic!("{document}: {error}"));
        }
    }
    // The one that its subject approved is refused, whoever applies it.
    for document in documents(include_str!("../examples/violating/employee-access.yaml")) {
        if document["kind"] == "AccessGrant" {
            let said = support::try_apply(admin, &document, true).await.unwrap_err().to_string();
            assert!(said.contains("CX508: marketing-3@corp.example gets access by this grant"), "{said}");
        }
    }
}

async fn namespaces_can_be_deleted(admin: &Client) {
    let kind = ApiResource::from_gvk(&GroupVersionKind::gvk("", "v1", "Namespace"));
    let namespaces = Api::<DynamicObject>::all_with(admin.clone(), &kind);
    namespaces.delete("cx", &DeleteParams::default()).await.unwrap();
    let gone = async || match namespaces.get_opt("cx").await {
        Ok(None) => Ok(()),
        other => Err(format!("{other:?}")),
    };
    eventually("the end of namespace cx", SOON, gone).await;
}
