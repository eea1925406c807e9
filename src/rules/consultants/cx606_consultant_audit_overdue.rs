//! CX606: a consultant's access that nobody has looked at lately.

use crate::facts::GrantFact;
use crate::rules::access::{consultants, is_over, overdue};
use crate::rules::rule::rule;
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// A grant that reaches a consultant was reviewed within `access.consultantReviewEvery` (default 30d): `reviewedOn`
    /// is not older. A grant that was never reviewed counts from the later of `startsAt` and its approval, else from its
    /// activation; with none of them it is not judged. A review dated in the future has not been made (CX505 reports it).
    ///
    /// An overdue review is a finding at first. After `access.reviewGrace` (14d) it suspends the grant, unless a policy
    /// has the rule audited or disabled; a review brings the grant back. How often every grant is reviewed, consultants'
    /// or not, is CX505's.
    ///
    /// # Why
    ///
    /// Consultants come and go with their projects, and their firms put others in their place. Who answers for the
    /// project knows within a month whether the access is still used as agreed.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: AccessGrant
    /// spec:
    ///   subject: {kind: User, name: analyst-7@insight-partners.example}     # a consultant
    ///   reviewedOn: 2026-10-01     # and it is late November
    /// ```
    ///
    /// # Fix
    ///
    /// Ask whether the access is still needed. If so, set `reviewedOn` to today; if not, set `revoked`.
    ///
    /// # References
    ///
    /// GDPR Art. 28(3)(h), 32(1)(d); ISO/IEC 27001:2022 A.5.18, A.5.22; NIST SP 800-53 AC-2(j), PS-7.
    606 "consultant-audit-overdue" Warn since "0.1.0",
    Grant: check,
}

fn check(case: &Case<'_, GrantFact>, report: &mut Report<'_>) {
    if !is_over(case) && !consultants(case, report).is_empty() {
        overdue(case, case.policy.access.consultant_review_every, report);
    }
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::{Bench, EMPLOYEE, GRANT, PEOPLE, edit};

    const ID: &str = "AccessGrant/cx-feedback/churn";

    #[test]
    fn a_consultants_grant_is_reviewed_every_month() {
        let bench = Bench::new(PEOPLE).with(&edit(GRANT, "reviewedOn: 2026-11-19", "reviewedOn: 2026-10-24"));
        assert!(bench.findings(606, ID).is_empty());
        assert_eq!(bench.horizon(ID), "2026-11-24T00:00:00Z");
        let bench = bench.at("2026-11-24T00:00:00Z");
        assert_eq!(
            bench.findings(606, ID),
            [
                "/spec/reviewedOn: last reviewed on 2026-10-24: a review every 30d was due by 2026-11-24T00:00:00Z"
            ]
        );
        // Every grant is reviewed after 90 days: that is another rule's.
        assert!(bench.findings(505, ID).is_empty());
    }

    #[test]
    fn the_policy_says_how_often() {
        let people = edit(PEOPLE, "approval: Required", "approval: Required\n    consultantReviewEvery: 3d");
        assert_eq!(Bench::new(&people).with(GRANT).findings(606, ID).len(), 1);
        let people = edit(&people, "consultantReviewEvery: 3d", "consultantReviewEvery: 4d");
        assert!(Bench::new(&people).with(GRANT).findings(606, ID).is_empty());
        let people = edit(&people, "consultantReviewEvery: 4d", "reviewEvery: 3d");
        assert!(Bench::new(&people).with(GRANT).findings(606, ID).is_empty());
    }

    #[test]
    fn without_a_review_or_with_one_to_come_the_start_counts() {
        for reviewed in ["", "  reviewedOn: 2027-01-01\n"] {
            let grant =
                edit(&edit(GRANT, "2026-12-18T18", "2026-12-31T18"), "  reviewedOn: 2026-11-19\n", reviewed);
            let bench = Bench::new(PEOPLE).with(&grant).at("2026-12-20T07:59:59Z");
            assert!(bench.findings(606, ID).is_empty());
            let found = bench.at("2026-12-20T08:00:00Z").findings(606, ID);
            assert_eq!(found.len(), 1);
            assert!(found[0].contains("not reviewed since it began at 2026-11-20T08:00:00Z"), "{found:?}");
        }
    }

    #[test]
    fn employees_the_unknown_and_what_is_over() {
        let old = |grant: &str| edit(grant, "reviewedOn: 2026-11-19", "reviewedOn: 2026-10-01");
        let bench = Bench::new(PEOPLE).with(&old(EMPLOYEE));
        assert!(bench.findings(606, ID).is_empty() && !bench.lacks(606, ID));
        let stranger = edit(&old(GRANT), "analyst-7@insight.example", "zoe");
        let bench = Bench::new(PEOPLE).with(&stranger);
        assert!(bench.findings(606, ID).is_empty() && bench.lacks(606, ID));
        let revoked = edit(&old(GRANT), "  startsAt: 2026-11-20T08:00:00Z\n", "  revoked: {reason: done}\n");
        assert!(Bench::new(PEOPLE).with(&revoked).findings(606, ID).is_empty());
        assert_eq!(Bench::new(PEOPLE).with(&old(GRANT)).findings(606, ID).len(), 1);
    }
}
