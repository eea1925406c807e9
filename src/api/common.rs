//! What several kinds share.

use std::collections::BTreeMap;

use kube::KubeSchema;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::StrDeserializer;
use serde::{Deserialize, Deserializer, Serialize, de};

use super::words::words;
use crate::values::Country;

/// A document kept elsewhere.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Reference {
    /// Where the document is. Printed in reports, never fetched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 2048))]
    pub url: Option<String>,
    /// SHA-256 of the document, in hexadecimal. Printed in reports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub sha256: Option<String>,
}

/// Which objects are meant, by their labels. All conditions must hold; a selector without any selects everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LabelSelector {
    /// Labels with exactly these values.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub match_labels: BTreeMap<String, String>,
    /// Further conditions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32))]
    pub match_expressions: Vec<LabelRequirement>,
}

/// One condition on one label.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(validation = Rule::new(
    "self.operator in ['In', 'NotIn'] == (has(self.values) && size(self.values) > 0)"
).message("In and NotIn need values, Exists and DoesNotExist take none"))]
pub struct LabelRequirement {
    /// Name of the label.
    #[schemars(length(min = 1, max = 317))]
    pub key: String,
    /// How the label is compared: In, NotIn, Exists or DoesNotExist.
    pub operator: LabelOperator,
    /// Values for In and NotIn.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(inner(length(max = 63)))]
    pub values: Vec<String>,
}

words! {
    /// How a label is compared.
    LabelOperator {
        /// The label has one of the values.
        In = "In",
        /// The label has none of the values, or is absent.
        NotIn = "NotIn",
        /// The label is there.
        Exists = "Exists",
        /// The label is absent.
        DoesNotExist = "DoesNotExist",
    }
}

/// Which workloads are meant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Workloads {
    /// Labels of the workload object itself, not of its pods. Absent: no workload.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selector: Option<LabelSelector>,
}

/// A place: a country, or a provider and its region.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[x_kube(validation = Rule::new(
    "!has(self.country) || !has(self.region)"
).message("a location names a country or a region, and not both"))]
pub struct Location {
    /// The country, ISO 3166-1 alpha-2, quoted; or else provider and region. Without either it is unknown (CX004).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<Country>,
    /// The cloud provider, such as aws. Absent: the region counts if it is in one country at all providers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63))]
    pub provider: Option<String>,
    /// Its region, such as eu-central-1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63))]
    pub region: Option<String>,
}

words! {
    /// What a finding leads to. The order is from mild to strict.
    Mode {
        /// Recorded.
        Audit = "Audit",
        /// Shown.
        Warn = "Warn",
        /// Denied, and the object counts as violating.
        Enforce = "Enforce",
    }
}

words! {
    /// How much of a person the data shows. The order is from least to most.
    DataForm {
        /// Counts and averages.
        Aggregate = "Aggregate",
        /// Single records that nobody can relate to a person.
        Anonymised = "Anonymised",
        /// Single records under an identifier whose map is kept apart.
        Pseudonymised = "Pseudonymised",
        /// Records that name a person.
        Identifiable = "Identifiable",
    }
}

words! {
    /// What makes a transfer to a third country lawful.
    Mechanism {
        /// A decision of adequacy.
        Adequacy = "Adequacy",
        /// The clauses of decision 2021/914.
        StandardContractualClauses = "StandardContractualClauses",
        /// Approved binding corporate rules.
        BindingCorporateRules = "BindingCorporateRules",
        /// An approved code of conduct.
        ApprovedCode = "ApprovedCode",
        /// An approved certification.
        ApprovedCertification = "ApprovedCertification",
        /// A derogation of Art. 49.
        Derogation = "Derogation",
    }
}

words! {
    /// What proves a vendor's security.
    Standard {
        /// A certificate by ISO/IEC 27001.
        Iso27001 = "ISO27001",
        /// A report on controls by SOC 2.
        Soc2 = "SOC2",
    }
}

words! {
    /// Whose name it is, as the API server sees it.
    HolderKind {
        /// A user.
        User = "User",
        /// A group.
        Group = "Group",
        /// A service account of the same namespace.
        ServiceAccount = "ServiceAccount",
    }
}

/// A place: either a country, or a provider and its region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place<'a> {
    /// A country.
    Country(Country),
    /// A region of a provider.
    Region {
        /// The provider, such as `aws`.
        provider: &'a str,
        /// The region, such as `eu-central-1`.
        region: &'a str,
    },
}

/// What a text field says, if it says anything.
pub(crate) fn stated(text: Option<&String>) -> Option<&str> {
    text.map(|text| text.trim()).filter(|text| !text.is_empty())
}

/// Reads an optional enumeration in which the empty string means "not set".
pub(crate) fn empty_is_absent<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    match Option::<String>::deserialize(deserializer)?.as_deref() {
        None | Some("") => Ok(None),
        Some(text) => T::deserialize(StrDeserializer::<de::value::Error>::new(text))
            .map(Some)
            .map_err(de::Error::custom),
    }
}

/// Schema of an enumeration that also admits the empty string.
pub(crate) fn or_empty<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    let mut values = T::json_schema(generator)
        .get("enum")
        .and_then(serde_json::Value::as_array)
        .cloned()
        .unwrap_or_default();
    values.push("".into());
    json_schema!({ "type": "string", "enum": values })
}
