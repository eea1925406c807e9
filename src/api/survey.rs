//! What respondents are sent.

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::common::Workloads;
use super::status::CoverageStatus;
use super::words::words;
use crate::values::{Date, Period};

/// Links and respondent identifiers of a survey system.
#[derive(CustomResource, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[kube(
    group = "cxguard.dev",
    version = "v1alpha1",
    kind = "Survey",
    namespaced,
    shortname = "svy",
    category = "cx",
    status = "CoverageStatus",
    derive = "PartialEq",
    doc = "Links and respondent identifiers of a survey system.",
    printcolumn = r#"{"name": "Compliant", "type": "string", "jsonPath": ".status.conditions[?(@.type=='Compliant')].status"}"#,
    printcolumn = r#"{"name": "Reason", "type": "string", "jsonPath": ".status.conditions[?(@.type=='Compliant')].reason"}"#,
    printcolumn = r#"{"name": "Until", "type": "string", "jsonPath": ".status.compliantUntil"}"#,
    printcolumn = r#"{"name": "Vendor", "type": "string", "jsonPath": ".spec.vendor"}"#,
    printcolumn = r#"{"name": "Workloads", "type": "integer", "jsonPath": ".status.workloads"}"#,
    printcolumn = r#"{"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"}"#,
    printcolumn = r#"{"name": "Message", "type": "string", "priority": 1, "jsonPath": ".status.conditions[?(@.type=='Compliant')].message"}"#
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SurveySpec {
    /// Who is warned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Name of the Vendor whose system it is. Absent: a system of our own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub vendor: Option<String>,
    /// The links that respondents get, with placeholders in braces, such as `https://s.feedbackhub.example/r/{token}`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64), inner(length(min = 1, max = 2048)))]
    pub links: Vec<String>,
    /// The identifier that a link carries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub respondent_id: Option<RespondentId>,
    /// The workloads of this namespace that send the links.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workloads: Option<Workloads>,
    /// The day the survey system was last audited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audited_on: Option<Date>,
}

/// The identifier of a respondent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RespondentId {
    /// What it is made from: Random, Sequential, HashOfPersonalData or PersonalData.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<IdSource>,
    /// How much of it is random, in bits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 4096))]
    pub bits: Option<i32>,
    /// How long a link with it is valid, such as 30d.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_for: Option<Period>,
    /// Name of the namespace that holds the map from identifiers to customers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63))]
    pub mapped_in: Option<String>,
}

words! {
    /// What an identifier is made from.
    IdSource {
        /// Chance: it says nothing of anybody.
        Random = "Random",
        /// A counter: whoever knows one knows the others.
        Sequential = "Sequential",
        /// A hash of personal data: whoever knows the data can tell whose it is.
        HashOfPersonalData = "HashOfPersonalData",
        /// Personal data itself.
        PersonalData = "PersonalData",
    }
}
