//! CX514: a grant of a role that the policy does not let anybody grant.

use super::is_over;
use crate::facts::GrantFact;
use crate::rules::rule::rule;
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// The role of the grant is one of `access.grantableRoles`. Where the policy has no such list, any role may be
    /// granted that the operator may bind; an empty list lets nothing be granted. Where several policies have a list,
    /// a role must be in each. Roles and cluster roles are named alike.
    ///
    /// # Why
    ///
    /// Least privilege is decided once, by those who know what a role gives, and not with each grant: GDPR Art. 25(2)
    /// and 32(4), ISO/IEC 27001 A.5.15 and A.8.2.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: AccessGrant
    /// spec:
    ///   role: {kind: ClusterRole, name: admin}     # grantableRoles: [feedback-reader]
    /// ```
    ///
    /// # Fix
    ///
    /// The role of a grant never changes: make a new grant with a role of the list. If the role belongs on the list,
    /// add it to `access.grantableRoles` of each policy that has one.
    ///
    /// # References
    ///
    /// GDPR Art. 25(2), 32(4); ISO/IEC 27001:2022 A.5.15, A.8.2; SOC 2 CC6.3; NIST SP 800-53 AC-6.
    514 "role-not-grantable" Enforce since "0.1.0",
    Grant: check,
}

fn check(case: &Case<'_, GrantFact>, report: &mut Report<'_>) {
    let role = &case.subject.spec.role;
    let Some(allowed) = &case.policy.access.grantable_roles else { return };
    if allowed.contains(&role.name) || is_over(case) {
        return;
    }
    let names: Vec<&str> = allowed.iter().map(String::as_str).collect();
    let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    report.violation(
        "/spec/role/name",
        format!("{} {} may not be granted; grantable: {names}", role.kind, role.name),
        "make a new grant with a grantable role, or add the role to access.grantableRoles of the policy",
    );
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::{Bench, GRANT, PEOPLE, edit};

    const ID: &str = "AccessGrant/cx-feedback/churn";

    #[test]
    fn only_listed_roles_may_be_granted() {
        let with = |roles: &str| {
            Bench::new(&edit(PEOPLE, "    grantableRoles: [feedback-reader]\n", roles)).with(GRANT)
        };
        assert!(with("").findings(514, ID).is_empty());
        assert!(with("    grantableRoles: [feedback-reader, other]\n").findings(514, ID).is_empty());
        assert_eq!(
            with("    grantableRoles: [b, a]\n").findings(514, ID),
            ["/spec/role/name: ClusterRole feedback-reader may not be granted; grantable: a, b"]
        );
        assert_eq!(
            with("    grantableRoles: []\n").findings(514, ID),
            ["/spec/role/name: ClusterRole feedback-reader may not be granted; grantable: none"]
        );
    }

    #[test]
    fn a_role_must_be_in_the_list_of_every_policy() {
        let second = "apiVersion: cxguard.dev/v1alpha1\nkind: CompliancePolicy\nmetadata: {name: second}\n\
                      spec: {access: {grantableRoles: [other]}}\n";
        assert_eq!(Bench::new(PEOPLE).with(GRANT).with(second).findings(514, ID).len(), 1);
    }
}
