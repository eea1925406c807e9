//! Facts about workloads and namespaces.

use std::collections::BTreeMap;

use super::id::{Name, ObjectRef};
use super::place::Pin;

/// Labels of an object.
pub type Labels = BTreeMap<Name, Name>;

/// What runs pods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workload {
    /// The labels of the workload object, not of its pods.
    pub labels: Labels,
    /// Its own controller: a Job's CronJob, which then stands for it.
    pub owner: Option<ObjectRef>,
    /// Where its pods may be scheduled.
    pub pin: Pin,
}

/// A namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Namespace {
    /// Its labels, by which policies select it.
    pub labels: Labels,
}
