//! CX204: a respondent identifier that others can guess.

use super::respondent::respondent_id;
use crate::api::{IdSource, SurveySpec};
use crate::rules::rule::rule;
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// The identifier in the links of a survey is made by chance (`respondentId.source: Random`) and has at least as many
    /// random bits as `surveys.minTokenBits` of the policy (default 128). No policy makes less than 64 enough. Source and
    /// bits have to be on record.
    ///
    /// An identifier from personal data is reported by CX205 alone. Links without any placeholder are the same for
    /// everybody and carry no identifier, unless `respondentId` says otherwise.
    ///
    /// # Why
    ///
    /// Whoever guesses an identifier sees and gives answers in somebody else's name. Of a counter, one link is enough
    /// to know all others.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: Survey
    /// spec:
    ///   respondentId: {source: Sequential}
    /// ```
    ///
    /// # Fix
    ///
    /// Make identifiers of 16 bytes or more with a cryptographic random generator.
    ///
    /// # References
    ///
    /// GDPR Art. 32(1)(b); OWASP Session Management, which wants no less than 64 bits; CWE-330, CWE-639.
    204 "respondent-id-guessable" Enforce since "0.1.0",
    Survey: check,
}

/// As few bits as OWASP lets an identifier have at all.
const FLOOR: i32 = 64;

fn check(case: &Case<'_, SurveySpec>, report: &mut Report<'_>) {
    let Some(id) = respondent_id(case.subject) else { return };
    let least = case.policy.surveys.min_token_bits.max(FLOOR);
    let (path, message) = match (id.source, id.bits) {
        (None, _) => (
            "/spec/respondentId/source",
            "what the respondent identifier is made from is not on record".to_owned(),
        ),
        (Some(IdSource::Sequential), _) => (
            "/spec/respondentId/source",
            "the respondent identifier is a counter: whoever knows one link knows the others".to_owned(),
        ),
        (Some(IdSource::Random), None) => (
            "/spec/respondentId/bits",
            "how many bits of the respondent identifier are random is not on record".to_owned(),
        ),
        (Some(IdSource::Random), Some(bits)) if bits < least => (
            "/spec/respondentId/bits",
            format!("the respondent identifier has {bits} random bits, and {least} are demanded"),
        ),
        (Some(IdSource::Random | IdSource::HashOfPersonalData | IdSource::PersonalData), _) => return,
    };
    let remedy = format!("make identifiers of at least {least} random bits, and record source and bits");
    report.violation(path, message, remedy);
}

#[cfg(test)]
mod tests {
    use super::super::samples::{ID, policy, survey};

    #[test]
    fn an_identifier_cannot_be_guessed() {
        let source =
            "/spec/respondentId/source: what the respondent identifier is made from is not on record";
        for (spec, expected) in [
            ("{respondentId: {source: Random, bits: 128}}", None),
            (
                "{respondentId: {source: Random, bits: 127}}",
                Some(
                    "/spec/respondentId/bits: the respondent identifier has 127 random bits, and 128 are demanded",
                ),
            ),
            (
                "{respondentId: {source: Random}}",
                Some(
                    "/spec/respondentId/bits: how many bits of the respondent identifier are random is not on record",
                ),
            ),
            (
                "{respondentId: {source: Sequential, bits: 128}}",
                Some(
                    "/spec/respondentId/source: the respondent identifier is a counter: whoever knows one link knows \
                     the others",
                ),
            ),
            ("{respondentId: {bits: 128}}", Some(source)),
            ("{links: ['https://s.example/{token}']}", Some(source)),
            ("{respondentId: {source: HashOfPersonalData}}", None),
            ("{respondentId: {source: PersonalData, bits: 8}}", None),
            ("{links: ['https://s.example/r']}", None),
            ("{}", None),
        ] {
            assert_eq!(survey(spec).findings(204, ID), expected.into_iter().collect::<Vec<_>>(), "{spec}");
        }
    }

    #[test]
    fn the_policy_says_how_many_bits() {
        let bench = survey("{respondentId: {source: Random, bits: 128}}");
        assert_eq!(bench.with(&policy("{minTokenBits: 256}")).findings(204, ID).len(), 1);
        let bench = survey("{respondentId: {source: Random, bits: 64}}");
        assert!(bench.with(&policy("{minTokenBits: 64}")).findings(204, ID).is_empty());
        let bench = survey("{respondentId: {source: Random, bits: 63}}").with(&policy("{minTokenBits: 32}"));
        assert_eq!(
            bench.findings(204, ID),
            ["/spec/respondentId/bits: the respondent identifier has 63 random bits, and 64 are demanded"]
        );
    }
}
