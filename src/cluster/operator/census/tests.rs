//! What is counted is what is there.

use serde_json::{Value, json};

use super::*;
use crate::cluster::index::change;
use crate::cluster::operator::Settings;

const NOW: &str = "2026-11-23T12:00:00Z";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn operator(objects: &[Value]) -> Operator {
    let mut operator = Operator::new(Settings::default());
    for object in objects {
        put(&mut operator, object);
    }
    operator.complete();
    operator.step(at(NOW));
    operator
}

fn kind(object: &Value) -> Kind {
    Kind::parse(object["apiVersion"].as_str().unwrap(), object["kind"].as_str().unwrap()).unwrap()
}

fn put(operator: &mut Operator, object: &Value) {
    operator.apply(change(kind(object), object).unwrap());
}

fn remove(operator: &mut Operator, object: &Value) {
    let change = change(kind(object), object).unwrap();
    operator.apply(Change::is_gone(change.id, change.now.unwrap().1.uid));
    operator.step(at(NOW));
}

fn ours(kind: &str, name: &str, spec: &Value) -> Value {
    json!({
        "apiVersion": "cxguard.dev/v1alpha1", "kind": kind, "spec": spec,
        "metadata": {"name": name, "uid": format!("{kind}-{name}"), "resourceVersion": "1"},
    })
}

fn policy() -> Value {
    let emergency = json!({"allowed": true, "groups": ["on-call"], "maxDuration": "4h"});
    let access = json!({"emergency": emergency});
    ours("CompliancePolicy", "all", &json!({"access": access}))
}

/// A grant that Ralf approved for himself at 11:00, for four hours.
fn emergency() -> Value {
    let mut grant = ours(
        "AccessGrant",
        "now",
        &json!({
            "subject": {"kind": "User", "name": "ralf"},
            "role": {"kind": "ClusterRole", "name": "reader"},
            "dataForm": "Pseudonymised",
            "expiresAt": "2026-11-23T14:00:00Z",
            "requestedBy": "ralf",
            "emergency": true,
            "approval": {"by": "ralf", "at": "2026-11-23T11:00:00Z"},
        }),
    );
    grant["metadata"]["namespace"] = json!("cx");
    grant
}

fn binding(deadline: &str) -> Value {
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
        "metadata": {
            "name": "cxguard-now", "namespace": "cx", "uid": "b-1", "resourceVersion": "1",
            "labels": {"app.kubernetes.io/managed-by": "cxguard", "cxguard.dev/grant-uid": "AccessGrant-now"},
            "annotations": {"cxguard.dev/deadline": deadline},
            "ownerReferences": [
                {"apiVersion": "cxguard.dev/v1alpha1", "kind": "AccessGrant", "name": "now", "uid": "AccessGrant-now"},
            ],
        },
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "reader"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "ralf"}],
    })
}

fn world() -> Vec<Value> {
    let person = json!({"usernames": ["ralf"], "type": "Employee", "country": "DE", "jobRole": "support",
        "groups": ["on-call"]});
    vec![
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {
            "name": "cx", "uid": "n", "resourceVersion": "1", "labels": {"cxguard.dev/protected": "true"},
        }}),
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
            "metadata": {"name": "reader", "uid": "r", "resourceVersion": "1"},
            "rules": [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get"]}]}),
        policy(),
        ours("Person", "ralf", &person),
        emergency(),
    ]
}

#[test]
fn an_emergency_counts_while_its_binding_stands_and_until_it_is_reviewed() {
    let mut operator = operator(&world());
    let counted = |operator: &Operator| {
        let census = operator.census(at(NOW)).unwrap();
        (census.emergencies, census.unreviewed, census.grants)
    };
    assert_eq!(counted(&operator), (0, 0, BTreeMap::from([(Phase::Pending, 1)])), "nothing is given yet");
    put(&mut operator, &binding("2026-11-23T14:00:00Z"));
    assert_eq!(counted(&operator), (1, 1, BTreeMap::from([(Phase::Active, 1)])));
    // Its status says that it was given, when it has ended.
    let mut grant = emergency();
    grant["metadata"]["resourceVersion"] = json!("2");
    grant["spec"]["revoked"] = json!({});
    grant["status"] = json!({"activatedAt": "2026-11-23T11:00:00Z", "phase": "Active"});
    put(&mut operator, &grant);
    remove(&mut operator, &binding("2026-11-23T14:00:00Z"));
    assert_eq!(counted(&operator), (0, 1, BTreeMap::from([(Phase::Revoked, 1)])));
    grant["metadata"]["resourceVersion"] = json!("3");
    grant["spec"]["reviewedBy"] = json!("anna");
    grant["spec"]["reviewedOn"] = json!("2026-11-23");
    put(&mut operator, &grant);
    operator.step(at(NOW));
    assert_eq!(counted(&operator).1, 0);
    remove(&mut operator, &grant);
    assert_eq!(counted(&operator), (0, 0, BTreeMap::new()));
}

