//! CX710: customer data of which there is no backup.

use crate::api::IncidentPlanSpec;
use crate::facts::{Kind, ObjectRef};
use crate::rules::rule::rule;
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// An `IncidentPlan` names at least one backup, and each backup is made by a `CronJob` that exists (`cronJob`).
    ///
    /// # Why
    ///
    /// What is encrypted by somebody else, or deleted by mistake, comes back from a backup or not at all.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: IncidentPlan
    /// spec:
    ///   backups:
    ///     - name: feedback-db     # nothing says what makes it
    ///       encrypted: true
    /// ```
    ///
    /// # Fix
    ///
    /// Back up every store of customer data by a `CronJob`, and name it under `backups`.
    ///
    /// # References
    ///
    /// GDPR Art. 32(1)(b) and (c); ISO/IEC 27001:2022 A.8.13; NIST SP 800-53 CP-9.
    710 "backup-missing-or-stale" Enforce since "0.1.0",
    Plan: check,
}

fn check(case: &Case<'_, IncidentPlanSpec>, report: &mut Report<'_>) {
    if case.subject.backups.is_empty() {
        report.violation(
            "/spec/backups",
            "the plan names no backup",
            "back up customer data, and name the backups",
        );
    }
    for (at, backup) in case.subject.backups.iter().enumerate() {
        let Some(job) = &backup.cron_job else {
            report.violation(
                format!("/spec/backups/{at}/cronJob"),
                format!("nothing says what makes the backup {}", backup.name),
                "name the CronJob that makes it",
            );
            continue;
        };
        let job = ObjectRef::namespaced(Kind::CronJob, &job.namespace, &job.name);
        if !case.query.exists(&job) {
            report.violation(
                format!("/spec/backups/{at}/cronJob"),
                format!("{job}, which is to make the backup {}, does not exist", backup.name),
                "correct the name, or apply the CronJob",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{PLAN, with_plan};
    use crate::rules::testing::edit;

    const ID: &str = "IncidentPlan/it";

    #[test]
    fn every_backup_is_made_by_something_that_exists() {
        assert!(with_plan(PLAN).findings(710, ID).is_empty());
        assert_eq!(with_plan("{}").findings(710, ID), ["/spec/backups: the plan names no backup"]);
        for (from, to, expected) in [
            ("cronJob: {namespace: cx, name: dump}, ", "", "nothing says what makes the backup db"),
            ("name: dump", "name: damp", "CronJob/cx/damp, which is to make the backup db, does not exist"),
            (
                "{namespace: cx, name: dump}",
                "{namespace: cy, name: dump}",
                "CronJob/cy/dump, which is to make the backup db, does not exist",
            ),
        ] {
            let found = with_plan(&edit(PLAN, from, to)).findings(710, ID);
            assert_eq!(found, [format!("/spec/backups/0/cronJob: {expected}")]);
        }
    }

    #[test]
    fn each_backup_counts() {
        let two = edit(PLAN, "backups: [", "backups: [{name: files, encrypted: true}, ");
        assert_eq!(
            with_plan(&two).findings(710, ID),
            ["/spec/backups/0/cronJob: nothing says what makes the backup files"]
        );
    }
}
