//! CX507: a grant to an employee without an end, or beyond the longest that the policy allows.

use super::{behind, is_over, too_long};
use crate::api::PersonType;
use crate::engine::people;
use crate::facts::GrantFact;
use crate::rules::rule::rule;
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// A grant has an `expiresAt`, and it is not later than the policy's maximum. For an employee that is
    /// `access.maxDuration.employee` (180d); a service account, which is nobody, is held to the shorter of the
    /// employees' and the consultants'. The maximum counts from the later of `startsAt` and `approval.at`; without
    /// either from activation, before which only the presence of an end is judged. Grants to consultants are CX603's,
    /// and their missing end is CX602's. Of a user of whom nothing is known (CX608) it is not judged. A grant with
    /// `emergency: true` is held to `access.emergency.maxDuration` (4h) if that is shorter.
    ///
    /// Where the rule is enforced, access ends at the maximum, whatever the grant says.
    ///
    /// # Why
    ///
    /// Access without an end is kept by whoever no longer needs it. An end makes need something that is shown again
    /// (GDPR Art. 25(2): no more access than necessary, also in time).
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: AccessGrant
    /// spec:
    ///   subject: {kind: User, name: support-12@corp.example}
    ///   approval: {by: lead@corp.example, at: 2026-11-19T15:00:00Z}
    ///   expiresAt: 2028-01-01T00:00:00Z     # more than 180 days
    /// ```
    ///
    /// # Fix
    ///
    /// Set `expiresAt` within the maximum. When the time comes and the access is still needed, move it with a new
    /// approval.
    ///
    /// # References
    ///
    /// GDPR Art. 5(1)(c), 25(2); ISO/IEC 27001:2022 A.5.18; NIST SP 800-53 AC-2(2), AC-2(3).
    507 "grant-too-long" Enforce since "0.1.0",
    Grant: check,
}

fn check(case: &Case<'_, GrantFact>, report: &mut Report<'_>) {
    if is_over(case) {
        return;
    }
    behind(case, report);
    let people = people(case.query, &case.subject.spec);
    let nobody_known = people.known.is_empty() && !people.is_complete();
    let mut kinds = people.types();
    kinds.remove(&Some(PersonType::Consultant));
    let limit = kinds.iter().map(|kind| case.policy.access.longest(&case.subject.spec, *kind)).min();
    let Some(limit) = limit.filter(|_| !nobody_known) else { return };
    if case.subject.spec.expires_at.is_none() {
        report.violation(
            "/spec/expiresAt",
            format!("the grant has no end; the policy allows {limit}"),
            "set expiresAt",
        );
    }
    let whose = if kinds.contains(&None) { "a service account" } else { "an employee" };
    too_long(case.subject, limit, whose, report);
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::{Bench, EMPLOYEE, GRANT, PEOPLE, edit};

    const ID: &str = "AccessGrant/cx-feedback/churn";
    const END: &str = "  expiresAt: 2027-03-31T00:00:00Z\n";

    fn found(grant: &str) -> Vec<String> {
        Bench::new(PEOPLE).with(grant).findings(507, ID)
    }

    #[test]
    fn a_grant_to_an_employee_needs_an_end() {
        assert!(found(EMPLOYEE).is_empty());
        assert_eq!(
            found(&edit(EMPLOYEE, END, "")),
            ["/spec/expiresAt: the grant has no end; the policy allows 180d"]
        );
    }

    #[test]
    fn the_maximum_counts_from_the_later_of_start_and_approval() {
        let until = |end: &str| edit(EMPLOYEE, "2027-03-31T00:00:00Z", end);
        // 180 days from the start, which is later than the approval.
        assert!(found(&until("2027-05-19T08:00:00Z")).is_empty());
        assert_eq!(
            found(&until("2027-05-19T08:00:01Z")),
            ["/spec/expiresAt: an employee may have access for 180d: from 2026-11-20T08:00:00Z until \
              2027-05-19T08:00:00Z, not until 2027-05-19T08:00:01Z"]
        );
        let approved_later =
            edit(&until("2027-05-19T08:00:01Z"), "2026-11-19T15:00:00Z", "2026-11-21T00:00:00Z");
        assert!(found(&approved_later).is_empty());
    }

    #[test]
    fn with_nothing_to_count_from_only_the_presence_of_an_end_is_judged() {
        let grant = edit(EMPLOYEE, "  startsAt: 2026-11-20T08:00:00Z\n", "");
        let grant = edit(&grant, "  approval: {by: lead@corp.example, at: 2026-11-19T15:00:00Z}\n", "");
        let grant = edit(&grant, "2027-03-31T00:00:00Z", "2199-01-01T00:00:00Z");
        assert!(found(&grant).is_empty());
        assert_eq!(found(&format!("{grant}status: {{activatedAt: 2026-11-20T00:00:00Z}}\n")).len(), 1);
        assert_eq!(found(&edit(&grant, "  expiresAt: 2199-01-01T00:00:00Z\n", "")).len(), 1);
    }

    #[test]
    fn the_policy_sets_the_maximum() {
        let policy =
            edit(PEOPLE, "approval: Required", "approval: Required\n    maxDuration: {employee: 30d}");
        assert_eq!(Bench::new(&policy).with(EMPLOYEE).findings(507, ID).len(), 1);
    }

    #[test]
    fn consultants_unknown_users_and_accounts() {
        assert!(found(&edit(GRANT, "  expiresAt: 2026-12-18T18:00:00Z\n", "")).is_empty());
        let unknown = edit(&edit(EMPLOYEE, END, ""), "support-12@corp.example", "nobody@corp.example");
        assert!(found(&unknown).is_empty());
        assert!(Bench::new(PEOPLE).with(&unknown).lacks(507, ID));
        let account = "{kind: ServiceAccount, name: sender}";
        let account = edit(EMPLOYEE, "{kind: User, name: support-12@corp.example}", account);
        assert!(found(&account)[0].contains("a service account may have access for 90d"));
        assert!(!Bench::new(PEOPLE).with(&account).lacks(507, ID));
    }
}
