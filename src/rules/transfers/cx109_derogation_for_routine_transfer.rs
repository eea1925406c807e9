//! CX109: an exception used as a rule.

use super::wording::named;
use crate::api::{Derogation, DerogationGround, Mechanism, VendorSpec};
use crate::engine::needs_no_paper;
use crate::rules::rule::rule;
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// Each entry under a vendor's `transfers` with the mechanism `Derogation` says why the exception applies:
    ///
    /// - `derogation.ground` is there.
    /// - `derogation.occasional` is true where the ground demands it: `Contract`, `LegalClaims` and
    ///   `CompellingInterests`. The others (`ExplicitConsent`, `PublicInterest`, `VitalInterests`, `PublicRegister`)
    ///   may be used more often.
    ///
    /// An entry for a country that needs none, as CX108 puts it, is not judged. Whether consent was informed and what
    /// the authority was told, no field says.
    ///
    /// # Why
    ///
    /// A derogation gives the data no protection at all. It is made for the single case, such as a booking abroad or a
    /// lawsuit; a survey that runs every day is none.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: Vendor
    /// spec:
    ///   transfers:
    ///     - to: "IN"
    ///       mechanism: Derogation
    ///       derogation: {ground: Contract, occasional: false}
    /// ```
    ///
    /// # Fix
    ///
    /// Sign contractual clauses or another mechanism of Art. 46 and record it in place of the derogation, or stop the
    /// transfer.
    ///
    /// # References
    ///
    /// GDPR Art. 49(1) and (6), recital 111; EDPB Guidelines 2/2018.
    109 "derogation-for-routine-transfer" Enforce since "0.1.0",
    Vendor: check,
}

fn check(case: &Case<'_, VendorSpec>, report: &mut Report<'_>) {
    for (at, entry) in case.subject.transfers.iter().enumerate() {
        let derogates = entry.mechanism == Mechanism::Derogation;
        if !derogates || needs_no_paper(case.query, &case.policy.residency, entry.to) {
            continue;
        }
        if let Some((field, problem)) = defect(entry.derogation.as_ref()) {
            report.violation(
                format!("/spec/transfers/{at}/derogation{field}"),
                format!("transfer to {}: {problem}", named(entry.to)),
                "sign StandardContractualClauses or another mechanism and record it in place of the derogation, or \
                 stop the transfer",
            );
        }
    }
}

/// What is wrong with a derogation, with its field.
fn defect(derogation: Option<&Derogation>) -> Option<(&'static str, String)> {
    let Some(derogation) = derogation else {
        return Some(("", "the ground of the derogation is not on record".to_owned()));
    };
    let Some(ground) = derogation.ground else {
        return Some(("/ground", "the ground of the derogation is not on record".to_owned()));
    };
    (is_for_single_cases(ground) && derogation.occasional != Some(true)).then(|| {
        let problem =
            format!("the ground {ground} is for occasional transfers, and this one is not on record as such");
        ("/occasional", problem)
    })
}

/// Whether the law allows a ground for occasional transfers only: recital 111 and Art. 49(1), second subparagraph.
fn is_for_single_cases(ground: DerogationGround) -> bool {
    match ground {
        DerogationGround::Contract
        | DerogationGround::LegalClaims
        | DerogationGround::CompellingInterests => true,
        DerogationGround::ExplicitConsent
        | DerogationGround::PublicInterest
        | DerogationGround::VitalInterests
        | DerogationGround::PublicRegister => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{SOUND, vendor};
    use crate::rules::testing::Bench;

    const HUB: &str = "Vendor/hub";

    fn hub(country: &str, mechanism: &str, derogation: &str) -> Bench {
        let spec = format!(
            r#"{{transfers: [{{to: "{country}", mechanism: {mechanism}, derogation: {derogation}}}]}}"#
        );
        Bench::new(SOUND).with(&vendor("hub", &spec))
    }

    #[test]
    fn each_ground_has_its_conditions() {
        for (ground, single) in [
            ("ExplicitConsent", false),
            ("Contract", true),
            ("PublicInterest", false),
            ("LegalClaims", true),
            ("VitalInterests", false),
            ("PublicRegister", false),
            ("CompellingInterests", true),
        ] {
            for (occasional, wrong) in
                [("", single), (", occasional: false", single), (", occasional: true", false)]
            {
                let derogation = format!("{{ground: {ground}{occasional}}}");
                let found = hub("IN", "Derogation", &derogation).findings(109, HUB);
                let expected = format!(
                    "/spec/transfers/0/derogation/occasional: transfer to India (IN): the ground {ground} is for \
                     occasional transfers, and this one is not on record as such"
                );
                assert_eq!(found, wrong.then_some(expected).into_iter().collect::<Vec<_>>(), "{derogation}");
            }
        }
    }

    #[test]
    fn a_ground_is_on_record() {
        for (derogation, field) in [("null", ""), ("{occasional: true}", "/ground")] {
            assert_eq!(
                hub("IN", "Derogation", derogation).findings(109, HUB),
                [format!(
                    "/spec/transfers/0/derogation{field}: transfer to India (IN): the ground of the derogation is \
                     not on record"
                )]
            );
        }
    }

    #[test]
    fn only_derogations_that_are_needed_are_judged() {
        for (country, mechanism, judged) in [
            ("IN", "Derogation", true),
            ("US", "Derogation", true),
            ("IN", "StandardContractualClauses", false),
            ("DE", "Derogation", false),
            ("GB", "Derogation", false),
        ] {
            let found = hub(country, mechanism, "{ground: Contract}").findings(109, HUB);
            assert_eq!(!found.is_empty(), judged, "{country} {mechanism}: {found:?}");
        }
    }

    #[test]
    fn when_adequacy_ends_a_derogation_is_relied_on() {
        let bench = hub("GB", "Derogation", "{ground: Contract}");
        assert_eq!(bench.horizon(HUB), "2031-12-28T00:00:00Z");
        assert_eq!(bench.at("2031-12-28T00:00:00Z").findings(109, HUB).len(), 1);
    }
}
