//! CX125: a namespace that holds customer data lets its pods send anywhere.

use super::wording::few;
use crate::engine::Cause;
use crate::facts::{Key, Namespace};
use crate::rules::rule::rule;
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// A protected namespace that has data flows also has a NetworkPolicy that selects all of its pods and restricts
    /// egress, and none that lets all of them send anywhere: policies add up, so one that allows everything undoes one
    /// that denies.
    ///
    /// Only `networking.k8s.io/v1` is read, and that the cluster's network enforces it is taken for granted.
    ///
    /// # Why
    ///
    /// A declared flow is a promise, and only a network that denies the rest keeps it. Without one, a mistake or an
    /// intruder sends the data wherever it can be sent: GDPR Art. 5(1)(f) and 32.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: Namespace            # with data flows, and without a NetworkPolicy for egress
    /// metadata:
    ///   name: cx-feedback
    ///   labels: {cxguard.dev/protected: "true"}
    /// ```
    ///
    /// # Fix
    ///
    /// Deny egress by default, and allow what the flows need by further policies:
    ///
    /// ```yaml
    /// apiVersion: networking.k8s.io/v1
    /// kind: NetworkPolicy
    /// metadata: {name: default-deny-egress, namespace: cx-feedback}
    /// spec:
    ///   podSelector: {}
    ///   policyTypes: [Egress]
    /// ```
    ///
    /// # References
    ///
    /// GDPR Art. 5(1)(f), 32(1)(b), 44; ISO/IEC 27001:2022 A.8.20, A.8.22; NIST SP 800-53 SC-7(5).
    125 "egress-unrestricted" Warn since "0.1.0",
    Namespace: check,
}

fn check(case: &Case<'_, Namespace>, report: &mut Report<'_>) {
    let name = &case.id.name;
    let flows = case.query.members(Key::FlowsIn(name.clone()));
    if flows.is_empty() {
        return;
    }
    let policies = case.query.members(Key::EgressIn(name.clone())).into_iter();
    let for_all: Vec<_> = policies
        .filter_map(|id| Some((case.query.egress(name, &id.name).here()?, id)))
        .filter(|(egress, _)| egress.every_pod)
        .collect();
    let open = for_all.iter().find(|(egress, _)| egress.anywhere);
    if let Some((_, policy)) = open {
        report.because(Cause::at(policy, "/spec/egress")).violation(
            "/metadata/name",
            format!(
                "NetworkPolicy {} lets all pods send anywhere, though the namespace has data flows",
                policy.name
            ),
            "let egress only go where the flows need it",
        );
    } else if for_all.is_empty() {
        report.violation(
            "/metadata/name",
            format!(
                "has data flows ({}), and no NetworkPolicy that denies egress by default: pods may send anywhere",
                few(flows.iter().map(|flow| &flow.name))
            ),
            "add a NetworkPolicy with an empty podSelector and policyTypes [Egress], and allow what the flows need",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::SOUND;
    use crate::rules::testing::Bench;

    fn policy(name: &str, spec: &str) -> String {
        format!(
            "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: {name}, namespace: cx}}\nspec: {spec}\n"
        )
    }

    fn found(policies: &[&str]) -> Vec<String> {
        let bench = policies
            .iter()
            .enumerate()
            .fold(Bench::new(SOUND), |bench, (at, spec)| bench.with(&policy(&format!("p{at}"), spec)));
        bench.findings(125, "Namespace/cx")
    }

    const DENY: &str = "{podSelector: {}, policyTypes: [Egress]}";

    #[test]
    fn egress_is_denied_by_default_or_found() {
        let why = "/metadata/name: has data flows (answers), and no NetworkPolicy that denies egress by default: \
                   pods may send anywhere";
        assert_eq!(found(&[]), [why]);
        assert_eq!(found(&["{podSelector: {}, policyTypes: [Ingress]}"]), [why]);
        assert_eq!(found(&["{podSelector: {matchLabels: {a: b}}, policyTypes: [Egress]}"]), [why]);
        assert!(found(&[DENY]).is_empty());
        assert!(found(&["{podSelector: {}, egress: [{ports: [{port: 53}]}]}"]).is_empty());
        assert!(found(&[DENY, "{podSelector: {matchLabels: {a: b}}, egress: [{}]}"]).is_empty());
    }

    #[test]
    fn what_lets_all_pods_send_anywhere_undoes_the_default() {
        let open = "{podSelector: {}, policyTypes: [Egress], egress: [{}]}";
        let why = |name: &str| {
            format!(
                "/metadata/name: NetworkPolicy {name} lets all pods send anywhere, though the namespace has data flows"
            )
        };
        assert_eq!(found(&[open]), [why("p0")]);
        assert_eq!(found(&[DENY, open]), [why("p1")]);
    }

    #[test]
    fn a_namespace_without_flows_or_protection_needs_none() {
        let empty = "apiVersion: v1\nkind: Namespace\nmetadata: {name: empty, labels: {cxguard.dev/protected: 'true'}}\n";
        assert!(Bench::new(SOUND).with(empty).findings(125, "Namespace/empty").is_empty());
        let open = "apiVersion: v1\nkind: Namespace\nmetadata: {name: cx}\n";
        assert!(Bench::new(SOUND).with(open).findings(125, "Namespace/cx").is_empty());
        let elsewhere = policy("p", DENY).replace("namespace: cx", "namespace: other");
        assert_eq!(Bench::new(SOUND).with(&elsewhere).findings(125, "Namespace/cx").len(), 1);
    }
}
