use crate::rules::testing::{Bench, GRANT, PEOPLE, edit};

const EVE: &str = "{kind: User, name: eve@agency.example}";

fn binding(namespace: &str, name: &str, subjects: &str) -> String {
    format!(
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {{name: {name}, namespace: {namespace}}}\n\
         roleRef: {{kind: ClusterRole, name: feedback-reader}}\nsubjects: [{subjects}]\n"
    )
}

fn policy(name: &str, spec: &str) -> String {
    format!(
        "apiVersion: cxguard.dev/v1alpha1\nkind: CompliancePolicy\nmetadata: {{name: {name}}}\nspec: {spec}\n"
    )
}

const REMOVE: &str = "{access: {ungoverned: Remove}}";

/// A world with a policy `gdpr` of that spec, and one binding of these subjects.
fn world(spec: &str, subjects: &str) -> Bench {
    Bench::new(PEOPLE).with(&policy("gdpr", spec)).with(&binding("cx-feedback", "b", subjects))
}

/// Which bindings the policy wants removed, and after how long.
fn removed(bench: &Bench, by: &str) -> Vec<String> {
    let found = bench.ungoverned(&format!("CompliancePolicy/{by}")).into_iter();
    found.map(|found| format!("{} {}", found.binding, found.grace)).collect()
}

#[test]
fn what_no_grant_covers_is_wanted_removed() {
    let bench = world(REMOVE, EVE);
    assert_eq!(removed(&bench, "gdpr"), ["RoleBinding/cx-feedback/b 24h"]);
    let gives = &bench.ungoverned("CompliancePolicy/gdpr")[0].gives;
    assert_eq!(gives, "gives User eve@agency.example ClusterRole feedback-reader, and no grant covers that");
    let more = world(REMOVE, &format!("{EVE}, {{kind: Group, name: agency}}"));
    let gives = &more.ungoverned("CompliancePolicy/gdpr")[0].gives;
    assert!(gives.ends_with("no grant covers that (and 1 more subjects)"), "{gives}");
}

#[test]
fn only_where_the_policy_says_so_and_enforces_the_rule() {
    for (spec, expected) in [
        (REMOVE, 1),
        ("{access: {ungoverned: Report}}", 0),
        ("{access: {}}", 0),
        ("{mode: Warn, access: {ungoverned: Remove}}", 0),
        ("{mode: Audit, access: {ungoverned: Remove}}", 0),
        ("{rules: [{code: CX504, mode: Warn}], access: {ungoverned: Remove}}", 0),
        ("{rules: [{code: CX504, mode: Disabled}], access: {ungoverned: Remove}}", 0),
        ("{mode: Warn, rules: [{code: CX504, mode: Enforce}], access: {ungoverned: Remove}}", 1),
        ("{namespaceSelector: {matchLabels: {other: one}}, access: {ungoverned: Remove}}", 0),
    ] {
        assert_eq!(removed(&world(spec, EVE), "gdpr").len(), expected, "{spec}");
    }
    let unprotected = PEOPLE.replace(", labels: {cxguard.dev/protected: \"true\"}", "");
    let bench =
        Bench::new(&unprotected).with(&policy("gdpr", REMOVE)).with(&binding("cx-feedback", "b", EVE));
    assert!(removed(&bench, "gdpr").is_empty());
}

#[test]
fn what_is_covered_trusted_or_of_the_namespace_keeps_its_binding() {
    let analyst = "{kind: User, name: analyst-7@insight.example}";
    assert_eq!(removed(&world(REMOVE, analyst), "gdpr").len(), 1);
    assert!(removed(&world(REMOVE, analyst).with(GRANT), "gdpr").is_empty());
    // The grant is over, and with it what covered the binding.
    assert_eq!(removed(&world(REMOVE, analyst).with(GRANT).at("2026-12-18T18:00:00Z"), "gdpr").len(), 1);
    for kept in [
        "{kind: Group, name: 'system:masters'}",
        "{kind: ServiceAccount, namespace: cx-feedback, name: sender}",
        "{kind: ServiceAccount, namespace: cxguard-system, name: cxguard}",
    ] {
        assert!(removed(&world(REMOVE, kept), "gdpr").is_empty(), "{kept}");
        // Nor is it removed for the sake of another subject.
        let both = world(REMOVE, &format!("{EVE}, {kept}"));
        assert!(removed(&both, "gdpr").is_empty(), "{kept}");
        assert_eq!(both.findings(504, "RoleBinding/cx-feedback/b").len(), 1, "{kept}");
    }
    assert!(removed(&world(REMOVE, &format!("{EVE}, {analyst}")).with(GRANT), "gdpr").is_empty());
    assert!(removed(&world(REMOVE, ""), "gdpr").is_empty());
}

