//! CX201: a survey link with a parameter for personal data.

use super::wording::told;
use crate::api::SurveySpec;
use crate::links::inspect;
use crate::rules::rule::rule;
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// No link of a survey has a parameter or placeholder that is named for personal data: e-mail address, name, birth
    /// date, phone, address, national or tax identifier, passport, bank account, gender, age, user name, location or IP
    /// address. Query, path, matrix parameters and fragment are read, in `{x}`, `{{ x }}`, `${x}`, `%x%`, `<x>`,
    /// `[[x]]`, `*|X|*` and `%%x%%`; names in any case, with any separator, and in the languages of Europe. So are links
    /// inside links. `surveys.forbiddenParameters` of the policy adds names (default: none).
    ///
    /// A hash of personal data counts as such (`email_sha256`). A switch does not: `mobile=1`, `email=false`; nor does
    /// a name of something else: `store_name`, `email_template`.
    ///
    /// # Why
    ///
    /// A link is kept in histories, logs, proxies and Referer headers, at every party on its way. HTTPS does not change
    /// that.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: Survey
    /// spec:
    ///   links: ["https://s.feedbackhub.example/onboarding?email={email}&dob={birthdate}"]
    /// ```
    ///
    /// # Fix
    ///
    /// Send a random token instead, and keep the map from tokens to customers in a namespace of your own:
    /// `https://s.feedbackhub.example/r/{token}`.
    ///
    /// # References
    ///
    /// GDPR Art. 5(1)(c) and (f), Art. 25; CWE-598.
    201 "personal-data-parameter" Enforce since "0.1.0",
    Survey: check,
}

fn check(case: &Case<'_, SurveySpec>, report: &mut Report<'_>) {
    for (at, text) in case.subject.links.iter().enumerate() {
        let link = inspect(text);
        let forbidden = link.forbidden(case.policy.surveys.forbidden_parameters.iter().map(String::as_str));
        let named = link.hits.iter().filter(|hit| !hit.is_value());
        if let Some(told) = told(named.chain(&forbidden)) {
            report.violation(
                format!("/spec/links/{at}"),
                format!("the link is made for personal data: {told}"),
                "send a random token instead, and keep the map from tokens to customers in a namespace of your own",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{ID, linked, policy, survey};

    #[test]
    fn a_link_has_no_parameter_for_personal_data() {
        for (link, expected) in [
            ("https://s.example/r/{token}", None),
            ("https://s.example/r?u=erika%40mail.example", None),
            ("https://s.example/r?mobile=1", None),
            (
                "https://s.example/r?email={email}&dob={birthdate}",
                Some(
                    "query parameter \"email\" is named for an e-mail address; query parameter \"dob\" is named for a \
                     birth date",
                ),
            ),
            (
                "https://s.example/r/{email}",
                Some("path segment 2 has a placeholder for an e-mail address (email)"),
            ),
            (
                "https://s.example/r?name={a}&email={b}&dob={c}&phone={d}&iban={e}",
                Some(
                    "query parameter \"name\" is named for a name; query parameter \"email\" is named for an e-mail \
                     address; query parameter \"dob\" is named for a birth date; and 2 more",
                ),
            ),
        ] {
            let expected =
                expected.map(|told| format!("/spec/links/0: the link is made for personal data: {told}"));
            assert_eq!(linked(link).findings(201, ID), expected.into_iter().collect::<Vec<_>>(), "{link}");
        }
    }

    #[test]
    fn policies_add_names() {
        let bench = linked("https://s.example/r?Loyalty-Number={x}");
        assert!(bench.findings(201, ID).is_empty());
        let bench = bench.with(&policy("{forbiddenParameters: [loyalty_number]}"));
        assert_eq!(bench.findings(201, ID).len(), 1);
    }

    #[test]
    fn each_link_is_judged() {
        let bench = survey("{links: ['https://s.example/{token}', 'https://s.example/{email}', '{{name}}']}");
        let found = bench.findings(201, ID);
        assert!(
            found[0].starts_with("/spec/links/1:") && found[1].starts_with("/spec/links/2:"),
            "{found:?}"
        );
        assert!(survey("{}").findings(201, ID).is_empty());
    }
}
