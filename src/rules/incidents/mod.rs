//! Risk 7: incidents for which nobody is prepared, of which nobody is told, and from which nothing is restored.

pub(super) mod cx701_incident_plan_missing_or_incomplete;
pub(super) mod cx702_plan_review_overdue;
pub(super) mod cx703_drill_overdue_or_failed;
pub(super) mod cx704_contacts_missing_or_stale;
pub(super) mod cx705_authority_not_notified;
pub(super) mod cx706_late_without_reason;
pub(super) mod cx707_customers_not_told;
pub(super) mod cx708_controller_not_told;
pub(super) mod cx709_low_risk_unexplained;
pub(super) mod cx710_backup_missing_or_stale;
pub(super) mod cx711_backup_unencrypted;
pub(super) mod cx712_restore_test_overdue;
#[cfg(test)]
mod samples;
