//! Rules set aside for a time.

use kube::{CustomResource, KubeSchema};
use serde::{Deserialize, Serialize};

use super::rule_code::RuleCode;
use super::status::Status;
use crate::values::Instant;

/// Rules set aside for one object, with owner, reason and end.
#[derive(CustomResource, Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[kube(
    group = "cxguard.dev",
    version = "v1alpha1",
    kind = "Exemption",
    shortname = "exm",
    category = "cx",
    status = "Status",
    derive = "PartialEq",
    doc = "Rules set aside for one object, with owner, reason and end.",
    selectable = ".spec.subject.name",
    printcolumn = r#"{"name": "Compliant", "type": "string", "jsonPath": ".status.conditions[?(@.type=='Compliant')].status"}"#,
    printcolumn = r#"{"name": "Reason", "type": "string", "jsonPath": ".status.conditions[?(@.type=='Compliant')].reason"}"#,
    printcolumn = r#"{"name": "Rules", "type": "string", "jsonPath": ".spec.rules"}"#,
    printcolumn = r#"{"name": "Kind", "type": "string", "jsonPath": ".spec.subject.kind"}"#,
    printcolumn = r#"{"name": "Subject", "type": "string", "jsonPath": ".spec.subject.name"}"#,
    printcolumn = r#"{"name": "Expires", "type": "string", "jsonPath": ".spec.expiresAt"}"#,
    printcolumn = r#"{"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"}"#,
    printcolumn = r#"{"name": "Message", "type": "string", "priority": 1, "jsonPath": ".status.conditions[?(@.type=='Compliant')].message"}"#
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(
    validation = Rule::new("self.subject == oldSelf.subject").message("subject is immutable"),
    validation = Rule::new(
        "!has(self.expiresAt) || self.expiresAt < timestamp('2200-01-01T00:00:00Z')"
    )
    .message("expiresAt must be before 2200-01-01: no exemption is without end")
    .field_path(".expiresAt")
)]
pub struct ExemptionSpec {
    /// Who is warned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Codes of the rules that are set aside, such as CX408.
    #[schemars(with = "Vec<RuleCode>", length(min = 1, max = 32))]
    #[schemars(extend("x-kubernetes-list-type" = "set"))]
    pub rules: Vec<String>,
    /// The one object for which they are. Immutable.
    pub subject: ExemptedObject,
    /// Why. Demanded by CX802.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub reason: Option<String>,
    /// Where it is discussed. Printed in reports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
    /// Who accepts the risk. Demanded by CX802.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_by: Option<String>,
    /// When it ends, an RFC 3339 instant before 2200-01-01. Demanded by CX802.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Instant>,
}

/// The object for which rules are set aside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(
    validation = Rule::new(
        "has(self.namespace) == !(self.kind in ['CompliancePolicy', 'Vendor', 'Person', 'IncidentPlan', \
        'Incident', 'Exemption', 'Namespace', 'Node', 'ClusterRole', 'ClusterRoleBinding'])"
    )
    .message("name the namespace of an object that has one, and of no other"),
    validation = Rule::new("self.kind != 'Exemption'")
        .message("an exemption is not exempted from rules")
        .field_path(".kind")
)]
pub struct ExemptedObject {
    /// Its kind, such as Vendor or Deployment.
    #[schemars(length(min = 1, max = 63), regex(pattern = "^[A-Z][A-Za-z0-9]*$"))]
    pub kind: String,
    /// Its namespace, where the kind has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63))]
    pub namespace: Option<String>,
    /// Its name.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
}
