//! Objects that are older than the schema they do not fit, and permissions that are missing.

use serde_json::{Value, json};

use crate::audit::{requests, until_silent};
use crate::bad_input::all_else_works;
use crate::life::condition;
use crate::objects::{API, GENERAL, namespace};
use crate::process::Start;
use crate::stage::{OPERATORS, Stage, day, now, seconds_from_now};
use crate::support::{self, OPERATOR, apply, install, try_apply, try_create};
use xtask::controlplane::{ControlPlane, Options};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts a control plane: run by cargo xtask test"]
async fn an_object_older_than_its_schema_stops_nothing() {
    let plane = ControlPlane::start(Options { scheduler: false, ..Options::default() }).await.unwrap();
    let admin = plane.admin().unwrap();
    loosely(&admin).await;
    for name in ["malformed", "going"] {
        try_apply(&admin, &namespace(name), false).await.unwrap();
    }
    for object in malformed().into_iter().chain([to_masters()]) {
        support::eventually("a stored object", support::SOON, async || {
            try_create(&admin, &object, false).await
        })
        .await;
    }
    install(&plane).await;
    apply(&admin, GENERAL).await;
    let start = Start::new(plane.kubeconfig(OPERATOR, &OPERATORS).unwrap(), "old-objects");
    let stage = Stage { plane, admin, start };
    let operator = stage.start.ready().await;
    for object in malformed() {
        let unreadable = stage.until("a status", &object, says_unreadable).await;
        let ready = condition(&unreadable, "Ready");
        assert_eq!(ready["status"], "False", "{unreadable}");
        let path = ready["message"].as_str().unwrap();
        assert!(path.starts_with("/spec"), "{unreadable}");
        assert_ne!(condition(&unreadable, "Compliant")["status"], "True", "{unreadable}");
    }
    a_stored_name_of_kubernetes_gets_nothing(&stage).await;
    let mallory = stage.person_in("malformed", "mallory", &[]);
    assert_eq!(mallory.code().await, 403);
    all_else_works(&stage, "well-formed").await;
    stage.delete(&namespace("going")).await;
    stage.until_gone(&namespace("going")).await;
    until_silent(&stage.plane).await;
    operator.stop().await;
}

/// A grant that the definition refuses now.
fn to_masters() -> Value {
    json!({
        "apiVersion": API, "kind": "AccessGrant", "metadata": {"name": "masters", "namespace": "malformed"},
        "spec": {
            "subject": {"kind": "Group", "name": "system:masters"},
            "role": {"kind": "ClusterRole", "name": "feedback-reader"}, "requestedBy": "rita",
            "expiresAt": "2199-01-01T00:00:00Z", "approval": {"by": "lead", "at": format!("{}T00:00:00Z", day(0))},
        },
    })
}

/// It waits for ever, and says why; it can be revoked all the same.
async fn a_stored_name_of_kubernetes_gets_nothing(stage: &Stage) {
    let told = |grant: &Value| grant["status"]["conditions"].to_string().contains("is Kubernetes' own name");
    let pending = stage.until("the reason", &to_masters(), told).await;
    assert_eq!(pending["status"]["phase"], "Pending", "{pending}");
    stage.merge(&to_masters(), json!({"spec": {"revoked": {}}})).await.unwrap();
    stage.until_phase(&to_masters(), "Revoked").await;
}

fn says_unreadable(object: &Value) -> bool {
    let conditions = object["status"]["conditions"].as_array().into_iter().flatten();
    conditions.clone().any(|condition| {
        condition["reason"] == "Unreadable" || condition["message"].to_string().contains("/spec")
    })
}

/// Installs the definitions without what they demand of a spec.
async fn loosely(admin: &kube::Client) {
    for definition in cxguard::api::crds() {
        let mut definition = serde_json::to_value(definition).unwrap();
        for version in definition["spec"]["versions"].as_array_mut().unwrap() {
            let schema = &mut version["schema"]["openAPIV3Schema"];
            schema["properties"]["spec"] =
                json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
            schema.as_object_mut().unwrap().remove("required");
            version.as_object_mut().unwrap().remove("selectableFields");
        }
        try_apply(admin, &definition, false).await.unwrap();
    }
}

