//! CX802: an exemption for which nobody answers.

use crate::api::{ExemptionSpec, stated};
use crate::rules::rule::rule;
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// An exemption says who accepts the risk (`approvedBy`), why (`reason`) and until when (`expiresAt`). One that
    /// lacks any of the three has no effect: its rules go on to hold.
    ///
    /// An exemption sets rules aside for its one `subject`. What these rules find there stays visible, marked
    /// `exempted`, and counts for nothing: not for the outcome of the subject, nor for what inherits the finding (a
    /// vendor's on its flows, a flow's on its workloads), nor for the annotations of workloads, nor against a grant.
    /// The same holds for what these rules could not judge. An end of access that such a rule sets for a grant comes no
    /// earlier than the end of the exemption. Findings name the object where the cause is: that object is the one to
    /// exempt. No exemption is exempted from CX801 and CX802.
    ///
    /// # Why
    ///
    /// Setting a rule aside is a decision about a risk. One without an owner, a reason and an end is none: it is a hole
    /// that nobody will close.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: Exemption
    /// spec:
    ///   rules: [CX408]
    ///   subject: {kind: Vendor, name: feedbackhub}
    ///   reason: New report due in December     # nobody has approved it, and it has no end
    /// ```
    ///
    /// # Fix
    ///
    /// Have somebody who may accept the risk approve the exemption, and record who that is, why, and until when.
    ///
    /// # References
    ///
    /// GDPR Art. 5(2), 24(1); ISO/IEC 27001:2022 6.1.3(f) (risk owners approve residual risks); NIST SP 800-53 CA-5.
    802 "exemption-unowned" Enforce since "0.1.0",
    Exemption: check,
}

fn check(case: &Case<'_, ExemptionSpec>, report: &mut Report<'_>) {
    let spec = case.subject;
    for (missing, path, what, remedy) in [
        (
            stated(spec.approved_by.as_ref()).is_none(),
            "/spec/approvedBy",
            "nobody has approved the exemption",
            "name who accepts the risk",
        ),
        (stated(spec.reason.as_ref()).is_none(), "/spec/reason", "the exemption has no reason", "say why"),
        (spec.expires_at.is_none(), "/spec/expiresAt", "the exemption has no end", "say until when"),
    ] {
        if missing {
            report.violation(path, format!("{what}: it has no effect"), remedy);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::engine::Outcome;
    use crate::rules::testing::Bench;

    fn bench(spec: &str) -> Bench {
        Bench::new("{apiVersion: cxguard.dev/v1alpha1, kind: Vendor, metadata: {name: hub}, spec: {}}").with(
            &format!(
                "apiVersion: cxguard.dev/v1alpha1\nkind: Exemption\nmetadata: {{name: gap}}\n\
             spec: {{rules: [CX408], subject: {{kind: Vendor, name: hub}}{spec}}}\n"
            ),
        )
    }

    const APPROVER: &str = "/spec/approvedBy: nobody has approved the exemption: it has no effect";
    const REASON: &str = "/spec/reason: the exemption has no reason: it has no effect";
    const END: &str = "/spec/expiresAt: the exemption has no end: it has no effect";

    #[test]
    fn an_exemption_has_an_approver_a_reason_and_an_end() {
        let end = ", expiresAt: 2026-12-31T23:59:59Z";
        for (spec, expected) in [
            (String::new(), [APPROVER, END, REASON].as_slice()),
            (format!(", approvedBy: ciso, reason: report due{end}"), &[]),
            (format!(", reason: report due{end}"), &[APPROVER]),
            (format!(", approvedBy: '  ', reason: report due{end}"), &[APPROVER]),
            (format!(", approvedBy: ciso, reason: ''{end}"), &[REASON]),
            (", approvedBy: ciso, reason: report due".to_owned(), &[END]),
        ] {
            let bench = bench(&spec);
            assert_eq!(bench.findings(802, "Exemption/gap"), expected, "{spec}");
            let outcome = if expected.is_empty() { Outcome::Compliant } else { Outcome::Violating };
            assert_eq!(bench.outcome("Exemption/gap"), outcome, "{spec}");
        }
    }

    #[test]
    fn an_exemption_exempts_no_exemption() {
        let own = "apiVersion: cxguard.dev/v1alpha1\nkind: Exemption\nmetadata: {name: mine}\n\
                   spec: {rules: [CX802], subject: {kind: Exemption, name: gap}, approvedBy: me, reason: why not, \
                   expiresAt: 2026-12-31T23:59:59Z}\n";
        assert_eq!(bench("").with(own).outcome("Exemption/gap"), Outcome::Violating);
    }
}
