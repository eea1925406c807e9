//! CX107: contractual clauses that bind nobody.

use super::contract::defects;
use super::wording::named;
use crate::api::{Mechanism, VendorSpec};
use crate::rules::rule::rule;
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// Each entry under a vendor's `transfers` with the mechanism `StandardContractualClauses`:
    ///
    /// - `module` is there and fits the vendor's `role`: `ControllerToProcessor` for a `Processor`, `ProcessorToProcessor`
    ///   for a `SubProcessor`, `ControllerToController` or `ProcessorToController` for a `Controller` or
    ///   `JointController`. A vendor without a role counts as a processor, so either of the first two modules will do.
    /// - `signedOn` is there, has come, and is not before 2021-06-27: decision 2021/914 did not exist before that day,
    ///   and the sets of clauses of before are void since 2022-12-27.
    ///
    /// It does not ask whether the entry is needed: a paper on record is in order, or it is corrected.
    ///
    /// # Why
    ///
    /// Clauses protect only if they are those of the decision, unchanged, in the module that is made for the two
    /// parties. The wrong module leaves out duties of the importer, and the transfer is without a basis.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: Vendor
    /// spec:
    ///   role: Processor
    ///   transfers:
    ///     - to: "US"
    ///       mechanism: StandardContractualClauses
    ///       module: ControllerToController
    ///       signedOn: 2020-03-01
    /// ```
    ///
    /// # Fix
    ///
    /// Sign the clauses of decision 2021/914 in the module that fits, and record module and day.
    ///
    /// # References
    ///
    /// GDPR Art. 46(2)(c); Commission Implementing Decision (EU) 2021/914, Art. 4.
    107 "contractual-clauses-invalid" Enforce since "0.1.0",
    Vendor: check,
}

fn check(case: &Case<'_, VendorSpec>, report: &mut Report<'_>) {
    for (at, entry) in case.subject.transfers.iter().enumerate() {
        if entry.mechanism != Mechanism::StandardContractualClauses {
            continue;
        }
        for defect in defects(case.query, case.subject.role, entry) {
            report.violation(
                format!("/spec/transfers/{at}/{}", defect.field),
                format!("transfer to {}: {}", named(entry.to), defect.message),
                defect.remedy,
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{SOUND, vendor};
    use crate::rules::testing::Bench;

    fn bench(role: &str, entry: &str) -> Bench {
        let spec = format!(
            r#"{{{role} locations: [{{use: Storage, country: "IN"}}], transfers: [{{to: "IN", {entry}}}]}}"#
        );
        Bench::new(SOUND).with(&vendor("hub", &spec))
    }

    #[test]
    fn the_module_fits_the_role() {
        for (role, fitting) in [
            ("role: Processor,", ["ControllerToProcessor"].as_slice()),
            ("role: SubProcessor,", &["ProcessorToProcessor"]),
            ("role: Controller,", &["ControllerToController", "ProcessorToController"]),
            ("role: JointController,", &["ControllerToController", "ProcessorToController"]),
            ("", &["ControllerToProcessor", "ProcessorToProcessor"]),
        ] {
            for module in [
                "ControllerToController",
                "ControllerToProcessor",
                "ProcessorToProcessor",
                "ProcessorToController",
            ] {
                let entry =
                    format!("mechanism: StandardContractualClauses, module: {module}, signedOn: 2025-01-15");
                let found = bench(role, &entry).findings(107, "Vendor/hub");
                assert_eq!(found.is_empty(), fitting.contains(&module), "{role} {module}: {found:?}");
            }
            let found = bench(role, "mechanism: StandardContractualClauses, signedOn: 2025-01-15");
            assert_eq!(
                found.findings(107, "Vendor/hub"),
                [
                    "/spec/transfers/0/module: transfer to India (IN): the module of decision 2021/914 is not on record"
                ]
            );
        }
    }

    #[test]
    fn clauses_are_signed_and_of_the_decision() {
        for (signed, expected) in [
            ("", Some("the day on which the clauses were signed is not on record")),
            (
                ", signedOn: 2021-06-26",
                Some("clauses signed on 2021-06-26 are of a set that is void since 2022-12-27"),
            ),
            (", signedOn: 2021-06-27", None),
            (", signedOn: 2026-11-23", None),
            (", signedOn: 2026-11-24", Some("the clauses are not in force before 2026-11-24")),
        ] {
            let entry =
                format!("mechanism: StandardContractualClauses, module: ControllerToProcessor{signed}");
            let found = bench("role: Processor,", &entry).findings(107, "Vendor/hub");
            let expected =
                expected.map(|why| format!("/spec/transfers/0/signedOn: transfer to India (IN): {why}"));
            assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{signed}");
        }
    }

    #[test]
    fn clauses_signed_ahead_begin_with_their_day() {
        let entry =
            "mechanism: StandardContractualClauses, module: ControllerToProcessor, signedOn: 2026-11-24";
        let bench = bench("role: Processor,", entry);
        assert_eq!(bench.horizon("Vendor/hub"), "2026-11-24T00:00:00Z");
        assert!(bench.at("2026-11-24T00:00:00Z").findings(107, "Vendor/hub").is_empty());
    }

    #[test]
    fn other_mechanisms_have_no_modules() {
        assert!(
            bench("role: Processor,", "mechanism: BindingCorporateRules")
                .findings(107, "Vendor/hub")
                .is_empty()
        );
    }
}
