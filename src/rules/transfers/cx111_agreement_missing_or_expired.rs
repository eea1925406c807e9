//! CX111: a vendor that handles data without an agreement in force.

use crate::api::VendorSpec;
use crate::facts::Key;
use crate::rules::agreement::{defects, is_processor};
use crate::rules::rule::rule;
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// A vendor that is used has a data processing agreement in force: `agreement` is there, `signedOn` has come, and
    /// `validUntil`, the last day, is not over. An agreement without an end on record is not shown to be in force: record
    /// the day until which it was last confirmed.
    ///
    /// A vendor is used if a data flow or a survey names it, or a person does as the consulting firm. Vendors with the role
    /// `Controller` or `JointController` need no such agreement; one without a role counts as a processor.
    ///
    /// # Why
    ///
    /// Handing personal data to a processor without a contract is forbidden from the first day, and again from the day
    /// on which the contract ends. Who signed nothing promised nothing: neither secrecy, nor security, nor deletion.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: Vendor
    /// spec:
    ///   role: Processor
    ///   agreement:
    ///     signedOn: 2024-05-01
    ///     validUntil: 2026-04-30   # over
    /// ```
    ///
    /// # Fix
    ///
    /// Sign or renew the agreement, and record `signedOn` and `validUntil`. Until then, take the vendor out of the flow.
    ///
    /// # References
    ///
    /// GDPR Art. 28(3) and (9); Art. 83(4)(a) for the fine of up to 10 million euros or 2 % of the turnover.
    111 "agreement-missing-or-expired" Enforce since "0.1.0",
    Vendor: check,
}

fn check(case: &Case<'_, VendorSpec>, report: &mut Report<'_>) {
    if !is_processor(case.subject.role) || !is_used(case) {
        return;
    }
    let renew = "sign or renew the data processing agreement, and record signedOn and validUntil";
    for (path, message) in defects(case.query, case.subject) {
        report.violation(path, message, renew);
    }
}

/// Whether a flow, a survey or a consultant brings data to the vendor.
pub(in crate::rules) fn is_used(case: &Case<'_, VendorSpec>) -> bool {
    !case.query.users(case.id).is_empty()
        || !case.query.members(Key::PeopleOf(case.id.name.clone())).is_empty()
}

#[cfg(test)]
mod tests {
    use super::super::samples::{SOUND, vendor};
    use crate::engine::Outcome;
    use crate::rules::testing::Bench;

    const CONSULTANT: &str = "apiVersion: cxguard.dev/v1alpha1\nkind: Person\nmetadata: {name: analyst}\n\
                              spec: {type: Consultant, vendor: firm}";

    const SURVEY: &str = "apiVersion: cxguard.dev/v1alpha1\nkind: Survey\nmetadata: {name: s, namespace: cx}\n\
                          spec: {vendor: firm}";

    fn spec(role: &str, agreement: &str) -> String {
        format!(r#"{{{role} locations: [{{use: Storage, country: "DE"}}]{agreement}}}"#)
    }

    #[test]
    fn an_agreement_is_in_force() {
        let signed = "/spec/agreement/signedOn";
        let until = "/spec/agreement/validUntil";
        for (agreement, expected) in [
            ("", vec!["/spec/agreement: no data processing agreement is on record".to_owned()]),
            (", agreement: {signedOn: 2025-01-15, validUntil: 2026-11-23}", vec![]),
            (
                ", agreement: {signedOn: 2025-01-15, validUntil: 2026-11-22}",
                vec![format!("{until}: the agreement ended with 2026-11-22")],
            ),
            (
                ", agreement: {signedOn: 2026-11-24, validUntil: 2027-11-23}",
                vec![format!("{signed}: the agreement is not in force before 2026-11-24")],
            ),
            (
                ", agreement: {}",
                vec![
                    format!("{signed}: the day on which the agreement was signed is not on record"),
                    format!("{until}: the last day of the agreement is not on record"),
                ],
            ),
        ] {
            let bench = Bench::new(SOUND).with(&vendor("hub", &spec("role: Processor,", agreement)));
            assert_eq!(bench.findings(111, "Vendor/hub"), expected, "{agreement}");
        }
    }

    #[test]
    fn the_last_day_counts_and_the_next_does_not() {
        let papers = r#", agreement: {signedOn: 2025-01-15, validUntil: 2026-12-31, countries: ["DE"], measures: [AccessControl]}"#;
        let bench = Bench::new(SOUND).with(&vendor("hub", &spec("role: Processor,", papers)));
        let bench = bench.at("2026-12-31T23:59:59Z");
        assert!(bench.findings(111, "Vendor/hub").is_empty());
        assert_eq!(bench.horizon("Vendor/hub"), "2027-01-01T00:00:00Z");
        let bench = bench.at("2027-01-01T00:00:00Z");
        assert_eq!(bench.findings(111, "Vendor/hub").len(), 1);
        assert_eq!(bench.outcome("Deployment/cx/sender"), Outcome::Violating);
    }

    #[test]
    fn only_processors_need_one() {
        for (role, needed) in [
            ("role: Processor,", true),
            ("role: SubProcessor,", true),
            ("", true),
            ("role: Controller,", false),
            ("role: JointController,", false),
        ] {
            let bench = Bench::new(SOUND).with(&vendor("hub", &spec(role, "")));
            assert_eq!(!bench.findings(111, "Vendor/hub").is_empty(), needed, "{role}");
        }
    }

    #[test]
    fn only_vendors_in_use_need_one() {
        let bench = Bench::new(SOUND).with(&vendor("firm", &spec("role: Processor,", "")));
        assert!(bench.findings(111, "Vendor/firm").is_empty());
        assert_eq!(bench.with(CONSULTANT).findings(111, "Vendor/firm").len(), 1);
        let bench = Bench::new(SOUND).with(&vendor("firm", &spec("role: Processor,", "")));
        assert_eq!(bench.with(SURVEY).findings(111, "Vendor/firm").len(), 1);
    }
}
