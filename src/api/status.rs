//! What the operator says about every object.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::common::Mode;
use super::words::words;
use crate::values::Instant;

/// The most findings that a status lists.
pub const MAX_FINDINGS: usize = 50;

/// The part of the status that every kind has.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// Compliant: whether a rule is violated. Ready: whether the newest generation is judged and carried out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "conditions")]
    pub conditions: Vec<Condition>,
    /// The generation that was judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// What is wrong, the gravest first, at most 50; findingsTotal counts all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 50))]
    pub findings: Vec<ReportedFinding>,
    /// How many findings there are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub findings_total: Option<i64>,
    /// The next instant at which the judgement could change with nothing edited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compliant_until: Option<Instant>,
    /// Version of the rules and of the reference data that judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judged_by: Option<String>,
}

/// What the operator says about what covers workloads: a flow or a survey.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CoverageStatus {
    /// What every kind has.
    #[serde(flatten)]
    pub common: Status,
    /// How many workloads its selector selects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workloads: Option<i64>,
}

/// As metav1.Condition documents itself; the derived schema has no bounds.
fn conditions(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "array",
        "maxItems": 16,
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["type"],
        "items": {
            "type": "object",
            "required": ["lastTransitionTime", "message", "reason", "status", "type"],
            "properties": {
                "lastTransitionTime": {
                    "description": "When the status last changed.", "type": "string", "format": "date-time"
                },
                "message": { "description": "What that means here.", "type": "string", "maxLength": 32768 },
                "observedGeneration": {
                    "description": "The generation that the condition speaks of.",
                    "type": "integer", "format": "int64", "minimum": 0
                },
                "reason": {
                    "description": "Why, in one CamelCase word.",
                    "type": "string", "minLength": 1, "maxLength": 1024,
                    "pattern": "^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$"
                },
                "status": {
                    "description": "True, False or Unknown.", "type": "string", "enum": ["True", "False", "Unknown"]
                },
                "type": {
                    "description": "Compliant or Ready.", "type": "string", "minLength": 1, "maxLength": 316
                }
            }
        }
    })
}

/// A finding as a status lists it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReportedFinding {
    /// Code of the rule, such as CX101.
    pub rule: String,
    /// What the finding leads to: Enforce, Warn or Audit.
    pub mode: Mode,
    /// Violating: the rule is violated. Unknown: it lacked a fact.
    pub outcome: FindingOutcome,
    /// Whether an Exemption sets the rule aside: it then counts for nothing. Absent: no.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exempted: Option<bool>,
    /// JSON pointer to the field at fault, such as /spec/agreement/validUntil.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub path: Option<String>,
    /// What is wrong.
    #[schemars(length(max = 1024))]
    pub message: String,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub remedy: Option<String>,
    /// Where the cause is, if not in this object, such as Vendor/feedbackhub or AccessGrant/cx-feedback/analyst-7.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512))]
    pub object: Option<String>,
}

words! {
    /// What a rule found.
    FindingOutcome {
        /// The rule is violated.
        Violating = "Violating",
        /// The rule lacked a fact.
        Unknown = "Unknown",
    }
}
