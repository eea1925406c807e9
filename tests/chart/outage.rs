//! All replicas are down: what the API server refuses then, what goes on, and the way out, as docs/install.md says.

use kube::Client;
use kube::api::DeleteParams;
use serde_json::{Value, json};
use xtask::controlplane::{ControlPlane, Options};
use xtask::helm::Version;

use crate::support::{
    OPERATOR, SOON, apply, documents, eventually, install, located, send, try_apply, try_create,
    until_allowed,
};
use crate::values::DEFAULT;

const SETUP: &str = include_str!("outage.yaml");
const GROUPS: [&str; 3] =
    ["system:serviceaccounts", "system:serviceaccounts:cxguard-system", "system:authenticated"];
/// Who makes ReplicaSets for Deployments.
const DEPLOYMENTS: &str = "system:serviceaccount:kube-system:deployment-controller";
const JSON: &str = "application/json";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts a control plane: run by cargo xtask test"]
async fn protected_namespaces_refuse_and_everything_else_goes_on() {
    let plane = ControlPlane::start(Options { scheduler: false, ..Options::default() }).await.unwrap();
    install(&plane).await;
    let admin = plane.admin().unwrap();
    apply(&admin, SETUP).await;
    let operator = plane.client(OPERATOR, &GROUPS).unwrap();
    until_allowed(&operator, json!({"verb": "delete", "group": "rbac.authorization.k8s.io", "resource": "rolebindings", "namespace": "cx"})).await;
    webhooks(&admin).await;

    what_is_protected_is_refused(&admin).await;
    the_rest_of_the_cluster_lives(&admin).await;
    what_changes_nothing_is_free(&admin).await;
    a_grant_is_revoked(&admin).await;
    let deployments = plane.client(DEPLOYMENTS, &GROUPS).unwrap();
    try_create(&deployments, &replica_set(), true).await.unwrap();
    access_is_given_and_taken(&operator).await;
    a_protected_namespace_is_deleted(&admin).await;
    the_way_out(&admin).await;
}

/// Installs the webhooks of the chart; nobody stands behind their Service. Returns when they are in force.
async fn webhooks(admin: &Client) {
    let objects = DEFAULT.objects(Version::Four).await;
    let ours = objects.iter().filter(|object| {
        let kind = object["kind"].as_str().unwrap();
        kind == "Service" || kind.ends_with("WebhookConfiguration")
    });
    for object in ours {
        try_apply(admin, object, false).await.unwrap();
    }
    for (namespace, webhook) in [("cx", "pin.cxguard.dev"), ("cx", "access.cxguard.dev")] {
        let probe = if webhook == "pin.cxguard.dev" { pod(namespace) } else { binding(namespace, "probe") };
        let refused = async || refused_by(admin, &probe, webhook).await;
        eventually("the webhooks in force", SOON, refused).await;
    }
}

/// Whether creating this fails, and because this webhook does not answer.
async fn refused_by(client: &Client, object: &Value, webhook: &str) -> Result<(), String> {
    match try_create(client, object, true).await {
        Err(error) if error.to_string().contains(&format!("failed calling webhook \"{webhook}\"")) => Ok(()),
        other => Err(format!("{} {other:?}", object["kind"])),
    }
}

fn pod(namespace: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "probe", "namespace": namespace},
        "spec": {"containers": [{"name": "main", "image": "registry.example/cx/probe"}]},
    })
}

fn binding(namespace: &str, name: &str) -> Value {
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
        "metadata": {"name": name, "namespace": namespace},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "feedback-reader"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "sam"}],
    })
}

/// One that no Deployment made, unless the controller of Deployments asks for it.
fn replica_set() -> Value {
    let mut object = named("Deployment");
    object["kind"] = json!("ReplicaSet");
    object["metadata"]["name"] = json!("probe");
    object
}

fn named(kind: &str) -> Value {
    documents(SETUP).into_iter().find(|object| object["kind"] == kind).unwrap()
}

async fn what_is_protected_is_refused(admin: &Client) {
    let role = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "probe", "namespace": "cx"},
        "rules": [],
    });
    let mut deployment = named("Deployment");
    deployment["metadata"]["name"] = json!("probe");
    let mut vendor = named("Vendor");
    vendor["metadata"]["name"] = json!("probe");
    for (object, webhook) in [
        (&deployment, "workloads.cxguard.dev"),
        (&replica_set(), "workloads.cxguard.dev"),
        (&role, "access.cxguard.dev"),
        (&vendor, "objects.cxguard.dev"),
    ] {
        refused_by(admin, object, webhook).await.unwrap();
    }
    let core = "/api/v1/namespaces/cx";
    let target = json!({
        "apiVersion": "v1", "kind": "Binding", "metadata": {"name": "waiting"},
        "target": {"apiVersion": "v1", "kind": "Node", "name": "n"},
    });
    for (method, path, body, webhook) in [
        ("POST", format!("{core}/pods/waiting/binding"), &target, "placement.cxguard.dev"),
        ("POST", format!("{core}/pods/waiting/exec?command=sh"), &Value::Null, "sessions.cxguard.dev"),
        ("POST", format!("{core}/pods/waiting/portforward"), &Value::Null, "sessions.cxguard.dev"),
        ("GET", format!("{core}/services/web/proxy/"), &Value::Null, "sessions.cxguard.dev"),
        (
            "DELETE",
            "/apis/cxguard.dev/v1alpha1/vendors/firm".to_owned(),
            &Value::Null,
            "removals.cxguard.dev",
        ),
    ] {
        let answer = send(admin, method, &path, JSON, body).await;
        let said = answer.body["message"].as_str().unwrap_or_default();
        assert!(said.contains(&format!("failed calling webhook \"{webhook}\"")), "{path}: {answer:?}");
    }
}

