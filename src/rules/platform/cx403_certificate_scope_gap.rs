//! CX403: a certificate for something else than what the vendor does for us.

use std::collections::BTreeSet;

use super::papers::{in_force, is_past, papers};
use crate::api::{Standard, VendorSpec};
use crate::rules::rule::rule;
use crate::rules::transfers::wording::joined;
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// Whatever a vendor does for us (`services`) is in the `scope` of a certificate by `ISO27001` that is in force; with
    /// several certificates, in that of one of them. The names are compared letter by letter. A vendor with such a
    /// certificate and without `services` is a finding too: then nothing shows that the certificate covers them.
    ///
    /// Certificates that CX402 voids do not count here. A vendor with a SOC 2 report only is not judged: its scope is no
    /// field.
    ///
    /// # Why
    ///
    /// A certificate covers what its scope names: often the head office, or one product of ten. Data in the others is as
    /// unprotected as without it.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: Vendor
    /// spec:
    ///   services: [survey-platform, transcription]
    ///   certifications:
    ///     - {standard: ISO27001, scope: [survey-platform]}   # and the other fields
    /// ```
    ///
    /// # Fix
    ///
    /// Read the scope of the certificate, and record it in the words of `services`. If it leaves a service out, have it
    /// extended or take the service elsewhere.
    ///
    /// # References
    ///
    /// ISO/IEC 27001:2022 clause 4.3; GDPR Art. 28(1).
    403 "certificate-scope-gap" Enforce since "0.1.0",
    Vendor: check,
}

fn check(case: &Case<'_, VendorSpec>, report: &mut Report<'_>) {
    if is_past(case) {
        return;
    }
    let certificates: Vec<_> = papers(case.subject, Standard::Iso27001)
        .filter(|(_, certificate)| in_force(case.query, certificate))
        .collect();
    let Some((path, _)) = certificates.first() else { return };
    let remedy =
        "record services and scope in the same words; have the scope extended where it leaves one out";
    if case.subject.services.is_empty() {
        let message = "what the vendor does for us is not on record, so no certificate is known to cover it";
        report.violation("/spec/services", message, remedy);
    }
    let covered: BTreeSet<&String> =
        certificates.iter().flat_map(|(_, certificate)| &certificate.scope).collect();
    let gap: Vec<_> = case.subject.services.iter().filter(|service| !covered.contains(service)).collect();
    if !gap.is_empty() {
        let scope = if covered.is_empty() { "nothing".to_owned() } else { joined(covered) };
        report.violation(
            format!("{path}/scope"),
            format!("no certificate covers {}; covered is {scope}", joined(gap)),
            remedy,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{CERTIFICATE, REPORT, hub};
    use crate::rules::testing::edit;

    const ID: &str = "Vendor/hub";

    fn found(services: &str, papers: &[&str]) -> Vec<String> {
        let spec = format!("{{services: [{services}], certifications: [{}]}}", papers.join(", "));
        hub(&spec).findings(403, ID)
    }

    #[test]
    fn the_scope_names_every_service() {
        assert!(found("surveys", &[CERTIFICATE]).is_empty());
        assert_eq!(
            found("surveys, voice, chat", &[CERTIFICATE]),
            ["/spec/certifications/0/scope: no certificate covers voice, chat; covered is surveys"]
        );
        let wider = edit(CERTIFICATE, "scope: [surveys]", "scope: [chat, surveys]");
        assert!(found("surveys", &[&wider]).is_empty());
        assert_eq!(found("Surveys", &[CERTIFICATE]).len(), 1);
        assert_eq!(
            found("surveys", &[&edit(CERTIFICATE, "scope: [surveys], ", "")]),
            ["/spec/certifications/0/scope: no certificate covers surveys; covered is nothing"]
        );
        assert_eq!(
            found("", &[CERTIFICATE]),
            [
                "/spec/services: what the vendor does for us is not on record, so no certificate is known to cover it"
            ]
        );
    }

    #[test]
    fn certificates_in_force_add_up() {
        let chat = edit(CERTIFICATE, "scope: [surveys]", "scope: [chat]");
        assert!(found("surveys, chat", &[CERTIFICATE, &chat]).is_empty());
        let over = edit(&chat, "validUntil: 2028-02-29", "validUntil: 2026-11-22");
        assert_eq!(
            found("surveys, chat", &[&over, CERTIFICATE]),
            ["/spec/certifications/1/scope: no certificate covers chat; covered is surveys"]
        );
        // CX401 and CX402 report what is left.
        assert!(found("surveys, chat", &[&over]).is_empty());
    }

    #[test]
    fn a_report_has_no_scope() {
        assert!(found("surveys", &[REPORT]).is_empty());
    }

    #[test]
    fn what_a_certificate_covered_is_a_gap_when_it_ends() {
        let chat = edit(CERTIFICATE, "scope: [surveys]", "scope: [chat]");
        let last = edit(&chat, "validUntil: 2028-02-29", "validUntil: 2026-11-23");
        let bench = hub(&format!("{{services: [surveys, chat], certifications: [{CERTIFICATE}, {last}]}}"));
        assert!(bench.findings(403, ID).is_empty());
        assert_eq!(bench.horizon(ID), "2026-11-24T00:00:00Z");
        assert_eq!(bench.at("2026-11-24T00:00:00Z").findings(403, ID).len(), 1);
    }
}