#[test]
fn what_holds_in_the_whole_cluster_is_never_removed() {
    let everywhere = edit(&binding("''", "b", EVE), "kind: RoleBinding", "kind: ClusterRoleBinding");
    let bench = Bench::new(PEOPLE).with(&policy("gdpr", REMOVE)).with(&everywhere);
    assert_eq!(bench.findings(504, "ClusterRoleBinding/b").len(), 1);
    assert!(removed(&bench, "gdpr").is_empty());
}

#[test]
fn what_kubernetes_and_the_operator_run_on_is_never_removed() {
    for namespace in ["kube-system", "kube-public", "cxguard-system"] {
        let labelled = format!(
            "{{apiVersion: v1, kind: Namespace, metadata: {{name: {namespace}, labels: {{cxguard.dev/protected: 'true'}}}}}}"
        );
        let bench = world(REMOVE, EVE).with(&labelled).with(&binding(namespace, "b", EVE));
        assert_eq!(bench.findings(504, &format!("RoleBinding/{namespace}/b")).len(), 1, "{namespace}");
        assert_eq!(removed(&bench, "gdpr"), ["RoleBinding/cx-feedback/b 24h"], "{namespace}");
    }
    // That of the operator is the one in which it runs, and no other.
    assert!(removed(&world(REMOVE, EVE).operator_in("cx-feedback"), "gdpr").is_empty());
}

#[test]
fn what_is_exempted_or_cannot_be_judged_stays() {
    let exemption = "
apiVersion: cxguard.dev/v1alpha1
kind: Exemption
metadata: {name: known}
spec:
  rules: [CX504]
  subject: {kind: RoleBinding, namespace: cx-feedback, name: b}
  reason: moves to a grant in December
  approvedBy: ciso@corp.example
  expiresAt: 2026-12-31T00:00:00Z
";
    let bench = world(REMOVE, EVE).with(exemption);
    assert!(removed(&bench, "gdpr").is_empty());
    assert_eq!(removed(&bench.at("2026-12-31T00:00:00Z"), "gdpr").len(), 1);
    let unreadable = policy("second", "{access: {ungovernedGrace: soon}}");
    assert!(removed(&world(REMOVE, EVE).with(&unreadable), "gdpr").is_empty());
}

#[test]
fn several_policies_compose_and_one_keeps_the_record() {
    let second = |spec: &str| {
        world("{access: {ungoverned: Remove, ungovernedGrace: 12h}}", EVE).with(&policy("eu", spec))
    };
    // The shortest grace, whoever says it.
    let reports = second("{access: {ungoverned: Report, ungovernedGrace: 2h}}");
    assert_eq!(removed(&reports, "gdpr"), ["RoleBinding/cx-feedback/b 2h"]);
    assert!(removed(&reports, "eu").is_empty());
    let removes = second("{access: {ungoverned: Remove}}");
    assert_eq!(removed(&removes, "eu"), ["RoleBinding/cx-feedback/b 12h"]);
    assert!(removed(&removes, "gdpr").is_empty());
    let elsewhere = second(
        "{namespaceSelector: {matchLabels: {other: one}}, access: {ungoverned: Remove, ungovernedGrace: 1h}}",
    );
    assert_eq!(removed(&elsewhere, "gdpr"), ["RoleBinding/cx-feedback/b 12h"]);
    assert!(removed(&elsewhere, "eu").is_empty());
}
