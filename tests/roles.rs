//! The roles in `deploy/`: they name every kind, the operator's rights suffice for what it does and go no further.

#![cfg(feature = "cluster")]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, also in its helpers"
)]

mod support;

use std::collections::BTreeSet;

use cxguard::api::crds;
use k8s_openapi::api::rbac::v1::PolicyRule;
use kube::Client;
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};
use support::{OPERATOR, apply, documents, install, located, send, try_apply, try_create, until_allowed};
use xtask::controlplane::{ControlPlane, Options};

const SETUP: &str = include_str!("roles/setup.yaml");
const JSON: &str = "application/json";
const MANIFESTS: [&str; 2] = [include_str!("../deploy/operator.yaml"), include_str!("../deploy/roles.yaml")];

/// What the operator may do with Secrets, all in its own namespace: those of its webhook.
const OWN_SECRETS: [&str; 3] = [
    "get /secrets cxguard-webhook cxguard-webhook-ca",
    "update /secrets cxguard-webhook cxguard-webhook-ca",
    "create /secrets",
];

/// The rules of all roles of this name, as `verb group/resource`, with the resource names where they are limited.
fn rights(role: &str) -> BTreeSet<String> {
    let roles = MANIFESTS
        .into_iter()
        .flat_map(documents)
        .filter(|document| document["metadata"]["name"] == role && !document["rules"].is_null());
    let all: Vec<PolicyRule> = roles
        .flat_map(|role| serde_json::from_value::<Vec<PolicyRule>>(role["rules"].clone()).unwrap())
        .collect();
    let mut rights = BTreeSet::new();
    for rule in all {
        let names = rule.resource_names.map_or(String::new(), |names| format!(" {}", names.join(" ")));
        for group in rule.api_groups.iter().flatten() {
            for resource in rule.resources.iter().flatten() {
                rights.extend(rule.verbs.iter().map(|verb| format!("{verb} {group}/{resource}{names}")));
            }
        }
    }
    rights
}

#[test]
fn roles_name_every_kind() {
    let (operator, viewer) = (rights("cxguard"), rights("cxguard-viewer"));
    for kind in crds().into_iter().map(|crd| crd.spec.names.plural) {
        for verb in ["get", "list", "watch"] {
            let right = format!("{verb} cxguard.dev/{kind}");
            assert!(operator.contains(&right) && viewer.contains(&right), "{right}");
        }
        let right = format!("patch cxguard.dev/{kind}/status");
        assert!(operator.contains(&right), "{right}");
    }
}

#[test]
fn nobody_gets_what_opens_everything() {
    let people = [
        "cxguard-grant-requester",
        "cxguard-grant-approver",
        "cxguard-grant-voucher",
        "cxguard-viewer",
        "cxguard-access-viewer",
    ];
    let all = people.into_iter().chain(["cxguard", "cxguard-bind"]).flat_map(rights).collect::<BTreeSet<_>>();
    assert!(all.len() > 50, "{all:?}");
    for right in &all {
        let (verb, resource) = right.split_once(' ').unwrap();
        let unlimited = right.contains('*')
            || ["escalate", "impersonate"].contains(&verb)
            || (resource.contains("secrets") && !OWN_SECRETS.contains(&right.as_str()))
            || (resource.contains("webhookconfigurations") && !resource.ends_with(" cxguard"))
            || resource.contains("serviceaccounts")
            || (verb == "bind" && !resource.contains(' '))
            || (resource.ends_with("roles") && !["get", "list", "watch"].contains(&verb));
        assert!(!unlimited, "{right}");
    }
    let mine = rights("cxguard");
    assert!(
        !mine.contains("approve cxguard.dev/accessgrants")
            && !mine.contains("vouch cxguard.dev/accessgrants")
    );
    let status = people.into_iter().flat_map(rights).find(|right| right.contains("status"));
    assert_eq!(status, None);
    for document in MANIFESTS.into_iter().flat_map(documents) {
        let labels = document["metadata"]["labels"].to_string();
        assert!(!labels.contains("aggregate-to"), "{document}");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts a control plane: run by cargo xtask test"]
async fn the_operator_may_do_what_it_does_and_no_more() {
    let options = Options { scheduler: false, controller_manager: false, ..Options::default() };
    let plane = ControlPlane::start(options).await.unwrap();
    install(&plane).await;
    let admin = plane.admin().unwrap();
    apply(&admin, SETUP).await;
    let groups = ["system:serviceaccounts", "system:serviceaccounts:cxguard-system"];
    let operator = plane.client(OPERATOR, &groups).unwrap();
    until_allowed(&operator, right("patch", "cxguard.dev", "accessgrants", "cx")).await;
    until_allowed(&operator, right("create", "", "configmaps", "cxguard-system")).await;

    it_carries_out_every_effect(&operator).await;
    it_binds_the_listed_roles_only(&operator).await;
    it_changes_no_spec(&operator).await;
    it_may_do_nothing_else(&operator).await;
}

fn right(verb: &str, group: &str, resource: &str, namespace: &str) -> Value {
    json!({"verb": verb, "group": group, "resource": resource, "namespace": namespace})
}

fn binding(name: &str, role: &str) -> Value {
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
        "metadata": {"name": name, "namespace": "cx"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "sam"}],
    })
}

