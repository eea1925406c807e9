//! CX405: a report that says too little to count.

use super::papers::{is_past, papers, report_defects};
use crate::api::{Standard, VendorSpec};
use crate::rules::rule::rule;
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// Each report under a vendor's `certifications` with the standard `SOC2`:
    ///
    /// - `type` is `II`. A report of type I describes the controls, and not whether they worked.
    /// - `opinion` is `Unqualified` or `Qualified`; `Adverse` and `Disclaimer` say that the controls do not work, or that
    ///   the auditor could not tell.
    /// - `categories` has `Security`, and `Confidentiality` or `Privacy`.
    /// - the period, from `periodFrom` to `periodTo`, both included, has come and is three months or longer.
    ///
    /// What is missing is a finding too. It does not ask whether the report is needed (CX401), nor how old it is (CX406).
    ///
    /// # Why
    ///
    /// Every vendor that paid for an audit has a report. What it proves is in the details that a sales page leaves out.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: Vendor
    /// spec:
    ///   certifications:
    ///     - {standard: SOC2, type: I, opinion: Unqualified, categories: [Availability]}
    /// ```
    ///
    /// # Fix
    ///
    /// Ask for a report of type II that covers security and confidentiality over at least three months, and record it
    /// in place of this one.
    ///
    /// # References
    ///
    /// AICPA Trust Services Criteria (TSP section 100), SOC 2; GDPR Art. 28(1), 32(1)(d).
    405 "soc2-report-weak" Enforce since "0.1.0",
    Vendor: check,
}

fn check(case: &Case<'_, VendorSpec>, report: &mut Report<'_>) {
    if is_past(case) {
        return;
    }
    for (path, paper) in papers(case.subject, Standard::Soc2) {
        for defect in report_defects(case.query, paper) {
            report.violation(format!("{path}/{}", defect.field), defect.message, defect.remedy);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{CERTIFICATE, REPORT, certified};
    use crate::rules::testing::edit;

    const ID: &str = "Vendor/hub";
    const PERIOD: &str = "periodFrom: 2025-10-01, periodTo: 2026-09-30";

    #[test]
    fn each_defect_is_named() {
        assert!(certified(&[REPORT, CERTIFICATE]).findings(405, ID).is_empty());
        for (from, to, expected) in [
            ("type: II, ", "", Some("type: the type of the report is not on record")),
            (
                "type: II",
                "type: I",
                Some("type: a report of type I does not say whether the controls worked over a period"),
            ),
            ("opinion: Unqualified, ", "", Some("opinion: the auditor's opinion is not on record")),
            ("Unqualified", "Qualified", None),
            ("Unqualified", "Adverse", Some("opinion: the auditor's opinion is Adverse")),
            ("Unqualified", "Disclaimer", Some("opinion: the auditor's opinion is Disclaimer")),
            ("Security, ", "", Some("categories: the report does not cover Security")),
            ("Privacy", "Confidentiality", None),
            (
                "Privacy",
                "Availability",
                Some("categories: the report covers neither Confidentiality nor Privacy"),
            ),
            (
                "periodFrom: 2025-10-01, ",
                "",
                Some("periodFrom: the first day of the period is not on record"),
            ),
            ("periodTo: 2026-09-30, ", "", Some("periodTo: the last day of the period is not on record")),
            (PERIOD, "periodFrom: 2026-01-01, periodTo: 2026-03-31", None),
            (
                PERIOD,
                "periodFrom: 2026-01-01, periodTo: 2026-03-30",
                Some("periodTo: the period from 2026-01-01 to 2026-03-30 is shorter than three months"),
            ),
            (
                PERIOD,
                "periodFrom: 2026-01-01, periodTo: 2026-11-24",
                Some("periodTo: the period ends with 2026-11-24, which has not come"),
            ),
        ] {
            let found = certified(&[CERTIFICATE, &edit(REPORT, from, to)]).findings(405, ID);
            let expected = expected.map(|message| format!("/spec/certifications/1/{message}"));
            assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{to}");
        }
    }

    #[test]
    fn every_field_is_demanded_but_type_i_has_no_period() {
        assert_eq!(certified(&["{standard: SOC2}"]).findings(405, ID).len(), 5);
        let described = "{standard: SOC2, type: I, opinion: Unqualified, categories: [Security, Privacy]}";
        assert_eq!(certified(&[described]).findings(405, ID).len(), 1);
        assert!(certified(&["{standard: ISO27001}"]).findings(405, ID).is_empty());
    }

    #[test]
    fn a_period_counts_from_its_last_day() {
        let report = edit(REPORT, PERIOD, "periodFrom: 2026-01-01, periodTo: 2026-11-24");
        let bench = certified(&[&report]);
        assert_eq!(bench.findings(405, ID).len(), 1);
        assert_eq!(bench.horizon(ID), "2026-11-24T00:00:00Z");
        assert!(bench.at("2026-11-24T00:00:00Z").findings(405, ID).is_empty());
    }
}
