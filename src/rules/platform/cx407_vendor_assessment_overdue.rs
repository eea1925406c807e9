//! CX407: a vendor that we have not looked at ourselves for too long.

use super::papers::is_past;
use super::review::due;
use crate::api::VendorSpec;
use crate::rules::rule::rule;
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// We have assessed the vendor ourselves: `assessedOn` is there, has come, and is not older than
    /// `vendors.reviewEvery` of the policy (default 365d). It concerns every vendor on record whose relation is not over.
    ///
    /// # Why
    ///
    /// Certificates say what an auditor saw; whether the vendor is fit for our data, nobody else answers. Each link of
    /// the chain has to be vetted, and again when time has passed.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: Vendor
    /// spec:
    ///   assessedOn: 2025-02-01     # and it is November 2026
    /// ```
    ///
    /// # Fix
    ///
    /// Assess the vendor: contract, certificates, sub-processors, incidents, findings of audits. Record the day.
    ///
    /// # References
    ///
    /// GDPR Art. 28(1) and (3)(h), 32(1)(d); ISO/IEC 27001:2022 A.5.19 to A.5.23.
    407 "vendor-assessment-overdue" Warn since "0.1.0",
    Vendor: check,
}

fn check(case: &Case<'_, VendorSpec>, report: &mut Report<'_>) {
    if is_past(case) {
        return;
    }
    if let Some(message) = due(case, case.subject.assessed_on, "assessment of the vendor") {
        report.violation("/spec/assessedOn", message, "assess the vendor, and record the day in assessedOn");
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{hub, under};

    const ID: &str = "Vendor/hub";

    #[test]
    fn a_vendor_is_assessed_every_year() {
        for (assessed, expected) in [
            ("", Some("no assessment of the vendor is on record")),
            ("assessedOn: 2026-11-23", None),
            (
                "assessedOn: 2026-11-24",
                Some("the assessment of the vendor is dated 2026-11-24, which has not come"),
            ),
            ("assessedOn: 2025-11-23", None),
            (
                "assessedOn: 2025-11-22",
                Some(
                    "the last assessment of the vendor is of 2025-11-22: one every 365d was due by 2026-11-23T00:00:00Z",
                ),
            ),
        ] {
            let found = hub(&format!("{{{assessed}}}")).findings(407, ID);
            let expected = expected.map(|message| format!("/spec/assessedOn: {message}"));
            assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{assessed}");
        }
    }

    #[test]
    fn the_policy_says_how_often() {
        let bench = under(hub("{assessedOn: 2026-10-24}"), "{reviewEvery: 30d}");
        assert!(bench.findings(407, ID).is_empty());
        assert_eq!(bench.horizon(ID), "2026-11-24T00:00:00Z");
        assert_eq!(bench.at("2026-11-24T00:00:00Z").findings(407, ID).len(), 1);
    }

    #[test]
    fn a_relation_that_is_over_is_not_assessed() {
        assert!(hub("{ended: {date: 2026-11-22}}").findings(407, ID).is_empty());
        assert_eq!(hub("{ended: {date: 2026-11-23}}").findings(407, ID).len(), 1);
    }
}
