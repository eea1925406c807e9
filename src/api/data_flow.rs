//! Which data moves where.

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::common::{DataForm, Workloads, empty_is_absent, or_empty};
use super::status::CoverageStatus;
use super::words::words;
use crate::values::{Date, Period};

/// Which workloads move which data where, and why.
#[derive(CustomResource, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[kube(
    group = "cxguard.dev",
    version = "v1alpha1",
    kind = "DataFlow",
    namespaced,
    shortname = "flow",
    category = "cx",
    status = "CoverageStatus",
    derive = "PartialEq",
    doc = "Which workloads of the namespace move which data where, and why.",
    printcolumn = r#"{"name": "Compliant", "type": "string", "jsonPath": ".status.conditions[?(@.type=='Compliant')].status"}"#,
    printcolumn = r#"{"name": "Reason", "type": "string", "jsonPath": ".status.conditions[?(@.type=='Compliant')].reason"}"#,
    printcolumn = r#"{"name": "Until", "type": "string", "jsonPath": ".status.compliantUntil"}"#,
    printcolumn = r#"{"name": "Form", "type": "string", "jsonPath": ".spec.form"}"#,
    printcolumn = r#"{"name": "Workloads", "type": "integer", "jsonPath": ".status.workloads"}"#,
    printcolumn = r#"{"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"}"#,
    printcolumn = r#"{"name": "Message", "type": "string", "priority": 1, "jsonPath": ".status.conditions[?(@.type=='Compliant')].message"}"#
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DataFlowSpec {
    /// Who is warned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// What the data is used for. Printed in registers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub purpose: Option<String>,
    /// Art. 6(1) GDPR: Consent, Contract, LegalObligation, VitalInterests, PublicTask or LegitimateInterests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub legal_basis: Option<LegalBasis>,
    /// Whose data it is, in CamelCase: Customers, Prospects, Employees … Employees are HR data, all others are not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32), inner(length(max = 63), regex(pattern = "^[A-Z][A-Za-z]*$")))]
    pub data_subjects: Vec<String>,
    /// What the data says. Health, Ethnicity, Politics, Religion, TradeUnion, Genetic, Biometric, SexLife and Criminal
    /// are special and need specialCategoryCondition.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32))]
    pub categories: Vec<Category>,
    /// Art. 9(2) GDPR, where a special category is named: ExplicitConsent, EmploymentLaw, VitalInterests, NonProfitBody,
    /// MadePublic, LegalClaims, SubstantialPublicInterest, HealthCare, PublicHealth or Research. Empty: none.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "empty_is_absent")]
    #[schemars(schema_with = "or_empty::<SpecialCategoryCondition>")]
    pub special_category_condition: Option<SpecialCategoryCondition>,
    /// How much of a person the data shows: Aggregate, Anonymised, Pseudonymised or Identifiable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form: Option<DataForm>,
    /// How long the data is kept, such as 400d.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention: Option<Period>,
    /// The workloads of this namespace that handle the data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workloads: Option<Workloads>,
    /// Where the data goes: vendors and namespaces.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    pub to: Vec<Destination>,
    /// How the data is protected on its way and at rest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encryption: Option<Encryption>,
    /// Art. 35 GDPR: whether an impact assessment is required, and when it was completed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub impact_assessment: Option<ImpactAssessment>,
    /// What models do with the data. Absent: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ai: Option<FlowAi>,
}

/// A vendor or a namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(validation = Rule::new("has(self.vendor) != has(self.namespace)")
    .message("name either a vendor or a namespace"))]
pub struct Destination {
    /// Name of a Vendor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub vendor: Option<String>,
    /// Name of a namespace of this cluster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63))]
    pub namespace: Option<String>,
}

/// How data is protected.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Encryption {
    /// On its way: None, TLS12, TLS13 or MutualTLS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_transit: Option<InTransit>,
    /// Whether it is encrypted where it is stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_rest: Option<bool>,
}

