//! CX710: customer data of which there is no backup.

use crate::api::IncidentPlanSpec;
use crate::facts::{Kind, ObjectRef};
use crate::rules::rule::rule;
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// An `IncidentPlan` names at least one backup, and each backup is made by a `CronJob` that exists (`cronJob`) and
    /// whose last success is not older than `backups.maxAge` (24h).
    ///
    /// The last success is what the `CronJob`'s status says. If none of its runs has ever succeeded, the time counts from
    /// when it was made. Where neither is told, as in a file, how fresh the backup is is not judged.
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
        let path = format!("/spec/backups/{at}/cronJob");
        let Some(found) = case.query.workload(&job).here() else {
            report.violation(
                path,
                format!("{job}, which is to make the backup {}, does not exist", backup.name),
                "correct the name, or apply the CronJob",
            );
            continue;
        };
        let within = case.policy.backups.max_age;
        if let Some(last) = found.last_success.filter(|last| case.query.reached(within.after(*last))) {
            let message =
                format!("{job} last made the backup {} at {last}, more than {within} ago", backup.name);
            report.violation(path, message, RUN_ONE);
        } else if let Some(created) = found.created.filter(|made| case.query.reached(within.after(*made))) {
            let message = format!(
                "{job} has never made the backup {}: it exists since {created}, more than {within}, and no run succeeded",
                backup.name
            );
            report.violation(path, message, RUN_ONE);
        }
    }
}

const RUN_ONE: &str = "find out why its jobs do not run or fail, and run one";

#[cfg(test)]
mod tests {
    use super::super::samples::{PLAN, policy, with_plan};
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

    fn succeeded(at: &str) -> String {
        format!(
            "{{apiVersion: batch/v1, kind: CronJob, metadata: {{name: dump, namespace: cx}}, \
             status: {{lastSuccessfulTime: '{at}'}}}}"
        )
    }

    #[test]
    fn the_last_success_is_not_older_than_the_policy_allows() {
        let bench = with_plan(PLAN).with(&succeeded("2026-11-23T02:20:00Z")).at("2026-11-24T02:19:59Z");
        assert!(bench.findings(710, ID).is_empty());
        assert_eq!(bench.horizon(ID), "2026-11-24T02:20:00Z");
        assert_eq!(
            bench.at("2026-11-24T02:20:00Z").findings(710, ID),
            [
                "/spec/backups/0/cronJob: CronJob/cx/dump last made the backup db at 2026-11-23T02:20:00Z, more than 24h ago"
            ]
        );
        let bench = with_plan(PLAN).with(&succeeded("2026-11-23T02:20:00Z"));
        assert_eq!(bench.with(&policy("{backups: {maxAge: 6h}}")).findings(710, ID).len(), 1);
    }

    #[test]
    fn a_job_that_never_succeeded_counts_from_when_it_was_made() {
        let made = |more: &str| {
            let metadata = "{name: dump, namespace: cx, creationTimestamp: '2026-11-23T10:00:00Z'}";
            format!("{{apiVersion: batch/v1, kind: CronJob, metadata: {metadata}{more}}}")
        };
        let bench = with_plan(PLAN).with(&made("")).at("2026-11-24T09:59:59Z");
        assert!(bench.findings(710, ID).is_empty());
        assert_eq!(bench.horizon(ID), "2026-11-24T10:00:00Z");
        assert_eq!(
            bench.at("2026-11-24T10:00:00Z").findings(710, ID),
            ["/spec/backups/0/cronJob: CronJob/cx/dump has never made the backup db: it exists since \
                 2026-11-23T10:00:00Z, more than 24h, and no run succeeded"]
        );
        let succeeded = made(", status: {lastSuccessfulTime: '2026-11-24T02:20:00Z'}");
        assert!(with_plan(PLAN).with(&succeeded).at("2026-11-24T10:00:00Z").findings(710, ID).is_empty());
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
