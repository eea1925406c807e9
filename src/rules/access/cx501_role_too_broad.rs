//! CX501: a role that allows everything is bound where customer data is.

use std::collections::BTreeSet;

use super::reach::is_trusted;
use crate::api::Phase;
use crate::engine::binding_of;
use crate::facts::{Key, Kind, Name, ObjectRef, Role, RoleRule};
use crate::rules::rule::rule;
use crate::rules::transfers::wording::{few, joined};
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// No role that is bound in a protected namespace has a wildcard: `*` as a verb, a resource (also `*/scale`) or an
    /// API group. `cluster-admin` is such a role. A role counts where a RoleBinding or a grant in force in a protected
    /// namespace gives it, and where a ClusterRoleBinding gives it to anybody but the `access.trustedSubjects` of the policy
    /// (default `system:*`) and the parts of Kubernetes in kube-system. A role that nobody is bound to counts nowhere.
    ///
    /// # Why
    ///
    /// A wildcard allows what nobody thought of: reading every Secret, running commands in every pod, and whatever is
    /// added later. Access must be limited to what the work needs: GDPR Art. 25(2) and 32(1)(b), ISO/IEC 27001 A.8.2.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: Role
    /// rules:
    ///   - apiGroups: ["*"]
    ///     resources: ["*"]
    ///     verbs: ["*"]
    /// ```
    ///
    /// # Fix
    ///
    /// Name the verbs, resources and API groups that the work needs. Where the role cannot be changed, as with
    /// `cluster-admin`, bind a narrower one.
    ///
    /// # References
    ///
    /// GDPR Art. 25(2), 32(1)(b); ISO/IEC 27001:2022 A.5.15, A.8.2, A.8.3; NIST SP 800-53 AC-6; SOC 2 CC6.3.
    501 "role-too-broad" Enforce since "0.1.0",
    Role: check,
}

fn check(case: &Case<'_, Role>, report: &mut Report<'_>) {
    let rules = case.subject.rules.iter().enumerate();
    let wide: Vec<_> =
        rules.map(|(at, rule)| (at, wildcards(rule))).filter(|(_, any)| !any.is_empty()).collect();
    // Who has the role is of no concern where it has no wildcard: there may be thousands.
    if wide.is_empty() {
        return;
    }
    let bindings = bound_by(case);
    if bindings.is_empty() {
        return;
    }
    for (at, wildcards) in wide {
        report.violation(
            format!("/rules/{at}"),
            format!("allows {}; it is bound by {}", joined(wildcards), few(&bindings)),
            "name the verbs, resources and API groups that the work needs, or bind a narrower role",
        );
    }
}

/// The bindings and grants by which the role gives access to something protected. A grant in force stands for the
/// binding that the operator makes of it.
fn bound_by(case: &Case<'_, Role>) -> Vec<ObjectRef> {
    let protected = case.query.protected();
    let mut grants = case.query.members(Key::GrantsOf(case.id.clone()));
    grants.retain(|id| {
        let active = || case.query.access(id).is_some_and(|access| access.phase == Phase::Active);
        protected.contains(&id.namespace) && active()
    });
    let own: BTreeSet<ObjectRef> = grants.iter().map(binding_of).collect();
    let mut bindings = case.query.members(Key::BindingsOf(case.id.clone()));
    bindings.retain(|id| {
        let Some(binding) = case.query.binding(id).here() else { return false };
        let mut subjects = binding.subjects.iter();
        if binding.grant_uid.is_some() && own.contains(id) {
            false
        } else if id.kind == Kind::RoleBinding {
            protected.contains(&id.namespace) && subjects.next().is_some()
        } else {
            subjects.any(|subject| !is_trusted(case.query, case.policy, (id, &binding), subject))
        }
    });
    bindings.into_iter().chain(grants).collect()
}

/// What a rule allows without bounds. A rule without resources is about URLs of the API server, not about objects.
fn wildcards(rule: &RoleRule) -> Vec<&'static str> {
    let any = |names: &[Name]| names.iter().any(|name| &**name == "*");
    let resources = any(&rule.resources) || rule.resources.iter().any(|name| name.starts_with("*/"));
    let found = [
        (any(&rule.verbs), "every verb"),
        (resources, "every resource"),
        (any(&rule.groups), "every API group"),
    ];
    let found = found.into_iter().filter(|(is, _)| *is && !rule.resources.is_empty());
    found.map(|(_, what)| what).collect()
}

