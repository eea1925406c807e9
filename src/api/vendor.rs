//! Who handles data for us.

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::common::{Mechanism, Place, Reference, Standard};
use super::status::Status;
use super::vendor_words::{
    AiTraining, AssessmentOutcome, Clause, ClauseModule, DerogationGround, FrameworkData, FrameworkStatus,
    LocationUse, Measure, ModelHosting, Opinion, Soc2Type, TrustCategory, VendorRole,
};
use crate::values::{Country, Date, Period};

/// A processor of data: contract, places, certificates, AI terms.
#[derive(CustomResource, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[kube(
    group = "cxguard.dev",
    version = "v1alpha1",
    kind = "Vendor",
    shortname = "vnd",
    category = "cx",
    status = "Status",
    derive = "PartialEq",
    doc = "A processor of data: contract, places, certificates, AI terms.",
    printcolumn = r#"{"name": "Compliant", "type": "string", "jsonPath": ".status.conditions[?(@.type=='Compliant')].status"}"#,
    printcolumn = r#"{"name": "Reason", "type": "string", "jsonPath": ".status.conditions[?(@.type=='Compliant')].reason"}"#,
    printcolumn = r#"{"name": "Until", "type": "string", "jsonPath": ".status.compliantUntil"}"#,
    printcolumn = r#"{"name": "Role", "type": "string", "jsonPath": ".spec.role"}"#,
    printcolumn = r#"{"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"}"#,
    printcolumn = r#"{"name": "Message", "type": "string", "priority": 1, "jsonPath": ".status.conditions[?(@.type=='Compliant')].message"}"#
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VendorSpec {
    /// Who is warned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Name of the firm. Printed in registers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub legal_name: Option<String>,
    /// The legal seat: ISO 3166-1 alpha-2, quoted. Where data is, locations say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<Country>,
    /// Processor, SubProcessor, Controller or JointController.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<VendorRole>,
    /// What it does for us, in words of one's own; certificates name the same in scope.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64), inner(length(max = 63)))]
    pub services: Vec<String>,
    /// Hosts of its services: finds flows that nobody declared.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 128), inner(length(min = 1, max = 253)))]
    pub endpoints: Vec<String>,
    /// Whom to ask. Printed in reports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contacts: Option<VendorContacts>,
    /// Where it stores, processes, backs up and looks at data.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 128))]
    pub locations: Vec<VendorLocation>,
    /// The data processing agreement (Art. 28 GDPR).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agreement: Option<Agreement>,
    /// One per third country and mechanism; an adequate country needs none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 128))]
    #[schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["to", "mechanism"]))]
    pub transfers: Vec<Transfer>,
    /// Certificates and reports.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32))]
    pub certifications: Vec<Certification>,
    /// What it does with models. Absent: it uses none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ai: Option<VendorAi>,
    /// The day we last audited the vendor ourselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assessed_on: Option<Date>,
    /// How it prepares for incidents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident_response: Option<IncidentResponse>,
    /// Who works for it on our data.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    #[schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["vendor"]))]
    pub sub_processors: Vec<SubProcessor>,
    /// When the relation is over. Absent: it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Ended>,
}

/// Whom to ask.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VendorContacts {
    /// For data protection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub privacy: Option<String>,
    /// For security.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub security: Option<String>,
}

/// A place where the vendor handles data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(validation = Rule::new(
    "!has(self.country) || !has(self.region)"
).message("a location names a country or a region, and not both"))]
pub struct VendorLocation {
    /// Storage, Processing, Backup or Support.
    #[serde(rename = "use")]
    pub use_: LocationUse,
    /// The country, ISO 3166-1 alpha-2, quoted; or else provider and region. Without either it is unknown (CX004).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<Country>,
    /// The cloud provider, such as aws. Absent: the region counts if it is in one country at all providers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63))]
    pub provider: Option<String>,
    /// Its region, such as eu-west-1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63))]
    pub region: Option<String>,
}

impl VendorLocation {
    /// The place, or `None` if it is stated in no way that the schema admits.
    pub fn place(&self) -> Option<Place<'_>> {
        match (self.country, self.provider.as_deref(), self.region.as_deref()) {
            (Some(country), None, None) => Some(Place::Country(country)),
            (None, Some(provider), Some(region)) => Some(Place::Region { provider, region }),
            _ => None,
        }
    }
}

/// The data processing agreement.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(validation = Rule::new(
    "!has(self.signedOn) || !has(self.validUntil) || self.signedOn <= self.validUntil"
).message("validUntil must not be before signedOn").field_path(".validUntil"))]
pub struct Agreement {
    /// The document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<Reference>,
    /// The day it was signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_on: Option<Date>,
    /// The last day it holds. Its absence violates CX111: an agreement without an end is never looked at again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Date>,
    /// The day we last reviewed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reviewed_on: Option<Date>,
    /// Where it allows data to be: ISO 3166-1 alpha-2, quoted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 256))]
    pub countries: Vec<Country>,
    /// Art. 28(3)(a) to (h) GDPR: Instructions, Confidentiality, Security, SubProcessors, DataSubjectRights,
    /// Assistance, ReturnOrDeletion, Audits.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    pub clauses: Vec<Clause>,
    /// What it says about security: EncryptionAtRest, EncryptionInTransit, AccessControl, RegularTesting.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    pub measures: Vec<Measure>,
    /// How soon the vendor tells us of a breach, such as 24h.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub breach_notice: Option<Period>,
    /// Whether the vendor may train models on our data: Forbidden, Permitted or NotAddressed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ai_training: Option<AiTraining>,
    /// Whether that also binds its sub-processors. Default: false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ai_training_covers_sub_processors: Option<bool>,
}

