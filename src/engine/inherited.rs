//! What a judgement takes over from the judgements of other objects.

use std::sync::Arc;

use super::applied::selected;
use super::judge::Own;
use super::query::Query;
use super::scope::Scope;
use super::verdict::Verdict;
use crate::facts::{Key, Kind, Name, ObjectRef, Slice, vendors_of};

/// The judgements that a subject inherits: a flow and a survey those of their vendors, a workload those of its
/// flows and surveys. What has no
/// status of its own is inherited until it comes to something that has: a binding inherits its role, a namespace what
/// it holds, and a policy the namespaces that it selects.
///
/// Each is made under the policies of the namespace that it concerns.
pub(super) fn inherited(query: &Query<'_>, subject: &ObjectRef, own: &Own) -> Vec<Arc<Verdict>> {
    let here = || Scope::Namespace(subject.namespace.clone());
    let causes: Vec<(ObjectRef, Scope)> = match own {
        Own::Flow(flow) => {
            let vendors = vendors_of(flow).map(|name| ObjectRef::cluster(Kind::Vendor, name));
            // What does not exist or cannot be read is CX001's and CX003's, on the object that names it.
            vendors.filter(|vendor| query.exists(vendor)).map(|vendor| (vendor, here())).collect()
        }
        Own::Survey(survey) => {
            let vendor = survey.vendor.iter().map(|name| ObjectRef::cluster(Kind::Vendor, name));
            vendor.filter(|vendor| query.exists(vendor)).map(|vendor| (vendor, here())).collect()
        }
        Own::Workload(_, covers) => covers.iter().map(|flow| (flow.clone(), here())).collect(),
        Own::Binding(binding) if subject.namespace.is_empty() => {
            vec![(binding.role.clone(), Scope::of(&binding.role))]
        }
        Own::Binding(binding) => vec![(binding.role.clone(), here())],
        Own::Namespace(_) => {
            let within = Scope::Namespace(subject.name.clone());
            let held = held_by(query, &subject.name).into_iter();
            held.map(|held| (held, within.clone())).collect()
        }
        Own::Policy(spec) => under_policy(query, &selected(query, spec)),
        _ => Vec::new(),
    };
    let causes = causes.into_iter().map(|(cause, scope)| query.judgement(&cause, &scope));
    let access = matches!(own, Own::Namespace(_)).then(|| query.held(&subject.name, Slice::Whole));
    causes.chain(access).collect()
}

/// What a namespace holds, beside what gives access in it, that is judged and says nothing of it itself: also workloads
/// that no flow covers, and pods and ReplicaSets that no known workload stands behind, for these carry no annotations.
fn held_by(query: &Query<'_>, namespace: &Name) -> Vec<ObjectRef> {
    let mut workloads = query.members(Key::WorkloadsIn(namespace.clone()));
    workloads.retain(|workload| !workload.kind.is_workload() || !query.is_covered(workload));
    let claims = query.members(Key::ClaimsIn(namespace.clone()));
    let routes = query.members(Key::RoutesIn(namespace.clone()));
    workloads.into_iter().chain(claims).chain(routes).collect()
}

/// The namespaces that a policy selects, and what gives access in each of them.
fn under_policy(query: &Query<'_>, namespaces: &[Name]) -> Vec<(ObjectRef, Scope)> {
    let everywhere =
        if namespaces.is_empty() { Vec::new() } else { query.members(Key::BindingsIn("".into())) };
    let selected = namespaces.iter().map(|name| ObjectRef::cluster(Kind::Namespace, name));
    selected.chain(everywhere).map(|subject| (subject.clone(), Scope::of(&subject))).collect()
}

#[cfg(test)]
mod tests {
    use crate::engine::Outcome;
    use crate::rules::testing::Bench;

    const WORLD: &str = r#"
apiVersion: cxguard.dev/v1alpha1
kind: CompliancePolicy
metadata: {name: gdpr}
spec: {}
---
apiVersion: v1
kind: Namespace
metadata: {name: cx, labels: {cxguard.dev/protected: "true"}}
---
apiVersion: cxguard.dev/v1alpha1
kind: DataFlow
metadata: {name: answers, namespace: cx}
spec:
  retention: 30d
  legalBasis: Contract
  encryption: {inTransit: TLS13, atRest: true}
  workloads: {selector: {matchLabels: {part-of: feedback}}}
---
apiVersion: cxguard.dev/v1alpha1
kind: Vendor
metadata: {name: other}
spec: {endpoints: [api.other.example]}
---
apiVersion: v1
kind: Node
metadata: {name: us, labels: {topology.kubernetes.io/region: us-east-1}}
spec: {providerID: "aws:///us-east-1a/i-1"}
"#;

    const LEAK: &str = "https://api.other.example/r?u=erika.muster%40mail.example";

