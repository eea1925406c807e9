//! What is demanded of those who handle data: vendors, surveys and models.

use std::collections::BTreeSet;

use crate::api::{CompliancePolicySpec, HostingPolicy, Standard, TrainingPolicy};
use crate::values::Period;

/// What is demanded of vendors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VendorDemands {
    /// Of each set, a vendor has at least one.
    pub certifications: BTreeSet<BTreeSet<Standard>>,
    /// How often agreements and assessments are reviewed.
    pub review_every: Period,
    /// How soon a vendor has to tell of a breach.
    pub breach_notice: Period,
    /// How old the period of a SOC 2 report may be.
    pub soc2_max_age: Period,
}

impl VendorDemands {
    pub(super) fn from_spec(spec: &CompliancePolicySpec) -> Self {
        let given = spec.vendors.clone().unwrap_or_default();
        let accepted = given.certifications.unwrap_or_else(|| vec![Standard::Iso27001, Standard::Soc2]);
        Self {
            certifications: BTreeSet::from([accepted.into_iter().collect()]),
            review_every: given.review_every.unwrap_or(Period::days(365)),
            breach_notice: given.breach_notice.unwrap_or(Period::hours(24)),
            soc2_max_age: given.soc2_max_age.unwrap_or(Period::days(365)),
        }
    }

    pub(super) fn strictest(mut self, other: Self) -> Self {
        self.certifications.extend(other.certifications);
        self.review_every = self.review_every.min(other.review_every);
        self.breach_notice = self.breach_notice.min(other.breach_notice);
        self.soc2_max_age = self.soc2_max_age.min(other.soc2_max_age);
        self
    }
}

/// What is demanded of surveys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SurveyDemands {
    /// The least randomness of a respondent identifier, in bits.
    pub min_token_bits: i32,
    /// How often a survey is audited.
    pub audit_every: Period,
    /// How long a link may be valid.
    pub link_max_age: Period,
    /// Names of parameters that a link must not have, beyond those known to hold personal data.
    pub forbidden_parameters: BTreeSet<String>,
}

impl SurveyDemands {
    pub(super) fn from_spec(spec: &CompliancePolicySpec) -> Self {
        let given = spec.surveys.clone().unwrap_or_default();
        Self {
            min_token_bits: given.min_token_bits.unwrap_or(128),
            audit_every: given.audit_every.unwrap_or(Period::days(90)),
            link_max_age: given.link_max_age.unwrap_or(Period::days(90)),
            forbidden_parameters: given.forbidden_parameters.unwrap_or_default().into_iter().collect(),
        }
    }

    pub(super) fn strictest(mut self, other: Self) -> Self {
        self.min_token_bits = self.min_token_bits.max(other.min_token_bits);
        self.audit_every = self.audit_every.min(other.audit_every);
        self.link_max_age = self.link_max_age.min(other.link_max_age);
        self.forbidden_parameters.extend(other.forbidden_parameters);
        self
    }
}

/// What models may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AiDemands {
    /// Whether vendors may train models on our data.
    pub training: TrainingPolicy,
    /// Where models may run.
    pub hosting: HostingPolicy,
}

impl AiDemands {
    pub(super) fn from_spec(spec: &CompliancePolicySpec) -> Self {
        let given = spec.ai.clone().unwrap_or_default();
        Self {
            training: given.training.unwrap_or(TrainingPolicy::Forbidden),
            hosting: given.hosting.unwrap_or(HostingPolicy::Any),
        }
    }

    pub(super) fn strictest(self, other: Self) -> Self {
        Self { training: self.training.min(other.training), hosting: self.hosting.max(other.hosting) }
    }
}
