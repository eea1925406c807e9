//! CX408: an agreement that leaves out a measure which data cannot do without.

use crate::api::{Measure, VendorSpec};
use crate::rules::agreement::of_processor;
use crate::rules::rule::rule;
use crate::rules::transfers::wording::joined;
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// The data processing agreement of a vendor demands all of `EncryptionAtRest`, `EncryptionInTransit`,
    /// `AccessControl` and `RegularTesting` (`agreement.measures`).
    ///
    /// It concerns every vendor that has an agreement, used or not; not those with the role `Controller` or
    /// `JointController`. Where there is no agreement CX111 reports, and where it names no measure at all CX113; then
    /// this rule is silent.
    ///
    /// # Why
    ///
    /// What the agreement does not demand, the vendor does not owe. These four are what Art. 32 names first:
    /// encryption, lasting confidentiality, and testing whether the measures work.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: Vendor
    /// spec:
    ///   agreement:
    ///     measures: [EncryptionInTransit, AccessControl]
    /// ```
    ///
    /// # Fix
    ///
    /// Amend the annex on security, and record what it demands.
    ///
    /// # References
    ///
    /// GDPR Art. 28(3)(c), 32(1)(a), (b) and (d); ISO/IEC 27001:2022 A.5.20, A.8.24.
    408 "vendor-measures-incomplete" Enforce since "0.1.0",
    Vendor: check,
}

fn check(case: &Case<'_, VendorSpec>, report: &mut Report<'_>) {
    let Some(agreement) = of_processor(case.subject) else { return };
    if agreement.measures.is_empty() {
        return;
    }
    let missing: Vec<_> =
        Measure::ALL.iter().filter(|measure| !agreement.measures.contains(measure)).collect();
    if !missing.is_empty() {
        report.violation(
            "/spec/agreement/measures",
            format!("the agreement does not demand {}", joined(missing)),
            "amend the agreement, and record the measures that it demands",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::hub;

    #[test]
    fn every_measure_is_demanded() {
        for (spec, missing) in [
            (
                "{agreement: {measures: [RegularTesting, AccessControl, EncryptionInTransit, EncryptionAtRest]}}",
                None,
            ),
            (
                "{role: SubProcessor, agreement: {measures: [EncryptionInTransit, AccessControl]}}",
                Some("EncryptionAtRest, RegularTesting"),
            ),
            (
                "{agreement: {measures: [EncryptionAtRest, EncryptionInTransit, RegularTesting]}}",
                Some("AccessControl"),
            ),
            ("{role: Controller, agreement: {measures: [AccessControl]}}", None),
            ("{role: JointController, agreement: {measures: [AccessControl]}}", None),
            // CX113 and CX111 report these.
            ("{agreement: {}}", None),
            ("{}", None),
        ] {
            let expected = missing
                .map(|missing| format!("/spec/agreement/measures: the agreement does not demand {missing}"));
            let found = hub(spec).findings(408, "Vendor/hub");
            assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{spec}");
        }
    }
}
