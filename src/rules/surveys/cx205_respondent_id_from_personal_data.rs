//! CX205: a respondent identifier that is made from personal data.

use crate::api::{IdSource, SurveySpec};
use crate::rules::rule::rule;
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// The identifier in the links of a survey is not made from personal data: `respondentId.source` is neither
    /// `PersonalData` nor `HashOfPersonalData`, keyed or not. A source that is not on record is reported by CX204.
    ///
    /// # Why
    ///
    /// Whoever has a list of addresses hashes it and knows who is who. For the sender, the hash is the customer's
    /// personal data as much as the address is.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: Survey
    /// spec:
    ///   respondentId: {source: HashOfPersonalData, bits: 128}
    /// ```
    ///
    /// # Fix
    ///
    /// Draw a random identifier for each respondent and survey, and keep the map in a namespace of your own.
    ///
    /// # References
    ///
    /// GDPR Art. 4(1) and (5), recital 26, Art. 25; CJEU C-413/23 P (EDPS v SRB).
    205 "respondent-id-from-personal-data" Enforce since "0.1.0",
    Survey: check,
}

fn check(case: &Case<'_, SurveySpec>, report: &mut Report<'_>) {
    let source = case.subject.respondent_id.as_ref().and_then(|id| id.source);
    let message = match source {
        Some(IdSource::PersonalData) => "the respondent identifier is personal data",
        Some(IdSource::HashOfPersonalData) => {
            "the respondent identifier is a hash of personal data: whoever has the data knows whose it is"
        }
        Some(IdSource::Random | IdSource::Sequential) | None => return,
    };
    report.violation("/spec/respondentId/source", message, "draw a random identifier for each respondent");
}

#[cfg(test)]
mod tests {
    use super::super::samples::{ID, survey};

    #[test]
    fn an_identifier_tells_of_nobody() {
        for (spec, expected) in [
            ("{respondentId: {source: Random}}", None),
            ("{respondentId: {source: Sequential}}", None),
            ("{respondentId: {}}", None),
            ("{}", None),
            ("{respondentId: {source: PersonalData}}", Some("the respondent identifier is personal data")),
            (
                "{respondentId: {source: HashOfPersonalData, bits: 256}}",
                Some(
                    "the respondent identifier is a hash of personal data: whoever has the data knows whose it is",
                ),
            ),
        ] {
            let expected = expected.map(|message| format!("/spec/respondentId/source: {message}"));
            assert_eq!(survey(spec).findings(205, ID), expected.into_iter().collect::<Vec<_>>(), "{spec}");
        }
    }
}
