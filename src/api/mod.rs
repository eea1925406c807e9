//! The resources as users write them: one file per kind.
//!
//! A schema demands only what identifies an object and its references. What a rule demands is optional here, so that
//! its absence is a finding with a remedy rather than an unreadable object.

// The derive of `KubeSchema` copies each struct into a function's body.
#![expect(unreachable_pub, reason = "the copies keep their `pub`")]
#![expect(
    clippy::doc_markdown,
    reason = "field documentation is the schema's description, shown as plain text"
)]

mod access_grant;
mod common;
mod compliance_policy;
pub mod conditions;
mod data_flow;
mod exemption;
mod grant_words;
mod incident;
mod incident_plan;
pub mod labels;
mod person;
mod policy_access;
mod policy_status;
mod rule_code;
mod schema;
mod status;
mod survey;
mod vendor;
mod vendor_words;
mod words;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::CustomResourceExt;

pub use access_grant::*;
pub(crate) use common::stated;
pub use common::*;
pub use compliance_policy::*;
pub use data_flow::*;
pub use exemption::*;
pub use grant_words::*;
pub use incident::*;
pub use incident_plan::*;
pub use person::*;
pub use policy_access::*;
pub use policy_status::*;
pub use status::*;
pub use survey::*;
pub use vendor::*;
pub use vendor_words::*;

/// The API group of all kinds.
pub const GROUP: &str = "cxguard.dev";

/// The version of all kinds.
pub const VERSION: &str = "v1alpha1";

/// The definitions of all kinds, as `crds/` holds them.
///
/// They are the derived ones made fit for the API server (see `schema`): never apply `Kind::crd()` itself.
pub fn crds() -> Vec<CustomResourceDefinition> {
    DEFINED.iter().map(|(_, derive, _)| schema::finish(derive())).collect()
}

/// The definition of one kind. Deriving one takes milliseconds, so it is read as it was written down, and only what is
/// not written yet is derived.
pub(crate) fn crd(kind: &str) -> Option<CustomResourceDefinition> {
    let (_, derive, written) = DEFINED.iter().find(|(name, ..)| *name == kind)?;
    Some(serde_json::from_str(written).unwrap_or_else(|_| schema::finish(derive())))
}

/// The names of all kinds.
pub(crate) fn kinds() -> impl Iterator<Item = &'static str> {
    DEFINED.iter().map(|(name, ..)| *name)
}

/// Derives the definition of a kind.
type Derive = fn() -> CustomResourceDefinition;

/// Each kind, what derives its definition, and the definition as it is written down: a test fails where these differ. That
/// of a new kind begins as an empty file.
const DEFINED: [(&str, Derive, &str); 9] = [
    ("CompliancePolicy", CompliancePolicy::crd, include_str!("definitions/compliancepolicies.json")),
    ("Vendor", Vendor::crd, include_str!("definitions/vendors.json")),
    ("Person", Person::crd, include_str!("definitions/people.json")),
    ("DataFlow", DataFlow::crd, include_str!("definitions/dataflows.json")),
    ("Survey", Survey::crd, include_str!("definitions/surveys.json")),
    ("AccessGrant", AccessGrant::crd, include_str!("definitions/accessgrants.json")),
    ("IncidentPlan", IncidentPlan::crd, include_str!("definitions/incidentplans.json")),
    ("Incident", Incident::crd, include_str!("definitions/incidents.json")),
    ("Exemption", Exemption::crd, include_str!("definitions/exemptions.json")),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_found_by_its_name() {
        for definition in crds() {
            let name = definition.spec.names.kind.as_str();
            assert_eq!(crd(name).map(|found| found.spec.names.kind).as_deref(), Some(name));
        }
        assert!(crd("Deployment").is_none());
    }

    #[test]
    fn what_is_written_down_is_what_is_derived() {
        for (kind, derive, written) in DEFINED {
            let read: CustomResourceDefinition = serde_json::from_str(written).unwrap();
            assert!(read == schema::finish(derive()), "{kind}: run `cargo xtask generate`");
        }
    }
}
