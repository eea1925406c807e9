//! People who may get access.

use kube::{CustomResource, KubeSchema};
use serde::{Deserialize, Serialize};

use super::common::Reference;
use super::status::Status;
use super::words::words;
use crate::values::{Country, Date};

/// A human who may get access: employee or consultant, papers, role.
#[derive(CustomResource, Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[kube(
    group = "cxguard.dev",
    version = "v1alpha1",
    kind = "Person",
    plural = "people",
    shortname = "prs",
    category = "cx",
    status = "Status",
    derive = "PartialEq",
    doc = "A human who may get access: employee or consultant, papers, role.",
    printcolumn = r#"{"name": "Type", "type": "string", "jsonPath": ".spec.type"}"#,
    printcolumn = r#"{"name": "Vendor", "type": "string", "jsonPath": ".spec.vendor"}"#,
    printcolumn = r#"{"name": "Compliant", "type": "string", "jsonPath": ".status.conditions[?(@.type=='Compliant')].status"}"#,
    printcolumn = r#"{"name": "Reason", "type": "string", "jsonPath": ".status.conditions[?(@.type=='Compliant')].reason"}"#,
    printcolumn = r#"{"name": "Until", "type": "string", "jsonPath": ".status.compliantUntil"}"#,
    printcolumn = r#"{"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"}"#,
    printcolumn = r#"{"name": "Message", "type": "string", "priority": 1, "jsonPath": ".status.conditions[?(@.type=='Compliant')].message"}"#
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PersonSpec {
    /// User names of the person as the API server sees them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32), inner(length(min = 1, max = 253)))]
    pub usernames: Vec<String>,
    /// Groups of the person as the API server sees them. It alone knows them otherwise; grants to these groups reach
    /// the person.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 256), inner(length(min = 1, max = 253)))]
    pub groups: Vec<String>,
    /// Who is warned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Employee or Consultant.
    #[serde(rename = "type")]
    pub type_: PersonType,
    /// Name of the Vendor that is the consultant's firm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<String>,
    /// What the person works as; the policy's dataForms say what it may see.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 63))]
    pub job_role: Option<String>,
    /// From where the person works: ISO 3166-1 alpha-2, quoted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<Country>,
    /// The confidentiality agreement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidentiality: Option<Confidentiality>,
    /// The consultant's engagement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engagement: Option<Engagement>,
    /// The day the job role last changed: approvals before it no longer count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job_role_changed_on: Option<Date>,
    /// The last day of the person. Access ends with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_on: Option<Date>,
}

/// A confidentiality agreement.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(validation = Rule::new(
    "!has(self.signedOn) || !has(self.validUntil) || self.signedOn <= self.validUntil"
).message("validUntil must not be before signedOn").field_path(".validUntil"))]
pub struct Confidentiality {
    /// The day it was signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_on: Option<Date>,
    /// The last day it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Date>,
    /// The document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<Reference>,
}

/// The time for which a consultant is engaged.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(validation = Rule::new(
    "!has(self.from) || !has(self.until) || self.from <= self.until"
).message("until must not be before from").field_path(".until"))]
pub struct Engagement {
    /// The first day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Date>,
    /// The last day. Access ends with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
}

words! {
    /// What ties a person to the company.
    PersonType {
        /// Employed.
        Employee = "Employee",
        /// Engaged through a firm.
        Consultant = "Consultant",
    }
}
