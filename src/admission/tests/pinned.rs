//! Pods that are held to allowed places.

use super::*;

const REQUIRED: &str = "/spec/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution";

fn hall(residency: &str) -> Hall {
    Hall::new()
        .under(&format!("{{residency: {residency}}}"))
        .with("{apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: sender-1, namespace: cx, ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: sender, controller: true}]}}")
        .with("{apiVersion: apps/v1, kind: Deployment, metadata: {name: other, namespace: cx}}")
        .by("system:kube-controller-manager", &[])
}

fn pod(owner: &str, spec: &Value) -> Request {
    let owners = match owner.split_once('/') {
        Some((kind, name)) => {
            json!([{"apiVersion": "apps/v1", "kind": kind, "name": name, "controller": true}])
        }
        None => json!([]),
    };
    let labels = json!({"part-of": if owner.is_empty() { "feedback" } else { "x" }});
    let metadata =
        json!({"generateName": "p-", "namespace": "cx", "labels": labels, "ownerReferences": owners});
    let mut request = create("{apiVersion: v1, kind: Pod, metadata: {namespace: cx}}");
    request.object = json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec});
    request
}

fn ours_with(spec: &Value) -> Request {
    pod("ReplicaSet/sender-1", spec)
}

fn region(values: &[&str]) -> Value {
    json!({"key": "topology.kubernetes.io/region", "operator": "In", "values": values})
}

const EU: &str = "{pin: true, provider: aws, regions: [eu-west-1, us-east-1]}";

/// The operation that adds a value.
fn add(path: &str, value: &Value) -> Value {
    json!({"op": "add", "path": path, "value": value})
}

#[test]
fn a_pod_with_customer_data_gets_the_regions_that_are_allowed() {
    let term = json!({"matchExpressions": [region(&["eu-west-1"])]});
    let required = json!({"nodeSelectorTerms": [term]});
    for (spec, path, value) in [
        (
            json!({}),
            "/spec/affinity",
            json!({"nodeAffinity": {REQUIRED.rsplit_once('/').unwrap().1: required}}),
        ),
        (
            json!({"affinity": {"podAffinity": {}}}),
            "/spec/affinity/nodeAffinity",
            json!({REQUIRED.rsplit_once('/').unwrap().1: required}),
        ),
        (json!({"affinity": {"nodeAffinity": {"preferred": []}}}), REQUIRED, required.clone()),
    ] {
        assert_eq!(hall(EU).pinned(ours_with(&spec)).patch, [add(path, &value)]);
    }
}

#[test]
fn every_term_is_narrowed_and_none_is_added() {
    let disk = json!({"key": "disk", "operator": "Exists"});
    let field = json!({"key": "metadata.name", "operator": "In", "values": ["n"]});
    let terms = json!([
        {"matchExpressions": [disk]},
        {"matchFields": [field]},
        {"matchExpressions": [region(&["eu-west-1"])]},
        {"matchExpressions": [region(&["us-east-1", "eu-west-1"])]},
        {},
    ]);
    let spec = json!({"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}}});
    let at = |at: usize, end: &str| format!("{REQUIRED}/nodeSelectorTerms/{at}/matchExpressions{end}");
    assert_eq!(
        hall(EU).pinned(ours_with(&spec)).patch,
        [
            add(&at(0, "/-"), &region(&["eu-west-1"])),
            add(&at(1, ""), &json!([region(&["eu-west-1"])])),
            // It has what it needs; what allows more is narrowed; what selects nothing stays so.
            add(&at(3, "/-"), &region(&["eu-west-1"])),
        ]
    );
}

#[test]
fn only_what_carries_customer_data_is_pinned() {
    let is_pinned = |hall: &Hall, request: Request| !hall.pinned(request).patch.is_empty();
    for (owner, pinned) in
        [("ReplicaSet/sender-1", true), ("StatefulSet/other", false), ("Deployment/other", false), ("", true)]
    {
        assert_eq!(is_pinned(&hall(EU), pod(owner, &json!({}))), pinned, "{owner}");
    }
    // A ReplicaSet that has not been seen yet: by the pod's labels.
    let mut early = pod("ReplicaSet/unseen", &json!({}));
    assert!(!is_pinned(&hall(EU), early.clone()));
    early.object["metadata"]["labels"] = json!({"part-of": "feedback"});
    assert!(is_pinned(&hall(EU), early));
    assert!(!is_pinned(&hall("{provider: aws, regions: [eu-west-1]}"), ours_with(&json!({}))));
    assert!(Hall::new().pinned(exec()).patch.is_empty());
}

fn exec() -> Request {
    through(Operation::Connect, "pods/exec", "p", "cx", Value::Null)
}

#[test]
fn the_regions_come_from_the_policy_and_the_reference_data() {
    let expressions = |residency: &str| {
        let patch = hall(residency).pinned(ours_with(&json!({}))).patch;
        let at = "/value/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms/0/matchExpressions";
        patch[0].pointer(at).cloned().unwrap()
    };
    let aws = expressions("{pin: true, provider: aws}");
    let regions: Vec<&str> = aws[0]["values"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(regions.contains(&"eu-central-1") && regions.contains(&"eu-west-3"), "{regions:?}");
    assert!(!regions.contains(&"us-east-1") && !regions.contains(&"eu-west-2"), "{regions:?}");
    // Istanbul and Casablanca are zones of these; Warsaw may be.
    let zones: Vec<&str> = aws[1]["values"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert_eq!(aws[1]["operator"], "NotIn");
    assert!(zones.contains(&"eu-central-1-ist-1a") && zones.contains(&"eu-west-3-cmn-wlz-1a"), "{zones:?}");
    assert!(!zones.iter().any(|zone| zone.contains("waw")), "{zones:?}");
    let narrow = expressions(
        "{pin: true, provider: aws, allowedCountries: ['DE'], regions: [eu-central-1, eu-west-1]}",
    );
    assert_eq!(narrow[0], region(&["eu-central-1"]));
    let own = expressions("{pin: true, regionOverrides: {onprem-ams: 'NL', onprem-nyc: 'US'}}");
    assert_eq!(own, json!([region(&["onprem-ams"])]));
}

#[test]
fn where_nothing_is_known_to_be_allowed_that_is_said() {
    for residency in
        ["{pin: true}", "{pin: true, provider: aws, regions: [us-east-1]}", "{pin: true, provider: moon}"]
    {
        let answer = hall(residency).pinned(ours_with(&json!({})));
        assert_eq!((told(&answer).as_str(), answer.patch.is_empty()), ("warn CX102", true), "{residency}");
    }
}

#[test]
fn a_pod_that_could_not_be_pinned_yet_is_not_let_in() {
    let mut hall = hall(EU);
    hall.known.complete = false;
    let answer = hall.pinned(ours_with(&json!({})));
    assert!(answer.denied.is_some_and(|why| why.contains("not ready")) && answer.patch.is_empty());
    // What is no pod, or moves nothing, does not wait.
    assert_eq!(
        hall.pinned(create("{apiVersion: v1, kind: Secret, metadata: {name: s, namespace: cx}}")),
        Answer::allowed()
    );
}

#[test]
fn what_may_run_elsewhere_is_held_to_nothing() {
    let subject = "{kind: Deployment, namespace: cx, name: sender}";
    let exempt = |rule: &str| hall(EU).with(&exemption(rule, subject)).pinned(ours_with(&json!({})));
    assert_eq!(exempt("CX101"), Answer::allowed());
    assert_ne!(exempt("CX408").patch, Vec::<Value>::new());
}
