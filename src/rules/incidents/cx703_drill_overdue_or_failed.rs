//! CX703: a plan for incidents that is not rehearsed, or did not work.

use crate::api::{DrillOutcome, IncidentPlanSpec};
use crate::rules::rule::rule;
use crate::rules::{Case, Report};
use crate::values::Period;

rule! {
    /// # What it checks
    ///
    /// The last drill of an `IncidentPlan` was held within `incidents.drillEvery` (180d) and passed. No finding of a drill has
    /// stayed open (`openFindings`) for more than 90 days. A drill dated ahead has not been held.
    ///
    /// # Why
    ///
    /// A plan that was never tried is a guess. A drill shows which number is wrong, which backup cannot be read and who did
    /// not know; but only if what it shows is mended.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: IncidentPlan
    /// spec:
    ///   drills:
    ///     - {date: 2026-02-01, outcome: Failed, openFindings: 3}     # and it is November
    /// ```
    ///
    /// # Fix
    ///
    /// Close what the drill has found. Hold another, and record it under `drills`.
    ///
    /// # References
    ///
    /// GDPR Art. 32(1)(d); ISO/IEC 27001:2022 A.5.27, A.5.30; NIST SP 800-53 IR-3.
    703 "drill-overdue-or-failed" Warn since "0.1.0",
    Plan: check,
}

/// How long a finding of a drill may stay open.
const OPEN_FOR: Period = Period::days(90);

fn check(case: &Case<'_, IncidentPlanSpec>, report: &mut Report<'_>) {
    let drills =
        || case.subject.drills.iter().enumerate().filter(|(_, drill)| case.query.has_begun(drill.date));
    let every = case.policy.incidents.drill_every;
    let hold = "hold a drill, and record it";
    let last = drills().map(|(_, drill)| drill.date).max();
    match last {
        None => report.violation("/spec/drills", "no drill of the plan is on record", hold),
        Some(day) if case.query.older_than(day, every) => {
            let due = every.after(day.end());
            let what = format!("last drilled on {day}: a drill every {every} was due by {due}");
            report.violation("/spec/drills", what, hold);
        }
        Some(_) => {}
    }
    for (at, drill) in drills() {
        let date = drill.date;
        if Some(date) == last && drill.outcome != Some(DrillOutcome::Passed) {
            let what = match drill.outcome {
                Some(_) => format!("the drill of {date} failed"),
                None => format!("how the drill of {date} went is not on record"),
            };
            report.violation(format!("/spec/drills/{at}/outcome"), what, "mend the plan, and drill it again");
        }
        let open = drill.open_findings.unwrap_or(0);
        if open > 0 && case.query.older_than(date, OPEN_FOR) {
            report.violation(
                format!("/spec/drills/{at}/openFindings"),
                match open {
                    1 => format!("a finding of the drill of {date} is open for more than {OPEN_FOR}"),
                    _ => format!("{open} findings of the drill of {date} are open for more than {OPEN_FOR}"),
                },
                "close what is open, and record in openFindings how many are left",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{PLAN, policy, with_plan};
    use crate::rules::testing::{Bench, edit};

    const ID: &str = "IncidentPlan/it";

    fn drilled(drills: &str) -> Bench {
        with_plan(&edit(PLAN, "{date: 2026-09-01, outcome: Passed, openFindings: 0}", drills))
    }

    #[test]
    fn the_last_drill_was_held_in_time_and_passed() {
        for (drills, expected) in [
            ("{date: 2026-09-01, outcome: Passed}", [].as_slice()),
            ("", &["/spec/drills: no drill of the plan is on record"]),
            ("{date: 2026-12-01, outcome: Passed}", &["/spec/drills: no drill of the plan is on record"]),
            (
                "{date: 2026-09-01, outcome: Failed}",
                &["/spec/drills/0/outcome: the drill of 2026-09-01 failed"],
            ),
            (
                "{date: 2026-09-01}",
                &["/spec/drills/0/outcome: how the drill of 2026-09-01 went is not on record"],
            ),
            // The order of the list says nothing; the dates do.
            ("{date: 2026-10-01, outcome: Passed}, {date: 2026-09-01, outcome: Failed}", &[]),
            (
                "{date: 2026-09-01, outcome: Passed}, {date: 2026-10-01, outcome: Failed}",
                &["/spec/drills/1/outcome: the drill of 2026-10-01 failed"],
            ),
            ("{date: 2026-10-01, outcome: Passed}, {date: 2026-12-01, outcome: Failed}", &[]),
        ] {
            assert_eq!(drilled(drills).findings(703, ID), expected, "{drills}");
        }
    }

    #[test]
    fn a_drill_is_due_once_the_period_is_over() {
        let bench = drilled("{date: 2026-05-28, outcome: Passed}").at("2026-11-24T23:59:59Z");
        assert!(bench.findings(703, ID).is_empty());
        let due = "2026-11-25T00:00:00Z";
        assert_eq!(bench.horizon(ID), due);
        assert_eq!(
            bench.at(due).findings(703, ID),
            [format!("/spec/drills: last drilled on 2026-05-28: a drill every 180d was due by {due}")]
        );
        let strict = policy("{incidents: {drillEvery: 30d}}");
        assert_eq!(with_plan(PLAN).with(&strict).findings(703, ID).len(), 1);
    }

    #[test]
    fn findings_do_not_stay_open() {
        let drills =
            "{date: 2026-08-25, outcome: Passed, openFindings: 2}, {date: 2026-10-01, outcome: Passed}";
        let bench = drilled(drills).at("2026-11-23T23:59:59Z");
        assert!(bench.findings(703, ID).is_empty());
        assert_eq!(bench.horizon(ID), "2026-11-24T00:00:00Z");
        let found = bench.at("2026-11-24T00:00:00Z").findings(703, ID);
        assert_eq!(
            found,
            ["/spec/drills/0/openFindings: 2 findings of the drill of 2026-08-25 are open for more than 90d"]
        );
    }
}
