//! CX207: a survey link that is valid for ever, or for too long.

use super::respondent::respondent_id;
use crate::api::SurveySpec;
use crate::rules::rule::rule;
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// How long a link with an identifier is valid is on record (`respondentId.validFor`), and not longer than
    /// `surveys.linkMaxAge` of the policy (default 90d). Links without any placeholder are the same for everybody and
    /// carry no identifier, unless `respondentId` says otherwise.
    ///
    /// # Why
    ///
    /// Mails and logs with links stay around for years. A link that still works then opens somebody's answers to whoever
    /// finds it.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: Survey
    /// spec:
    ///   respondentId: {source: Random, bits: 128}   # without validFor
    /// ```
    ///
    /// # Fix
    ///
    /// Let links expire, and record after how long.
    ///
    /// # References
    ///
    /// GDPR Art. 5(1)(e) and (f), Art. 32.
    207 "link-never-expires" Warn since "0.1.0",
    Survey: check,
}

fn check(case: &Case<'_, SurveySpec>, report: &mut Report<'_>) {
    let Some(id) = respondent_id(case.subject) else { return };
    let longest = case.policy.surveys.link_max_age;
    let message = match id.valid_for {
        None => "for how long a link is valid is not on record".to_owned(),
        Some(period) if period > longest => {
            format!("links are valid for {period}, and no more than {longest} are allowed")
        }
        Some(_) => return,
    };
    report.violation(
        "/spec/respondentId/validFor",
        message,
        format!("let links expire after {longest} or sooner, and set validFor"),
    );
}

#[cfg(test)]
mod tests {
    use super::super::samples::{ID, policy, survey};

    #[test]
    fn a_link_expires() {
        let missing = "for how long a link is valid is not on record";
        for (spec, expected) in [
            ("{respondentId: {validFor: 90d}}", None),
            ("{respondentId: {validFor: 2160h}}", None),
            (
                "{respondentId: {validFor: 91d}}",
                Some("links are valid for 91d, and no more than 90d are allowed"),
            ),
            ("{respondentId: {source: Random}}", Some(missing)),
            ("{links: ['https://s.example/{token}']}", Some(missing)),
            ("{links: ['https://s.example/r']}", None),
        ] {
            let expected = expected.map(|message| format!("/spec/respondentId/validFor: {message}"));
            assert_eq!(survey(spec).findings(207, ID), expected.into_iter().collect::<Vec<_>>(), "{spec}");
        }
        let bench = survey("{respondentId: {validFor: 30d}}").with(&policy("{linkMaxAge: 14d}"));
        assert_eq!(bench.findings(207, ID).len(), 1);
    }
}
