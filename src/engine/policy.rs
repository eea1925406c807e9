//! What is demanded: the policies that apply, composed into one.
//!
//! Several policies may select a namespace. The strictest value of each field wins, so that adding a policy never
//! allows more. Composition is commutative, associative and idempotent; with no policy the defaults hold.

mod access;
mod data;
mod readiness;
mod residency;

use std::collections::{BTreeMap, BTreeSet};

pub use access::{AccessDemands, CONSULTANT, EmergencyDemands, same_name};
pub use data::{AiDemands, SurveyDemands, VendorDemands};
pub use readiness::{AdmissionDemands, BackupDemands, IncidentDemands};
pub use residency::Residency;

use crate::api::{CompliancePolicySpec, Mode, RuleMode};
use crate::rules::{Code, Rule};

/// The demands on a namespace, or on an object that several namespaces use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Whether the namespace holds customer data: by its label, or because a policy selects it.
    pub protected: bool,
    /// The policies that exist and cannot be read: with one of them, nothing is known to be compliant.
    pub unreadable: BTreeSet<String>,
    /// Where data may be and how it may get there.
    pub residency: Residency,
    /// What is demanded of vendors.
    pub vendors: VendorDemands,
    /// What is demanded of surveys.
    pub surveys: SurveyDemands,
    /// What models may do.
    pub ai: AiDemands,
    /// What is demanded of grants.
    pub access: AccessDemands,
    /// What is demanded of incidents and plans.
    pub incidents: IncidentDemands,
    /// What is demanded of backups.
    pub backups: BackupDemands,
    /// What findings do to workloads at the door.
    pub admission: AdmissionDemands,
    modes: BTreeSet<Modes>,
}

/// One policy's say on modes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Modes {
    most: Mode,
    exactly: BTreeMap<Code, RuleMode>,
}

impl Modes {
    fn of(&self, rule: &Rule) -> Option<Mode> {
        match self.exactly.get(&rule.code) {
            Some(RuleMode::Disabled) => None,
            Some(RuleMode::Audit) => Some(Mode::Audit),
            Some(RuleMode::Warn) => Some(Mode::Warn),
            Some(RuleMode::Enforce) => Some(Mode::Enforce),
            None => Some(rule.mode.min(self.most)),
        }
    }
}

impl Policy {
    /// The demands of one policy, its defaults filled in.
    pub fn from_spec(spec: &CompliancePolicySpec) -> Self {
        // A code that is none sets no rule; the schema refuses it.
        let rules = spec.rules.iter().flatten();
        let exactly = rules.filter_map(|rule| Some((rule.code.parse().ok()?, rule.mode))).collect();
        Self {
            protected: false,
            unreadable: BTreeSet::new(),
            residency: Residency::from_spec(spec),
            vendors: VendorDemands::from_spec(spec),
            surveys: SurveyDemands::from_spec(spec),
            ai: AiDemands::from_spec(spec),
            access: AccessDemands::from_spec(spec),
            incidents: IncidentDemands::from_spec(spec),
            backups: BackupDemands::from_spec(spec),
            admission: AdmissionDemands::from_spec(spec),
            modes: BTreeSet::from([Modes { most: spec.mode.unwrap_or(Mode::Enforce), exactly }]),
        }
    }

    /// The strictest of both in every field.
    #[must_use]
    pub fn strictest(mut self, other: Self) -> Self {
        self.protected |= other.protected;
        self.unreadable.extend(other.unreadable);
        self.modes.extend(other.modes);
        self.residency = self.residency.strictest(other.residency);
        self.vendors = self.vendors.strictest(other.vendors);
        self.surveys = self.surveys.strictest(other.surveys);
        self.ai = self.ai.strictest(other.ai);
        self.access = self.access.strictest(other.access);
        self.incidents = self.incidents.strictest(other.incidents);
        self.backups = self.backups.strictest(other.backups);
        self.admission = self.admission.strictest(other.admission);
        self
    }

    /// All policies composed; the built-in defaults if there are none.
    pub fn compose<'s>(specs: impl IntoIterator<Item = &'s CompliancePolicySpec>) -> Self {
        let policies = specs.into_iter().map(Self::from_spec);
        policies.reduce(Self::strictest).unwrap_or_else(|| Self::from_spec(&CompliancePolicySpec::default()))
    }

    /// What a violation of the rule does: the strongest that a policy says; nothing if all disable it.
    pub fn mode(&self, rule: &Rule) -> Option<Mode> {
        self.modes.iter().map(|modes| modes.of(rule)).max().flatten()
    }

    /// Whether a violation of the rule is at least a warning.
    pub fn reports(&self, code: Code) -> bool {
        crate::rules::find(code).is_some_and(|rule| self.mode(rule) >= Some(Mode::Warn))
    }

    /// Whether a violation of the rule denies.
    pub fn enforces(&self, code: Code) -> bool {
        crate::rules::find(code).is_some_and(|rule| self.mode(rule) == Some(Mode::Enforce))
    }
}

/// The intersection, where an absent set is any.
fn narrower<T: Ord + Clone>(one: Option<BTreeSet<T>>, two: Option<BTreeSet<T>>) -> Option<BTreeSet<T>> {
    match (one, two) {
        (Some(one), Some(two)) => Some(&one & &two),
        (one, two) => one.or(two),
    }
}

#[cfg(test)]
mod tests;
