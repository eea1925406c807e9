//! What tests on a real API server share: applying manifests, waiting for a condition, installing cxguard.

#![allow(dead_code, reason = "every test uses a part of it")]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, also in its helpers"
)]

use std::time::Duration;

use http::Request;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{Api, DynamicObject, Patch, PatchParams, PostParams};
use kube::client::Body;
use kube::core::GroupVersionKind;
use kube::discovery::{ApiResource, Scope, pinned_kind};
use kube::{Client, ResourceExt};
use serde_json::{Value, json};
use xtask::controlplane::ControlPlane;

/// How long a test waits for what takes a second.
pub(crate) const SOON: Duration = Duration::from_secs(30);

/// The operator's user name.
pub(crate) const OPERATOR: &str = "system:serviceaccount:cxguard-system:cxguard";

/// The accounts and roles of the repository, in the order in which an administrator applies them.
const RIGHTS: [&str; 2] =
    [include_str!("../../deploy/operator.yaml"), include_str!("../../deploy/roles.yaml")];

/// The admission policies, which come last.
const ADMISSION: &str = include_str!("../../deploy/admission.yaml");

/// Asks again and again until the answer is there; fails with the last reason why it was not.
pub(crate) async fn eventually<T, E: std::fmt::Display>(
    what: &str,
    deadline: Duration,
    mut ask: impl AsyncFnMut() -> Result<T, E>,
) -> T {
    let mut last = String::from("no answer at all");
    let wait = async {
        loop {
            match ask().await {
                Ok(answer) => return answer,
                Err(error) => last = error.to_string(),
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let answer = tokio::time::timeout(deadline, wait).await;
    answer.unwrap_or_else(|_| panic!("{what}: not within {} s: {last}", deadline.as_secs()))
}

/// The documents of a YAML text.
pub(crate) fn documents(yaml: &str) -> Vec<Value> {
    let documents: Vec<Value> = serde_saphyr::from_multiple(yaml).unwrap();
    documents.into_iter().filter(|document| !document.is_null()).collect()
}

/// Applies the documents of a YAML text in their order. A refusal fails the test.
pub(crate) async fn apply(client: &Client, yaml: &str) {
    for document in documents(yaml) {
        if let Err(error) = try_apply(client, &document, false).await {
            let name = &document["metadata"]["name"];
            panic!("failed to apply {} {name}: {error}", document["kind"]);
        }
    }
}

/// Applies one object by server-side apply, unknown fields refused; or only asks what would come of it.
pub(crate) async fn try_apply(client: &Client, object: &Value, dry_run: bool) -> kube::Result<DynamicObject> {
    let (api, object) = located(client, object).await;
    let mut how = PatchParams::apply("test").validation_strict();
    how.force = true;
    how.dry_run = dry_run;
    api.patch(&object.name_any(), &how, &Patch::Apply(&object)).await
}

/// Creates one object, or only asks what would come of it.
pub(crate) async fn try_create(
    client: &Client,
    object: &Value,
    dry_run: bool,
) -> kube::Result<DynamicObject> {
    let (api, object) = located(client, object).await;
    api.create(&PostParams { dry_run, ..PostParams::default() }, &object).await
}

/// The place of an object in the API, found by discovery.
pub(crate) async fn located(client: &Client, object: &Value) -> (Api<DynamicObject>, DynamicObject) {
    let object: DynamicObject = serde_json::from_value(object.clone()).unwrap();
    let kind = GroupVersionKind::try_from(object.types.as_ref().unwrap()).unwrap();
    let find = async || pinned_kind(client, &kind).await;
    let (resource, capabilities): (ApiResource, _) =
        eventually(&format!("discovery of {}", kind.kind), SOON, find).await;
    let api = match (capabilities.scope, object.namespace()) {
        (Scope::Cluster, _) => Api::all_with(client.clone(), &resource),
        (Scope::Namespaced, None) => Api::default_namespaced_with(client.clone(), &resource),
        (Scope::Namespaced, Some(namespace)) => Api::namespaced_with(client.clone(), &namespace, &resource),
    };
    (api, object)
}

/// An answer as it came, with what the typed client drops.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: u16,
    pub(crate) warnings: Vec<String>,
    pub(crate) body: Value,
}

/// Sends a request as it is.
pub(crate) async fn send(client: &Client, method: &str, path: &str, accept: &str, body: &Value) -> Answer {
    let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("accept", accept)
        .header("content-type", "application/json")
        .body(Body::from(body));
    let response = client.send(request.unwrap()).await.unwrap();
    let code = response.status().as_u16();
    let warnings = response.headers().get_all("warning").iter();
    let warnings = warnings.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).collect();
    let body = response.into_body().collect_bytes().await.unwrap();
    Answer { code, warnings, body: serde_json::from_slice(&body).unwrap() }
}

/// Installs the definitions, the roles and the admission policies, and returns when all of them are in force.
pub(crate) async fn install(plane: &ControlPlane) {
    let admin = plane.admin().unwrap();
    install_without_admission(&admin).await;
    install_admission(&admin).await;
}

/// Installs the definitions and the roles: whatever fits the definitions can be stored.
pub(crate) async fn install_without_admission(admin: &Client) {
    install_definitions(admin).await;
    for manifest in RIGHTS {
        apply(admin, manifest).await;
    }
}

/// Installs the admission policies, and returns when all of them are in force.
pub(crate) async fn install_admission(admin: &Client) {
    apply(admin, ADMISSION).await;
    // Policies come into force in the order in which they were stored: once this one refuses, all of them do.
    apply(admin, LAST).await;
    let probe = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "probe", "namespace": "default"}});
    let refused = async || match try_create(admin, &probe, true).await {
        Err(error) if error.to_string().contains("in force") => Ok(()),
        other => Err(format!("{other:?}")),
    };
    eventually("the admission policies in force", SOON, refused).await;
    remove_last(admin).await;
    parameters_read(admin).await;
}

