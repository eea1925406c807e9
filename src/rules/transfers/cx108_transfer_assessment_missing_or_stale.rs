//! CX108: a transfer whose dangers nobody has assessed.

use super::wording::named;
use crate::api::{AssessmentOutcome, Mechanism, Transfer, VendorSpec};
use crate::engine::Query;
use crate::engine::needs_no_paper;
use crate::rules::rule::rule;
use crate::rules::{Case, Report};
use crate::values::Period;

rule! {
    /// # What it checks
    ///
    /// Each entry under a vendor's `transfers` whose mechanism is an instrument of Art. 46 (`StandardContractualClauses`,
    /// `BindingCorporateRules`, `ApprovedCode`, `ApprovedCertification`) has an `assessment`:
    ///
    /// - `completedOn` has come and is not longer ago than `residency.assessmentMaxAge` of the policy (default 365d).
    /// - `outcome` is `Acceptable` or `AcceptableWithMeasures`.
    ///
    /// A fallback beside a claim of Adequacy for the United States counts. An entry for a country that needs none is not
    /// judged: one where the law of `residency.regime` is in force, or that is adequate as a whole while
    /// `residency.mechanisms` accepts Adequacy. On the day after its adequacy ends it is.
    ///
    /// # Why
    ///
    /// Clauses bind the importer and not the authorities of its country. Whether the law there lets the importer keep
    /// its word has to be assessed before the transfer, and again when that law may have changed. Where nothing makes up
    /// for it, the transfer must stop.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: Vendor
    /// spec:
    ///   transfers:
    ///     - to: "IN"
    ///       mechanism: StandardContractualClauses
    ///       module: ControllerToProcessor
    ///       signedOn: 2025-01-15
    ///       assessment: {completedOn: 2025-01-10, outcome: Acceptable}   # and it is November 2026
    /// ```
    ///
    /// # Fix
    ///
    /// Assess the law and practice of the country and record the day and the outcome. If it is `Problematic`, add
    /// measures that make up for it (such as encryption with keys kept here) and assess again, or stop the transfer.
    ///
    /// # References
    ///
    /// GDPR Art. 46(1); judgment C-311/18 (Schrems II), paragraphs 134 and 135; EDPB Recommendations 01/2020; clause 14
    /// of the annex to decision (EU) 2021/914.
    108 "transfer-assessment-missing-or-stale" Enforce since "0.1.0",
    Vendor: check,
}

fn check(case: &Case<'_, VendorSpec>, report: &mut Report<'_>) {
    let residency = &case.policy.residency;
    for (at, entry) in case.subject.transfers.iter().enumerate() {
        if !rests_on_safeguards(entry.mechanism) || needs_no_paper(case.query, residency, entry.to) {
            continue;
        }
        for (field, problem) in defects(case.query, entry, residency.assessment_max_age) {
            report.violation(
                format!("/spec/transfers/{at}/assessment{field}"),
                format!("transfer to {}: {problem}", named(entry.to)),
                "assess the law and practice of the country and record completedOn and outcome, or stop the transfer",
            );
        }
    }
}

/// Whether a mechanism is an instrument of Art. 46, which holds only as far as the law of the country lets it.
fn rests_on_safeguards(mechanism: Mechanism) -> bool {
    match mechanism {
        Mechanism::StandardContractualClauses
        | Mechanism::BindingCorporateRules
        | Mechanism::ApprovedCode
        | Mechanism::ApprovedCertification => true,
        Mechanism::Adequacy | Mechanism::Derogation => false,
    }
}

/// What is wrong with the assessment of an entry, each with its field of the assessment.
fn defects(query: &Query<'_>, entry: &Transfer, max_age: Period) -> Vec<(&'static str, String)> {
    let Some(assessment) = &entry.assessment else {
        return vec![("", "no assessment is on record".to_owned())];
    };
    let completed = match assessment.completed_on {
        None => Some("when the assessment was completed is not on record".to_owned()),
        Some(day) if !query.has_begun(day) => {
            Some(format!("the assessment is dated {day}, which has not come"))
        }
        Some(day) if query.older_than(day, max_age) => {
            Some(format!("the assessment was completed on {day}, which holds for {max_age}"))
        }
        Some(_) => None,
    };
    let outcome = match assessment.outcome {
        None => Some("what the assessment came to is not on record"),
        Some(AssessmentOutcome::Problematic) => Some("by the assessment nothing makes up for the law there"),
        Some(AssessmentOutcome::Acceptable | AssessmentOutcome::AcceptableWithMeasures) => None,
    };
    let completed = completed.map(|problem| ("/completedOn", problem));
    completed.into_iter().chain(outcome.map(|problem| ("/outcome", problem.to_owned()))).collect()
}

