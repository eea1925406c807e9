//! CX504: somebody has access that no grant covers.

use super::reach::{account_namespace, is_ours_alone, is_trusted, reaches_objects};
use super::ways::{to_data, vouches};
use crate::engine::covering;
use crate::facts::{Binding, Kind, ObjectRef};
use crate::rules::rule::rule;
use crate::rules::transfers::wording::few;
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// Each subject of a binding in a protected namespace has a grant there that gives it the same role now. The
    /// binding that the operator made for a grant counts as covered until the operator has deleted it. Of the bindings
    /// of the whole cluster none is covered, for a grant gives access in its own namespace only.
    ///
    /// A service account that is bound in the whole cluster, as those of controllers are, counts if its role leads to
    /// data: to Secrets, a shell, a port or the output of a pod, to code of its own in a pod, to the rights of others, or
    /// to grants of its own; or if it is one of the policy's `access.grantableRoles`. To look at pods, nodes,
    /// configuration and objects of its own kinds does not.
    ///
    /// Not judged are
    ///
    /// - users and groups that the policy's `access.trustedSubjects` name (default `system:*`);
    /// - service accounts of the binding's own namespace, and the operator's own account;
    /// - parts of Kubernetes: service accounts of kube-system that are bound in the whole cluster to a role whose name
    ///   begins with `system:`;
    /// - bindings of the whole cluster whose role allows nothing but non-resource URLs and questions about one's own
    ///   rights;
    /// - bindings whose role allows nothing but objects of the API group cxguard.dev, as the shipped roles by which
    ///   people ask for grants, approve them and read. They lead to no data: who asks needs another who approves. Those
    ///   count that let a person `vouch`, who needs nobody else; and in the whole cluster all by which somebody writes or
    ///   approves grants, which is decided where the data is.
    ///
    /// # Why
    ///
    /// Access without a grant has no owner, no approval, no papers and no end: nobody reviews it and nobody takes it
    /// away. GDPR Art. 32(4) wants access on instruction only, ISO/IEC 27001 A.5.18 wants it granted and reviewed.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: RoleBinding          # in a protected namespace, and no AccessGrant says the same
    /// roleRef: {kind: ClusterRole, name: view}
    /// subjects:
    ///   - {kind: User, name: somebody@agency.example}
    /// ```
    ///
    /// # Fix
    ///
    /// Make an AccessGrant for the access instead of the binding. What grants are not for, as auditors who look at the
    /// whole cluster: set the rule aside for the binding by an Exemption, which says who answers for it and until when.
    ///
    /// Or trust the subject in the policy: whom `access.trustedSubjects` names needs no grant for anything, not even for a
    /// shell or a port of a pod. A service account is never trusted by name, for whoever may run pods can be it: exempt its
    /// binding, or bind a controller in the namespaces where it works.
    ///
    /// Where a policy says `access.ungoverned: Remove` and enforces this rule, such a RoleBinding is removed after
    /// `access.ungovernedGrace` (default 24h); `status.ungoverned` of the policy says which and when.
    ///
    /// # References
    ///
    /// GDPR Art. 25(2), 32(4); ISO/IEC 27001:2022 A.5.15, A.5.16, A.5.18; NIST SP 800-53 AC-2; SOC 2 CC6.2, CC6.3.
    504 "ungoverned-access" Enforce since "0.1.0",
    Binding: check,
}

fn check(case: &Case<'_, Binding>, report: &mut Report<'_>) {
    if !reaches_objects(case.query, case.id, case.subject) {
        return;
    }
    if let Some(grant) = unreadable_grant(case) {
        report.lacks(format!("{grant} cannot be read"));
        return;
    }
    for (at, subject) in case.subject.subjects.iter().enumerate() {
        let is_account = account_namespace(subject).is_some();
        let own_account =
            !case.id.namespace.is_empty() && account_namespace(subject) == Some(&*case.id.namespace);
        if own_account
            || is_about_grants(case, is_account)
            || is_trusted(case.query, case.policy, (case.id, case.subject), subject)
            || covering(case.query, case.id, case.subject, subject).is_some()
        {
            continue;
        }
        let role = format!("{} {}", case.subject.role.kind, case.subject.role.name);
        let gives = format!("gives {subject} {role}");
        let path = format!("/subjects/{at}");
        if !case.id.namespace.is_empty() {
            let remedy = if is_account { GRANT_OR_EXEMPT } else { GRANT_OR_TRUST };
            report.violation(path, format!("{gives}, and no grant covers that"), remedy);
        } else if !is_account {
            let message = format!("{gives} in every namespace, and no grant can cover that");
            report.violation(path, message, GRANTS_OR_TRUST);
        } else if let Some(reach) = reach_of_role(case) {
            let message = format!("{gives} in every namespace{reach}, and no grant can cover that");
            report.violation(path, message, LIMIT_OR_EXEMPT);
        }
    }
}

