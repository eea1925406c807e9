//! CX501: a role that allows everything is bound where customer data is.

use super::reach::is_trusted;
use crate::facts::{Key, Kind, Name, ObjectRef, Role, RoleRule};
use crate::rules::rule::rule;
use crate::rules::transfers::wording::{few, joined};
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// No role that is bound in a protected namespace has a wildcard: `*` as a verb, a resource (also `*/scale`) or an
    /// API group. `cluster-admin` is such a role. A cluster role counts where a RoleBinding in a protected namespace
    /// names it, and where a ClusterRoleBinding gives it to anybody but the `access.trustedSubjects` of the policy
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
    let bindings = bound_by(case);
    if bindings.is_empty() {
        return;
    }
    for (at, rule) in case.subject.rules.iter().enumerate() {
        let wildcards = wildcards(rule);
        if !wildcards.is_empty() {
            report.violation(
                format!("/rules/{at}"),
                format!("allows {}; it is bound by {}", joined(wildcards), few(&bindings)),
                "name the verbs, resources and API groups that the work needs, or bind a narrower role",
            );
        }
    }
}

/// The bindings by which the role gives access to something protected.
fn bound_by(case: &Case<'_, Role>) -> Vec<ObjectRef> {
    let protected = case.query.protected();
    let mut bindings = case.query.members(Key::BindingsOf(case.id.clone()));
    bindings.retain(|id| {
        let Some(binding) = case.query.binding(id).here() else { return false };
        let mut subjects = binding.subjects.iter();
        if id.kind == Kind::RoleBinding {
            protected.contains(&id.namespace) && subjects.next().is_some()
        } else {
            subjects.any(|subject| !is_trusted(case.policy, id, &binding, subject))
        }
    });
    bindings
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
    use crate::rules::testing::{Bench, PEOPLE};

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
