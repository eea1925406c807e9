//! CX208: a survey system that nobody has audited for too long.

use crate::api::SurveySpec;
use crate::rules::rule::rule;
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// The survey system was audited: `auditedOn` is there, has come, and is not longer ago than `surveys.auditEvery` of
    /// the policy (default 90d).
    ///
    /// # Why
    ///
    /// Templates, vendors' settings and redirects change. Regular audits, for encryption and for data that is exposed by
    /// accident, find what no declaration says.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: Survey
    /// spec:
    ///   auditedOn: 2026-05-01   # and it is November 2026
    /// ```
    ///
    /// # Fix
    ///
    /// Audit the links that are really sent and what the system shows, and set `auditedOn`.
    ///
    /// # References
    ///
    /// GDPR Art. 5(2), Art. 32(1)(d).
    208 "survey-audit-overdue" Warn since "0.1.0",
    Survey: check,
}

fn check(case: &Case<'_, SurveySpec>, report: &mut Report<'_>) {
    let every = case.policy.surveys.audit_every;
    let message = match case.subject.audited_on {
        None => "when the survey was last audited is not on record".to_owned(),
        Some(day) if !case.query.has_begun(day) => format!("the audit is dated {day}, which has not come"),
        Some(day) if case.query.older_than(day, every) => {
            format!("the survey was last audited on {day}, and an audit is due every {every}")
        }
        Some(_) => return,
    };
    report.violation("/spec/auditedOn", message, "audit the survey and set auditedOn");
}

#[cfg(test)]
mod tests {
    use super::super::samples::{ID, policy, survey};

    #[test]
    fn a_survey_is_audited() {
        for (spec, expected) in [
            ("{auditedOn: 2026-11-23}", None),
            ("{auditedOn: 2026-08-25}", None),
            (
                "{auditedOn: 2026-08-24}",
                Some("the survey was last audited on 2026-08-24, and an audit is due every 90d"),
            ),
            ("{auditedOn: 2026-11-24}", Some("the audit is dated 2026-11-24, which has not come")),
            ("{}", Some("when the survey was last audited is not on record")),
        ] {
            let expected = expected.map(|message| format!("/spec/auditedOn: {message}"));
            assert_eq!(survey(spec).findings(208, ID), expected.into_iter().collect::<Vec<_>>(), "{spec}");
        }
    }

    #[test]
    fn an_audit_holds_for_as_long_as_the_policy_says() {
        let bench = survey("{auditedOn: 2026-10-20}");
        assert_eq!(bench.horizon(ID), "2027-01-19T00:00:00Z");
        assert!(bench.findings(208, ID).is_empty());
        assert_eq!(bench.at("2027-01-19T00:00:00Z").findings(208, ID).len(), 1);
        let bench = survey("{auditedOn: 2026-10-20}").with(&policy("{auditEvery: 30d}"));
        assert_eq!(bench.findings(208, ID).len(), 1);
    }

    #[test]
    fn an_audit_of_tomorrow_holds_from_then_on() {
        let bench = survey("{auditedOn: 2026-11-24}");
        assert_eq!(bench.horizon(ID), "2026-11-24T00:00:00Z");
        assert!(bench.at("2026-11-24T00:00:00Z").findings(208, ID).is_empty());
    }
}