const GRANT_OR_TRUST: &str = "make an AccessGrant for it instead of the binding, or name the subject in \
                              access.trustedSubjects, or set the rule aside for this binding by an Exemption";
const GRANT_OR_EXEMPT: &str = "make an AccessGrant for it instead of the binding, or set the rule aside for this binding by \
                               an Exemption; no policy trusts a service account";
const GRANTS_OR_TRUST: &str = "make AccessGrants in the namespaces where it is needed instead of the binding, or name the \
                               subject in access.trustedSubjects, or set the rule aside for this binding by an Exemption";
const LIMIT_OR_EXEMPT: &str = "bind it in the namespaces where it works, or take these rights from it, or set the rule \
                               aside for this binding by an Exemption";

/// Whether a binding gives nothing but a part in what cxguard itself decides about: one that is not enough by itself.
fn is_about_grants(case: &Case<'_, Binding>, is_account: bool) -> bool {
    let Some(role) = case.query.role(&case.subject.role).here() else { return false };
    let is_part =
        if case.id.namespace.is_empty() { to_data(&role).is_empty() } else { is_account || !vouches(&role) };
    is_part && is_ours_alone(&role)
}

/// By what the role of a controller leads to the data of every namespace, in words; nothing if it does not. Of a role
/// that is not known, the worst is assumed.
fn reach_of_role(case: &Case<'_, Binding>) -> Option<String> {
    let role = &case.subject.role;
    let grantable = case.policy.access.grantable_roles.as_ref();
    if grantable.is_some_and(|roles| roles.contains(&*role.name)) {
        return Some(", which grants give (access.grantableRoles)".to_owned());
    }
    let Some(known) = case.query.role(role).here() else {
        return Some(", of which nothing is known".to_owned());
    };
    let ways = to_data(&known);
    (!ways.is_empty()).then(|| format!(": {}", few(ways)))
}

