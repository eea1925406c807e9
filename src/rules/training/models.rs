//! The models of others that see the data of a flow: CX304, CX305 and CX306 judge them.

use crate::api::{AiUse, DataFlowSpec, ModelHosting, VendorSpec};
use crate::engine::lacks;
use crate::facts::{Kind, ObjectRef, destinations};
use crate::rules::{Case, Report};

/// A vendor whose models see the data and are not in our own hands.
pub(super) struct ForeignModel {
    /// The field of the flow that names the vendor.
    pub(super) path: String,
    /// The vendor.
    pub(super) vendor: ObjectRef,
    /// Where its models run, after the vendor's name.
    pub(super) runs: &'static str,
}

/// What models do with the data of a flow.
pub(super) fn use_of(flow: &DataFlowSpec) -> AiUse {
    flow.ai.as_ref().and_then(|ai| ai.use_).unwrap_or(AiUse::None)
}

/// The vendors of a flow, each once, with models that are not in our own hands: they use models on our data
/// (`ai.usesModels`), or compute the embeddings of the flow, for which they need one. Vendors that are missing or cannot
/// be read, the rule lacks.
pub(super) fn foreign_models(case: &Case<'_, DataFlowSpec>, report: &mut Report<'_>) -> Vec<ForeignModel> {
    let mut models: Vec<ForeignModel> = Vec::new();
    for (path, to) in destinations(case.subject) {
        let Some(name) = &to.vendor else { continue };
        let id = ObjectRef::cluster(Kind::Vendor, name);
        let found = case.query.vendor(name);
        lacks(&found, &id, report);
        let Some(vendor) = found.here() else { continue };
        let embeds = path.ends_with("/embeddings");
        if let Some(runs) = foreign(&vendor, embeds)
            && models.iter().all(|model| model.vendor != id)
        {
            models.push(ForeignModel { path: format!("{path}/vendor"), vendor: id, runs });
        }
    }
    models
}

/// Where the models of a vendor run, unless it has none or they are ours.
fn foreign(vendor: &VendorSpec, embeds: bool) -> Option<&'static str> {
    let ai = vendor.ai.as_ref();
    if !embeds && ai.and_then(|ai| ai.uses_models) != Some(true) {
        return None;
    }
    match ai.and_then(|ai| ai.hosting) {
        Some(ModelHosting::SelfHosted) => None,
        Some(ModelHosting::Vendor) => Some("runs its models itself"),
        Some(ModelHosting::ThirdParty) => Some("has a third party run its models"),
        None => Some("does not say where its models run"),
    }
}