    /// An object with a container that names a link, and with a controller.
    fn runs(kind: &str, name: &str, owner: &str, labels: &str, node: &str) -> String {
        let (group, owner) = owner.split_once(' ').unwrap_or_default();
        let pod = format!("{{nodeName: '{node}', containers: [{{args: ['{LEAK}']}}]}}")
            .replace("nodeName: '', ", "");
        let (version, spec) = match kind {
            "Pod" => ("v1", pod),
            _ => ("apps/v1", format!("{{template: {{spec: {pod}}}}}")),
        };
        format!(
            "apiVersion: {version}\nkind: {kind}\nmetadata:\n  name: {name}\n  namespace: cx\n  labels: {labels}\n  \
             ownerReferences: [{{apiVersion: '{group}', kind: '{owner}', name: up, controller: true}}]\nspec: {spec}\n"
        )
    }

    /// Which rules find something about a subject itself, and at which fields.
    fn found(bench: &Bench, subject: &str) -> Vec<String> {
        let findings = bench.judge(subject).0.findings.into_iter();
        let own = findings.filter(|finding| finding.subject.to_string() == subject);
        let mut found: Vec<String> =
            own.map(|finding| format!("{} {}", finding.rule, finding.path)).collect();
        found.sort();
        found
    }

    #[test]
    fn a_pod_that_no_workload_stands_behind_is_judged_and_told_of_its_namespace() {
        for owner in ["", "argoproj.io/v1alpha1 Rollout", "v1 Node"] {
            let bench = Bench::new(WORLD).with(&runs("Pod", "p", owner, "{part-of: feedback}", "us"));
            let names = ["CX124 /spec/containers/0/args/0", "CX209 /spec/containers/0/args/0"];
            assert_eq!(found(&bench, "Pod/cx/p"), ["CX101 /spec", names[0], names[1]], "{owner}");
            for above in ["Namespace/cx", "CompliancePolicy/gdpr"] {
                let (verdict, _) = bench.judge(above);
                assert!(
                    verdict.findings.iter().any(|found| found.subject.to_string() == "Pod/cx/p"),
                    "{above}"
                );
                assert_eq!(verdict.outcome(), Outcome::Violating);
            }
            let waiting = bench.with(&runs("Pod", "p", owner, "{part-of: feedback}", ""));
            assert_eq!(found(&waiting, "Pod/cx/p"), ["CX004 /spec", "CX102 /spec", names[0], names[1]]);
            let uncovered = waiting.with(&runs("Pod", "p", owner, "{}", "us"));
            assert_eq!(found(&uncovered, "Pod/cx/p"), names);
            let elsewhere = uncovered.with("{apiVersion: v1, kind: Namespace, metadata: {name: cx}}");
            assert!(found(&elsewhere, "Pod/cx/p").is_empty());
        }
    }

    #[test]
    fn a_replica_set_of_an_unknown_controller_stands_for_its_pods() {
        let rollout = "argoproj.io/v1alpha1 Rollout";
        let bench = Bench::new(WORLD)
            .with(&runs("ReplicaSet", "up", rollout, "{part-of: feedback}", ""))
            .with(&runs("Pod", "p", "apps/v1 ReplicaSet", "{part-of: feedback}", "us"));
        let at = "/spec/template/spec";
        assert_eq!(
            found(&bench, "ReplicaSet/cx/up"),
            [
                format!("CX101 {at}"),
                format!("CX102 {at}"),
                format!("CX124 {at}/containers/0/args/0"),
                format!("CX209 {at}/containers/0/args/0"),
            ]
        );
        assert!(found(&bench, "Pod/cx/p").is_empty());
        assert_eq!(bench.outcome("CompliancePolicy/gdpr"), Outcome::Violating);
    }

    #[test]
    fn pods_of_workloads_are_judged_with_them_alone() {
        let bench = Bench::new(WORLD)
            .with("{apiVersion: apps/v1, kind: Deployment, metadata: {name: up, namespace: cx, labels: {part-of: feedback}}}")
            .with(&runs("ReplicaSet", "up", "apps/v1 Deployment", "{part-of: feedback}", ""))
            .with(&runs("Pod", "p", "apps/v1 ReplicaSet", "{part-of: feedback}", "us"));
        assert_eq!(
            found(&bench, "Deployment/cx/up"),
            ["CX101 /spec/template/spec", "CX102 /spec/template/spec"]
        );
        assert!(found(&bench, "ReplicaSet/cx/up").is_empty() && found(&bench, "Pod/cx/p").is_empty());
        // The Deployment says it by its own annotations.
        assert!(bench.judge("Namespace/cx").0.findings.iter().all(|found| found.rule.0 != 101));
    }

    #[test]
    fn a_pod_inherits_what_is_found_about_the_flows_that_cover_it() {
        let covers = |manifest: &str| {
            let bench = Bench::new(WORLD).with(manifest);
            bench
                .judge("Pod/cx/p")
                .0
                .findings
                .iter()
                .any(|found| found.subject.to_string() == "DataFlow/cx/answers")
        };
        let flow = WORLD.replace("  legalBasis: Contract\n", "");
        let pod = runs("Pod", "p", "", "{part-of: feedback}", "us");
        assert!(covers(&format!("{flow}---\n{pod}")));
        assert!(!covers(&format!("{flow}---\n{}", pod.replace("feedback", "other"))));
    }
}
