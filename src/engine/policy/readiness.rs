//! What is demanded for the day something goes wrong, and what happens at the door.

use crate::api::{AdmissionAction, CompliancePolicySpec};
use crate::values::Period;

/// What is demanded of incidents and plans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IncidentDemands {
    /// How soon the authority is told.
    pub notify_within: Period,
    /// How often the plan is reviewed.
    pub plan_review_every: Period,
    /// How often the plan is drilled.
    pub drill_every: Period,
}

impl IncidentDemands {
    pub(super) fn from_spec(spec: &CompliancePolicySpec) -> Self {
        let given = spec.incidents.clone().unwrap_or_default();
        Self {
            notify_within: given.notify_within.unwrap_or(Period::hours(72)),
            plan_review_every: given.plan_review_every.unwrap_or(Period::days(365)),
            drill_every: given.drill_every.unwrap_or(Period::days(180)),
        }
    }

    pub(super) fn strictest(self, other: Self) -> Self {
        Self {
            notify_within: self.notify_within.min(other.notify_within),
            plan_review_every: self.plan_review_every.min(other.plan_review_every),
            drill_every: self.drill_every.min(other.drill_every),
        }
    }
}

/// What is demanded of backups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackupDemands {
    /// How old the last good backup may be.
    pub max_age: Period,
    /// How often a restore is tested.
    pub restore_test_every: Period,
}

impl BackupDemands {
    pub(super) fn from_spec(spec: &CompliancePolicySpec) -> Self {
        let given = spec.backups.clone().unwrap_or_default();
        Self {
            max_age: given.max_age.unwrap_or(Period::hours(24)),
            restore_test_every: given.restore_test_every.unwrap_or(Period::days(90)),
        }
    }

    pub(super) fn strictest(self, other: Self) -> Self {
        Self {
            max_age: self.max_age.min(other.max_age),
            restore_test_every: self.restore_test_every.min(other.restore_test_every),
        }
    }
}

/// What findings do to workloads at the door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdmissionDemands {
    /// What a finding that lacks a fact does.
    pub unknown: AdmissionAction,
    /// What a lapsed paper does.
    pub paperwork: AdmissionAction,
}

impl AdmissionDemands {
    pub(super) fn from_spec(spec: &CompliancePolicySpec) -> Self {
        let given = spec.admission.clone().unwrap_or_default();
        Self {
            unknown: given.unknown.unwrap_or(AdmissionAction::Warn),
            paperwork: given.paperwork.unwrap_or(AdmissionAction::Warn),
        }
    }

    pub(super) fn strictest(self, other: Self) -> Self {
        Self { unknown: self.unknown.max(other.unknown), paperwork: self.paperwork.max(other.paperwork) }
    }
}
