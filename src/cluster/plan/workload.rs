//! The annotations of workloads: on their own metadata, never on the pod template.

use std::collections::BTreeMap;

use super::conditions::{codes, flip};
use super::{Plan, Task};
use crate::api::labels;
use crate::cluster::effect::{Effect, Target};
use crate::cluster::seen::{Detail, Seen};
use crate::engine::Verdict;
use crate::facts::ObjectRef;

/// Writes the annotations if they differ; takes them away when no flow covers the workload any more.
pub(crate) fn plan(id: &ObjectRef, seen: &Seen, verdict: &Verdict, flows: &[ObjectRef]) -> Plan {
    let Detail::Workload(standing) = &seen.detail else { return Plan::default() };
    let wanted = if flows.is_empty() {
        [None, None, None]
    } else {
        let list = |items: Vec<String>| Some(items.join(",")).filter(|list| !list.is_empty());
        let names = flows.iter().map(|flow| flow.name.to_string()).collect();
        [Some(verdict.outcome().to_string()), list(codes(verdict)), list(names)]
    };
    let same =
        standing.iter().zip(&wanted).all(|(standing, wanted)| standing.as_deref() == wanted.as_deref());
    if same {
        return Plan::default();
    }
    let target =
        Target { id: id.clone(), uid: seen.uid.clone(), resource_version: seen.resource_version.clone() };
    let [before, ..] = standing;
    let news = flip(id, seen, before.as_deref(), verdict).filter(|_| !flows.is_empty());
    let keys = [labels::COMPLIANCE, labels::FINDINGS, labels::DATA_FLOWS];
    let annotations: BTreeMap<&'static str, Option<String>> = keys.into_iter().zip(wanted).collect();
    let effect = Effect::Annotate(target, annotations);
    Plan { tasks: vec![Task { effect, notes: news.into_iter().collect() }], wake: None }
}
