//! Pods and the nodes they get.

use super::*;

const NODES: &str = "
{apiVersion: v1, kind: Node, metadata: {name: eu, labels: {topology.kubernetes.io/region: eu-central-1}}}
---
{apiVersion: v1, kind: Node, metadata: {name: us, labels: {topology.kubernetes.io/region: us-east-1}}}
---
{apiVersion: v1, kind: Node, metadata: {name: mars, labels: {topology.kubernetes.io/region: mars-1}}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: other, namespace: cx}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: open}}
";

fn owned(kind: &str, name: &str, by: &str, node: &str) -> String {
    let (version, owner_version) = if kind == "Pod" { ("v1", "apps/v1") } else { ("apps/v1", "apps/v1") };
    let (owner, by) = by.split_once('/').unwrap_or_default();
    let owners = if by.is_empty() {
        String::new()
    } else {
        format!("{{apiVersion: {owner_version}, kind: {owner}, name: {by}, controller: true}}")
    };
    let node = if node.is_empty() { String::new() } else { format!("nodeName: {node}") };
    format!(
        "apiVersion: {version}\nkind: {kind}\nmetadata: {{name: {name}, namespace: cx, labels: {{part-of: feedback}}, \
         ownerReferences: [{owners}]}}\nspec: {{{node}}}\n"
    )
}

/// The covered Deployment and one that no flow covers, with a pod each that waits for a node; and a pod of nobody.
fn hall() -> Hall {
    Hall::new()
        .with(NODES)
        .with(&owned("ReplicaSet", "sender-1", "Deployment/sender", ""))
        .with(&owned("ReplicaSet", "other-1", "Deployment/other", ""))
        .with(&owned("Pod", "sender-1-a", "ReplicaSet/sender-1", ""))
        .with(&owned("Pod", "other-1-a", "ReplicaSet/other-1", ""))
        .with(&owned("Pod", "early", "ReplicaSet/unseen", ""))
        .with(&owned("Pod", "alone", "", ""))
        // Owners count as the controllers write them.
        .by("system:kube-controller-manager", &[])
}

fn bind_in(namespace: &str, pod: &str, node: &str) -> Request {
    let binding =
        json!({"metadata": {"name": pod, "namespace": namespace}, "target": {"kind": "Node", "name": node}});
    through(Operation::Create, "pods/binding", pod, namespace, binding)
}

fn bind(pod: &str, node: &str) -> Request {
    bind_in("cx", pod, node)
}

#[test]
fn a_pod_with_customer_data_is_never_bound_outside() {
    for (pod, node, told) in [
        ("sender-1-a", "eu", ""),
        ("sender-1-a", "us", "deny CX101"),
        ("sender-1-a", "mars", "warn CX004 CX101"),
        ("sender-1-a", "unseen", "deny CX101"),
        ("other-1-a", "us", ""),
        ("other-1-a", "unseen", ""),
        ("alone", "us", "deny CX101"),
        ("alone", "eu", ""),
        ("unseen", "eu", "deny CX101"),
        ("early", "eu", "deny CX101"),
    ] {
        assert_eq!(hall().told(bind(pod, node)), told, "{pod} {node}");
    }
    let denied = hall().answer(bind("sender-1-a", "us")).denied.unwrap();
    assert!(denied.contains("United States (US) by node us;"), "{denied}");
    let denied = hall().answer(bind("unseen", "eu")).denied.unwrap();
    assert!(denied.starts_with("CX101: Pod/cx/unseen is not known here yet"), "{denied}");
}

#[test]
fn the_older_way_to_bind_is_no_way_around() {
    let older = Request {
        resource: Resource { resource: "bindings".to_owned(), ..Resource::default() },
        sub_resource: String::new(),
        name: String::new(),
        ..bind("sender-1-a", "us")
    };
    assert_eq!(hall().told(older), "deny CX101");
}

#[test]
fn where_the_rule_only_warns_nothing_waits() {
    let hall = hall().under("{rules: [{code: CX101, mode: Warn}]}");
    for (pod, node) in [("sender-1-a", "us"), ("sender-1-a", "unseen"), ("unseen", "eu")] {
        assert_eq!(hall.told(bind(pod, node)), "warn CX101", "{pod} {node}");
    }
}

#[test]
fn a_namespace_without_customer_data_is_no_concern() {
    assert_eq!(hall().told(bind_in("open", "p", "us")), "");
    assert_eq!(hall().told(bind_in("new", "p", "us")), "deny CX101");
}

#[test]
fn one_pod_abroad_is_no_licence_for_the_next() {
    let hall = hall().with(&owned("Pod", "sender-1-b", "ReplicaSet/sender-1", "us"));
    assert_eq!(hall.told(bind("sender-1-a", "us")), "deny CX101");
    assert_eq!(hall.told(bind("sender-1-a", "eu")), "");
}

#[test]
fn lapsed_paper_lets_replacements_through() {
    let lapsed = crate::rules::SOUND.replace("validUntil: 2099-12-31", "validUntil: 2026-11-20");
    let strict = "{residency: {provider: aws}, admission: {paperwork: Deny}}";
    let hall = hall().with(&lapsed).under(strict);
    assert_eq!(hall.told(create(&owned("Pod", "sender-1-b", "ReplicaSet/sender-1", ""))), "");
    assert_eq!(hall.told(bind("sender-1-a", "eu")), "");
}

