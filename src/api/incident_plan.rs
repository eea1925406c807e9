//! What is prepared for incidents.

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::common::Location;
use super::status::Status;
use super::words::words;
use crate::values::Date;

/// The plan for incidents, its drills, contacts and backups.
#[derive(CustomResource, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[kube(
    group = "cxguard.dev",
    version = "v1alpha1",
    kind = "IncidentPlan",
    shortname = "irp",
    category = "cx",
    status = "Status",
    derive = "PartialEq",
    doc = "The plan for incidents, its drills, contacts and backups.",
    printcolumn = r#"{"name": "Compliant", "type": "string", "jsonPath": ".status.conditions[?(@.type=='Compliant')].status"}"#,
    printcolumn = r#"{"name": "Reason", "type": "string", "jsonPath": ".status.conditions[?(@.type=='Compliant')].reason"}"#,
    printcolumn = r#"{"name": "Until", "type": "string", "jsonPath": ".status.compliantUntil"}"#,
    printcolumn = r#"{"name": "Owner", "type": "string", "jsonPath": ".spec.owner"}"#,
    printcolumn = r#"{"name": "Reviewed", "type": "string", "jsonPath": ".spec.reviewedOn"}"#,
    printcolumn = r#"{"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"}"#,
    printcolumn = r#"{"name": "Message", "type": "string", "priority": 1, "jsonPath": ".status.conditions[?(@.type=='Compliant')].message"}"#
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IncidentPlanSpec {
    /// Who answers for the plan, and is warned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// The day the plan was approved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_on: Option<Date>,
    /// The day the plan was last reviewed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reviewed_on: Option<Date>,
    /// What the plan describes: Contain, Assess, NotifyAuthority, NotifyCustomers, Mitigate, Restore, Learn.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    pub steps: Vec<PlanStep>,
    /// Whom to call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contacts: Option<PlanContacts>,
    /// The drills that were held.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    pub drills: Vec<Drill>,
    /// What customer data is restored from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    #[schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"]))]
    pub backups: Vec<Backup>,
}

/// Whom to call in an incident.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PlanContacts {
    /// The supervisory authority that is told of breaches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authority: Option<String>,
    /// The data protection officer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_protection_officer: Option<String>,
    /// The team that handles security incidents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub csirt: Option<String>,
    /// The day somebody last checked that these are right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checked_on: Option<Date>,
}

/// A drill of the plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Drill {
    /// The day it was held.
    pub date: Date,
    /// Passed or Failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<DrillOutcome>,
    /// How many of its findings are still open. Default: 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 100_000))]
    pub open_findings: Option<i32>,
}

/// A backup of customer data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Backup {
    /// A name of one's own for it.
    #[schemars(length(min = 1, max = 63))]
    pub name: String,
    /// The CronJob that makes it: its last success says how fresh the backup is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cron_job: Option<CronJobRef>,
    /// Whether it is encrypted. Default: false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encrypted: Option<bool>,
    /// Where it is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
    /// The day a restore from it was last tested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restore_tested_on: Option<Date>,
}

/// A CronJob.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CronJobRef {
    /// Its namespace.
    #[schemars(length(min = 1, max = 63))]
    pub namespace: String,
    /// Its name.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
}

words! {
    /// What a plan describes.
    PlanStep {
        /// How the incident is stopped from growing.
        Contain = "Contain",
        /// How the risk to people is judged.
        Assess = "Assess",
        /// Who tells the authority, and how (Art. 33 GDPR).
        NotifyAuthority = "NotifyAuthority",
        /// Who tells the customers, and how (Art. 34 GDPR).
        NotifyCustomers = "NotifyCustomers",
        /// How harm is limited.
        Mitigate = "Mitigate",
        /// How data and service come back.
        Restore = "Restore",
        /// How it is prevented from happening again.
        Learn = "Learn",
    }
}

words! {
    /// How a drill went.
    DrillOutcome {
        /// The plan worked.
        Passed = "Passed",
        /// It did not.
        Failed = "Failed",
    }
}
