//! CX513: the access of a grant has ended, and its subject still has it.

use super::subject_path;
use crate::api::Phase;
use crate::facts::GrantFact;
use crate::rules::rule::rule;
use crate::rules::transfers::wording::few;
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// Of a grant that is Suspended, Expired or Revoked, nothing gives the subject what the grant gave. After each end
    /// the operator looks for other RoleBindings and ClusterRoleBindings that reach the subject, by name or by group,
    /// and asks the API server; what is left is in `status.revocation.residual`.
    ///
    /// What another grant in force gives, or a binding of somebody whom the policy trusts (`access.trustedSubjects`), is
    /// no finding: it is in `status.revocation.retained`, with the reason.
    ///
    /// Only a cluster shows this: a check of files does not judge it.
    ///
    /// # Why
    ///
    /// Access that outlives its end is access without a reason. That the binding is deleted is not yet proof: GDPR
    /// Art. 32(1)(b) and (d), ISO/IEC 27001 A.5.18.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: AccessGrant
    /// status:
    ///   phase: Expired
    ///   revocation:
    ///     verified: "False"
    ///     residual: ["ClusterRoleBinding/readers (Group insight-analysts)"]
    /// ```
    ///
    /// # Fix
    ///
    /// Remove the subject from the bindings that are named, or from the group that they name. If the access is wanted,
    /// renew the grant by a new approval.
    ///
    /// # References
    ///
    /// GDPR Art. 32(1)(b), 32(4); ISO/IEC 27001:2022 A.5.18, A.6.5; NIST SP 800-53 AC-2(3), PS-4; SOC 2 CC6.3.
    513 "access-left-after-revocation" Enforce since "0.1.0",
    Grant: check,
}

fn check(case: &Case<'_, GrantFact>, report: &mut Report<'_>) {
    let grant = case.subject;
    let ended = matches!(grant.phase, Some(Phase::Suspended | Phase::Expired | Phase::Revoked));
    if ended && !grant.residual.is_empty() {
        report.violation(
            subject_path(grant),
            format!("access has ended, and it is still there by {}", few(&grant.residual)),
            "take the subject out of the bindings or groups that are named, or renew the grant by a new approval",
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::{Bench, EMPLOYEE, GRANT, PEOPLE};

    const ID: &str = "AccessGrant/cx-feedback/churn";

    fn found(grant: &str, phase: &str, residual: &str) -> Vec<String> {
        let status = format!(
            "status: {{phase: {phase}, revocation: {{at: 2026-11-22T10:00:00Z, cause: Expired, residual: [{residual}]}}}}\n"
        );
        Bench::new(PEOPLE).with(&format!("{}{status}", grant.trim_start())).findings(513, ID)
    }

    #[test]
    fn what_is_left_is_named() {
        for phase in ["Suspended", "Expired", "Revoked"] {
            assert_eq!(
                found(GRANT, phase, "ClusterRoleBinding/readers (Group insight-analysts)"),
                [
                    "/spec/subject/name: access has ended, and it is still there by ClusterRoleBinding/readers (Group \
                     insight-analysts)"
                ]
            );
        }
        assert!(found(EMPLOYEE, "Expired", "a, b, c, d").concat().ends_with("a, b, c, and 1 more"));
    }

    #[test]
    fn nothing_is_left_while_access_is_due_or_gone() {
        assert!(found(GRANT, "Expired", "").is_empty());
        assert!(found(GRANT, "Active", "RoleBinding/cx-feedback/b").is_empty());
        assert!(found(GRANT, "Pending", "RoleBinding/cx-feedback/b").is_empty());
        assert!(Bench::new(PEOPLE).with(GRANT).findings(513, ID).is_empty());
    }
}
