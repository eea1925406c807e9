//! CX402: a certificate that certifies nothing.

use super::papers::{certificate_defects, is_past, papers};
use crate::api::{Standard, VendorSpec};
use crate::rules::rule::rule;
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// Each certificate under a vendor's `certifications` with the standard `ISO27001`:
    ///
    /// - `edition` is `2022`. Certificates by the edition `2013` are void since the end of 2025-10-31.
    /// - `accredited` is true: a body issued it that is itself accredited for certifying such systems.
    /// - `issuedOn` has come, and `validUntil`, the last day, is not over and at most three years after it.
    ///
    /// What is missing is a finding too. It does not ask whether the certificate is needed (CX401): a paper on record is
    /// in order, or it is replaced.
    ///
    /// # Why
    ///
    /// Anybody can print a certificate. It proves something only if an accredited body stands behind it, and only for
    /// the cycle of three years in which that body comes back.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: Vendor
    /// spec:
    ///   certifications:
    ///     - {standard: ISO27001, edition: "2013", accredited: true, issuedOn: 2023-05-01, validUntil: 2026-04-30}
    /// ```
    ///
    /// # Fix
    ///
    /// Ask for the certificate that is in force, and record it in place of this one.
    ///
    /// # References
    ///
    /// ISO/IEC 17021-1 (cycle of three years), ISO/IEC 27006-1 (accredited bodies), IAF MD 26 (transition to the
    /// edition 2022); GDPR Art. 28(1).
    402 "certificate-invalid" Enforce since "0.1.0",
    Vendor: check,
}

fn check(case: &Case<'_, VendorSpec>, report: &mut Report<'_>) {
    if is_past(case) {
        return;
    }
    for (path, paper) in papers(case.subject, Standard::Iso27001) {
        for defect in certificate_defects(case.query, paper) {
            report.violation(format!("{path}/{}", defect.field), defect.message, defect.remedy);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{CERTIFICATE, REPORT, certified};
    use crate::rules::testing::edit;

    const ID: &str = "Vendor/hub";

    #[test]
    fn each_defect_is_named() {
        assert!(certified(&[CERTIFICATE, REPORT]).findings(402, ID).is_empty());
        for (from, to, expected) in [
            ("edition: '2022', ", "", Some("edition: the edition of the standard is not on record")),
            (
                "'2022'",
                "'2013'",
                Some("edition: certificates by the edition 2013 are void since the end of 2025-10-31"),
            ),
            ("'2022'", "'2005'", Some("edition: \"2005\" is no edition in force: that is 2022")),
            (
                "accredited: true, ",
                "",
                Some("accredited: whether an accredited body issued the certificate is not on record"),
            ),
            (
                "accredited: true",
                "accredited: false",
                Some("accredited: no accredited body issued the certificate"),
            ),
            (
                "issuedOn: 2025-03-01, ",
                "",
                Some("issuedOn: the day on which the certificate was issued is not on record"),
            ),
            (
                "issuedOn: 2025-03-01",
                "issuedOn: 2026-11-24",
                Some("issuedOn: the certificate is not in force before 2026-11-24"),
            ),
            (
                "validUntil: 2028-02-29, ",
                "",
                Some("validUntil: the last day of the certificate is not on record"),
            ),
            (
                "validUntil: 2028-02-29",
                "validUntil: 2026-11-22",
                Some("validUntil: the certificate ended with 2026-11-22"),
            ),
            ("validUntil: 2028-02-29", "validUntil: 2028-03-01", None),
            (
                "validUntil: 2028-02-29",
                "validUntil: 2028-03-02",
                Some(
                    "validUntil: a certificate holds for three years at most: until 2028-03-01, not until 2028-03-02",
                ),
            ),
        ] {
            let found = certified(&[REPORT, &edit(CERTIFICATE, from, to)]).findings(402, ID);
            let expected = expected.map(|message| format!("/spec/certifications/1/{message}"));
            assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{to}");
        }
    }

    #[test]
    fn every_field_is_demanded_and_reports_are_not_judged() {
        assert_eq!(certified(&["{standard: ISO27001}"]).findings(402, ID).len(), 4);
        assert!(certified(&["{standard: SOC2}"]).findings(402, ID).is_empty());
    }

    #[test]
    fn the_last_day_counts_and_the_next_does_not() {
        let bench = certified(&[&edit(CERTIFICATE, "validUntil: 2028-02-29", "validUntil: 2026-11-23")]);
        assert!(bench.findings(402, ID).is_empty());
        assert_eq!(bench.horizon(ID), "2026-11-24T00:00:00Z");
        assert_eq!(bench.at("2026-11-24T00:00:00Z").findings(402, ID).len(), 1);
    }

    #[test]
    fn the_edition_of_2013_ended_with_its_transition() {
        let old = "{standard: ISO27001, edition: '2013', accredited: true, issuedOn: 2024-01-15, \
                   validUntil: 2027-01-14}";
        let bench = certified(&[old]).at("2025-10-31T23:59:59Z");
        assert!(bench.findings(402, ID).is_empty());
        assert_eq!(bench.horizon(ID), "2025-11-01T00:00:00Z");
        assert_eq!(bench.at("2025-11-01T00:00:00Z").findings(402, ID).len(), 1);
    }
}