async fn the_rest_of_the_cluster_lives(admin: &Client) {
    for namespace in ["default", "kube-system", "cxguard-system"] {
        // cxguard-system takes restricted pods only: what it refuses says that no webhook was in the way.
        match try_create(admin, &pod(namespace), true).await {
            Err(error) => assert!(error.to_string().contains("violates PodSecurity"), "{namespace}: {error}"),
            Ok(_) => assert_ne!(namespace, "cxguard-system"),
        }
        try_create(admin, &binding(namespace, "probe"), true).await.unwrap();
    }
    let mut everywhere = binding("", "probe");
    everywhere["kind"] = json!("ClusterRoleBinding");
    everywhere["metadata"] = json!({"name": "probe"});
    try_create(admin, &everywhere, true).await.unwrap();
    // Even if somebody gives them the label.
    for namespace in ["kube-system", "cxguard-system"] {
        let label = json!({
            "apiVersion": "v1", "kind": "Namespace",
            "metadata": {"name": namespace, "labels": {"cxguard.dev/protected": "true"}},
        });
        try_apply(admin, &label, false).await.unwrap();
        try_create(admin, &binding(namespace, "probe"), true).await.unwrap();
    }
}

/// Labels and finalizers of our kinds, annotations of workloads, what is not read of roles and bindings, scaling: nothing is
/// judged, so nobody is asked.
async fn what_changes_nothing_is_free(admin: &Client) {
    let note = json!({"metadata": {"annotations": {"a": "b"}}});
    let label = json!({"metadata": {"labels": {"a": "b"}}});
    for (kind, change) in [
        ("AccessGrant", &label),
        ("Deployment", &note),
        ("RoleBinding", &note),
        ("RoleBinding", &label),
        ("Role", &note),
        ("ClusterRole", &note),
    ] {
        changed(admin, kind, change).await.unwrap_or_else(|error| panic!("{kind} {change}: {error}"));
    }
    let group = json!([{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "cx"}]);
    let verbs = json!([{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["*"]}]);
    for (kind, change) in [
        ("RoleBinding", json!({"subjects": group})),
        ("RoleBinding", json!({"subjects": null})),
        ("RoleBinding", json!({"metadata": {"labels": {"cxguard.dev/grant-uid": "u"}}})),
        ("Role", json!({"rules": verbs})),
    ] {
        let said = changed(admin, kind, &change).await.unwrap_err().to_string();
        assert!(said.contains("failed calling webhook \"access.cxguard.dev\""), "{kind} {change}: {said}");
    }
    let path = "/apis/apps/v1/namespaces/cx/deployments/sender/scale";
    let mut scale = send(admin, "GET", path, JSON, &Value::Null).await.body;
    scale["spec"]["replicas"] = json!(1);
    // Whatever the controller writes into the status meanwhile.
    scale["metadata"]["resourceVersion"] = Value::Null;
    let answer = send(admin, "PUT", path, JSON, &scale).await;
    assert_eq!(answer.code, 200, "{answer:?}");
}

/// Changes the object of this kind that was set up.
async fn changed(admin: &Client, kind: &str, change: &Value) -> kube::Result<()> {
    let (api, object) = located(admin, &named(kind)).await;
    let name = object.metadata.name.unwrap();
    let change = kube::api::Patch::Merge(change);
    api.patch(&name, &kube::api::PatchParams::default(), &change).await.map(drop)
}

/// An earlier end would be asked about; a revocation is not, so that it is on record when the operator is back.
async fn a_grant_is_revoked(admin: &Client) {
    let (grants, object) = located(admin, &named("AccessGrant")).await;
    let name = object.metadata.name.unwrap();
    let change = |spec: Value| kube::api::Patch::Merge(json!({"spec": spec}));
    let settings = kube::api::PatchParams::default();
    let sooner = grants.patch(&name, &settings, &change(json!({"expiresAt": "2026-11-24T00:00:00Z"}))).await;
    let sooner = sooner.unwrap_err().to_string();
    assert!(sooner.contains("failed calling webhook \"objects.cxguard.dev\""), "{sooner}");
    grants.patch(&name, &settings, &change(json!({"revoked": {"reason": "found out"}}))).await.unwrap();
}

async fn access_is_given_and_taken(operator: &Client) {
    let object = binding("cx", "by-the-operator");
    try_create(operator, &object, false).await.unwrap();
    let (bindings, _) = located(operator, &object).await;
    for name in ["by-the-operator", "given"] {
        bindings.delete(name, &DeleteParams::default()).await.unwrap();
    }
}

async fn a_protected_namespace_is_deleted(admin: &Client) {
    let (namespaces, _) = located(admin, &named("Namespace")).await;
    namespaces.delete("cx", &DeleteParams::default()).await.unwrap();
    let gone = async || match namespaces.get_opt("cx").await {
        Ok(None) => Ok(()),
        other => Err(format!("{other:?}")),
    };
    eventually("the end of a protected namespace", SOON, gone).await;
}

async fn the_way_out(admin: &Client) {
    let probe = pod("cx-next");
    refused_by(admin, &probe, "pin.cxguard.dev").await.unwrap();
    for kind in ["ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"] {
        let object = json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": kind, "metadata": {"name": "cxguard"}});
        let (api, _) = located(admin, &object).await;
        api.delete("cxguard", &DeleteParams::default()).await.unwrap();
    }
    let create = async || try_create(admin, &probe, true).await.map(drop);
    eventually("a pod in a protected namespace", SOON, create).await;
}
