//! CX712: a backup from which nobody has restored for too long.

use crate::api::IncidentPlanSpec;
use crate::rules::rule::rule;
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// A restore from every backup of an `IncidentPlan` was tested (`restoreTestedOn`) within `backups.restoreTestEvery` (90d).
    /// A test dated ahead has not been made.
    ///
    /// # Why
    ///
    /// A backup is worth what comes back from it. That it was written proves nothing: keys are lost, formats change, and the
    /// job that reports success has copied an empty folder.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: IncidentPlan
    /// spec:
    ///   backups:
    ///     - {name: feedback-db, encrypted: true, restoreTestedOn: 2026-03-01}     # and it is November
    /// ```
    ///
    /// # Fix
    ///
    /// Restore from the backup into a place apart, look at what came back, and set `restoreTestedOn`.
    ///
    /// # References
    ///
    /// GDPR Art. 32(1)(c) and (d); ISO/IEC 27001:2022 A.8.13, A.5.30; NIST SP 800-53 CP-9(1).
    712 "restore-test-overdue" Warn since "0.1.0",
    Plan: check,
}

fn check(case: &Case<'_, IncidentPlanSpec>, report: &mut Report<'_>) {
    let every = case.policy.backups.restore_test_every;
    for (at, backup) in case.subject.backups.iter().enumerate() {
        let what = match backup.restore_tested_on.filter(|day| case.query.has_begun(*day)) {
            Some(day) if !case.query.older_than(day, every) => continue,
            Some(day) => {
                let due = every.after(day.end());
                format!(
                    "a restore from {} was last tested on {day}: a test every {every} was due by {due}",
                    backup.name
                )
            }
            None => format!("no test of a restore from {} is on record", backup.name),
        };
        let path = format!("/spec/backups/{at}/restoreTestedOn");
        report.violation(path, what, "test a restore, and set restoreTestedOn");
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{PLAN, policy, with_plan};
    use crate::rules::testing::edit;

    const ID: &str = "IncidentPlan/it";

    #[test]
    fn a_test_is_due_once_the_period_is_over() {
        let bench = with_plan(&edit(PLAN, "restoreTestedOn: 2026-10-01", "restoreTestedOn: 2026-08-25"));
        let bench = bench.at("2026-11-23T23:59:59Z");
        assert!(bench.findings(712, ID).is_empty());
        let due = "2026-11-24T00:00:00Z";
        assert_eq!(bench.horizon(ID), due);
        assert_eq!(
            bench.at(due).findings(712, ID),
            [format!(
                "/spec/backups/0/restoreTestedOn: a restore from db was last tested on 2026-08-25: \
                 a test every 90d was due by {due}"
            )]
        );
    }

    #[test]
    fn a_test_to_come_and_none_are_the_same() {
        let expected = "/spec/backups/0/restoreTestedOn: no test of a restore from db is on record";
        for to in ["", ", restoreTestedOn: 2026-11-24"] {
            let plan = edit(PLAN, ", restoreTestedOn: 2026-10-01", to);
            assert_eq!(with_plan(&plan).findings(712, ID), [expected], "{to:?}");
        }
    }

    #[test]
    fn the_period_is_the_policys() {
        let strict = policy("{backups: {restoreTestEvery: 30d}}");
        assert_eq!(with_plan(PLAN).with(&strict).findings(712, ID).len(), 1);
    }
}
