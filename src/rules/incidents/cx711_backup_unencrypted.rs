//! CX711: a backup that anybody can read who finds it.

use crate::api::IncidentPlanSpec;
use crate::rules::rule::rule;
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// Every backup of an `IncidentPlan` is `encrypted: true`. Where it may be kept is the question of CX127.
    ///
    /// # Why
    ///
    /// A backup is a copy of everything, often with less around it than the original. Encrypted, its loss is an incident
    /// that need not be told to customers (Art. 34(3)(a) GDPR).
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: IncidentPlan
    /// spec:
    ///   backups:
    ///     - {name: feedback-db, encrypted: false}
    /// ```
    ///
    /// # Fix
    ///
    /// Encrypt the backup, and record that. Replace the copies that are not.
    ///
    /// # References
    ///
    /// GDPR Art. 32(1)(a), 34(3)(a); ISO/IEC 27001:2022 A.8.13, A.8.24; NIST SP 800-53 CP-9(8).
    711 "backup-unencrypted" Enforce since "0.1.0",
    Plan: check,
}

fn check(case: &Case<'_, IncidentPlanSpec>, report: &mut Report<'_>) {
    for (at, backup) in case.subject.backups.iter().enumerate() {
        if backup.encrypted != Some(true) {
            report.violation(
                format!("/spec/backups/{at}/encrypted"),
                format!("the backup {} is not encrypted", backup.name),
                "encrypt it, and set encrypted: true",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{PLAN, with_plan};
    use crate::rules::testing::edit;

    #[test]
    fn every_backup_is_encrypted() {
        for (to, found) in [("encrypted: true, ", false), ("encrypted: false, ", true), ("", true)] {
            let findings = with_plan(&edit(PLAN, "encrypted: true, ", to)).findings(711, "IncidentPlan/it");
            let expected = "/spec/backups/0/encrypted: the backup db is not encrypted";
            assert_eq!(findings, if found { vec![expected] } else { Vec::new() }, "{to:?}");
        }
        let two = edit(PLAN, "backups: [", "backups: [{name: files}, ");
        let found = with_plan(&two).findings(711, "IncidentPlan/it");
        assert_eq!(found, ["/spec/backups/0/encrypted: the backup files is not encrypted"]);
    }
}