#[test]
fn a_binding_is_overdue_from_its_deadline_or_its_end() {
    let mut operator = operator(&world());
    put(&mut operator, &binding("2026-11-23T11:59:50Z"));
    let overdue = |operator: &Operator| {
        let census = operator.census(at(NOW)).unwrap();
        (census.overdue, census.overdue_for.as_secs())
    };
    assert_eq!(overdue(&operator), (1, 10));
    assert!(operator.is_any_overdue(at(NOW)));
    let mut later = binding("2026-11-23T14:00:00Z");
    later["metadata"]["resourceVersion"] = json!("2");
    put(&mut operator, &later);
    assert_eq!(overdue(&operator), (0, 0));
    // Ended before its deadline, at an instant that is on record.
    let mut grant = emergency();
    grant["metadata"]["resourceVersion"] = json!("2");
    grant["spec"]["revoked"] = json!({});
    grant["status"] = json!({"revocation": {"at": "2026-11-23T11:59:57Z", "cause": "Revoked"}});
    put(&mut operator, &grant);
    operator.step(at(NOW));
    assert_eq!(overdue(&operator), (1, 3));
    let id = ObjectRef::namespaced(Kind::RoleBinding, "cx", "cxguard-now");
    assert_eq!(operator.deadline_of(&id), Some(at("2026-11-23T14:00:00Z")));
    // Somebody's finalizer holds it, and lets it go.
    let gone = Change::is_gone(id, "b-1".into());
    assert_eq!(operator.deadline_of_released(&gone), None, "it was not held");
    later["metadata"]["resourceVersion"] = json!("3");
    later["metadata"]["deletionTimestamp"] = json!(NOW);
    put(&mut operator, &later);
    assert_eq!(operator.deadline_of_released(&gone), Some(at("2026-11-23T14:00:00Z")));
    remove(&mut operator, &later);
    assert_eq!(overdue(&operator), (0, 0));
}

#[test]
fn a_foreign_binding_is_never_overdue() {
    let mut operator = operator(&world());
    let mut foreign = binding("2026-11-23T11:00:00Z");
    foreign["metadata"]["labels"] = json!({});
    put(&mut operator, &foreign);
    assert_eq!(operator.census(at(NOW)).unwrap().overdue, 0);
    assert!(!operator.is_any_overdue(at(NOW)));
}

#[test]
fn each_finding_counts_once_where_its_cause_is() {
    let vendor = ours("Vendor", "hub", &json!({"country": "DE"}));
    let flow = |name: &str| {
        let mut flow = ours("DataFlow", name, &json!({"to": [{"vendor": "hub"}]}));
        flow["metadata"]["namespace"] = json!("cx");
        flow
    };
    let foreign = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
        "metadata": {"name": "old", "namespace": "cx", "uid": "o", "resourceVersion": "1"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "reader"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "eve"}],
    });
    let mut second = policy();
    second["metadata"]["name"] = json!("too");
    second["metadata"]["uid"] = json!("too");
    let exempted = ours(
        "Exemption",
        "gap",
        &json!({"rules": ["CX407"], "subject": {"kind": "Vendor", "name": "hub"}, "reason": "r", "approvedBy": "lead",
            "expiresAt": "2026-12-31T00:00:00Z"}),
    );
    let found = vec![vendor.clone(), flow("a"), flow("b"), foreign, second, exempted];
    let mut operator = operator(&[world(), found].concat());
    let census = operator.census(at(NOW)).unwrap();
    let of = |census: &Census, rule| {
        let found = census.findings.iter().filter(|((code, _), _)| *code == Code(rule));
        found.map(|(_, count)| count).sum::<u64>()
    };
    // Two flows inherit what is wrong with the vendor; two policies tell of the binding.
    assert_eq!(of(&census, 111), 1, "{census:?}");
    assert_eq!(of(&census, 504), 1, "{census:?}");
    assert!(census.findings.contains_key(&(Code(111), "Enforce")), "{census:?}");
    assert!(census.findings.keys().any(|(code, mode)| (*code, *mode) == (Code(407), EXEMPTED)), "{census:?}");
    assert_eq!(census.objects[&(Kind::Vendor, Outcome::Violating)], 1, "{census:?}");
    assert_eq!(census.objects[&(Kind::DataFlow, Outcome::Violating)], 2, "{census:?}");
    remove(&mut operator, &vendor);
    let census = operator.census(at(NOW)).unwrap();
    assert_eq!(of(&census, 111), 0, "{census:?}");
    assert!(!census.objects.keys().any(|(kind, _)| *kind == Kind::Vendor), "{census:?}");
}

#[test]
fn nothing_is_told_before_everything_is_known() {
    let mut operator = Operator::new(Settings::default());
    put(&mut operator, &policy());
    operator.step(at(NOW));
    assert_eq!(operator.census(at(NOW)), None);
}
