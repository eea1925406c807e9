//! For the tests of this risk: a certificate and a report without defect.

use crate::rules::testing::Bench;

/// A certificate by ISO/IEC 27001, three years from 2025-03-01.
pub(super) const CERTIFICATE: &str = "{standard: ISO27001, edition: '2022', accredited: true, scope: [surveys], \
                                      issuedOn: 2025-03-01, validUntil: 2028-02-29, surveillanceOn: 2026-03-10}";

/// A SOC 2 report on the year that ended with 2026-09-30, and a bridge of three months.
pub(super) const REPORT: &str = "{standard: SOC2, type: II, periodFrom: 2025-10-01, periodTo: 2026-09-30, \
                                 opinion: Unqualified, categories: [Security, Privacy], bridgeUntil: 2026-12-31}";

/// The vendor `hub` with a spec, given in one line.
pub(super) fn hub(spec: &str) -> Bench {
    Bench::new(&format!(
        "apiVersion: cxguard.dev/v1alpha1\nkind: Vendor\nmetadata: {{name: hub}}\nspec: {spec}\n"
    ))
}

/// The same with these certificates and reports.
pub(super) fn certified(papers: &[&str]) -> Bench {
    hub(&format!("{{services: [surveys], certifications: [{}]}}", papers.join(", ")))
}

/// The same with another policy.
pub(super) fn under(bench: Bench, vendors: &str) -> Bench {
    bench.with(&format!(
        "apiVersion: cxguard.dev/v1alpha1\nkind: CompliancePolicy\nmetadata: {{name: demands}}\n\
         spec: {{vendors: {vendors}}}\n"
    ))
}