/// The grant for which the binding was made, if what it gives to whom cannot be read.
fn unreadable_grant(case: &Case<'_, Binding>) -> Option<ObjectRef> {
    case.subject.grant_uid.as_ref()?;
    let name = case.id.name.strip_prefix("cxguard-")?;
    let grant = ObjectRef::namespaced(Kind::AccessGrant, &case.id.namespace, name);
    case.query.unreadable(&grant).map(|_| grant)
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::{Bench, GRANT, PEOPLE, edit};

    const HERE: &str = "RoleBinding/cx-feedback/b";
    const EVERYWHERE: &str = "ClusterRoleBinding/b";
    const ANALYST: &str = "{kind: User, name: analyst-7@insight.example}";

    fn binding(kind: &str, role: &str, subject: &str) -> String {
        let namespace = if kind == "RoleBinding" { "cx-feedback" } else { "''" };
        format!(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: {kind}\nmetadata: {{name: b, namespace: {namespace}}}\n\
             roleRef: {{kind: ClusterRole, name: {role}}}\nsubjects: [{subject}]\n"
        )
    }

    fn here(subject: &str) -> String {
        binding("RoleBinding", "feedback-reader", subject)
    }

    #[test]
    fn access_needs_a_grant_of_the_same_role_to_the_same_subject() {
        let bench = Bench::new(PEOPLE).with(&here(ANALYST));
        assert_eq!(
            bench.findings(504, HERE),
            [
                "/subjects/0: gives User analyst-7@insight.example ClusterRole feedback-reader, and no grant covers that"
            ]
        );
        assert!(bench.with(GRANT).findings(504, HERE).is_empty());
        for subject in [
            "{kind: User, name: somebody@agency.example}",
            "{kind: Group, name: analyst-7@insight.example}",
            "{kind: ServiceAccount, namespace: elsewhere, name: analyst-7@insight.example}",
        ] {
            assert_eq!(Bench::new(PEOPLE).with(GRANT).with(&here(subject)).findings(504, HERE).len(), 1);
        }
        let other = binding("RoleBinding", "edit", ANALYST);
        assert_eq!(Bench::new(PEOPLE).with(GRANT).with(&other).findings(504, HERE).len(), 1);
        let elsewhere = edit(GRANT, "namespace: cx-feedback", "namespace: cx-other");
        assert_eq!(Bench::new(PEOPLE).with(&elsewhere).with(&here(ANALYST)).findings(504, HERE).len(), 1);
    }

    #[test]
    fn a_policy_selects_a_namespace_by_its_name() {
        let label = "kubernetes.io/metadata.name";
        for (selector, count) in [
            (format!("matchLabels: {{{label}: cx-feedback}}"), 1),
            (format!("matchLabels: {{{label}: cx-other}}"), 0),
            (format!("matchExpressions: [{{key: {label}, operator: NotIn, values: [cx-feedback]}}]"), 0),
        ] {
            let policy = format!(
                "apiVersion: cxguard.dev/v1alpha1\nkind: CompliancePolicy\nmetadata: {{name: named}}\n\
                 spec: {{namespaceSelector: {{{selector}}}}}\n"
            );
            let namespace = "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: cx-feedback}\n";
            // Also where no file says anything of the namespace.
            for namespace in [namespace, ""] {
                let bench = Bench::new(&format!("{policy}{namespace}")).with(&here(ANALYST));
                assert_eq!(bench.findings(504, HERE).len(), count, "{selector} {namespace}");
            }
        }
    }

    #[test]
    fn an_aggregated_role_without_its_parts_is_not_known() {
        let role = |aggregation: &str| {
            format!(
                "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {{name: whole}}\n\
                 {aggregation}rules: []\n"
            )
        };
        let binding = binding("ClusterRoleBinding", "whole", ANALYST);
        let found = |aggregation: &str| {
            Bench::new(PEOPLE).with(&role(aggregation)).with(&binding).findings(504, EVERYWHERE).len()
        };
        assert_eq!(found("aggregationRule: {clusterRoleSelectors: [{matchLabels: {cx: part}}]}\n"), 1);
        assert_eq!(found(""), 0);
    }

    #[test]
    fn a_grant_covers_while_it_is_active() {
        let bench = || Bench::new(PEOPLE).with(GRANT).with(&here(ANALYST));
        // The first review ends with its grace on 2027-01-02, and the engagement before that.
        assert_eq!(bench().horizon(HERE), "2026-12-18T18:00:00Z");
        assert_eq!(bench().at("2026-12-18T18:00:00Z").findings(504, HERE).len(), 1);
        assert_eq!(bench().at("2026-11-20T07:59:59Z").findings(504, HERE).len(), 1);
        let unapproved = edit(GRANT, "  approval: {by: lead@corp.example, at: 2026-11-19T15:00:00Z}\n", "");
        assert_eq!(Bench::new(PEOPLE).with(&unapproved).with(&here(ANALYST)).findings(504, HERE).len(), 1);
    }

    #[test]
    fn the_binding_of_a_grant_is_covered_until_the_operator_deletes_it() {
        let own = edit(
            &here(ANALYST),
            "name: b, namespace: cx-feedback",
            "name: cxguard-churn, namespace: cx-feedback, labels: {cxguard.dev/grant-uid: u}",
        );
        let id = "RoleBinding/cx-feedback/cxguard-churn";
        let late =
            |manifests: &str| Bench::new(PEOPLE).with(GRANT).with(manifests).at("2026-12-19T00:00:00Z");
        assert!(late(&own).findings(504, id).is_empty());
        assert_eq!(late(&edit(&own, ", labels: {cxguard.dev/grant-uid: u}", "")).findings(504, id).len(), 1);
        assert_eq!(Bench::new(PEOPLE).with(&own).findings(504, id).len(), 1);
        let more = edit(&own, ANALYST, &format!("{ANALYST}, {{kind: User, name: eve@corp.example}}"));
        assert_eq!(late(&more).findings(504, id).len(), 1);
        // That by which the tokens of an issued account are fetched, by whom it is issued to and by nobody else.
        let issued = edit(
            GRANT,
            ANALYST,
            &format!("{{kind: IssuedServiceAccount, name: bot}}\n  issuedTo: {ANALYST}"),
        );
        let tokens = edit(&own, "cxguard-churn", "cxguard:token:churn")
            .replace("{kind: ClusterRole, name: feedback-reader}", "{kind: Role, name: cxguard:token:churn}");
        let id_of_tokens = "RoleBinding/cx-feedback/cxguard:token:churn";
        let bench = |tokens: &str| Bench::new(PEOPLE).with(&issued).with(tokens).findings(504, id_of_tokens);
        assert!(bench(&tokens).is_empty());
        assert_eq!(bench(&edit(&tokens, ANALYST, "{kind: User, name: eve@corp.example}")).len(), 1);
        assert_eq!(bench(&edit(&tokens, "name: cxguard:token:churn}", "name: other}")).len(), 1);
        let unreadable = edit(GRANT, "2026-12-18T18:00:00Z", "some day");
        let bench = Bench::new(PEOPLE).with(&unreadable).with(&own);
        assert!(bench.findings(504, id).is_empty() && bench.lacks(504, id));
    }

    #[test]
    fn trust_is_for_the_policy_to_give_and_not_to_machines_and_everybody() {
        let count = |policy: &str, subject: &str| {
            Bench::new(&edit(PEOPLE, "    approval: Required\n", policy))
                .with(&here(subject))
                .findings(504, HERE)
                .len()
        };
        assert_eq!(count("", "{kind: Group, name: 'system:masters'}"), 0);
        assert_eq!(count("    trustedSubjects: []\n", "{kind: Group, name: 'system:masters'}"), 1);
        assert_eq!(count("    trustedSubjects: ['corp:*']\n", "{kind: Group, name: 'corp:ops'}"), 0);
        assert_eq!(count("    trustedSubjects: ['corp:*']\n", "{kind: User, name: 'corp'}"), 1);
        assert_eq!(count("    trustedSubjects: [ann]\n", "{kind: User, name: ann}"), 0);
        assert_eq!(count("    trustedSubjects: [ann]\n", "{kind: User, name: anna}"), 1);
        for subject in [
            "{kind: Group, name: 'system:authenticated'}",
            "{kind: Group, name: 'system:unauthenticated'}",
            "{kind: User, name: 'system:anonymous'}",
            "{kind: Group, name: 'system:serviceaccounts'}",
            "{kind: Group, name: 'system:serviceaccounts:elsewhere'}",
            "{kind: User, name: 'system:serviceaccount:elsewhere:s'}",
            "{kind: ServiceAccount, namespace: elsewhere, name: s}",
        ] {
            assert_eq!(count("    trustedSubjects: ['*']\n", subject), 1, "{subject}");
        }
        let second = "apiVersion: cxguard.dev/v1alpha1\nkind: CompliancePolicy\nmetadata: {name: second}\n\
                      spec: {access: {trustedSubjects: [ann]}}\n";
        let both = Bench::new(PEOPLE).with(second).with(&here("{kind: Group, name: 'system:masters'}"));
        assert_eq!(both.findings(504, HERE).len(), 1);
    }

    #[test]
    fn accounts_of_the_same_namespace_need_no_grant() {
        for subject in [
            "{kind: ServiceAccount, namespace: cx-feedback, name: sender}",
            "{kind: User, name: 'system:serviceaccount:cx-feedback:sender'}",
            "{kind: Group, name: 'system:serviceaccounts:cx-feedback'}",
        ] {
            assert!(Bench::new(PEOPLE).with(&here(subject)).findings(504, HERE).is_empty(), "{subject}");
        }
    }

    #[test]
    fn nothing_covers_what_holds_in_the_whole_cluster() {
        let found = |role: &str, subject: &str| {
            let bench = Bench::new(PEOPLE).with(GRANT).with(&binding("ClusterRoleBinding", role, subject));
            bench.findings(504, EVERYWHERE)
        };
        assert_eq!(
            found("feedback-reader", ANALYST),
            [
                "/subjects/0: gives User analyst-7@insight.example ClusterRole feedback-reader in every namespace, and \
                 no grant can cover that"
            ]
        );
        let account = |namespace: &str| format!("{{kind: ServiceAccount, namespace: {namespace}, name: s}}");
        assert_eq!(found("feedback-reader", &account("cx-feedback")).len(), 1);
        assert_eq!(found("feedback-reader", &account("kube-system")).len(), 1);
        assert_eq!(found("'system:controller:collector'", &account("kube-system")).len(), 0);
        assert_eq!(found("'system:controller:collector'", &account("elsewhere")).len(), 1);
        let operator = "{kind: ServiceAccount, namespace: cxguard-system, name: cxguard}";
        assert_eq!(found("feedback-reader", operator).len(), 0);
        assert_eq!(found("feedback-reader", &account("cxguard-system")).len(), 1);
        // Where the operator runs elsewhere, a namesake of its account is anybody's.
        let elsewhere = |subject: &str| {
            let bench = Bench::new(PEOPLE).operator_in("guard");
            bench.with(&binding("ClusterRoleBinding", "feedback-reader", subject)).findings(504, EVERYWHERE)
        };
        assert_eq!(elsewhere(&operator.replace("cxguard-system", "guard")).len(), 0);
        assert_eq!(elsewhere(operator).len(), 1);
        assert_eq!(found("cluster-admin", "{kind: Group, name: 'system:masters'}").len(), 0);
        assert_eq!(found("nothing", &account("elsewhere")).len(), 1);
        let unprotected = PEOPLE.replace(", labels: {cxguard.dev/protected: \"true\"}", "");
        let bench = Bench::new(&unprotected).with(&binding("ClusterRoleBinding", "edit", ANALYST));
        assert!(bench.findings(504, EVERYWHERE).is_empty());
    }

    #[test]
    fn of_controllers_those_count_that_lead_to_data() {
        let found = |rules: &str, subject: &str| {
            let role = format!(
                "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {{name: controller}}\n\
                 rules: [{rules}]\n"
            );
            let binding = binding("ClusterRoleBinding", "controller", subject);
            Bench::new(PEOPLE).with(&role).with(&binding).findings(504, EVERYWHERE)
        };
        let account = "{kind: ServiceAccount, namespace: ingress, name: s}";
        let rule = |groups: &str, resources: &str, verbs: &str| {
            format!("{{apiGroups: ['{groups}'], resources: [{resources}], verbs: [{verbs}]}}")
        };
        for (rules, ways) in [
            (rule("", "pods, services, endpoints, nodes, namespaces, configmaps, events", "get, list, watch"), None),
            (rule("", "pods/eviction", "create"), None),
            (rule("apps", "deployments/scale", "update"), None),
            (rule("cert-manager.io", "'*'", "'*'"), None),
            (rule("", "secrets", "list"), Some("secrets")),
            (rule("", "pods/log", "get"), Some("pods/log")),
            (rule("", "pods", "create"), Some("pods")),
            (rule("apps", "deployments, daemonsets", "patch"), Some("deployments, daemonsets")),
            (rule("cxguard.dev", "accessgrants", "approve"), Some("accessgrants")),
            (rule("*", "'*'", "'*'"), Some("secrets, pods/exec, pods/attach, and 25 more")),
            ("{apiGroups: [''], resources: [secrets], resourceNames: [db], verbs: [get]}".to_owned(), Some("secrets")),
            (
                "{apiGroups: [''], resources: [serviceaccounts/token], resourceNames: [cni], verbs: [create]}".to_owned(),
                None,
            ),
        ] {
            let expected = ways.map(|ways| {
                format!(
                    "/subjects/0: gives ServiceAccount ingress/s ClusterRole controller in every namespace: {ways}, and \
                     no grant can cover that"
                )
            });
            assert_eq!(found(&rules, account), expected.into_iter().collect::<Vec<_>>(), "{rules}");
            // Of people, every right counts; an account is one under any of its names.
            assert_eq!(found(&rules, ANALYST).len(), 1, "{rules}");
            let user = "{kind: User, name: 'system:serviceaccount:ingress:s'}";
            assert_eq!(found(&rules, user).is_empty(), ways.is_none(), "{rules}");
        }
    }

    #[test]
    fn a_part_in_what_is_decided_about_grants_is_no_access_to_data() {
        let found = |kind: &str, rules: &str, subject: &str| {
            let role = format!(
                "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {{name: part}}\nrules: [{rules}]\n"
            );
            let id = if kind == "RoleBinding" { HERE } else { EVERYWHERE };
            Bench::new(PEOPLE).with(&role).with(&binding(kind, "part", subject)).findings(504, id).len()
        };
        let rule = |group: &str, resources: &str, verbs: &str| {
            format!("{{apiGroups: ['{group}'], resources: [{resources}], verbs: [{verbs}]}}")
        };
        let ours = |resources: &str, verbs: &str| rule("cxguard.dev", resources, verbs);
        for (rules, here, everywhere) in [
            (ours("accessgrants", "get, create, update"), 0, 1),
            (ours("accessgrants", "get, patch, approve"), 0, 1),
            (ours("accessgrants, people, vendors", "get, list, watch"), 0, 0),
            (ours("people, vendors", "create, update"), 0, 0),
            (rule("*", "accessgrants", "get"), 1, 1),
            (rule("", "configmaps", "get"), 1, 1),
            (rule("rbac.authorization.k8s.io", "clusterroles", "bind"), 1, 1),
            (rule("rbac.authorization.k8s.io", "rolebindings", "create"), 1, 1),
            (format!("{}, {}", ours("accessgrants", "get"), rule("", "secrets", "get")), 1, 1),
            ("{apiGroups: ['cxguard.dev', 'apps'], resources: ['*'], verbs: [get]}".to_owned(), 1, 1),
            // What is added up into it later is not known.
            (String::new(), 1, 0),
        ] {
            let account = "{kind: ServiceAccount, namespace: flux-system, name: kustomize-controller}";
            for subject in [ANALYST, account] {
                assert_eq!(found("RoleBinding", &rules, subject), here, "{rules} {subject}");
            }
            assert_eq!(found("ClusterRoleBinding", &rules, ANALYST), everywhere, "{rules}");
        }
        // Who vouches is both: a controller behind a branch that somebody else reviews, and nobody in person.
        for rules in [ours("accessgrants", "create, approve, vouch"), ours("'*'", "'*'")] {
            assert_eq!(
                found("RoleBinding", &rules, "{kind: ServiceAccount, namespace: flux-system, name: k}"),
                0
            );
            for subject in
                [ANALYST, "{kind: Group, name: leads}", "{kind: Group, name: 'system:serviceaccounts'}"]
            {
                assert_eq!(found("RoleBinding", &rules, subject), 1, "{rules} {subject}");
            }
        }
    }

    #[test]
    fn what_is_told_can_be_done() {
        let remedy = |kind: &str, subject: &str| {
            let bench = Bench::new(PEOPLE).with(&binding(kind, "feedback-reader", subject));
            let id = if kind == "RoleBinding" { HERE } else { EVERYWHERE };
            let findings = bench.judge(id).0.findings;
            findings.into_iter().find(|found| found.rule.0 == 504).unwrap().remedy
        };
        let account = "{kind: ServiceAccount, namespace: elsewhere, name: s}";
        // No policy trusts an account, and no grant holds in the whole cluster.
        assert!(remedy("RoleBinding", ANALYST).contains("trustedSubjects"));
        assert!(!remedy("RoleBinding", account).contains("trustedSubjects"));
        assert!(remedy("RoleBinding", account).contains("Exemption"));
        assert!(remedy("ClusterRoleBinding", ANALYST).starts_with("make AccessGrants in the namespaces"));
        assert!(remedy("ClusterRoleBinding", account).contains("Exemption"));
    }
}
