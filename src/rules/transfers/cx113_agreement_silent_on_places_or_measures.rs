//! CX113: an agreement that does not say where data may be, or how it is protected.

use crate::api::VendorSpec;
use crate::rules::agreement::of_processor;
use crate::rules::rule::rule;
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// A data processing agreement names the countries in which data may be (`agreement.countries`) and the measures that
    /// protect it (`agreement.measures`). Each gap is a finding of its own.
    ///
    /// It concerns every vendor that has an agreement, used or not, so that a gap shows before the first flow; not those
    /// with the role `Controller` or `JointController`, which need no such agreement. Where there is no agreement at all,
    /// only CX111 reports.
    ///
    /// # Why
    ///
    /// Without places, nobody can say that data is where it should not be; without measures, nobody promised any. Such
    /// an agreement is signed and binds to nothing.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: Vendor
    /// spec:
    ///   agreement:
    ///     signedOn: 2025-01-15
    ///     validUntil: 2027-01-14
    ///     # neither countries nor measures
    /// ```
    ///
    /// # Fix
    ///
    /// Amend the agreement, and record what it says.
    ///
    /// # References
    ///
    /// GDPR Art. 28(3)(a) and (c), Art. 32.
    113 "agreement-silent-on-places-or-measures" Enforce since "0.1.0",
    Vendor: check,
}

fn check(case: &Case<'_, VendorSpec>, report: &mut Report<'_>) {
    let Some(agreement) = of_processor(case.subject) else { return };
    if agreement.countries.is_empty() {
        report.violation(
            "/spec/agreement/countries",
            "the agreement does not say in which countries data may be",
            "amend the agreement, and record the countries that it names",
        );
    }
    if agreement.measures.is_empty() {
        report.violation(
            "/spec/agreement/measures",
            "the agreement does not say which measures protect the data",
            "amend the agreement, and record the measures that it demands",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{SOUND, vendor};
    use crate::rules::testing::Bench;

    #[test]
    fn each_gap_is_a_finding() {
        let countries =
            "/spec/agreement/countries: the agreement does not say in which countries data may be";
        let measures = "/spec/agreement/measures: the agreement does not say which measures protect the data";
        for (spec, expected) in [
            (r#"{agreement: {countries: ["DE"], measures: [AccessControl]}}"#, [].as_slice()),
            ("{agreement: {measures: [AccessControl]}}", &[countries]),
            (r#"{agreement: {countries: ["DE"]}}"#, &[measures]),
            ("{role: SubProcessor, agreement: {}}", &[countries, measures]),
            ("{role: Controller, agreement: {}}", &[]),
            ("{role: JointController, agreement: {}}", &[]),
            ("{role: Processor}", &[]),
        ] {
            let bench = Bench::new(SOUND).with(&vendor("unused", spec));
            assert_eq!(bench.findings(113, "Vendor/unused"), expected, "{spec}");
        }
    }
}
