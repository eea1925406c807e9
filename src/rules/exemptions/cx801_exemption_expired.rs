//! CX801: an exemption whose time is over.

use crate::api::ExemptionSpec;
use crate::rules::rule::rule;
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// The end of an exemption, `expiresAt`, has not come. From that instant on, the exemption has no effect: its rules
    /// hold for the object again, wherever they are judged.
    ///
    /// # Why
    ///
    /// An exemption accepts a risk for a time. Once that is over, nobody has accepted the risk any more; and an
    /// exemption that lies around looks to a reader as if it still counted.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: Exemption
    /// spec:
    ///   rules: [CX408]
    ///   subject: {kind: Vendor, name: feedbackhub}
    ///   expiresAt: 2026-10-31T23:59:59Z     # and it is November
    /// ```
    ///
    /// # Fix
    ///
    /// Delete the exemption. If the risk is still accepted, have that approved again, and set a later `expiresAt`.
    ///
    /// # References
    ///
    /// GDPR Art. 5(2); ISO/IEC 27001:2022 6.1.3 (acceptance of residual risk by its owner), A.5.1; NIST SP 800-53 CA-5.
    801 "exemption-expired" Warn since "0.1.0",
    Exemption: check,
}

fn check(case: &Case<'_, ExemptionSpec>, report: &mut Report<'_>) {
    if let Some(end) = case.subject.expires_at
        && case.query.reached(end.timestamp())
    {
        report.violation(
            "/spec/expiresAt",
            format!("the exemption ended at {end} and has no effect any more"),
            "delete it, or have it approved again and set a later expiresAt",
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::engine::Outcome;
    use crate::rules::testing::Bench;

    const EXEMPTION: &str = "
apiVersion: cxguard.dev/v1alpha1
kind: Vendor
metadata: {name: hub}
spec: {}
---
apiVersion: cxguard.dev/v1alpha1
kind: Exemption
metadata: {name: gap}
spec:
  rules: [CX408]
  subject: {kind: Vendor, name: hub}
  reason: new report due in December
  approvedBy: ciso@corp.example
  expiresAt: 2026-12-31T23:59:59Z
";

    #[test]
    fn it_ends_on_its_second() {
        let bench = Bench::new(EXEMPTION).at("2026-12-31T23:59:58.999Z");
        assert!(bench.findings(801, "Exemption/gap").is_empty());
        assert_eq!(bench.horizon("Exemption/gap"), "2026-12-31T23:59:59Z");
        let bench = bench.at("2026-12-31T23:59:59Z");
        assert_eq!(
            bench.findings(801, "Exemption/gap"),
            ["/spec/expiresAt: the exemption ended at 2026-12-31T23:59:59Z and has no effect any more"]
        );
        assert_eq!(bench.outcome("Exemption/gap"), Outcome::Compliant);
    }

    #[test]
    fn without_an_end_none_has_come() {
        let endless = EXEMPTION.replace("  expiresAt: 2026-12-31T23:59:59Z\n", "");
        assert!(Bench::new(&endless).findings(801, "Exemption/gap").is_empty());
    }
}
