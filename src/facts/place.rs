//! Facts about where pods run.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::id::{Name, ObjectRef};
use super::workload::Workload;

/// What says in which country a node stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Node {
    /// `spec.providerID`, whose prefix names the cloud.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_id: Option<Name>,
    /// The label `topology.kubernetes.io/region`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Name>,
    /// The label `topology.kubernetes.io/zone`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<Name>,
}

/// Where a pod runs and for whom. Of one that has ended nothing is known: it processes nothing any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pod {
    /// For whom it runs.
    pub runs: Runs,
    /// The node it is bound to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<Name>,
}

/// For whom a pod runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Runs {
    /// For its controller, which is judged in its place. Of the many pods of a workload nothing else is kept.
    For(ObjectRef),
    /// For nobody that is known here: made by hand, or by a controller of some other kind. It is a workload itself.
    Alone(Arc<Workload>),
}

/// Where the pods of a template may run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Pin {
    /// Neither nodeSelector nor required node affinity names a region.
    Anywhere,
    /// The regions, each with the zone if one is named; none if what is asked for excludes itself.
    Sites(Vec<Site>),
    /// This node, past the scheduler (`nodeName`).
    Node(Name),
}

/// A region, and a zone in it if one is named.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Site {
    /// The region as the node label has it.
    pub region: Name,
    /// The zone as the node label has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<Name>,
}
