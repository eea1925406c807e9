//! What is demanded, of which namespaces, how hard.

use std::collections::BTreeMap;

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::common::{LabelSelector, Mechanism, Mode, Standard};
use super::policy_access::{AccessPolicy, RuleMode};
use super::policy_status::PolicyStatus;
use super::rule_code::RuleCode;
use super::words::words;
use crate::values::{Country, Period};

/// What is demanded, of which namespaces, how hard. What is absent takes its default; several policies compose, the strictest value wins.
#[derive(CustomResource, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[kube(
    group = "cxguard.dev",
    version = "v1alpha1",
    kind = "CompliancePolicy",
    shortname = "cxp",
    category = "cx",
    status = "PolicyStatus",
    derive = "PartialEq",
    doc = "What is demanded, of which namespaces, how hard. What is absent takes its default; several policies compose, the strictest value wins.",
    printcolumn = r#"{"name": "Compliant", "type": "string", "jsonPath": ".status.conditions[?(@.type=='Compliant')].status"}"#,
    printcolumn = r#"{"name": "Reason", "type": "string", "jsonPath": ".status.conditions[?(@.type=='Compliant')].reason"}"#,
    printcolumn = r#"{"name": "Until", "type": "string", "jsonPath": ".status.compliantUntil"}"#,
    printcolumn = r#"{"name": "Mode", "type": "string", "jsonPath": ".spec.mode"}"#,
    printcolumn = r#"{"name": "Regime", "type": "string", "jsonPath": ".spec.residency.regime"}"#,
    printcolumn = r#"{"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"}"#,
    printcolumn = r#"{"name": "Message", "type": "string", "priority": 1, "jsonPath": ".status.conditions[?(@.type=='Compliant')].message"}"#
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CompliancePolicySpec {
    /// Who is warned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// The namespaces that it speaks of. Default: those with the label cxguard.dev/protected: "true".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace_selector: Option<LabelSelector>,
    /// The most that any rule does: Enforce, Warn or Audit. It lowers and never raises. Default: Enforce.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
    /// Sets the mode of single rules exactly. Default: none is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    #[schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["code"]))]
    pub rules: Option<Vec<RuleSetting>>,
    /// Where data and workloads may be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub residency: Option<ResidencyPolicy>,
    /// What is demanded of vendors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendors: Option<VendorPolicy>,
    /// What is demanded of surveys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub surveys: Option<SurveyPolicy>,
    /// What models may do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ai: Option<AiPolicy>,
    /// Who may have access, and for how long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access: Option<AccessPolicy>,
    /// What is demanded of incidents and plans.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incidents: Option<IncidentPolicy>,
    /// What is demanded of backups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backups: Option<BackupPolicy>,
    /// What findings do to workloads at the door.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub admission: Option<AdmissionPolicy>,
}

/// The mode of one rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RuleSetting {
    /// Code of the rule, such as CX114.
    #[schemars(with = "RuleCode")]
    pub code: String,
    /// Enforce, Warn, Audit or Disabled.
    pub mode: RuleMode,
}

/// Where data and workloads may be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(validation = Rule::new(
    "!has(self.regime) || self.regime != 'Custom' || has(self.allowedCountries)"
).message("the regime Custom needs allowedCountries").field_path(".allowedCountries"))]
pub struct ResidencyPolicy {
    /// Whose law: GDPR (EEA and adequacy), UK-GDPR, FADP or Custom. Default: GDPR.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub regime: Option<Regime>,
    /// Narrows what the regime allows to these countries: ISO 3166-1 alpha-2, quoted. Required for Custom. Default: what
    /// the regime allows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub allowed_countries: Option<Vec<Country>>,
    /// Where workloads may run: EEA, Adequate or Listed (in allowedCountries). Default: EEA.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workloads: Option<WorkloadPlaces>,
    /// What may make a transfer lawful. Default: Adequacy, StandardContractualClauses, BindingCorporateRules, ApprovedCode
    /// and ApprovedCertification.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    pub mechanisms: Option<Vec<Mechanism>>,
    /// How old a transfer impact assessment may be. Default: 365d.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assessment_max_age: Option<Period>,
    /// True: pods of covered workloads get the required node affinity. Default: false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pin: Option<bool>,
    /// The cluster's cloud, such as aws: for nodes without providerID and for checks offline. Default: unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63))]
    pub provider: Option<String>,
    /// Where this cluster has nodes: for checks offline of workloads that are not pinned. Default: unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64), inner(length(min = 1, max = 63)))]
    pub regions: Option<Vec<String>>,
    /// Countries of regions of one's own, by the region's name. Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region_overrides: Option<BTreeMap<String, Country>>,
}

