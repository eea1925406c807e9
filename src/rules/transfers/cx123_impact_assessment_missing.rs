//! CX123: a risky flow whose risks nobody has assessed.

use crate::api::DataFlowSpec;
use crate::rules::rule::rule;
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// A data flow that needs a data protection impact assessment (`impactAssessment.required`) has one:
    /// `completedOn` is there and has come. Whether one is needed is for people to say; without `required` none is.
    ///
    /// # Why
    ///
    /// Where processing is likely to be a high risk for people, the assessment comes first: it finds what has to be
    /// changed while it can still be changed.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: DataFlow
    /// spec:
    ///   impactAssessment: {required: true}     # no completedOn
    /// ```
    ///
    /// # Fix
    ///
    /// Make the assessment before the flow starts, and record the day on which it was completed.
    ///
    /// # References
    ///
    /// GDPR Art. 35(1) and (3); guidelines WP 248 rev. 01 for what calls for one.
    123 "impact-assessment-missing" Enforce since "0.1.0",
    Flow: check,
}

fn check(case: &Case<'_, DataFlowSpec>, report: &mut Report<'_>) {
    let assessment = case.subject.impact_assessment.as_ref();
    let Some(assessment) = assessment.filter(|assessment| assessment.required == Some(true)) else { return };
    let message = match assessment.completed_on {
        None => "an impact assessment is required, and none is completed".to_owned(),
        Some(day) if !case.query.has_begun(day) => {
            format!("an impact assessment is required, and it is not completed before {day}")
        }
        Some(_) => return,
    };
    report.violation(
        "/spec/impactAssessment/completedOn",
        message,
        "complete the assessment before the flow starts, and record the day",
    );
}

#[cfg(test)]
mod tests {
    use super::super::samples::{SOUND, flow};
    use crate::rules::testing::Bench;

    const ID: &str = "DataFlow/cx/answers";

    fn with(assessment: &str) -> Bench {
        Bench::new(SOUND).with(&flow(&format!("{{impactAssessment: {assessment}}}")))
    }

    #[test]
    fn what_is_required_is_completed() {
        let path = "/spec/impactAssessment/completedOn: an impact assessment is required, and";
        for (assessment, expected) in [
            ("null", None),
            ("{}", None),
            ("{required: false}", None),
            ("{required: true, completedOn: 2026-11-23}", None),
            ("{required: true}", Some("none is completed")),
            ("{required: true, completedOn: 2026-11-24}", Some("it is not completed before 2026-11-24")),
        ] {
            let expected = expected.map(|expected| format!("{path} {expected}"));
            assert_eq!(with(assessment).findings(123, ID), expected.into_iter().collect::<Vec<_>>());
        }
    }

    #[test]
    fn it_is_completed_with_its_day() {
        let bench = with("{required: true, completedOn: 2026-11-24}");
        assert_eq!(bench.horizon(ID), "2026-11-24T00:00:00Z");
        assert!(bench.at("2026-11-24T00:00:00Z").findings(123, ID).is_empty());
    }
}
