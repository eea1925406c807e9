//! CX404: a certificate whose issuer has not come back.

use super::papers::{in_force, is_past, papers};
use crate::api::{Standard, VendorSpec};
use crate::rules::rule::rule;
use crate::rules::{Case, Report};
use crate::values::Period;

rule! {
    /// # What it checks
    ///
    /// The body that issued a certificate by `ISO27001` audits the vendor every year: `surveillanceOn` is not older than
    /// 395 days, a year and a month. Until the first such audit `issuedOn` counts; after a new certificate the later of
    /// both. An audit dated in the future has not been made.
    ///
    /// A certificate that CX402 voids is not judged. Overdue surveillance does not void one.
    ///
    /// # Why
    ///
    /// A certificate describes the day of its audit. The yearly visits show that the measures are still there; without
    /// them it is to be suspended.
    ///
    /// # Example
    ///
    /// ```yaml
    /// certifications:
    ///   - standard: ISO27001
    ///     issuedOn: 2024-03-01
    ///     surveillanceOn: 2025-03-10     # and it is November 2026
    /// ```
    ///
    /// # Fix
    ///
    /// Ask the vendor for the report of the last surveillance audit, and record its day.
    ///
    /// # References
    ///
    /// ISO/IEC 17021-1:2015 clause 9.1.3.3 (yearly, the first within twelve months of the decision); GDPR Art.
    /// 32(1)(d).
    404 "surveillance-overdue" Warn since "0.1.0",
    Vendor: check,
}

/// A year, and a month for the audit to be written up.
const LONGEST: Period = Period::days(395);

fn check(case: &Case<'_, VendorSpec>, report: &mut Report<'_>) {
    if is_past(case) {
        return;
    }
    let remedy = "ask for the report of the last surveillance audit, and record its day in surveillanceOn";
    for (path, certificate) in papers(case.subject, Standard::Iso27001) {
        if !in_force(case.query, certificate) {
            continue;
        }
        let path = format!("{path}/surveillanceOn");
        let visited = certificate.surveillance_on;
        if let Some(day) = visited.filter(|day| !case.query.has_begun(*day)) {
            report.violation(
                path,
                format!("the surveillance audit is dated {day}, which has not come"),
                remedy,
            );
            continue;
        }
        let Some(last) = visited.max(certificate.issued_on) else { continue };
        if case.query.older_than(last, LONGEST) {
            let due = LONGEST.after(last.end());
            let message =
                format!("last audited on {last}: a surveillance audit every {LONGEST} was due by {due}");
            report.violation(path, message, remedy);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{CERTIFICATE, REPORT, certified};
    use crate::rules::testing::{Bench, edit};

    const ID: &str = "Vendor/hub";
    const VISITED: &str = ", surveillanceOn: 2026-03-10";

    fn with(visited: &str) -> Bench {
        certified(&[&edit(CERTIFICATE, VISITED, visited)])
    }

    #[test]
    fn the_issuer_comes_every_year() {
        let bench = with(", surveillanceOn: 2025-10-25");
        assert_eq!(
            bench.at("2026-11-25T00:00:00Z").findings(404, ID),
            [
                "/spec/certifications/0/surveillanceOn: last audited on 2025-10-25: a surveillance audit every 395d was \
                 due by 2026-11-25T00:00:00Z"
            ]
        );
        let bench = with(", surveillanceOn: 2025-10-25").at("2026-11-24T23:59:59Z");
        assert!(bench.findings(404, ID).is_empty());
        assert_eq!(bench.horizon(ID), "2026-11-25T00:00:00Z");
    }

    #[test]
    fn before_the_first_audit_the_day_of_issue_counts() {
        assert_eq!(with("").findings(404, ID).len(), 1);
        assert!(with("").at("2026-03-31T23:59:59Z").findings(404, ID).is_empty());
        // The audits of the certificate before this one are over.
        assert!(with(", surveillanceOn: 2024-03-10").at("2026-03-31T23:59:59Z").findings(404, ID).is_empty());
        assert!(with(", surveillanceOn: 2024-03-10").findings(404, ID)[0].contains("audited on 2025-03-01"));
    }

    #[test]
    fn an_audit_to_come_has_not_been_made() {
        let bench = with(", surveillanceOn: 2026-11-24");
        assert_eq!(
            bench.findings(404, ID),
            [
                "/spec/certifications/0/surveillanceOn: the surveillance audit is dated 2026-11-24, which has not come"
            ]
        );
        assert_eq!(bench.horizon(ID), "2026-11-24T00:00:00Z");
        assert!(bench.at("2026-11-24T00:00:00Z").findings(404, ID).is_empty());
    }

    #[test]
    fn what_is_void_or_a_report_is_not_surveyed() {
        let over = edit(&edit(CERTIFICATE, VISITED, ""), "validUntil: 2028-02-29", "validUntil: 2026-11-22");
        assert!(certified(&[&over, REPORT]).findings(404, ID).is_empty());
    }
}