/// What is demanded of vendors.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VendorPolicy {
    /// At least one of these: ISO27001, SOC2. Default: both are accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 8))]
    pub certifications: Option<Vec<Standard>>,
    /// How often agreements and assessments are reviewed. Default: 365d.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review_every: Option<Period>,
    /// How soon a vendor has to tell of a breach. Default: 24h.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub breach_notice: Option<Period>,
    /// How old the period of a SOC 2 report may be. Default: 365d.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub soc2_max_age: Option<Period>,
}

/// What is demanded of surveys.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SurveyPolicy {
    /// Randomness of a respondent identifier, in bits. Default: 128.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 4096))]
    pub min_token_bits: Option<i32>,
    /// How often a survey is audited. Default: 90d.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audit_every: Option<Period>,
    /// How long a link may be valid. Default: 90d.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link_max_age: Option<Period>,
    /// Names of parameters that a link must not have, beyond those known to hold personal data. Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128), inner(length(min = 1, max = 63)))]
    pub forbidden_parameters: Option<Vec<String>>,
}

/// What models may do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AiPolicy {
    /// Whether vendors may train models on our data: Forbidden or Permitted. Default: Forbidden.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub training: Option<TrainingPolicy>,
    /// Where models may run: Any or SelfHosted. Default: Any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hosting: Option<HostingPolicy>,
}

/// What is demanded of incidents and plans.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IncidentPolicy {
    /// How soon the authority is told. Default: 72h.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notify_within: Option<Period>,
    /// How often the plan is reviewed. Default: 365d.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan_review_every: Option<Period>,
    /// How often the plan is drilled. Default: 180d.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drill_every: Option<Period>,
}

/// What is demanded of backups.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BackupPolicy {
    /// How old the last good backup may be. Default: 24h.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_age: Option<Period>,
    /// How often a restore is tested. Default: 90d.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restore_test_every: Option<Period>,
}

/// What findings do to workloads at the door. Access is always denied.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AdmissionPolicy {
    /// What a finding that lacks a fact does: Warn or Deny. About access it always denies. Default: Warn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unknown: Option<AdmissionAction>,
    /// What a workload inherits from flows, surveys and vendors does, such as a lapsed paper: Warn or Deny. Default: Warn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paperwork: Option<AdmissionAction>,
}

words! {
    /// Whose law decides where data may be.
    Regime {
        /// The EEA and countries with adequacy.
        Gdpr = "GDPR",
        /// The United Kingdom and countries that it regards as adequate.
        UkGdpr = "UK-GDPR",
        /// Switzerland and countries that it regards as adequate.
        Fadp = "FADP",
        /// The countries that the policy lists.
        Custom = "Custom",
    }
}

words! {
    /// Where workloads may run.
    WorkloadPlaces {
        /// In the home area of the regime.
        Eea = "EEA",
        /// Also in countries with adequacy.
        Adequate = "Adequate",
        /// In the countries that the policy lists.
        Listed = "Listed",
    }
}

words! {
    /// Whether vendors may train models on our data.
    TrainingPolicy {
        /// They may not.
        Forbidden = "Forbidden",
        /// They may.
        Permitted = "Permitted",
    }
}

words! {
    /// Where models may run.
    HostingPolicy {
        /// Anywhere.
        Any = "Any",
        /// In our own hands only.
        SelfHosted = "SelfHosted",
    }
}

words! {
    /// What is done at the door.
    AdmissionAction {
        /// Admitted with a warning.
        Warn = "Warn",
        /// Denied.
        Deny = "Deny",
    }
}
