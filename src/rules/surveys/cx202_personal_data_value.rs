//! CX202: a survey link with somebody's data in it.

use super::wording::told;
use crate::api::SurveySpec;
use crate::links::inspect;
use crate::rules::rule::rule;
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// No link of a survey holds a value that is personal data: an e-mail address, a phone number, a birth date, a
    /// national identifier, a bank account or payment card number with the right check digits, or a name in a parameter
    /// for one. Values are read as they are, percent-encoded up to three times, and in base64. The finding shows the
    /// first character of the value and no more.
    ///
    /// Dates count as values of parameters, from birth years 1906 to 2008. Numbers that only check digits tell from
    /// others count if the way they are written or the name of the parameter says so, and never where the name says
    /// order, product, time or campaign.
    ///
    /// # Why
    ///
    /// A link is kept in histories, logs, proxies and Referer headers, at every party on its way. An encoding hides
    /// nothing from anybody. A literal value in a template is also sent to everybody.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: Survey
    /// spec:
    ///   links: ["https://s.feedbackhub.example/r?u=erika.muster%40mail.example"]
    /// ```
    ///
    /// # Fix
    ///
    /// Send a random token instead, and have what was published removed: from the template, and from logs at the vendor.
    ///
    /// # References
    ///
    /// GDPR Art. 5(1)(c) and (f), Art. 25; CWE-598.
    202 "personal-data-value" Enforce since "0.1.0",
    Survey: check,
}

fn check(case: &Case<'_, SurveySpec>, report: &mut Report<'_>) {
    for (at, text) in case.subject.links.iter().enumerate() {
        let link = inspect(text);
        if let Some(told) = told(link.hits.iter().filter(|hit| hit.is_value())) {
            report.violation(
                format!("/spec/links/{at}"),
                format!("the link carries personal data: {told}"),
                "send a random token instead, and have the value removed from templates and logs",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{ID, linked};

    #[test]
    fn a_link_holds_nobodys_data() {
        for (link, expected) in [
            ("https://s.example/r/{token}", None),
            ("https://s.example/r?email={email}", None),
            ("https://s.example/r?order=0612345678", None),
            (
                "https://s.example/r?u=erika.muster%40mail.example",
                Some("query parameter \"u\" holds an e-mail address (e…@…, percent-encoded)"),
            ),
            (
                "https://s.example/r/KzQ5MTUxMTIzNDU2Nzg",
                Some("path segment 2 holds a phone number (+…, in base64)"),
            ),
            ("https://s.example/r?d=1984-05-17", Some("query parameter \"d\" holds a birth date (1…)")),
        ] {
            let expected =
                expected.map(|told| format!("/spec/links/0: the link carries personal data: {told}"));
            assert_eq!(linked(link).findings(202, ID), expected.into_iter().collect::<Vec<_>>(), "{link}");
        }
    }
}