/// The answer's code and body, of one request.
async fn does(operator: &Client, request: &str, body: &Value) -> (u16, Value) {
    let (method, path) = request.split_once(' ').unwrap();
    let answer = send(operator, method, path, JSON, body).await;
    (answer.code, answer.body)
}

async fn it_carries_out_every_effect(operator: &Client) {
    let grant = "/apis/cxguard.dev/v1alpha1/namespaces/cx/accessgrants/sam-reads";
    let bindings = "/apis/rbac.authorization.k8s.io/v1/namespaces/cx/rolebindings";
    let note = json!({
        "apiVersion": "events.k8s.io/v1", "kind": "Event", "metadata": {"name": "sam.1", "namespace": "cx"},
        "eventTime": "2026-11-23T12:00:00.000000Z", "type": "Normal", "reason": "Bound", "action": "Bind",
        "reportingController": "cxguard.dev/operator", "reportingInstance": "cxguard-0",
        "regarding": {"apiVersion": "cxguard.dev/v1alpha1", "kind": "AccessGrant", "namespace": "cx", "name": "sam-reads"},
    });
    let question = json!({
        "apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview",
        "spec": {"user": "sam", "resourceAttributes": right("get", "", "configmaps", "cx")},
    });
    let annotated = json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "sender", "namespace": "cx", "annotations": {"cxguard.dev/compliance": "Compliant"}},
    });
    let record = json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "ended", "namespace": "cxguard-system"},
    });
    assert_eq!(does(operator, &format!("GET {grant}"), &Value::Null).await.0, 200);
    let (grants, _) = located(operator, &documents(SETUP).swap_remove(3)).await;
    let held = json!([{"op": "add", "path": "/metadata/finalizers", "value": ["cxguard.dev/revoke"]}]);
    let held = Patch::Json::<()>(serde_json::from_value(held).unwrap());
    grants.patch("sam-reads", &PatchParams::default(), &held).await.unwrap();
    let status = Patch::Apply(json!({
        "apiVersion": "cxguard.dev/v1alpha1", "kind": "AccessGrant", "status": {"phase": "Active"},
    }));
    grants.patch_status("sam-reads", &PatchParams::apply("cxguard"), &status).await.unwrap();
    try_create(operator, &binding("cxguard-sam-reads", "feedback-reader"), false).await.unwrap();
    let (code, mut stored) = does(operator, &format!("GET {bindings}/cxguard-sam-reads"), &Value::Null).await;
    assert_eq!(code, 200);
    stored["metadata"]["annotations"] = json!({"cxguard.dev/deadline": "2026-12-18T18:00:00Z"});
    let (code, said) = does(operator, &format!("PUT {bindings}/cxguard-sam-reads"), &stored).await;
    assert_eq!(code, 200, "{said}");
    let (code, said) = does(operator, &format!("DELETE {bindings}/cxguard-sam-reads"), &Value::Null).await;
    assert_eq!(code, 200, "{said}");
    try_apply(operator, &record, false).await.unwrap();
    try_create(operator, &question, false).await.unwrap();
    try_create(operator, &note, false).await.unwrap();
    let (deployments, _) = located(operator, &annotated).await;
    let how = PatchParams::apply("cxguard");
    deployments.patch("sender", &how, &Patch::Apply(&annotated)).await.unwrap();
    // What is gone is not made anew, not even whole.
    let mut gone = documents(SETUP).swap_remove(4);
    gone["metadata"]["name"] = json!("gone");
    let said = deployments.patch("gone", &how, &Patch::Apply(&gone)).await.unwrap_err().to_string();
    assert!(said.contains("cannot create resource \"deployments\""), "{said}");
    let left = does(operator, "GET /apis/apps/v1/namespaces/cx/deployments/gone", &Value::Null).await;
    assert_eq!(left.0, 404);
}

