//! CX511: a role that opens ways around the grant.

use super::is_over;
use super::ways::{around_grants, first_around_grants};
use crate::engine::{Cause, Found, lacks};
use crate::facts::{GrantFact, role_of};
use crate::rules::rule::rule;
use crate::rules::transfers::wording::few;
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// The role that a grant binds allows none of these, by name or by a wildcard:
    ///
    /// - `secrets`;
    /// - `pods/exec`, `pods/attach` and `pods/portforward`, with `create` or `get`: a websocket needs no more than `get`;
    /// - `pods/ephemeralcontainers`, with `update` or `patch`;
    /// - `pods/proxy`, `services/proxy` and `nodes/proxy`;
    /// - `serviceaccounts/token`, with `create`;
    /// - `impersonate` on users, groups, service accounts, uids and userextras;
    /// - `escalate` and `bind` on roles and cluster roles.
    ///
    /// It is judged of the grant and not of the role, for it is the grant that gives it to somebody. A rule of the role
    /// that is limited by `resourceNames` counts as well.
    ///
    /// # Why
    ///
    /// Who can read a secret or open a shell has what the workload has: the database behind it, under another name, and
    /// beyond the end of the grant. Nothing of what the grant promises about form and time holds then.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: ClusterRole
    /// metadata: {name: feedback-debugger}
    /// rules:
    ///   - {apiGroups: [""], resources: [pods/exec], verbs: [get, create]}
    /// ```
    ///
    /// # Fix
    ///
    /// Take these rights out of the role, or grant another one. Where somebody needs them for a time, say so in an
    /// exemption with an end.
    ///
    /// # References
    ///
    /// GDPR Art. 25(2), 32(1)(b), 32(4); ISO/IEC 27001:2022 A.8.2, A.8.18; NIST SP 800-53 AC-6(1).
    511 "escalating-verbs" Warn since "0.1.0",
    Grant: check,
}

fn check(case: &Case<'_, GrantFact>, report: &mut Report<'_>) {
    if is_over(case) {
        return;
    }
    let id = role_of(case.id, &case.subject.spec);
    let found = case.query.role(&id);
    lacks(&found, &id, report);
    let Found::Here(role) = found else { return };
    let open = around_grants(&role);
    if !open.is_empty() {
        let reason = first_around_grants(&role).map(|at| Cause::at(&id, format!("/rules/{at}")));
        report.because(reason).violation(
            "/spec/role/name",
            format!("{id} opens ways around the grant: {}", few(open)),
            "take these rights out of the role, or grant another one",
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::{Bench, EMPLOYEE, GRANT, PEOPLE, edit};

    const ID: &str = "AccessGrant/cx-feedback/churn";
    const RULE: &str = r#"{apiGroups: [""], resources: [configmaps], verbs: [get, list, watch]}"#;

    fn bench(group: &str, resources: &str, verbs: &str, more: &str) -> Bench {
        let rule = format!("{{apiGroups: ['{group}'], resources: [{resources}], verbs: [{verbs}]{more}}}");
        Bench::new(&edit(PEOPLE, RULE, &rule)).with(EMPLOYEE)
    }

    #[test]
    fn a_role_opens_no_way_around_the_grant() {
        let rbac = "rbac.authorization.k8s.io";
        for (group, resources, verbs, ways) in [
            ("", "configmaps, pods, pods/log", "get, list, watch", None),
            ("", "secrets", "list", Some("secrets")),
            ("apps", "secrets", "list", None),
            ("", "pods/exec", "get", Some("pods/exec")),
            ("", "pods/exec", "list", None),
            ("", "pods/attach, pods/portforward", "create", Some("pods/attach, pods/portforward")),
            ("", "pods/ephemeralcontainers", "get", None),
            ("", "pods/ephemeralcontainers", "patch", Some("pods/ephemeralcontainers")),
            ("", "'*/proxy'", "get", Some("pods/proxy, services/proxy, nodes/proxy")),
            ("", "serviceaccounts/token", "create", Some("serviceaccounts/token")),
            ("", "serviceaccounts", "create", None),
            ("", "serviceaccounts", "impersonate", Some("impersonate serviceaccounts")),
            ("", "users, groups", "impersonate", Some("impersonate users, impersonate groups")),
            ("authentication.k8s.io", "userextras/scopes", "impersonate", Some("impersonate userextras")),
            (rbac, "roles", "get, create", None),
            (rbac, "roles", "bind", Some("bind roles")),
            (rbac, "clusterroles", "'*'", Some("escalate clusterroles, bind clusterroles")),
            ("*", "'*'", "'*'", Some("secrets, pods/exec, pods/attach, and 15 more")),
            ("*", "'*'", "get", Some("secrets, pods/exec, pods/attach, and 4 more")),
            ("", "", "get", None),
        ] {
            let found = bench(group, resources, verbs, "").findings(511, ID);
            let expected = ways.map(|ways| {
                format!("/spec/role/name: ClusterRole/feedback-reader opens ways around the grant: {ways}")
            });
            assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{group} {resources} {verbs}");
        }
    }

    #[test]
    fn one_secret_by_name_is_a_way_too() {
        assert_eq!(bench("", "secrets", "get", ", resourceNames: [db]").findings(511, ID).len(), 1);
    }

    #[test]
    fn consultants_and_roles_of_the_namespace_count_alike() {
        assert_eq!(bench("", "secrets", "get", "").with(GRANT).findings(511, ID).len(), 1);
        let role = "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\n\
                    metadata: {name: keys, namespace: cx-feedback}\n\
                    rules: [{apiGroups: [''], resources: [secrets], verbs: [get]}]\n";
        let grant = edit(GRANT, "{kind: ClusterRole, name: feedback-reader}", "{kind: Role, name: keys}");
        let bench = Bench::new(PEOPLE).with(role).with(&grant);
        assert!(bench.findings(511, ID)[0].contains("Role/cx-feedback/keys opens"));
    }

    #[test]
    fn a_role_that_is_not_there_is_lacking_and_what_is_over_is_not_judged() {
        let gone = edit(EMPLOYEE, "name: feedback-reader", "name: nothing");
        let bench = Bench::new(PEOPLE).with(&gone);
        assert!(bench.findings(511, ID).is_empty() && bench.lacks(511, ID));
        let over = self::bench("", "secrets", "get", "").at("2027-03-31T00:00:00Z");
        assert!(over.findings(511, ID).is_empty());
        let before = over.at("2027-03-30T23:59:59Z");
        assert_eq!((before.findings(511, ID).len(), &*before.horizon(ID)), (1, "2027-03-31T00:00:00Z"));
    }
}
