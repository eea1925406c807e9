//! CX409: a vendor that is not known to be prepared for an incident.

use super::papers::is_past;
use super::review::due;
use crate::api::VendorSpec;
use crate::rules::rule::rule;
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// The vendor has a plan for incidents that somebody keeps up: `incidentResponse.planReviewedOn` is there, has come,
    /// and is not older than `vendors.reviewEvery` of the policy (default 365d). It concerns every vendor on record whose
    /// relation is not over.
    ///
    /// # Why
    ///
    /// The 72 hours of Art. 33 run for us when the vendor tells us. A vendor without a plan tells late, or never learns
    /// of it.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: Vendor
    /// spec:
    ///   incidentResponse: {}     # no planReviewedOn
    /// ```
    ///
    /// # Fix
    ///
    /// Ask the vendor for its plan and for the day of its last review, and record the day.
    ///
    /// # References
    ///
    /// GDPR Art. 28(3)(f), 33(2); ISO/IEC 27001:2022 A.5.20, A.5.24.
    409 "vendor-incident-plan-missing" Warn since "0.1.0",
    Vendor: check,
}

fn check(case: &Case<'_, VendorSpec>, report: &mut Report<'_>) {
    if is_past(case) {
        return;
    }
    let response = case.subject.incident_response.as_ref();
    let path =
        if response.is_some() { "/spec/incidentResponse/planReviewedOn" } else { "/spec/incidentResponse" };
    let reviewed = response.and_then(|response| response.plan_reviewed_on);
    if let Some(message) = due(case, reviewed, "review of the vendor's incident plan") {
        let remedy = "ask for the plan and its last review, and record the day in planReviewedOn";
        report.violation(path, message, remedy);
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{hub, under};

    const ID: &str = "Vendor/hub";

    #[test]
    fn the_plan_is_reviewed() {
        let none = "no review of the vendor's incident plan is on record";
        let on = "/spec/incidentResponse/planReviewedOn:";
        for (spec, expected) in [
            ("{}", Some(format!("/spec/incidentResponse: {none}"))),
            ("{incidentResponse: {}}", Some(format!("{on} {none}"))),
            ("{incidentResponse: {planReviewedOn: 2026-01-15}}", None),
            (
                "{incidentResponse: {planReviewedOn: 2026-11-24}}",
                Some(format!(
                    "{on} the review of the vendor's incident plan is dated 2026-11-24, which has not come"
                )),
            ),
            (
                "{incidentResponse: {planReviewedOn: 2025-11-22}}",
                Some(format!(
                    "{on} the last review of the vendor's incident plan is of 2025-11-22: one every 365d was due by \
                     2026-11-23T00:00:00Z"
                )),
            ),
        ] {
            let found = hub(spec).findings(409, ID);
            assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{spec}");
        }
    }

    #[test]
    fn the_policy_says_how_often() {
        let bench = under(hub("{incidentResponse: {planReviewedOn: 2026-10-24}}"), "{reviewEvery: 30d}");
        assert!(bench.findings(409, ID).is_empty());
        assert_eq!(bench.horizon(ID), "2026-11-24T00:00:00Z");
        assert_eq!(bench.at("2026-11-24T00:00:00Z").findings(409, ID).len(), 1);
    }

    #[test]
    fn a_relation_that_is_over_needs_no_plan() {
        assert!(hub("{ended: {date: 2026-11-22}}").findings(409, ID).is_empty());
    }
}
