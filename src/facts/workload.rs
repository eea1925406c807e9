//! Facts about workloads and namespaces.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::id::{Name, ObjectRef};
use super::place::Pin;
use super::traffic::Mentions;
use crate::api::LabelSelector;

/// Labels of an object.
pub type Labels = BTreeMap<Name, Name>;

/// The label by which every namespace says its own name.
pub(crate) const NAME_LABEL: &str = "kubernetes.io/metadata.name";

/// What runs pods.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Workload {
    /// The labels of the workload object, not of its pods; of a pod that is a workload itself, its own.
    pub labels: Labels,
    /// The pods that it takes for its own. Only admission asks, so it is in no file.
    #[serde(skip)]
    pub selector: Option<Arc<LabelSelector>>,
    /// Of a Job: the CronJob that made it, and then stands for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<ObjectRef>,
    /// Where its pods may be scheduled.
    pub pin: Pin,
    /// The hosts and links that its pod template names.
    #[serde(default)]
    pub mentions: Mentions,
    /// The ConfigMaps that its pods use, each with the field that names it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub config_maps: BTreeMap<Name, Name>,
    /// The volume claims that its pods use.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub claims: BTreeSet<Name>,
    /// The claims that are made for each pod, with their storage class.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub claim_templates: BTreeMap<Name, Option<Name>>,
    /// Of a CronJob: when a run of it last succeeded. The rest of a workload's status is not kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_success: Option<Timestamp>,
    /// Of a CronJob of which no run ever succeeded: since when it exists. Only a cluster says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
}

impl Workload {
    /// Whether this is a Job of a CronJob: no workload of its own, the CronJob stands for it.
    pub(crate) fn is_stood_for(&self) -> bool {
        self.owner.is_some()
    }

    /// Whether its pods use volume claims.
    pub(crate) fn has_volumes(&self) -> bool {
        !self.claims.is_empty() || !self.claim_templates.is_empty()
    }
}

/// A namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Namespace {
    /// Its labels, by which policies select it.
    pub labels: Labels,
}
