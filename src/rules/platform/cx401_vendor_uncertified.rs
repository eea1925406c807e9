//! CX401: a vendor that nobody independent has looked at.

use super::papers::{in_force, is_past};
use crate::api::VendorSpec;
use crate::rules::rule::rule;
use crate::rules::transfers::wording::joined;
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// A vendor has at least one of `vendors.certifications` of the policy: a certificate by `ISO27001` or a report by
    /// `SOC2` (default: either). It must be in force, which is to say that CX402 (certificates) and CX405 (reports) find
    /// no fault in it. A gap in its scope (CX403), a late surveillance audit (CX404) or an old report (CX406) does not
    /// void it. Where several policies hold, each has to be satisfied; a policy with an empty list accepts nothing.
    ///
    /// It concerns every vendor on record, used or not, so that a gap shows before the first flow; not one whose relation
    /// is over (`ended.date`) and which nothing uses any more.
    ///
    /// # Why
    ///
    /// Customer experience platforms hold what customers say about themselves. Only processors with sufficient
    /// guarantees may be used, and a vendor's own word is none.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: Vendor
    /// spec:
    ///   services: [transcription]
    ///   # no certifications
    /// ```
    ///
    /// # Fix
    ///
    /// Ask the vendor for its certificate or report, and record it under `certifications`. If there is none, use
    /// another vendor.
    ///
    /// # References
    ///
    /// GDPR Art. 28(1) and (5), Art. 32(1) and (3); ISO/IEC 27001:2022 A.5.19 to A.5.23; SOC 2 (AICPA Trust Services
    /// Criteria).
    401 "vendor-uncertified" Enforce since "0.1.0",
    Vendor: check,
}

fn check(case: &Case<'_, VendorSpec>, report: &mut Report<'_>) {
    if is_past(case) {
        return;
    }
    for accepted in &case.policy.vendors.certifications {
        let mut papers = case.subject.certifications.iter();
        if papers.any(|paper| accepted.contains(&paper.standard) && in_force(case.query, paper)) {
            continue;
        }
        let accepted = if accepted.is_empty() { "none".to_owned() } else { joined(accepted) };
        report.violation(
            "/spec/certifications",
            format!("no certificate or report in force is on record; accepted: {accepted}"),
            "ask the vendor for its certificate or report and record it, or use another vendor",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{CERTIFICATE, REPORT, certified, hub, under};
    use crate::rules::testing::{Bench, edit};

    const ID: &str = "Vendor/hub";

    #[test]
    fn one_paper_in_force_will_do() {
        let expired = edit(CERTIFICATE, "validUntil: 2028-02-29", "validUntil: 2026-11-22");
        let weak = edit(REPORT, "opinion: Unqualified", "opinion: Adverse");
        for (papers, passes) in [
            ([].as_slice(), false),
            (&[CERTIFICATE], true),
            (&[REPORT], true),
            (&[&expired], false),
            (&[&weak], false),
            (&[&expired, &weak], false),
            (&[&expired, REPORT], true),
            // Voided by CX402 and CX405 alone.
            (&[&edit(CERTIFICATE, "scope: [surveys]", "scope: [else]")], true),
            (&[&edit(CERTIFICATE, "surveillanceOn: 2026-03-10", "surveillanceOn: 2025-03-10")], true),
            (&[&edit(REPORT, "2025-10-01, periodTo: 2026-09-30", "2023-10-01, periodTo: 2024-09-30")], true),
        ] {
            let found = certified(papers).findings(401, ID);
            let message = "/spec/certifications: no certificate or report in force is on record; accepted: \
                           ISO27001, SOC2";
            assert_eq!(found, if passes { vec![] } else { vec![message] }, "{papers:?}");
        }
    }

    #[test]
    fn every_policy_has_to_be_satisfied() {
        let soc2 = |bench: Bench| under(bench, "{certifications: [SOC2]}");
        assert_eq!(
            soc2(certified(&[CERTIFICATE])).findings(401, ID),
            ["/spec/certifications: no certificate or report in force is on record; accepted: SOC2"]
        );
        assert!(soc2(certified(&[REPORT])).findings(401, ID).is_empty());
        let second = "apiVersion: cxguard.dev/v1alpha1\nkind: CompliancePolicy\nmetadata: {name: second}\n\
                      spec: {vendors: {certifications: [ISO27001]}}\n";
        assert_eq!(soc2(certified(&[REPORT])).with(second).findings(401, ID).len(), 1);
        assert!(soc2(certified(&[REPORT, CERTIFICATE])).with(second).findings(401, ID).is_empty());
        let none = under(certified(&[REPORT, CERTIFICATE]), "{certifications: []}");
        assert!(none.findings(401, ID).concat().ends_with("accepted: none"));
    }

    #[test]
    fn it_ends_with_the_last_day_of_the_certificate() {
        let bench = certified(&[&edit(CERTIFICATE, "validUntil: 2028-02-29", "validUntil: 2026-11-23")]);
        assert!(bench.findings(401, ID).is_empty());
        assert_eq!(bench.horizon(ID), "2026-11-24T00:00:00Z");
        assert_eq!(bench.at("2026-11-24T00:00:00Z").findings(401, ID).len(), 1);
    }

    #[test]
    fn whoever_works_for_us_no_more_needs_no_papers() {
        let ended = |day: &str| hub(&format!("{{ended: {{date: {day}}}}}"));
        assert!(ended("2026-11-22").findings(401, ID).is_empty());
        let last = ended("2026-11-23");
        assert_eq!((last.findings(401, ID).len(), last.horizon(ID)), (1, "2026-11-24T00:00:00Z".to_owned()));
        let used = "apiVersion: cxguard.dev/v1alpha1\nkind: DataFlow\nmetadata: {name: f, namespace: cx}\n\
                    spec: {to: [{vendor: hub}]}\n";
        assert_eq!(ended("2026-11-22").with(used).findings(401, ID).len(), 1);
    }
}
