//! CX505: a grant that nobody has reviewed in time.

use super::is_over;
use super::review::{REVIEW, overdue};
use crate::facts::GrantFact;
use crate::rules::rule::rule;
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// Somebody has checked within the review period that the access is still needed: `reviewedOn` is not older than
    /// `access.reviewEvery` (90d). A grant that was never reviewed counts from the later of `startsAt` and its
    /// approval, else from its activation; with none of them it is not judged. A review dated in the future has not
    /// been made. Consultants' grants are reviewed more often: CX606.
    ///
    /// An overdue review is a finding at first. After `access.reviewGrace` (14d) it suspends the grant, unless a
    /// policy has the rule audited or disabled; a review brings the grant back.
    ///
    /// # Why
    ///
    /// Access is granted for a task and tends to outlive it. GDPR Art. 25(2) wants personal data accessible to no more
    /// people than needed, and ISO/IEC 27001 A.5.18 wants rights reviewed at planned intervals.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: AccessGrant
    /// spec:
    ///   approval: {by: lead@corp.example, at: 2026-05-01T09:00:00Z}
    ///   reviewedOn: 2026-05-01     # and it is November
    /// ```
    ///
    /// # Fix
    ///
    /// Ask whether the access is still needed. If so, set `reviewedOn` to today; if not, set `revoked`.
    ///
    /// # References
    ///
    /// GDPR Art. 25(2), 32(1)(d); ISO/IEC 27001:2022 A.5.18; SOC 2 CC6.2, CC6.3; NIST SP 800-53 AC-2(j).
    505 "review-overdue" Warn since "0.1.0",
    Grant: check,
}

fn check(case: &Case<'_, GrantFact>, report: &mut Report<'_>) {
    if is_over(case) {
        return;
    }
    match case.subject.spec.reviewed_on.filter(|day| !case.query.has_begun(*day)) {
        Some(day) => report.violation(
            "/spec/reviewedOn",
            format!("the review is dated {day}, which has not come"),
            REVIEW,
        ),
        None => overdue(case, case.policy.access.review_every, report),
    }
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::{Bench, EMPLOYEE, GRANT, PEOPLE, edit};

    const ID: &str = "AccessGrant/cx-feedback/churn";

    #[test]
    fn the_period_is_the_policys() {
        let bench = Bench::new(PEOPLE).with(EMPLOYEE).at("2027-02-17T23:59:59Z");
        assert!(bench.findings(505, ID).is_empty());
        assert_eq!(bench.horizon(ID), "2027-02-18T00:00:00Z");
        assert_eq!(
            bench.at("2027-02-18T00:00:00Z").findings(505, ID),
            [
                "/spec/reviewedOn: last reviewed on 2026-11-19: a review every 90d was due by 2027-02-18T00:00:00Z"
            ]
        );
        let people = edit(PEOPLE, "approval: Required", "approval: Required\n    reviewEvery: 3d");
        for grant in [EMPLOYEE, GRANT] {
            assert_eq!(Bench::new(&people).with(grant).findings(505, ID).len(), 1);
        }
    }

    #[test]
    fn without_a_review_the_later_of_start_and_approval_counts() {
        let grant = edit(EMPLOYEE, "  reviewedOn: 2026-11-19\n", "");
        let bench = Bench::new(PEOPLE).with(&grant).at("2027-02-18T07:59:59Z");
        assert!(bench.findings(505, ID).is_empty());
        let found = bench.at("2027-02-18T08:00:00Z").findings(505, ID);
        assert_eq!(found.len(), 1);
        assert!(found[0].contains("not reviewed since it began at 2026-11-20T08:00:00Z"), "{found:?}");
    }

    #[test]
    fn with_nothing_to_count_from_it_is_not_judged() {
        let grant = edit(EMPLOYEE, "  reviewedOn: 2026-11-19\n", "");
        let grant = edit(&grant, "  startsAt: 2026-11-20T08:00:00Z\n", "");
        let grant = edit(&grant, "  approval: {by: lead@corp.example, at: 2026-11-19T15:00:00Z}\n", "");
        assert!(Bench::new(PEOPLE).with(&grant).lacks(505, ID));
    }

    #[test]
    fn a_review_to_come_has_not_been_made() {
        let grant = edit(EMPLOYEE, "reviewedOn: 2026-11-19", "reviewedOn: 2026-11-24");
        let bench = Bench::new(PEOPLE).with(&grant);
        assert_eq!(
            bench.findings(505, ID),
            ["/spec/reviewedOn: the review is dated 2026-11-24, which has not come"]
        );
        assert!(bench.at("2026-11-24T00:00:00Z").findings(505, ID).is_empty());
    }

    #[test]
    fn what_is_over_needs_no_review() {
        for over in ["revoked: {reason: done}", "expiresAt: 2027-01-01T00:00:00Z"] {
            let grant = edit(EMPLOYEE, "expiresAt: 2027-03-31T00:00:00Z", over);
            let bench = Bench::new(PEOPLE).with(&grant).at("2027-03-01T00:00:00Z");
            assert!(bench.findings(505, ID).is_empty(), "{over}");
        }
    }
}
