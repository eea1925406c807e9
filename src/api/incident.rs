//! A breach and its clock.

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::common::{empty_is_absent, or_empty};
use super::status::Status;
use super::words::words;
use crate::values::Instant;

/// A breach and its clock.
#[derive(CustomResource, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[kube(
    group = "cxguard.dev",
    version = "v1alpha1",
    kind = "Incident",
    shortname = "inc",
    category = "cx",
    status = "IncidentStatus",
    derive = "PartialEq",
    doc = "A breach and its clock.",
    printcolumn = r#"{"name": "Compliant", "type": "string", "jsonPath": ".status.conditions[?(@.type=='Compliant')].status"}"#,
    printcolumn = r#"{"name": "Reason", "type": "string", "jsonPath": ".status.conditions[?(@.type=='Compliant')].reason"}"#,
    printcolumn = r#"{"name": "Risk", "type": "string", "jsonPath": ".spec.risk"}"#,
    printcolumn = r#"{"name": "Aware", "type": "string", "jsonPath": ".spec.awareAt"}"#,
    printcolumn = r#"{"name": "Deadline", "type": "string", "jsonPath": ".status.authorityDeadline"}"#,
    printcolumn = r#"{"name": "Closed", "type": "string", "jsonPath": ".spec.closedAt"}"#,
    printcolumn = r#"{"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"}"#,
    printcolumn = r#"{"name": "Message", "type": "string", "priority": 1, "jsonPath": ".status.conditions[?(@.type=='Compliant')].message"}"#
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(
    validation = Rule::new(
        "!has(oldSelf.awareAt) || (has(self.awareAt) && self.awareAt <= oldSelf.awareAt)"
    )
    .message("awareAt never moves later: the time to tell the authority counts from it"),
    validation = Rule::new(
        "!has(self.awareAt) || !has(self.authorityNotifiedAt) || self.awareAt <= self.authorityNotifiedAt"
    )
    .message("authorityNotifiedAt must not be before awareAt")
    .field_path(".authorityNotifiedAt"),
    validation = Rule::new(
        "!has(self.awareAt) || !has(self.customersNotifiedAt) || self.awareAt <= self.customersNotifiedAt"
    )
    .message("customersNotifiedAt must not be before awareAt")
    .field_path(".customersNotifiedAt"),
    validation = Rule::new(
        "!has(self.awareAt) || !has(self.controllerNotifiedAt) || self.awareAt <= self.controllerNotifiedAt"
    )
    .message("controllerNotifiedAt must not be before awareAt")
    .field_path(".controllerNotifiedAt"),
    validation = Rule::new("!has(self.awareAt) || !has(self.closedAt) || self.awareAt <= self.closedAt")
        .message("closedAt must not be before awareAt")
        .field_path(".closedAt")
)]
pub struct IncidentSpec {
    /// Who is warned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// What happened. Printed in the register of breaches (Art. 33(5) GDPR).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub summary: Option<String>,
    /// What we are to the data: Controller or Processor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<IncidentRole>,
    /// When we became aware of it, an RFC 3339 instant: the clock starts. Never moves later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aware_at: Option<Instant>,
    /// The risk to the people concerned: Unlikely, Likely or High.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub risk: Option<Risk>,
    /// Why a risk is unlikely, where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 4096))]
    pub risk_rationale: Option<String>,
    /// The data flows concerned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 128))]
    #[schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["namespace", "name"]))]
    pub flows: Vec<FlowRef>,
    /// None, or SuspendGrants: while the incident is open, every grant in the namespaces of its flows is suspended.
    /// Default: None.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub containment: Option<Containment>,
    /// When the supervisory authority was told, an RFC 3339 instant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authority_notified_at: Option<Instant>,
    /// Why the authority was told late.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 4096))]
    pub delay_reason: Option<String>,
    /// When the customers were told, an RFC 3339 instant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customers_notified_at: Option<Instant>,
    /// Why customers need not be told (Art. 34(3) GDPR): Unintelligible, RiskRemoved or DisproportionateEffort. Empty:
    /// they need to be.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "empty_is_absent")]
    #[schemars(schema_with = "or_empty::<CustomersExemption>")]
    pub customers_exemption: Option<CustomersExemption>,
    /// As a processor: when the controller was told, an RFC 3339 instant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub controller_notified_at: Option<Instant>,
    /// When the incident was over, an RFC 3339 instant. Absent: it is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<Instant>,
}

/// A data flow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FlowRef {
    /// Its namespace.
    #[schemars(length(min = 1, max = 63))]
    pub namespace: String,
    /// Its name.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
}

/// What the operator says about an incident.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct IncidentStatus {
    /// What every kind has.
    #[serde(flatten)]
    pub common: Status,
    /// Until when the authority is to be told. Absent: it need not be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authority_deadline: Option<Instant>,
    /// The last warning that was sent while nobody had told the authority.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warned: Option<AuthorityWarned>,
}

/// A warning that the authority has not been told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuthorityWarned {
    /// How far the clock had run: Day, TwoDays, SixtyHours or Deadline.
    pub notice: AuthorityNotice,
    /// The deadline that the warning was about.
    pub deadline: Instant,
}

words! {
    /// How far the clock has run for which the authority is not told. The order is in time.
    AuthorityNotice {
        /// 24 hours since awareness.
        Day = "Day",
        /// 48 hours.
        TwoDays = "TwoDays",
        /// 60 hours.
        SixtyHours = "SixtyHours",
        /// All of it.
        Deadline = "Deadline",
    }
}

words! {
    /// What we are to the data.
    IncidentRole {
        /// We decide what it is for.
        Controller = "Controller",
        /// We handle it for somebody else.
        Processor = "Processor",
    }
}

words! {
    /// The risk to the people concerned. The order is from low to high.
    Risk {
        /// None is likely.
        Unlikely = "Unlikely",
        /// There is one.
        Likely = "Likely",
        /// There is a high one.
        High = "High",
    }
}

words! {
    /// What is done while an incident is open.
    Containment {
        /// Nothing.
        None = "None",
        /// Every grant in the namespaces of its flows is suspended.
        SuspendGrants = "SuspendGrants",
    }
}

words! {
    /// Art. 34(3) GDPR: why customers need not be told.
    CustomersExemption {
        /// (a) Nobody who got the data can read it: it was encrypted.
        Unintelligible = "Unintelligible",
        /// (b) What was done since has removed the high risk.
        RiskRemoved = "RiskRemoved",
        /// (c) It would take disproportionate effort; there is a public notice instead.
        DisproportionateEffort = "DisproportionateEffort",
    }
}