/// Waits until the API server has listed the CompliancePolicies that are parameters of admission policies. A policy in
/// force refuses every grant until then, and on a busy machine the list can be seconds late.
async fn parameters_read(admin: &Client) {
    let probe = json!({
        "apiVersion": "cxguard.dev/v1alpha1", "kind": "AccessGrant",
        "metadata": {"name": "probe", "namespace": "default"},
        "spec": {
            "subject": {"kind": "User", "name": "nobody"}, "role": {"kind": "ClusterRole", "name": "none"},
            "dataForm": "Aggregate", "emergency": true, "approval": {"by": "x", "at": "2026-01-01T00:00:00Z"},
        },
    });
    let mut unapproved = probe.clone();
    unapproved["spec"].as_object_mut().unwrap().remove("approval");
    for grant in [probe, unapproved] {
        let judged = async || match try_create(admin, &grant, true).await {
            Err(error) if error.to_string().contains("not yet synced") => Err(error.to_string()),
            _ => Ok(()),
        };
        eventually("the parameters of the admission policies", SOON, judged).await;
    }
}

/// Installs the definitions, and returns when they are established.
pub(crate) async fn install_definitions(admin: &Client) {
    let definitions = cxguard::api::crds();
    for definition in &definitions {
        try_apply(admin, &serde_json::to_value(definition).unwrap(), false).await.unwrap();
    }
    let api: Api<CustomResourceDefinition> = Api::all(admin.clone());
    for definition in &definitions {
        let name = definition.name_any();
        let established = async || is_established(&api.get(&name).await.map_err(|error| error.to_string())?);
        eventually(&format!("definition {name}"), SOON, established).await;
    }
}

fn is_established(definition: &CustomResourceDefinition) -> Result<(), String> {
    let conditions = definition.status.iter().flat_map(|status| status.conditions.iter().flatten());
    let established = conditions.filter(|condition| condition.type_ == "Established");
    match established.map(|condition| condition.status.as_str()).next() {
        Some("True") => Ok(()),
        other => Err(format!("Established is {other:?}")),
    }
}

/// A policy of the tests that refuses one ConfigMap.
const LAST: &str = r#"
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: test-last}
spec:
  failurePolicy: Fail
  matchConstraints:
    resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [configmaps]}]
  validations: [{expression: "object.metadata.name != 'probe'", message: in force}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: test-last}
spec: {policyName: test-last, validationActions: [Deny]}
"#;

async fn remove_last(admin: &Client) {
    for document in documents(LAST).iter().rev() {
        let (api, object) = located(admin, document).await;
        api.delete(&object.name_any(), &kube::api::DeleteParams::default()).await.unwrap();
    }
}

/// Waits until a user may do this, given as the resource attributes of an access review.
pub(crate) async fn until_allowed(user: &Client, what: Value) {
    let review = json!({
        "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": what},
    });
    let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    let allowed = async || {
        let answer = send(user, "POST", path, "application/json", &review).await;
        if answer.body["status"]["allowed"] == true { Ok(()) } else { Err(answer.body["status"].to_string()) }
    };
    eventually(&format!("the right {what}"), SOON, allowed).await;
}
