//! CX505: a grant that nobody has reviewed in time.

use super::review::{REVIEW, overdue};
use super::{is_over, subject_path};
use crate::engine::{Cause, Emergency, unreviewed};
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
    /// What was approved as an emergency is reviewed by somebody else, whatever became of it, within
    /// `access.emergency.reviewWithin` (72h) of the later of `startsAt` and its approval: who sets `reviewedOn` and
    /// `reviewedBy` neither has the access, nor asked for it, nor approved it. Until then it is a finding on the grant
    /// itself, also after its end, and on every other that is not over, of who has that access and of who approved it, in
    /// whatever namespace. That finding suspends nothing.
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
    /// Ask whether the access is still needed. If so, set `reviewedOn` to today; if not, set `revoked`. Of an emergency,
    /// have somebody else look at what happened, and set `reviewedOn` and `reviewedBy`, also after its end.
    ///
    /// # References
    ///
    /// GDPR Art. 25(2), 32(1)(d); ISO/IEC 27001:2022 A.5.18; SOC 2 CC6.2, CC6.3; NIST SP 800-53 AC-2(j).
    505 "review-overdue" Warn since "0.1.0",
    Grant: check,
}

fn check(case: &Case<'_, GrantFact>, report: &mut Report<'_>) {
    // An emergency is over before it is reviewed: it is found on itself all the same, for its people may have nothing else.
    let over = is_over(case);
    emergencies(case, over, report);
    if over {
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

/// Reports the emergencies of the same people, and those they approved, that nobody else has reviewed in time; of a grant
/// that is over, its own.
fn emergencies(case: &Case<'_, GrantFact>, over: bool, report: &mut Report<'_>) {
    if over && case.subject.spec.emergency != Some(true) {
        return;
    }
    for (id, emergency) in unreviewed(case.query, &case.subject.spec) {
        if (over && id != *case.id) || !case.query.reached(emergency.review_by) {
            continue;
        }
        let Emergency { by, at, review_by, .. } = emergency;
        let message = format!("{id} is for an emergency, approved by {by} at {at}");
        let message = format!("{message}: somebody else was to review it by {review_by}");
        let remedy = format!("have somebody else set reviewedOn and reviewedBy on {id}");
        if id == *case.id {
            report.violation("/spec/reviewedBy", message, remedy);
        } else {
            report.because(Cause::at(&id, "/spec/reviewedBy")).violation(
                subject_path(case.subject),
                message,
                remedy,
            );
        }
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

    /// A grant in another namespace that was approved in an emergency by who gets the access, the day before.
    const EMERGENCY: &str = "
apiVersion: cxguard.dev/v1alpha1
kind: AccessGrant
metadata: {name: night, namespace: cx-other}
spec:
  subject: {kind: User, name: s12@corp.example}
  role: {kind: ClusterRole, name: feedback-reader}
  emergency: true
  expiresAt: 2026-11-23T02:00:00Z
  requestedBy: s12@corp.example
  approval: {by: s12@corp.example, at: 2026-11-23T00:00:00Z}
";

    fn on_call(policy: &str) -> String {
        let people = edit(PEOPLE, "jobRole: support\n", "jobRole: support\n  groups: [on-call]\n");
        let people =
            people.replace("name: cx-feedback, labels", "name: cx-other, labels") + "---\n" + &people;
        edit(&people, "approval: Required", &format!("approval: Required\n    emergency: {{{policy}}}"))
    }

    fn after_the_night(policy: &str, emergency: &str, further: &str) -> Bench {
        Bench::new(&on_call(policy)).with(emergency).with(further).at("2026-11-26T00:00:00Z")
    }

    const ALLOWED: &str = "allowed: true, groups: [on-call]";

    #[test]
    fn an_emergency_that_nobody_else_has_reviewed_is_found_on_what_the_person_has_beside_it() {
        let bench = || after_the_night(ALLOWED, EMERGENCY, EMPLOYEE);
        let last = bench().at("2026-11-25T23:59:59Z");
        assert!(last.findings(505, ID).is_empty());
        assert_eq!(last.horizon(ID), "2026-11-26T00:00:00Z");
        assert_eq!(
            bench().findings(505, ID),
            [
                "/spec/subject/name: AccessGrant/cx-other/night is for an emergency, approved by s12@corp.example at \
                 2026-11-23T00:00:00Z: somebody else was to review it by 2026-11-26T00:00:00Z"
            ]
        );
        assert_eq!(bench().causes(505, ID), ["AccessGrant/cx-other/night /spec/reviewedBy"]);
        // It holds nothing up, and is nobody else's affair.
        assert_eq!(bench().access(ID).0.phase, crate::api::Phase::Active);
        let other = edit(GRANT, "reviewedOn: 2026-11-19", "reviewedOn: 2026-11-24");
        assert!(after_the_night(ALLOWED, EMERGENCY, &other).findings(505, ID).is_empty());
        let late = "allowed: true, reviewWithin: 80h, groups: [on-call]";
        assert!(after_the_night(late, EMERGENCY, EMPLOYEE).findings(505, ID).is_empty());
    }

    #[test]
    fn an_emergency_is_found_on_itself_whatever_became_of_it() {
        let night = "AccessGrant/cx-other/night";
        for end in [
            "2026-11-23T02:00:00Z",
            "2027-01-01T00:00:00Z",
            "2026-11-23T02:00:00Z\n  revoked: {reason: done}",
        ] {
            let emergency = edit(EMERGENCY, "2026-11-23T02:00:00Z", end);
            let alone = || Bench::new(&on_call(ALLOWED)).with(&emergency).at("2026-11-26T00:00:00Z");
            let itself = alone().findings(505, night);
            assert!(itself.len() == 1 && itself[0].starts_with("/spec/reviewedBy: "), "{end}: {itself:?}");
            let last = alone().at("2026-11-25T23:59:59Z");
            assert!(last.findings(505, night).is_empty());
            assert_eq!(last.horizon(night), "2026-11-26T00:00:00Z");
        }
        // What is over otherwise owes nothing for another.
        let ended = edit(EMPLOYEE, "expiresAt: 2027-03-31T00:00:00Z", "revoked: {reason: done}");
        assert!(after_the_night(ALLOWED, EMERGENCY, &ended).findings(505, ID).is_empty());
    }

    #[test]
    fn the_review_is_owed_by_who_approved_it_too() {
        let other = edit(EMERGENCY, "{kind: User, name: s12@corp.example}", "{kind: User, name: zoe}");
        let other = edit(&other, "requestedBy: s12@corp.example", "requestedBy: zoe");
        assert_eq!(after_the_night(ALLOWED, &other, EMPLOYEE).findings(505, ID).len(), 1);
        let by_another = edit(&other, "by: s12@corp.example", "by: lead@corp.example");
        assert!(after_the_night(ALLOWED, &by_another, EMPLOYEE).findings(505, ID).is_empty());
        // Somebody who is not on record either.
        let lead = edit(EMPLOYEE, "name: support-12@corp.example", "name: lead@corp.example");
        let lead = edit(&lead, "by: lead@corp.example", "by: boss@corp.example");
        assert_eq!(after_the_night(ALLOWED, &by_another, &lead).findings(505, ID).len(), 1);
    }

    #[test]
    fn a_review_by_somebody_else_settles_it() {
        let reviewed = |by: &str, on: &str| {
            let review = format!("  emergency: true\n  reviewedOn: {on}\n  reviewedBy: {by}\n");
            let emergency = edit(EMERGENCY, "  emergency: true\n", &review);
            after_the_night(ALLOWED, &emergency, EMPLOYEE).findings(505, ID).is_empty()
        };
        assert!(reviewed("lead@corp.example", "2026-11-23"));
        assert!(!reviewed("lead@corp.example", "2026-11-22"), "before the approval");
        assert!(!reviewed("lead@corp.example", "2026-11-27"), "ahead");
        assert!(
            !reviewed("s12@corp.example", "2026-11-23") && !reviewed("support-12@corp.example", "2026-11-23")
        );
        assert!(!reviewed("' '", "2026-11-23"), "by nobody");
        // What CX508 refuses gave nothing, and is nobody's to review.
        assert!(after_the_night("allowed: true", EMERGENCY, EMPLOYEE).findings(505, ID).is_empty());
        let asked = edit(EMERGENCY, "  approval: {by: s12@corp.example, at: 2026-11-23T00:00:00Z}\n", "");
        assert!(after_the_night(ALLOWED, &asked, EMPLOYEE).findings(505, ID).is_empty());
    }
}
