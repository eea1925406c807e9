//! Facts about where pods run.

use super::id::{Name, ObjectRef};

/// What says in which country a node stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Node {
    /// `spec.providerID`, whose prefix names the cloud.
    pub provider_id: Option<Name>,
    /// The label `topology.kubernetes.io/region`.
    pub region: Option<Name>,
    /// The label `topology.kubernetes.io/zone`.
    pub zone: Option<Name>,
}

/// Where a pod runs and for whom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pod {
    /// Its controller, if it is of a known kind.
    pub owner: Option<ObjectRef>,
    /// The node it is bound to.
    pub node: Option<Name>,
    /// Whether it has ended, with success or failure: it processes nothing any more.
    pub finished: bool,
}

/// Where a pod template may be scheduled: one of the sites, or anywhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pin {
    /// Neither nodeSelector nor required node affinity names a region.
    Anywhere,
    /// The regions, each with the zone if one is named.
    Sites(Vec<Site>),
}

/// A region, and a zone in it if one is named.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Site {
    /// The region as the node label has it.
    pub region: Name,
    /// The zone as the node label has it.
    pub zone: Option<Name>,
}