#[test]
fn what_cannot_be_judged_wherever_it_runs_is_not_asked_of_the_place() {
    for more in ["", ", admission: {unknown: Deny}"] {
        let hall = hall().with(&ours("CompliancePolicy", "", "broken", "{mode: Fierce}"));
        let hall = hall.under(&format!("{{residency: {{provider: aws}}{more}}}"));
        assert_eq!(hall.told(bind("sender-1-a", "eu")), "", "{more}");
        assert_eq!(hall.told(bind("sender-1-a", "us")), "deny CX101", "{more}");
    }
}

#[test]
fn an_exemption_for_the_workload_holds_for_its_pods() {
    let subject = "{kind: Deployment, namespace: cx, name: sender}";
    assert_eq!(hall().with(&exemption("CX101", subject)).told(bind("sender-1-a", "us")), "");
}

#[test]
fn a_pod_that_brings_its_node_is_judged_when_it_comes() {
    for (by, node, told) in [
        ("ReplicaSet/sender-1", "", ""),
        ("ReplicaSet/sender-1", "eu", ""),
        ("ReplicaSet/sender-1", "us", "deny CX101"),
        ("ReplicaSet/other-1", "us", ""),
        ("ReplicaSet/unseen", "", ""),
        ("ReplicaSet/unseen", "eu", "deny CX101"),
        // Nobody's pod is a workload: where it may run is not said.
        ("", "", "warn CX004 CX101 CX102"),
        ("", "eu", ""),
        ("", "us", "deny CX101"),
        // Whoever makes that node later says where it is.
        ("", "unseen", "deny CX101; warn CX004 CX101"),
    ] {
        assert_eq!(hall().told(create(&owned("Pod", "new", by, node))), told, "{by} {node}");
    }
}

/// A pod of nobody on a node, with these labels.
fn loose(labels: &str, node: &str) -> String {
    let node = if node.is_empty() { String::new() } else { format!("nodeName: {node}") };
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: loose, namespace: cx, labels: {{{labels}}}}}\n\
         spec: {{{node}}}\n"
    )
}

#[test]
fn a_pod_abroad_is_not_made_to_carry_data_by_its_labels() {
    let (free, covered) = ("app: free", "app: free, part-of: feedback");
    for (from, to, node, told) in [
        (free, covered, "us", "deny CX101"),
        (free, covered, "eu", ""),
        (free, covered, "unseen", "deny CX101"),
        // It is judged when it is bound.
        (free, covered, "", ""),
        (free, "app: other", "us", ""),
        // It was so before, and is let go.
        (covered, "part-of: feedback", "us", ""),
        (covered, free, "us", ""),
    ] {
        let request = update(&loose(from, node), &loose(to, node));
        assert_eq!(hall().told(request), told, "{from} -> {to} on {node}");
    }
    let warned = hall().under("{rules: [{code: CX101, mode: Warn}]}");
    assert_eq!(warned.told(update(&loose(free, "us"), &loose(covered, "us"))), "warn CX101");
}

#[test]
fn a_pod_abroad_is_not_adopted_by_what_carries_data() {
    let alone = |node: &str| owned("Pod", "loose", "", node).replace("part-of: feedback", "app: free");
    let adopted =
        |by: &str, node: &str| owned("Pod", "loose", by, node).replace("part-of: feedback", "app: free");
    for (by, node, told) in [
        ("ReplicaSet/sender-1", "us", "deny CX101"),
        ("ReplicaSet/sender-1", "eu", ""),
        ("ReplicaSet/sender-1", "", ""),
        ("ReplicaSet/other-1", "us", ""),
        ("ReplicaSet/unseen", "us", "deny CX101"),
    ] {
        assert_eq!(hall().told(update(&alone(node), &adopted(by, node))), told, "{by} {node}");
    }
    // What only moves from one to another of its controllers, or out of their hands, is as it was.
    let (mine, theirs) = (adopted("ReplicaSet/sender-1", "us"), adopted("ReplicaSet/sender-2", "us"));
    let moved = hall().with(&owned("ReplicaSet", "sender-2", "Deployment/sender", ""));
    assert_eq!(moved.told(update(&mine, &theirs)), "");
    assert_eq!(hall().told(update(&mine, &alone("us"))), "");
}

#[test]
fn a_pod_that_would_be_adopted_is_judged_when_it_comes() {
    let selecting = |name: &str, label: &str| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, namespace: cx, labels: {{part-of: {label}}}}}\n\
             spec: {{selector: {{matchLabels: {{app: {name}}}}}}}\n"
        )
    };
    let hall = || hall().with(&selecting("taker", "feedback")).with(&selecting("shop", "shop"));
    for (labels, node, told) in [
        ("app: taker, pod-template-hash: abc", "us", "deny CX101"),
        ("app: taker, pod-template-hash: abc", "eu", ""),
        ("app: taker", "", ""),
        ("app: shop", "us", ""),
        ("app: nobody", "us", ""),
        // Covered by itself, too: it is said once.
        ("app: taker, part-of: feedback", "us", "deny CX101"),
    ] {
        assert_eq!(hall().told(create(&loose(labels, node))), told, "{labels} {node}");
    }
    let answer = hall().answer(create(&loose("app: taker, part-of: feedback", "us")));
    assert_eq!(answer.denied.unwrap().lines().filter(|line| line.starts_with("CX101")).count(), 1);
    assert_eq!(hall().told(update(&loose("app: nobody", "us"), &loose("app: taker", "us"))), "deny CX101");
    let aside = exemption("CX101", "{kind: Deployment, namespace: cx, name: taker}");
    assert_eq!(hall().with(&aside).told(create(&loose("app: taker", "us"))), "");
}
