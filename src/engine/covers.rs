//! Which workloads carry which data.

use super::query::Query;
use super::scope::Scope;
use crate::facts::{Key, Kind, ObjectRef, selects};

/// The flows that cover a workload, in order: those of its namespace whose selector matches the labels of the
/// workload object, where the namespace is protected.
pub(super) fn flows_of(query: &Query<'_>, workload: &ObjectRef) -> Vec<ObjectRef> {
    let Some(fact) = query.workload(workload).here() else { return Vec::new() };
    // A Job of a CronJob is no workload of its own: the CronJob stands for it.
    if fact.owner.as_ref().is_some_and(|owner| owner.kind == Kind::CronJob) {
        return Vec::new();
    }
    if !query.policy(&Scope::Namespace(workload.namespace.clone())).protected {
        return Vec::new();
    }
    let mut flows = query.members(Key::FlowsIn(workload.namespace.clone()));
    flows.retain(|id| {
        let flow = query.flow(&id.namespace, &id.name).here();
        let selector = flow.as_ref().and_then(|flow| flow.workloads.as_ref()?.selector.as_ref());
        selector.is_some_and(|selector| selects(selector, &fact.labels))
    });
    flows
}

/// How many workloads a flow covers.
pub(super) fn count(query: &Query<'_>, flow: &ObjectRef) -> usize {
    let workloads = query.members(Key::WorkloadsIn(flow.namespace.clone()));
    workloads.iter().filter(|workload| query.covers(workload).contains(flow)).count()
}
