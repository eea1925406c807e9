//! CX116: a vendor that may take its time to tell of a breach.

use crate::api::VendorSpec;
use crate::rules::agreement::of_processor;
use crate::rules::rule::rule;
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// The data processing agreement says within which time the vendor tells us of a breach: `agreement.breachNotice` is
    /// there and not longer than `vendors.breachNotice` of the policy (default 24h).
    ///
    /// It concerns every vendor that has an agreement; not those with the role `Controller` or `JointController`. Where
    /// there is no agreement at all, only CX111 reports.
    ///
    /// # Why
    ///
    /// We have 72 hours to tell the authority, and to find out what happened. The law asks of a processor only to tell
    /// without undue delay: a number of hours is for the contract.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: Vendor
    /// spec:
    ///   agreement: {breachNotice: 72h}
    /// ```
    ///
    /// # Fix
    ///
    /// Agree on a shorter time, and record it.
    ///
    /// # References
    ///
    /// GDPR Art. 33(1) and (2); EDPB Guidelines 9/2022, paragraphs 43 to 45.
    116 "breach-notice-too-slow" Warn since "0.1.0",
    Vendor: check,
}

fn check(case: &Case<'_, VendorSpec>, report: &mut Report<'_>) {
    let Some(agreement) = of_processor(case.subject) else { return };
    let longest = case.policy.vendors.breach_notice;
    let message = match agreement.breach_notice {
        None => "the agreement does not say how soon the vendor tells of a breach".to_owned(),
        Some(notice) if notice > longest => {
            format!("the vendor tells of a breach within {notice}, and the policy allows {longest}")
        }
        Some(_) => return,
    };
    report.violation(
        "/spec/agreement/breachNotice",
        message,
        format!("agree on {longest} or less, and record breachNotice"),
    );
}

#[cfg(test)]
mod tests {
    use super::super::samples::{SOUND, vendor};
    use crate::rules::testing::Bench;

    const HUB: &str = "Vendor/hub";

    fn hub(spec: &str) -> Bench {
        Bench::new(SOUND).with(&vendor("hub", spec))
    }

    fn allows(notice: &str) -> String {
        format!(
            "apiVersion: cxguard.dev/v1alpha1\nkind: CompliancePolicy\nmetadata: {{name: gdpr}}\n\
             spec: {{vendors: {{breachNotice: {notice}}}}}"
        )
    }

    #[test]
    fn the_vendor_tells_soon() {
        let slow = |notice: &str, longest: &str| {
            format!("the vendor tells of a breach within {notice}, and the policy allows {longest}")
        };
        for (notice, policy, expected) in [
            ("breachNotice: 24h", None, None),
            ("breachNotice: 1d", None, None),
            ("breachNotice: 15m", None, None),
            ("breachNotice: 25h", None, Some(slow("25h", "24h"))),
            ("", None, Some("the agreement does not say how soon the vendor tells of a breach".to_owned())),
            ("breachNotice: 24h", Some("12h"), Some(slow("24h", "12h"))),
            ("breachNotice: 36h", Some("36h"), None),
        ] {
            let bench = hub(&format!("{{agreement: {{{notice}}}}}"));
            let bench = policy.into_iter().fold(bench, |bench, longest| bench.with(&allows(longest)));
            let expected = expected.map(|message| format!("/spec/agreement/breachNotice: {message}"));
            let found = bench.findings(116, HUB);
            assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{notice} under {policy:?}");
        }
    }

    #[test]
    fn only_the_agreement_of_a_processor_says_so() {
        for (spec, expected) in [
            ("{role: SubProcessor, agreement: {}}", 1),
            ("{role: Controller, agreement: {}}", 0),
            ("{role: Processor}", 0),
        ] {
            assert_eq!(hub(spec).findings(116, HUB).len(), expected, "{spec}");
        }
    }
}
