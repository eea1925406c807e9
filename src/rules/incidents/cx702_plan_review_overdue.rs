//! CX702: a plan for incidents that nobody has looked at for too long.

use crate::api::IncidentPlanSpec;
use crate::rules::rule::rule;
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// The later of `approvedOn` and `reviewedOn` of an `IncidentPlan` is not older than `incidents.planReviewEvery` (365d).
    /// A day that has not come does not count.
    ///
    /// # Why
    ///
    /// People leave, systems change, authorities move. A plan that nobody reads names those who have left.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: IncidentPlan
    /// spec:
    ///   approvedOn: 2024-03-01
    ///   reviewedOn: 2025-03-01     # and it is November 2026
    /// ```
    ///
    /// # Fix
    ///
    /// Read the plan with those who would follow it, correct it, and set `reviewedOn` to that day.
    ///
    /// # References
    ///
    /// GDPR Art. 24(1), 32(1)(d); ISO/IEC 27001:2022 A.5.24, A.5.27.
    702 "plan-review-overdue" Warn since "0.1.0",
    Plan: check,
}

fn check(case: &Case<'_, IncidentPlanSpec>, report: &mut Report<'_>) {
    let days = [case.subject.approved_on, case.subject.reviewed_on].into_iter().flatten();
    let every = case.policy.incidents.plan_review_every;
    let what = match days.filter(|day| case.query.has_begun(*day)).max() {
        Some(day) if !case.query.older_than(day, every) => return,
        Some(day) => {
            format!("last reviewed on {day}: a review every {every} was due by {}", every.after(day.end()))
        }
        None => "neither an approval nor a review of the plan is on record".to_owned(),
    };
    report.violation("/spec/reviewedOn", what, "review the plan, and set reviewedOn");
}

#[cfg(test)]
mod tests {
    use super::super::samples::{PLAN, policy, with_plan};
    use crate::rules::testing::edit;

    const ID: &str = "IncidentPlan/it";

    #[test]
    fn the_later_of_approval_and_review_counts() {
        for (approved, reviewed, overdue) in [
            ("approvedOn: 2026-01-10, ", "reviewedOn: 2024-06-10, ", false),
            ("approvedOn: 2024-01-10, ", "reviewedOn: 2026-06-10, ", false),
            ("approvedOn: 2024-01-10, ", "reviewedOn: 2025-06-10, ", true),
            ("approvedOn: 2026-01-10, ", "", false),
            ("", "reviewedOn: 2026-06-10, ", false),
            ("", "", true),
            // What is dated ahead has not happened.
            ("approvedOn: 2024-01-10, ", "reviewedOn: 2026-12-01, ", true),
        ] {
            let plan = edit(PLAN, "approvedOn: 2026-01-10, ", approved);
            let plan = edit(&plan, "reviewedOn: 2026-06-10, ", reviewed);
            let found = with_plan(&plan).findings(702, ID);
            assert_eq!(!found.is_empty(), overdue, "{approved}{reviewed}: {found:?}");
        }
    }

    #[test]
    fn it_is_overdue_once_the_period_is_over() {
        let plan = edit(PLAN, "reviewedOn: 2026-06-10, ", "");
        let bench = with_plan(&edit(&plan, "2026-01-10", "2025-11-24"));
        assert!(bench.findings(702, ID).is_empty());
        // 365 days from the end of the day.
        let due = "2026-11-25T00:00:00Z";
        let bench = bench.at("2026-11-24T23:59:59Z");
        assert!(bench.findings(702, ID).is_empty());
        assert_eq!(bench.horizon(ID), due);
        assert_eq!(
            bench.at(due).findings(702, ID),
            [format!("/spec/reviewedOn: last reviewed on 2025-11-24: a review every 365d was due by {due}")]
        );
    }

    #[test]
    fn the_period_is_the_policys() {
        let strict = policy("{incidents: {planReviewEvery: 90d}}");
        assert_eq!(with_plan(PLAN).with(&strict).findings(702, ID).len(), 1);
    }
}
