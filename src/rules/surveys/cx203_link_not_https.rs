//! CX203: a survey link that is not encrypted on its way.

use crate::api::SurveySpec;
use crate::links::{Transport, inspect};
use crate::rules::rule::rule;
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// Every link of a survey begins with `https://`. Without a scheme, whoever opens the link decides, and many try
    /// `http` first. Where a placeholder stands for the scheme (`{base}/r/{token}`), nobody can tell: the outcome is
    /// Unknown.
    ///
    /// # Why
    ///
    /// The link and the answers can be read and changed by everybody on the way.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: Survey
    /// spec:
    ///   links: ["http://s.feedbackhub.example/r/{token}"]
    /// ```
    ///
    /// # Fix
    ///
    /// Write `https://`, also before a placeholder for the host: `https://{host}/r/{token}`.
    ///
    /// # References
    ///
    /// GDPR Art. 32(1)(a).
    203 "link-not-https" Enforce since "0.1.0",
    Survey: check,
}

fn check(case: &Case<'_, SurveySpec>, report: &mut Report<'_>) {
    for (at, link) in case.subject.links.iter().enumerate() {
        let path = format!("/spec/links/{at}");
        match inspect(link).transport {
            Transport::Https => {}
            Transport::Other(scheme) => {
                report.violation(path, format!("the link begins with {scheme}:, not with https:"), REMEDY);
            }
            Transport::Missing => report.violation(path, "the link does not begin with https:", REMEDY),
            Transport::Unknown => {
                let message = "a placeholder stands for the beginning of the link, so nobody can tell whether it is https";
                report.unknown(path, message, REMEDY);
            }
        }
    }
}

const REMEDY: &str = "let the link begin with https://";

#[cfg(test)]
mod tests {
    use super::super::samples::{ID, linked, survey};
    use crate::engine::Outcome;

    #[test]
    fn a_link_is_https() {
        for (link, expected) in [
            ("https://s.example/r/{token}", None),
            ("HTTPS://s.example/r/{token}", None),
            ("https://{host}/r/{token}", None),
            ("http://s.example/r", Some("the link begins with http:, not with https:")),
            ("mailto:survey@corp.example", Some("the link begins with mailto:, not with https:")),
            ("s.example/r", Some("the link does not begin with https:")),
            ("//s.example/r", Some("the link does not begin with https:")),
        ] {
            let expected = expected.map(|message| format!("/spec/links/0: {message}"));
            assert_eq!(linked(link).findings(203, ID), expected.into_iter().collect::<Vec<_>>(), "{link}");
        }
    }

    #[test]
    fn a_placeholder_tells_nothing() {
        let spec = "respondentId: {source: Random, bits: 128, validFor: 30d, mappedIn: identity}, auditedOn: 2026-11-01";
        let bench = survey(&format!("{{links: ['{{base}}/r/{{token}}'], {spec}}}"));
        assert_eq!(bench.findings(203, ID).len(), 1);
        assert_eq!(bench.outcome(ID), Outcome::Unknown);
    }
}
