//! CX603: a consultant's grant beyond the longest that the policy allows.

use crate::api::PersonType;
use crate::facts::GrantFact;
use crate::rules::access::{consultants, is_over, too_long};
use crate::rules::rule::rule;
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// A consultant's grant ends within `access.maxDuration.consultant` (90d), counted from the later of `startsAt`
    /// and `approval.at`; without either from activation, before which it is not judged. That there is an end at all
    /// is CX602's. With `emergency: true` it is `access.emergency.maxDuration` (4h) if that is shorter.
    ///
    /// Where the rule is enforced, access ends at the maximum, whatever the grant says.
    ///
    /// # Why
    ///
    /// The people of other firms come and go without our notice. A short term makes somebody ask again whether the
    /// work still needs the data: GDPR Art. 25(2); ISO/IEC 27001 A.5.18.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: AccessGrant
    /// spec:
    ///   approval: {by: lead@corp.example, at: 2026-11-19T15:00:00Z}
    ///   expiresAt: 2027-06-30T00:00:00Z     # seven months
    /// ```
    ///
    /// # Fix
    ///
    /// Set `expiresAt` within the maximum. If the work goes on, move it with a new approval.
    ///
    /// # References
    ///
    /// GDPR Art. 5(1)(c), 25(2); ISO/IEC 27001:2022 A.5.18; NIST SP 800-53 AC-2(2).
    603 "consultant-grant-too-long" Enforce since "0.1.0",
    Grant: check,
}

fn check(case: &Case<'_, GrantFact>, report: &mut Report<'_>) {
    if is_over(case) || consultants(case, report).is_empty() {
        return;
    }
    let limit = case.policy.access.longest(&case.subject.spec, Some(PersonType::Consultant));
    too_long(case.subject, limit, "a consultant", report);
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::{Bench, EMPLOYEE, GRANT, PEOPLE, edit};

    const ID: &str = "AccessGrant/cx-feedback/churn";

    fn found(grant: &str) -> Vec<String> {
        Bench::new(PEOPLE).with(grant).findings(603, ID)
    }

    #[test]
    fn the_maximum_counts_from_the_later_of_start_and_approval() {
        assert!(found(&edit(GRANT, "2026-12-18T18:00:00Z", "2027-02-18T08:00:00Z")).is_empty());
        let long = edit(GRANT, "2026-12-18T18:00:00Z", "2027-02-18T08:00:01Z");
        assert_eq!(
            found(&long),
            ["/spec/expiresAt: a consultant may have access for 90d: from 2026-11-20T08:00:00Z until \
              2027-02-18T08:00:00Z, not until 2027-02-18T08:00:01Z"]
        );
        assert!(found(&edit(&long, "2026-11-19T15:00:00Z", "2026-11-21T00:00:00Z")).is_empty());
    }

    #[test]
    fn a_missing_end_is_not_its_business_nor_are_employees() {
        assert!(found(&edit(GRANT, "  expiresAt: 2026-12-18T18:00:00Z\n", "")).is_empty());
        assert!(found(EMPLOYEE).is_empty());
    }

    #[test]
    fn the_policy_sets_the_maximum() {
        let policy =
            edit(PEOPLE, "approval: Required", "approval: Required\n    maxDuration: {consultant: 28d}");
        assert_eq!(Bench::new(&policy).with(GRANT).findings(603, ID).len(), 1);
    }
}