async fn it_binds_the_listed_roles_only(operator: &Client) {
    let beyond = "attempting to grant RBAC permissions not currently held";
    let unlisted = "cxguard: the operator lacks the verb bind on ClusterRole";
    for (role, expected) in [
        ("feedback-writer", beyond),
        ("cluster-admin", beyond),
        ("cxguard-grant-approver", beyond),
        // It holds all that these allow.
        ("pod-reader", unlisted),
        ("cxguard", unlisted),
    ] {
        let said = try_create(operator, &binding("other", role), false).await.unwrap_err().to_string();
        assert!(said.contains(expected), "{role}: {said}");
    }
}

async fn it_changes_no_spec(operator: &Client) {
    let [grant, deployment] = [3, 4].map(|at| documents(SETUP).swap_remove(at));
    for (object, change) in [
        (&deployment, json!({"spec": {"replicas": 1}})),
        (&deployment, json!({"spec": {"template": {"metadata": {"annotations": {"a": "b"}}}}})),
        (&deployment, json!({"metadata": {"labels": {"a": "b"}}})),
        (&grant, json!({"spec": {"reviewedOn": "2026-11-22"}})),
        (&grant, json!({"metadata": {"labels": {"a": "b"}}})),
    ] {
        let (api, object) = located(operator, object).await;
        let name = object.metadata.name.unwrap();
        let result = api.patch(&name, &PatchParams::default(), &Patch::Merge(&change)).await;
        let said = result.unwrap_err().to_string();
        assert!(said.contains("changes annotations and finalizers only"), "{change}: {said}");
    }
}

async fn it_may_do_nothing_else(operator: &Client) {
    let rbac = "rbac.authorization.k8s.io";
    let reviews = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    for what in [
        right("get", "", "secrets", "cx"),
        right("get", "", "secrets", "cxguard-system"),
        right("list", "", "secrets", "cxguard-system"),
        right("create", "", "secrets", "cx"),
        right("create", "coordination.k8s.io", "leases", "kube-system"),
        right("update", "coordination.k8s.io", "leases", "cxguard-system"),
        right("list", "admissionregistration.k8s.io", "mutatingwebhookconfigurations", ""),
        right("watch", "admissionregistration.k8s.io", "validatingwebhookconfigurations", ""),
        right("patch", "admissionregistration.k8s.io", "mutatingwebhookconfigurations", ""),
        right("patch", "admissionregistration.k8s.io", "validatingwebhookconfigurations", ""),
        right("get", "", "configmaps", "cx"),
        right("delete", "", "configmaps", "cxguard-system"),
        right("create", "", "serviceaccounts", "cx"),
        right("create", "apps", "deployments", "cx"),
        right("update", "apps", "deployments", "cx"),
        right("delete", "apps", "deployments", "cx"),
        right("patch", "", "pods", "cx"),
        right("delete", "", "pods", "cx"),
        right("patch", "", "namespaces", ""),
        right("create", rbac, "roles", "cx"),
        right("escalate", rbac, "roles", "cx"),
        right("bind", rbac, "clusterroles", "cx"),
        right("create", rbac, "clusterrolebindings", ""),
        right("delete", rbac, "clusterrolebindings", ""),
        right("deletecollection", rbac, "rolebindings", "cx"),
        right("impersonate", "", "users", ""),
        right("approve", "cxguard.dev", "accessgrants", "cx"),
        right("vouch", "cxguard.dev", "accessgrants", "cx"),
        right("create", "cxguard.dev", "accessgrants", "cx"),
        right("delete", "cxguard.dev", "accessgrants", "cx"),
        right("patch", "cxguard.dev", "compliancepolicies", ""),
        right("patch", "cxguard.dev", "people", ""),
    ] {
        let review = json!({"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": {"resourceAttributes": what}});
        let answer = send(operator, "POST", reviews, JSON, &review).await;
        assert_eq!(answer.code, 201, "{answer:?}");
        assert_eq!(answer.body["status"]["allowed"], false, "{what}");
    }
}