#[cfg(test)]
mod tests {
    use crate::engine::Outcome;
    use crate::rules::testing::{Bench, GRANT, PEOPLE, edit};

    const RBAC: &str = "apiVersion: rbac.authorization.k8s.io/v1\nkind:";
    const ANN: &str = "{kind: User, name: ann@corp.example}";

    fn role(rule: &str) -> String {
        format!("{RBAC} Role\nmetadata: {{name: r, namespace: cx-feedback}}\nrules: [{rule}]\n")
    }

    fn cluster_role(rule: &str) -> String {
        format!("{RBAC} ClusterRole\nmetadata: {{name: r}}\nrules: [{rule}]\n")
    }

    fn bound(kind: &str, namespace: &str, role: &str, subject: &str) -> String {
        format!(
            "---\n{RBAC} {kind}\nmetadata: {{name: b, namespace: {namespace}}}\nroleRef: {role}\nsubjects: [{subject}]\n"
        )
    }

    fn here(role: &str) -> String {
        bound("RoleBinding", "cx-feedback", role, ANN)
    }

    const ALL: &str = r#"{apiGroups: ["*"], resources: ["*"], verbs: ["*"]}"#;

    #[test]
    fn a_wildcard_is_too_broad_wherever_it_stands() {
        for (rule, allowed) in [
            (ALL, "every verb, every resource, every API group"),
            (r#"{apiGroups: [""], resources: [pods], verbs: ["*"]}"#, "every verb"),
            (r#"{apiGroups: [""], resources: ["*"], verbs: [get]}"#, "every resource"),
            (r#"{apiGroups: [""], resources: ["*/scale"], verbs: [get]}"#, "every resource"),
            (r#"{apiGroups: ["*"], resources: [pods], verbs: [get], resourceNames: [a]}"#, "every API group"),
        ] {
            let bench = Bench::new(PEOPLE).with(&(role(rule) + &here("{kind: Role, name: r}")));
            assert_eq!(
                bench.findings(501, "Role/cx-feedback/r"),
                [format!("/rules/0: allows {allowed}; it is bound by RoleBinding/cx-feedback/b")]
            );
        }
        for rule in [
            r#"{apiGroups: [""], resources: [configmaps], verbs: [get, list]}"#,
            r#"{nonResourceURLs: ["*"], verbs: ["*"]}"#,
        ] {
            let bench = Bench::new(PEOPLE).with(&(role(rule) + &here("{kind: Role, name: r}")));
            assert!(bench.findings(501, "Role/cx-feedback/r").is_empty(), "{rule}");
        }
    }

    #[test]
    fn a_grant_in_force_gives_a_role_as_its_binding_does() {
        let broad = cluster_role(ALL).replace("{name: r}", "{name: feedback-reader}");
        let found = |manifests: &str| {
            let bench = Bench::new(PEOPLE).with(&broad).with(manifests);
            let told = bench.judge("CompliancePolicy/gdpr").0.findings;
            let told = told.into_iter().filter(|found| found.rule.0 == 501);
            let told: Vec<_> = told.map(|found| format!("{}: {}", found.path, found.message)).collect();
            assert_eq!(told, bench.findings(501, "ClusterRole/feedback-reader"));
            told
        };
        let by = |what: &str| {
            vec![format!(
                "/rules/0: allows every verb, every resource, every API group; it is bound by {what}"
            )]
        };
        let binding =
            here("{kind: ClusterRole, name: feedback-reader}").replace("name: b,", "name: cxguard-churn,");
        let own = binding.replace("metadata: {", "metadata: {labels: {cxguard.dev/grant-uid: u}, ");
        let to_come = edit(GRANT, "2026-11-20T08:00:00Z", "2026-11-24T08:00:00Z");
        assert_eq!(found(GRANT), by("AccessGrant/cx-feedback/churn"));
        assert_eq!(found(&format!("{GRANT}{own}")), by("AccessGrant/cx-feedback/churn"));
        assert!(found(&to_come).is_empty());
        assert_eq!(found(&format!("{to_come}{own}")), by("RoleBinding/cx-feedback/cxguard-churn"));
        let both = "RoleBinding/cx-feedback/cxguard-churn, AccessGrant/cx-feedback/churn";
        assert_eq!(found(&format!("{GRANT}{binding}")), by(both));
    }

    #[test]
    fn a_role_that_gives_nobody_anything_here_may_be_as_it_is() {
        let found = |manifests: &str| {
            Bench::new(PEOPLE).with(&(cluster_role(ALL) + manifests)).findings(501, "ClusterRole/r").len()
        };
        let it = "{kind: ClusterRole, name: r}";
        assert_eq!(found(""), 0);
        assert_eq!(found(&here(it)), 1);
        assert_eq!(found(&bound("RoleBinding", "elsewhere", it, ANN)), 0);
        assert_eq!(found(&bound("RoleBinding", "cx-feedback", it, "")), 0);
        assert_eq!(found(&bound("ClusterRoleBinding", "''", it, ANN)), 1);
        assert_eq!(found(&bound("ClusterRoleBinding", "''", it, "{kind: Group, name: 'system:masters'}")), 0);
        let account = |namespace| format!("{{kind: ServiceAccount, namespace: {namespace}, name: s}}");
        assert_eq!(found(&bound("ClusterRoleBinding", "''", it, &account("kube-system"))), 1);
        let unprotected = PEOPLE.replace(", labels: {cxguard.dev/protected: \"true\"}", "");
        let bench = Bench::new(&unprotected).with(&(cluster_role(ALL) + &here(it)));
        assert!(bench.findings(501, "ClusterRole/r").is_empty());
    }

    #[test]
    fn the_parts_of_kubernetes_keep_the_roles_that_are_made_for_them() {
        let name = "system:controller:collector";
        let manifests = cluster_role(ALL).replace("name: r", &format!("name: '{name}'"))
            + &bound(
                "ClusterRoleBinding",
                "''",
                &format!("{{kind: ClusterRole, name: '{name}'}}"),
                "{kind: ServiceAccount, namespace: kube-system, name: s}",
            );
        let bench = Bench::new(PEOPLE).with(&manifests);
        assert!(bench.findings(501, &format!("ClusterRole/{name}")).is_empty());
        let bench = bench.with(&bound(
            "RoleBinding",
            "cx-feedback",
            &format!("{{kind: ClusterRole, name: '{name}'}}"),
            "{kind: ServiceAccount, namespace: kube-system, name: s}",
        ));
        assert_eq!(bench.findings(501, &format!("ClusterRole/{name}")).len(), 1);
    }

    #[test]
    fn what_the_api_server_made_itself_is_known() {
        let bench = Bench::new(PEOPLE).with(&here("{kind: ClusterRole, name: cluster-admin}"));
        let (verdict, _) = bench.judge("RoleBinding/cx-feedback/b");
        let found: Vec<String> = verdict
            .findings
            .iter()
            .filter(|found| found.rule.0 == 501)
            .map(|found| found.subject.to_string())
            .collect();
        assert_eq!(found, ["ClusterRole/cluster-admin"]);
        let bench = Bench::new(PEOPLE).with(&here("{kind: ClusterRole, name: admin}"));
        let (verdict, _) = bench.judge("RoleBinding/cx-feedback/b");
        assert!(verdict.findings.iter().all(|found| found.rule.0 != 501));
    }

    #[test]
    fn the_policy_of_the_namespace_says_what_is_found_in_it() {
        let bench = Bench::new(PEOPLE).with(&(role(ALL) + &here("{kind: Role, name: r}")));
        assert_eq!(bench.outcome("Namespace/cx-feedback"), Outcome::Violating);
        let (verdict, _) = bench.judge("CompliancePolicy/gdpr");
        let of_access = verdict.findings.iter().filter(|found| found.rule.0 / 100 == 5);
        let found = of_access.map(|found| format!("{} {}", found.rule, found.subject));
        let expected = ["CX501 Role/cx-feedback/r", "CX504 RoleBinding/cx-feedback/b"];
        assert_eq!(found.collect::<Vec<_>>(), expected);
        let elsewhere = bench.with(
            "apiVersion: cxguard.dev/v1alpha1\nkind: CompliancePolicy\nmetadata: {name: other}\n\
             spec: {namespaceSelector: {matchLabels: {team: other}}}\n",
        );
        assert_eq!(elsewhere.outcome("CompliancePolicy/other"), Outcome::Compliant);
    }
}