#[cfg(test)]
mod tests {
    use super::super::samples::{SOUND, policy, vendor};
    use crate::rules::testing::Bench;

    const HUB: &str = "Vendor/hub";

    fn hub(country: &str, mechanism: &str, assessment: &str) -> Bench {
        let spec = format!(
            r#"{{transfers: [{{to: "{country}", mechanism: {mechanism}, assessment: {assessment}}}]}}"#
        );
        Bench::new(SOUND).with(&vendor("hub", &spec))
    }

    #[test]
    fn an_assessment_is_recent_and_lets_the_transfer_go_on() {
        let none = "transfer to India (IN): no assessment is on record";
        for (assessment, expected) in [
            ("{completedOn: 2026-03-01, outcome: Acceptable}", vec![]),
            ("{completedOn: 2026-03-01, outcome: AcceptableWithMeasures}", vec![]),
            ("null", vec![format!("/spec/transfers/0/assessment: {none}")]),
            (
                "{}",
                vec![
                    "/spec/transfers/0/assessment/completedOn: transfer to India (IN): when the assessment was \
                     completed is not on record"
                        .to_owned(),
                    "/spec/transfers/0/assessment/outcome: transfer to India (IN): what the assessment came to is \
                     not on record"
                        .to_owned(),
                ],
            ),
            (
                "{completedOn: 2026-11-24, outcome: Acceptable}",
                vec![
                    "/spec/transfers/0/assessment/completedOn: transfer to India (IN): the assessment is dated \
                     2026-11-24, which has not come"
                        .to_owned(),
                ],
            ),
            (
                "{completedOn: 2025-11-22, outcome: Acceptable}",
                vec![
                    "/spec/transfers/0/assessment/completedOn: transfer to India (IN): the assessment was completed \
                     on 2025-11-22, which holds for 365d"
                        .to_owned(),
                ],
            ),
            ("{completedOn: 2025-11-23, outcome: Acceptable}", vec![]),
            (
                "{completedOn: 2026-03-01, outcome: Problematic}",
                vec![
                    "/spec/transfers/0/assessment/outcome: transfer to India (IN): by the assessment nothing makes \
                     up for the law there"
                        .to_owned(),
                ],
            ),
        ] {
            let bench = hub("IN", "StandardContractualClauses", assessment);
            assert_eq!(bench.findings(108, HUB), expected, "{assessment}");
        }
    }

    #[test]
    fn it_is_needed_where_the_transfer_rests_on_safeguards() {
        for (country, mechanism, needed) in [
            ("IN", "StandardContractualClauses", true),
            ("IN", "BindingCorporateRules", true),
            ("IN", "ApprovedCode", true),
            ("IN", "ApprovedCertification", true),
            ("IN", "Derogation", false),
            ("US", "Adequacy", false),
            // A fallback has to hold on the day.
            ("US", "StandardContractualClauses", true),
            ("DE", "StandardContractualClauses", false),
            ("CH", "StandardContractualClauses", false),
            ("XX", "StandardContractualClauses", true),
        ] {
            let found = hub(country, mechanism, "null").findings(108, HUB);
            assert_eq!(!found.is_empty(), needed, "{country} {mechanism}: {found:?}");
        }
        let no_adequacy = policy("{mechanisms: [StandardContractualClauses]}");
        let bench = hub("CH", "StandardContractualClauses", "null").with(&no_adequacy);
        assert_eq!(bench.findings(108, HUB).len(), 1);
    }

    #[test]
    fn an_assessment_holds_for_as_long_as_the_policy_says() {
        let bench = hub("IN", "BindingCorporateRules", "{completedOn: 2026-03-01, outcome: Acceptable}");
        let bench = bench.at("2027-03-01T23:59:59Z");
        assert!(bench.findings(108, HUB).is_empty());
        assert_eq!(bench.horizon(HUB), "2027-03-02T00:00:00Z");
        assert_eq!(bench.at("2027-03-02T00:00:00Z").findings(108, HUB).len(), 1);
        let strict = hub("IN", "BindingCorporateRules", "{completedOn: 2026-11-01, outcome: Acceptable}")
            .with(&policy("{assessmentMaxAge: 20d}"));
        assert_eq!(strict.findings(108, HUB).len(), 1);
    }

    #[test]
    fn when_adequacy_ends_the_fallback_needs_one() {
        let bench = hub("GB", "StandardContractualClauses", "null");
        assert!(bench.findings(108, HUB).is_empty());
        assert_eq!(bench.horizon(HUB), "2031-12-28T00:00:00Z");
        assert_eq!(bench.at("2031-12-28T00:00:00Z").findings(108, HUB).len(), 1);
    }
}
