//! What holds at every door.

use serde_json::json;

use super::*;

const BAD: &str = "{to: [{vendor: hub}]}";

fn bad() -> Request {
    create(&ours("DataFlow", "cx", "new", BAD))
}

#[test]
fn the_operator_and_those_who_clear_up_pass() {
    for (user, told) in [
        ("ann@corp.example", "deny CX117 CX118 CX121; warn CX122"),
        ("system:serviceaccount:cxguard-system:other", "deny CX117 CX118 CX121; warn CX122"),
        ("system:serviceaccount:cxguard-system:cxguard", ""),
        ("system:serviceaccount:kube-system:namespace-controller", ""),
        ("system:serviceaccount:kube-system:generic-garbage-collector", ""),
    ] {
        assert_eq!(Hall::new().by(user, &[]).told(bad()), told, "{user}");
    }
}

#[test]
fn the_operator_is_the_account_in_the_namespace_where_it_runs() {
    for (user, passes) in [("guard", true), ("cxguard-system", false)] {
        let mut hall = Hall::new().by(&format!("system:serviceaccount:{user}:cxguard"), &[]);
        hall.known.world.set_operator_namespace("guard");
        assert_eq!(hall.told(bad()).is_empty(), passes, "{user}");
    }
}

#[test]
fn what_is_being_deleted_may_lose_its_finalizers_and_change_in_nothing_else() {
    let going = |mut object: Value, finalizers: Value| {
        object["metadata"]["deletionTimestamp"] = json!("2026-11-23T11:00:00Z");
        object["metadata"]["finalizers"] = finalizers;
        object
    };
    let mut request = update(&ours("DataFlow", "cx", "new", "{}"), &ours("DataFlow", "cx", "new", BAD));
    let refused = Hall::new().told(request.clone());
    assert_ne!(refused, "");
    request.object = going(request.object, json!([]));
    // A binding with a finalizer of somebody's gives access for as long as that pleases.
    assert_eq!(Hall::new().told(request.clone()), refused);
    request.old_object = going(request.object.clone(), json!(["x.dev/keep"]));
    assert_eq!(Hall::new().told(request), "");
}

#[test]
fn what_concerns_no_rule_passes() {
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "cx"}});
    for request in [
        create("{apiVersion: v1, kind: Secret, metadata: {name: s, namespace: cx}}"),
        create("{apiVersion: other.dev/v1, kind: Vendor, metadata: {name: s}}"),
        request(Operation::Update, pod.clone(), pod.clone()),
        request(Operation::Delete, pod.clone(), Value::Null),
        through(Operation::Update, "pods/status", "p", "cx", pod),
        delete("DataFlow", "answers"),
    ] {
        assert_eq!(Hall::new().answer(request), Answer::allowed());
    }
}

#[test]
fn before_everything_is_known_the_answer_is_no() {
    let mut hall = Hall::new();
    hall.known.complete = false;
    let binding = |kind: &str, namespace: &str| {
        format!(
            "{{apiVersion: rbac.authorization.k8s.io/v1, kind: {kind}, metadata: {{name: b, namespace: '{namespace}'}}}}"
        )
    };
    assert_eq!(hall.told(bad()), "deny cxguard");
    assert_eq!(hall.told(create(&binding("RoleBinding", "cx"))), "deny cxguard");
    // The whole cluster does not wait.
    assert_eq!(hall.told(create(&binding("ClusterRoleBinding", ""))), "warn cxguard");
    let node = through(Operation::Connect, "nodes/proxy", "n", "", Value::Null);
    assert_eq!(hall.told(node), "warn cxguard");
    // Nor does what takes access away.
    let revoked = GRANT.replace("  reviewedOn", "  revoked: {reason: done}\n  reviewedOn");
    assert_eq!(hall.told(update(GRANT, &revoked)), "");
}

#[test]
fn on_old_news_access_is_refused_and_the_rest_warned_of() {
    let mut hall = Hall::new().by("system:admin", &[]);
    let exec = || through(Operation::Connect, "pods/exec", "p", "cx-feedback", Value::Null);
    let policy = || create(&ours("CompliancePolicy", "", "new", "{}"));
    for (kind, seconds, access, other) in [
        (Kind::Person, 60, "", ""),
        (Kind::Person, 121, "deny cxguard", "warn cxguard"),
        (Kind::Node, 121, "", "warn cxguard"),
    ] {
        hall.freshness.behind = [(kind, seconds)].into();
        assert_eq!(hall.told(exec()), access, "{kind} {seconds}");
        assert_eq!(hall.told(policy()), other, "{kind} {seconds}");
    }
    let words = hall.answer(policy()).warnings;
    assert!(words[0].contains("nothing of Node for 121 s"), "{words:?}");
}

#[test]
fn a_review_is_judged_by_what_changes_since() {
    // A reader between a change and its judgement sees the change.
    let mut hall = Hall::new();
    let vendor = ObjectRef::cluster(Kind::Vendor, "hub");
    let flow = || {
        create(&ours(
            "DataFlow",
            "cx",
            "new",
            "{to: [{vendor: hub}], retention: 1d, legalBasis: Contract, encryption: {inTransit: TLS13, atRest: true}}",
        ))
    };
    assert_eq!(hall.told(flow()), "");
    let changed = hall.known.world.set(&vendor, None);
    hall.known.memos.touch(&changed);
    assert!(
        hall.answer(flow()).warnings[0].starts_with("CX001: /spec/to/0/vendor: Vendor/hub does not exist")
    );
}

/// What is refused for want of something may be known in a moment, and what is wrong stays wrong.
#[test]
fn a_refusal_for_want_of_something_is_hasty() {
    let binding = "{apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: {name: b, namespace: new}, \
                   roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}, subjects: []}";
    let grant = GRANT.replace("feedback-reader", "not-yet");
    assert_ne!(grant, GRANT);
    let strict = Hall::new().under("{admission: {unknown: Deny}}");
    for (hall, request, hasty) in [
        (Hall::new(), create(binding), true),
        (Hall::new(), create(&grant), true),
        (Hall::new(), bad(), false),
        (Hall::new(), create(&ours("DataFlow", "cx", "new", "{to: [{vendor: later}]}")), false),
        (
            strict,
            create(&ours(
                "DataFlow",
                "cx",
                "new",
                "{to: [{vendor: later}], legalBasis: Contract, retention: 1d, encryption: {inTransit: TLS13, atRest: true}}",
            )),
            true,
        ),
    ] {
        let answer = hall.answer(request);
        assert!(answer.denied.is_some(), "{answer:?}");
        assert_eq!(answer.hasty, hasty, "{answer:?}");
    }
}

#[test]
fn the_audit_log_has_what_is_refused_and_is_no_finding() {
    let mut hall = Hall::new();
    hall.known.complete = false;
    let note = hall.answer(bad()).audit["findings"].clone();
    let note: Value = serde_json::from_str(&note).unwrap();
    assert_eq!(note[0]["refuses"], true);
    assert!(note[0]["message"].as_str().unwrap().contains("not ready"), "{note}");
}