/// The data protection impact assessment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ImpactAssessment {
    /// Whether one is required. Default: false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub required: Option<bool>,
    /// The day it was completed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed_on: Option<Date>,
}

/// What models do with the data.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FlowAi {
    /// None, Inference or Training. Default: None.
    #[serde(rename = "use", default, skip_serializing_if = "Option::is_none")]
    pub use_: Option<AiUse>,
    /// Whether personal data is removed before a model sees it. Default: false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redacted: Option<bool>,
    /// Retrieval (RAG): where its index and its embeddings live. Absent: none is used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retrieval: Option<Retrieval>,
}

/// Where retrieval keeps its data.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Retrieval {
    /// Who holds the index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<Destination>,
    /// Who computes the embeddings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub embeddings: Option<Destination>,
}

words! {
    /// Art. 6(1) GDPR.
    LegalBasis {
        /// (a)
        Consent = "Consent",
        /// (b)
        Contract = "Contract",
        /// (c)
        LegalObligation = "LegalObligation",
        /// (d)
        VitalInterests = "VitalInterests",
        /// (e)
        PublicTask = "PublicTask",
        /// (f)
        LegitimateInterests = "LegitimateInterests",
    }
}

words! {
    /// Art. 9(2) GDPR.
    SpecialCategoryCondition {
        /// (a)
        ExplicitConsent = "ExplicitConsent",
        /// (b)
        EmploymentLaw = "EmploymentLaw",
        /// (c)
        VitalInterests = "VitalInterests",
        /// (d)
        NonProfitBody = "NonProfitBody",
        /// (e)
        MadePublic = "MadePublic",
        /// (f)
        LegalClaims = "LegalClaims",
        /// (g)
        SubstantialPublicInterest = "SubstantialPublicInterest",
        /// (h)
        HealthCare = "HealthCare",
        /// (i)
        PublicHealth = "PublicHealth",
        /// (j)
        Research = "Research",
    }
}

words! {
    /// What data says about a person.
    Category {
        /// A name.
        Name = "Name",
        /// An e-mail address.
        Email = "Email",
        /// A telephone number.
        Phone = "Phone",
        /// A day of birth.
        BirthDate = "BirthDate",
        /// A postal address.
        Address = "Address",
        /// An identifier, such as a customer number.
        Identifier = "Identifier",
        /// Where a person is or was.
        Location = "Location",
        /// What a person did.
        Behaviour = "Behaviour",
        /// Text that may say anything.
        FreeText = "FreeText",
        /// A recorded voice.
        Voice = "Voice",
        /// Means and payments.
        Financial = "Financial",
        /// Special: health.
        Health = "Health",
        /// Special: racial or ethnic origin.
        Ethnicity = "Ethnicity",
        /// Special: political opinions.
        Politics = "Politics",
        /// Special: religious or philosophical beliefs.
        Religion = "Religion",
        /// Special: membership of a trade union.
        TradeUnion = "TradeUnion",
        /// Special: genetic data.
        Genetic = "Genetic",
        /// Special: biometric data that identifies.
        Biometric = "Biometric",
        /// Special: sex life or sexual orientation.
        SexLife = "SexLife",
        /// Art. 10: criminal convictions and offences.
        Criminal = "Criminal",
    }
}

impl Category {
    /// Whether processing needs a condition beyond the legal basis (Art. 9 and 10 GDPR).
    pub fn is_special(self) -> bool {
        self >= Self::Health
    }
}

words! {
    /// How data is protected on its way. The order is from weak to strong.
    InTransit {
        /// Not at all.
        None = "None",
        /// TLS 1.2.
        Tls12 = "TLS12",
        /// TLS 1.3.
        Tls13 = "TLS13",
        /// TLS in which both sides prove who they are.
        MutualTls = "MutualTLS",
    }
}

words! {
    /// What models do with data.
    AiUse {
        /// Nothing.
        None = "None",
        /// They answer from it.
        Inference = "Inference",
        /// They learn from it.
        Training = "Training",
    }
}