fn malformed() -> Vec<Value> {
    let object = |kind: &str, namespace: Option<&str>, spec: Value| {
        let mut object =
            json!({"apiVersion": API, "kind": kind, "metadata": {"name": "malformed"}, "spec": spec});
        if let Some(namespace) = namespace {
            object["metadata"]["namespace"] = json!(namespace);
        }
        object
    };
    let grant = json!({
        "subject": {"kind": "Robot", "name": "mallory"},
        "role": {"kind": "ClusterRole", "name": "feedback-reader"},
        "expiresAt": "2026-12-01T00:00:00Z", "approval": {"by": "lead", "at": "2026-01-01T00:00:00Z"},
    });
    vec![
        object("Vendor", None, json!({"country": 49, "locations": "everywhere"})),
        object("Person", None, json!({"usernames": ["mallory"], "type": "Robot"})),
        object("DataFlow", Some("malformed"), json!({"to": {"vendor": "nobody"}})),
        object("AccessGrant", Some("malformed"), grant.clone()),
        object("AccessGrant", Some("going"), grant),
    ]
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts a control plane: run by cargo xtask test"]
async fn a_missing_permission_is_named_and_waited_for() {
    let (stage, operator) = Stage::with_operator("permissions").await;
    let (anna, ben) = tokio::join!(stage.person("bind", "anna"), stage.person("delete", "ben"));
    let deadline = seconds_from_now(4);
    let due = ben.grant("reads", deadline);
    stage.apply(due.clone()).await;
    ben.until_allowed().await;
    let everything = role(&stage, "cxguard").await;
    without_deleting_bindings(&stage, &everything).await;
    let bind = role(&stage, "cxguard-bind").await;
    stage.merge(&bind, json!({"rules": []})).await.unwrap();
    until_may(&stage, "bind", "clusterroles", false).await;
    let given = anna.grant("reads", seconds_from_now(600));
    let since = now();
    stage.apply(given.clone()).await;

    let forbidden = |object: &Value| {
        let conditions = object["status"]["conditions"].as_array().into_iter().flatten();
        conditions.clone().any(|condition| condition["reason"] == "Forbidden")
    };
    for (grant, what) in [(&given, "attempting to grant RBAC permissions"), (&due, "cannot delete resource")]
    {
        let grant = stage.until("a refusal", grant, forbidden).await;
        let ready = condition(&grant, "Ready");
        assert_eq!(ready["status"], "False", "{grant}");
        let message = ready["message"].as_str().unwrap();
        assert!(message.contains(what) && message.contains("rolebindings"), "{message}");
        let logged = operator.log().iter().any(|line| line["message"].to_string().contains(what));
        assert!(logged, "no line says {what}");
    }
    // The end that cannot be carried out is not told as if it were.
    assert_eq!(ben.code().await, 200);
    assert_eq!(stage.find(&due).await.unwrap()["status"]["phase"], "Active");
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    let tries = requests(&stage.plane).into_iter();
    let tries = tries.filter(|request| request.at >= since && request.verb == "create");
    let tries = tries.filter(|request| request.object.starts_with("bind/")).count();
    assert!(tries <= 2, "{tries} tries within seconds");

    stage.merge(&everything, json!({"rules": everything["rules"]})).await.unwrap();
    stage.merge(&bind, json!({"rules": bind["rules"]})).await.unwrap();
    ben.until_denied().await;
    anna.until_allowed().await;
    stage.until_phase(&due, "Expired").await;
    let active = stage.until_phase(&given, "Active").await;
    assert_eq!(condition(&active, "Ready")["status"], "True", "{active}");
    operator.stop().await;
}

/// Nothing may be given while a part of the world is not known; what is due ends all the same.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts a control plane: run by cargo xtask test"]
async fn what_cannot_be_listed_keeps_no_access_alive() {
    let (stage, operator) = Stage::with_operator("unlisted").await;
    let (anna, ben) = tokio::join!(stage.person("overdue", "anna"), stage.person("due", "ben"));
    let (first, second) = (seconds_from_now(4), seconds_from_now(12));
    stage.apply(anna.grant("reads", first)).await;
    stage.apply(ben.grant("reads", second)).await;
    anna.until_allowed().await;
    ben.until_allowed().await;
    operator.kill();
    let everything = role(&stage, "cxguard").await;
    without(&stage, &everything, "pods", "list").await;
    until_may(&stage, "list", "pods", false).await;
    anna.keeps_access_until(first).await;
    let operator = stage.start.spawn();
    anna.until_denied().await;
    let named = async || {
        let line = "no permission to list pods";
        let lines = operator.log();
        let found = lines.iter().filter(|entry| entry["message"].to_string().contains(line)).count();
        if found == 1 { Ok(()) } else { Err(format!("{found} lines say {line}")) }
    };
    support::eventually("one line that names the permission", support::SOON, named).await;
    ben.loses_access_at(second).await;
    stage.merge(&everything, json!({"rules": everything["rules"]})).await.unwrap();
    stage.until_phase(&ben.grant("reads", second), "Expired").await;
    operator.stop().await;
}

async fn role(stage: &Stage, name: &str) -> Value {
    let role = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": name},
    });
    stage.find(&role).await.unwrap()
}

async fn without_deleting_bindings(stage: &Stage, role: &Value) {
    without(stage, role, "rolebindings", "delete").await;
    until_may(stage, "delete", "rolebindings", false).await;
}

/// The role, where a verb is missing in the rules that name a resource.
async fn without(stage: &Stage, role: &Value, resource: &str, verb: &str) {
    let mut rules = role["rules"].clone();
    for rule in rules.as_array_mut().unwrap() {
        if rule["resources"].as_array().unwrap().iter().any(|named| named == resource) {
            rule["verbs"].as_array_mut().unwrap().retain(|named| named != verb);
        }
    }
    stage.merge(role, json!({ "rules": rules })).await.unwrap();
}

/// Waits until the API server knows what the operator may.
async fn until_may(stage: &Stage, verb: &str, resource: &str, allowed: bool) {
    let client = stage.plane.client(OPERATOR, &OPERATORS).unwrap();
    let (group, name) = match resource {
        "pods" => ("", ""),
        "clusterroles" => ("rbac.authorization.k8s.io", "feedback-reader"),
        _ => ("rbac.authorization.k8s.io", ""),
    };
    let review = json!({
        "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": {"verb": verb, "group": group, "resource": resource, "name": name}},
    });
    let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    let asked = async || {
        let answer = support::send(&client, "POST", path, "application/json", &review).await;
        if answer.body["status"]["allowed"] == allowed { Ok(()) } else { Err(answer.body.to_string()) }
    };
    support::eventually(&format!("{verb} {resource}: {allowed}"), support::SOON, asked).await;
}
