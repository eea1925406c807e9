//! CX114: an agreement that nobody has read for too long.

use crate::api::VendorSpec;
use crate::rules::agreement::{has_ended, of_processor};
use crate::rules::rule::rule;
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// The data processing agreement was reviewed: `agreement.reviewedOn` is there, has come, and is not longer ago than
    /// `vendors.reviewEvery` of the policy (default 365d). For a new agreement, record the day on which it was read
    /// before it was signed.
    ///
    /// It concerns every vendor that has an agreement; not those with the role `Controller` or `JointController`, nor
    /// those whose relation is over (`ended.date`). Where there is no agreement at all, only CX111 reports.
    ///
    /// # Why
    ///
    /// Services, places and sub-processors change while the contract stays as it was. A controller must be able to show
    /// that its processors still give sufficient guarantees.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: Vendor
    /// spec:
    ///   agreement:
    ///     signedOn: 2024-01-15
    ///     validUntil: 2027-01-14
    ///     reviewedOn: 2025-01-20   # and it is November 2026
    /// ```
    ///
    /// # Fix
    ///
    /// Read the agreement against what the vendor does today, amend it if need be, and set `reviewedOn`.
    ///
    /// # References
    ///
    /// GDPR Art. 24(1), 28(1); ISO/IEC 27001:2022 A.5.20, A.5.22.
    114 "agreement-review-overdue" Warn since "0.1.0",
    Vendor: check,
}

fn check(case: &Case<'_, VendorSpec>, report: &mut Report<'_>) {
    let Some(agreement) = of_processor(case.subject) else { return };
    if has_ended(case.query, case.subject) {
        return;
    }
    let every = case.policy.vendors.review_every;
    let message = match agreement.reviewed_on {
        None => "when the agreement was last reviewed is not on record".to_owned(),
        Some(day) if !case.query.has_begun(day) => format!("the review is dated {day}, which has not come"),
        Some(day) if case.query.older_than(day, every) => {
            format!("the agreement was last reviewed on {day}, and a review is due every {every}")
        }
        Some(_) => return,
    };
    report.violation("/spec/agreement/reviewedOn", message, "review the agreement and set reviewedOn");
}

#[cfg(test)]
mod tests {
    use super::super::samples::{SOUND, vendor};
    use crate::rules::testing::Bench;

    const HUB: &str = "Vendor/hub";

    fn hub(spec: &str) -> Bench {
        Bench::new(SOUND).with(&vendor("hub", spec))
    }

    #[test]
    fn an_agreement_is_reviewed() {
        for (reviewed, expected) in [
            ("reviewedOn: 2026-02-01", None),
            ("reviewedOn: 2025-11-23", None),
            (
                "reviewedOn: 2025-11-22",
                Some("the agreement was last reviewed on 2025-11-22, and a review is due every 365d"),
            ),
            ("signedOn: 2026-11-01", Some("when the agreement was last reviewed is not on record")),
            ("reviewedOn: 2026-11-24", Some("the review is dated 2026-11-24, which has not come")),
        ] {
            let expected = expected.map(|message| format!("/spec/agreement/reviewedOn: {message}"));
            let found = hub(&format!("{{agreement: {{{reviewed}}}}}")).findings(114, HUB);
            assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{reviewed}");
        }
    }

    #[test]
    fn a_review_holds_for_as_long_as_the_policy_says() {
        let bench = hub("{agreement: {reviewedOn: 2026-02-01}}").at("2027-02-01T23:59:59Z");
        assert!(bench.findings(114, HUB).is_empty());
        assert_eq!(bench.horizon(HUB), "2027-02-02T00:00:00Z");
        assert_eq!(bench.at("2027-02-02T00:00:00Z").findings(114, HUB).len(), 1);
        let strict = "apiVersion: cxguard.dev/v1alpha1\nkind: CompliancePolicy\nmetadata: {name: gdpr}\n\
                      spec: {vendors: {reviewEvery: 30d}}";
        assert_eq!(hub("{agreement: {reviewedOn: 2026-02-01}}").with(strict).findings(114, HUB).len(), 1);
    }

    #[test]
    fn who_needs_no_agreement_needs_no_review() {
        for (spec, expected) in [
            ("{role: Processor, agreement: {}}", 1),
            ("{role: Controller, agreement: {}}", 0),
            ("{role: Processor}", 0),
            ("{agreement: {}, ended: {date: 2026-11-22}}", 0),
            ("{agreement: {}, ended: {date: 2026-11-23}}", 1),
        ] {
            assert_eq!(hub(spec).findings(114, HUB).len(), expected, "{spec}");
        }
    }
}
