//! What makes pods.

use super::*;

/// A Deployment in a namespace, with labels and a region.
fn deployment(namespace: &str, label: &str, region: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: new, namespace: {namespace}, labels: {{part-of: {label}}}}}\n\
         spec: {{template: {{spec: {{nodeSelector: {{topology.kubernetes.io/region: {region}}}}}}}}}\n"
    )
}

fn covered(region: &str) -> String {
    deployment("cx", "feedback", region)
}

const OPEN: &str = "{apiVersion: v1, kind: Namespace, metadata: {name: open}}";

#[test]
fn what_carries_customer_data_stays_where_it_may() {
    let hall = Hall::new().with(OPEN);
    for (workload, told) in [
        (covered("eu-central-1"), ""),
        (covered("us-east-1"), "deny CX101"),
        // Nobody knows that region: that is no violation.
        (covered("mars-1"), "warn CX004 CX101"),
        (deployment("cx", "other", "us-east-1"), ""),
        (deployment("open", "feedback", "us-east-1"), ""),
        // The namespace was made just now.
        (deployment("new", "feedback", "us-east-1"), "warn cxguard"),
    ] {
        assert_eq!(hall.told(create(&workload)), told, "{workload}");
    }
    let warned = Hall::new().under("{mode: Warn}");
    assert_eq!(warned.told(create(&covered("us-east-1"))), "warn CX101");
    let unknown = Hall::new().under("{admission: {unknown: Deny}}");
    assert_eq!(unknown.told(create(&covered("mars-1"))), "deny CX004 CX101");
}

#[test]
fn an_update_is_refused_only_for_what_it_brings() {
    let hall = Hall::new();
    let image = |workload: &str| {
        let mut request = update(workload, workload);
        request.object["spec"]["template"]["spec"]["containers"] = json!([{"args": ["https://x.example"]}]);
        request
    };
    assert_eq!(hall.told(image(&covered("us-east-1"))), "warn CX101");
    assert_eq!(hall.told(update(&covered("eu-central-1"), &covered("us-east-1"))), "deny CX101");
    let mut scaled = update(&covered("us-east-1"), &covered("us-east-1"));
    scaled.object["spec"]["replicas"] = json!(3);
    assert_eq!(hall.answer(scaled), Answer::allowed());
}

#[test]
fn paper_that_lapsed_stops_nothing_unless_the_policy_says_so() {
    let lapsed = crate::rules::SOUND.replace("validUntil: 2099-12-31", "validUntil: 2026-11-20");
    let hall = || Hall::new().with(&lapsed).with(POLICY);
    assert_eq!(hall().told(create(&covered("eu-central-1"))), "warn CX111");
    let strict = hall().under("{residency: {provider: aws}, admission: {paperwork: Deny}}");
    assert_eq!(strict.told(create(&covered("eu-central-1"))), "deny CX111");
    // What ran before goes on.
    assert_eq!(strict.told(update(&covered("eu-west-1"), &covered("eu-central-1"))), "warn CX111");
    let words = hall().answer(create(&covered("eu-central-1"))).warnings;
    assert!(words[0].starts_with("CX111: Vendor/hub /spec/agreement/validUntil: "), "{words:?}");
}

#[test]
fn a_job_of_a_cron_job_is_not_judged_twice() {
    let job = |owner: &str| {
        format!(
            "apiVersion: batch/v1\nkind: Job\nmetadata: {{name: new, namespace: cx, labels: {{part-of: feedback}}, \
             ownerReferences: [{owner}]}}\n\
             spec: {{template: {{spec: {{nodeSelector: {{topology.kubernetes.io/region: us-east-1}}}}}}}}\n"
        )
    };
    assert_eq!(Hall::new().told(create(&job(""))), "deny CX101");
    let by = "{apiVersion: batch/v1, kind: CronJob, name: c, controller: true}";
    // Whoever is not the controller may have made the owner up.
    assert_eq!(Hall::new().told(create(&job(by))), "deny CX101");
    for (user, told) in [
        ("system:serviceaccount:kube-system:cronjob-controller", ""),
        ("system:kube-controller-manager", ""),
        ("system:serviceaccount:kube-system:job-controller", "deny CX101"),
        ("system:serviceaccount:cx:cronjob-controller", "deny CX101"),
    ] {
        assert_eq!(Hall::new().by(user, &[]).told(create(&job(by))), told, "{user}");
    }
    // Nor does an owner that is written later; one that was there before does.
    let here = job("").replace("us-east-1", "eu-central-1");
    let adopted =
        Request { old_object: create(&here).object, operation: Operation::Update, ..create(&job(by)) };
    assert_eq!(Hall::new().told(adopted), "deny CX101");
    let kept =
        Request { old_object: create(&job(by)).object, operation: Operation::Update, ..create(&job(by)) };
    assert_eq!(Hall::new().told(kept), "");
}

#[test]
fn a_replica_set_is_judged_by_what_it_will_run() {
    let set = |replicas: u32, region: &str| {
        format!(
            "apiVersion: apps/v1\nkind: ReplicaSet\nmetadata: {{name: new, namespace: cx, labels: {{part-of: feedback}}}}\n\
             spec: {{replicas: {replicas}, template: {{spec: {{nodeSelector: {{topology.kubernetes.io/region: {region}}}}}}}}}\n"
        )
    };
    let abroad = "us-east-1";
    assert_eq!(Hall::new().told(create(&set(0, abroad))), "deny CX101");
    // Going back to an earlier revision brings nothing new.
    assert_eq!(Hall::new().told(update(&set(0, abroad), &set(3, abroad))), "");
    assert_eq!(Hall::new().told(update(&set(0, "eu-central-1"), &set(3, abroad))), "deny CX101");
}

#[test]
fn a_workload_may_come_before_its_flow() {
    let vendor = ours("Vendor", "", "shop", "{endpoints: [api.shop.example]}");
    let hall = |policy: &str| Hall::new().with(&vendor).under(policy);
    let naming = |label: &str| {
        let mut request = create(&deployment("cx", label, "eu-central-1"));
        request.object["spec"]["template"]["spec"]["containers"] =
            json!([{"args": ["https://api.shop.example"]}]);
        request
    };
    for (policy, label, told) in [
        ("{}", "other", "warn CX124"),
        ("{admission: {unknown: Deny}}", "other", "deny CX124"),
        // A flow covers it, and gives data to somebody else.
        ("{residency: {provider: aws}}", "feedback", "deny CX124"),
    ] {
        assert_eq!(hall(policy).told(naming(label)), told, "{policy} {label}");
    }
}