/// What makes a transfer to one third country lawful.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Transfer {
    /// The third country: ISO 3166-1 alpha-2, quoted.
    pub to: Country,
    /// Adequacy, StandardContractualClauses, BindingCorporateRules, ApprovedCode, ApprovedCertification or Derogation.
    pub mechanism: Mechanism,
    /// Module of decision 2021/914: ControllerToController, ControllerToProcessor, ProcessorToProcessor or
    /// ProcessorToController.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub module: Option<ClauseModule>,
    /// The day it was signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_on: Option<Date>,
    /// The transfer impact assessment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assessment: Option<TransferAssessment>,
    /// For Adequacy in the United States: the certification of the vendor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_privacy_framework: Option<DataPrivacyFramework>,
    /// For Derogation: its ground.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub derogation: Option<Derogation>,
}

/// A transfer impact assessment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TransferAssessment {
    /// The day it was completed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed_on: Option<Date>,
    /// Acceptable, AcceptableWithMeasures or Problematic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<AssessmentOutcome>,
}

/// A certification under the EU-US Data Privacy Framework.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DataPrivacyFramework {
    /// Active or Inactive, as the public list says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<FrameworkStatus>,
    /// What it covers: HR (data of employees), NonHR (all other).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 4))]
    pub covers: Vec<FrameworkData>,
    /// The day somebody looked at the public list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checked_on: Option<Date>,
}

/// A derogation of Art. 49 GDPR.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Derogation {
    /// ExplicitConsent, Contract, LegalClaims, PublicInterest, VitalInterests, PublicRegister or CompellingInterests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ground: Option<DerogationGround>,
    /// Whether the transfer is occasional. Default: false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occasional: Option<bool>,
}

/// A certificate or report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(validation = Rule::new(
    "!has(self.issuedOn) || !has(self.validUntil) || self.issuedOn <= self.validUntil"
).message("validUntil must not be before issuedOn").field_path(".validUntil"))]
#[x_kube(validation = Rule::new(
    "!has(self.periodFrom) || !has(self.periodTo) || self.periodFrom <= self.periodTo"
).message("periodTo must not be before periodFrom").field_path(".periodTo"))]
pub struct Certification {
    /// ISO27001 or SOC2.
    pub standard: Standard,
    /// ISO27001: edition of the standard, quoted, such as "2022".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32))]
    pub edition: Option<String>,
    /// ISO27001: whether an accredited body issued it. Default: false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accredited: Option<bool>,
    /// ISO27001: the services that it covers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64), inner(length(max = 63)))]
    pub scope: Vec<String>,
    /// ISO27001: the day it was issued.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issued_on: Option<Date>,
    /// ISO27001: the last day it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Date>,
    /// ISO27001: the day of the last surveillance audit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub surveillance_on: Option<Date>,
    /// SOC2: I or II.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub type_: Option<Soc2Type>,
    /// SOC2: the first day of the period.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period_from: Option<Date>,
    /// SOC2: the last day of the period.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period_to: Option<Date>,
    /// SOC2: Unqualified, Qualified, Adverse or Disclaimer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opinion: Option<Opinion>,
    /// SOC2: Security, Availability, ProcessingIntegrity, Confidentiality, Privacy.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 8))]
    pub categories: Vec<TrustCategory>,
    /// SOC2: the last day that the bridge letter covers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bridge_until: Option<Date>,
}

/// What the vendor does with models.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VendorAi {
    /// Whether it uses models on our data. Default: false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uses_models: Option<bool>,
    /// Where the models run: Vendor, ThirdParty or SelfHosted (by us).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hosting: Option<ModelHosting>,
    /// True: the ban on training holds only while an opt-out is set. Default: false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ban_rests_on_setting: Option<bool>,
    /// The day somebody saw that the opt-out is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opt_out_evidenced_on: Option<Date>,
    /// How long prompts are kept, such as 30d.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt_retention: Option<Period>,
}

/// How the vendor prepares for incidents.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IncidentResponse {
    /// The day its plan was last reviewed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan_reviewed_on: Option<Date>,
}

/// Who works for the vendor on our data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SubProcessor {
    /// Name of a Vendor.
    #[schemars(length(min = 1, max = 253))]
    pub vendor: String,
    /// The day we authorised it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorised_on: Option<Date>,
    /// Whether it is bound by the same obligations. Default: false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub same_obligations: Option<bool>,
}

/// The end of a relation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Ended {
    /// The last day of the relation.
    pub date: Date,
    /// The day the vendor certified that our data is deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deletion_certified_on: Option<Date>,
}
